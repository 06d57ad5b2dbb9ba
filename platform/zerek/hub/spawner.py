"""Starts a pupil's notebook server inside a cage: its own home and two TCP ports are all it can reach."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

from jupyterhub.spawner import LocalProcessSpawner
from jupyterhub.utils import random_port
from traitlets import Bool, Integer, Unicode

from zerek.base.errors import Unavailable
from zerek.cage.limits import MEGABYTE, Limits
from zerek.cage.protections import usable_layers
from zerek.cage.run import clean_environment, enter_command
from zerek.cage.spec import Cage, Layer, Network
from zerek.hub import homes
from zerek.hub.config import lab_pages, single_user

# A server lives for a lesson; what it may take at once is bounded, its time is the culler's business.
LIMITS = Limits(
    cpu_seconds=None,
    wall_seconds=None,
    memory=1024 * MEGABYTE,
    memory_total=1536 * MEGABYTE,
    processes=256,
    open_files=1024,
    file_size=64 * MEGABYTE,
    disk=128 * MEGABYTE,
)


class CagedSpawner(LocalProcessSpawner):  # type: ignore[misc]
    """Needs no account of the system for a pupil; raises Unavailable where the system can build no cage."""

    port: int
    data = Unicode(config=True, help="the data folder of this installation")
    hub_port = Integer(config=True, help="the port of the Hub's API")
    unsafe_no_jail = Bool(False, config=True, help="run without a jail where none can be built")

    async def start(self) -> tuple[str, int]:
        self.port = self.port or random_port()
        data = Path(self.data)
        home = homes.home(data, self.user.name)
        try:
            layers = usable_layers(unsafe_no_jail=self.unsafe_no_jail)
            runtime = "/tmp/jupyter" if Layer.NAMESPACES in layers else str(home / ".run")  # noqa: S108 - its own
            shared = homes.shared(
                data,
                {
                    "jupyter_server_config.json": single_user(),
                    "labconfig/page_config.json": lab_pages(),
                },
            )
            cage = cage_for(home, shared, self.user.name, self.hub_port, self.port)
            argv = enter_command(cage, [*self.cmd, *self.get_args()], unsafe_no_jail=self.unsafe_no_jail)
        except Unavailable as error:
            error.jupyterhub_message = str(error)  # type: ignore[attr-defined]  # the Hub shows this one
            raise
        env = {**self.get_env(), "JUPYTER_CONFIG_PATH": str(shared), "JUPYTER_RUNTIME_DIR": runtime}
        with _log(data, self.user.name) as log:
            self.proc = Popen(
                argv, env=env, cwd="/", stdin=DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.pid = self.proc.pid
        return "127.0.0.1", self.port

    def get_env(self) -> dict[str, str]:
        """What the Hub tells its servers, upon a clean environment: nothing of ours is passed on."""
        told: dict[str, str] = super().get_env()
        kept = {name: value for name, value in told.items() if name.startswith(("JUPYTERHUB_", "JPY_"))}
        home = homes.home(Path(self.data), self.user.name)
        return {**clean_environment(home), **kept, "USER": self.user.name, "LOGNAME": self.user.name}

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Nothing: there is no account of the system to ask."""
        return env

    def make_preexec_fn(self, name: str) -> None:
        """None: the cage changes the user."""

    async def move_certs(self, paths: Any) -> Any:
        return paths


def cage_for(home: Path, shared: Path, key: str, hub_port: int, port: int) -> Cage:
    """A pupil's cage: the home to write, the robot library to read, the Hub to ask, one port to be asked at."""
    robotics = importlib.util.find_spec("zerek_robotics")
    library = (Path(robotics.origin).parent,) if robotics and robotics.origin else ()
    return Cage(
        readable=(shared, *library),
        writable=(home,),
        network=Network(connect=(hub_port,), bind=(port,)),
        limits=LIMITS,
        user=homes.user_of(key),
    )


def _log(data: Path, key: str) -> Any:
    folder = data / "logs" / "servers"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return (folder / f"{key}.log").open("wb")
