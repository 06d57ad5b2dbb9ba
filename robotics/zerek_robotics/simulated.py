"""sim:// addresses: starts the simulated kit's device program behind a pseudo-terminal, and ends it with the line."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from zerek_robotics.errors import LineRefused

OPTIONS = {"seed", "start", "wall", "noise", "profile", "boot", "record"}
LABELS = {"name", "key"}  # said by the agent about the kit, nothing to the device
PACKAGE_FOLDER = str(Path(__file__).resolve().parent.parent)
_START = "import sys; sys.path.append(sys.argv.pop(1)); from zerek_robotics.simulator import main; sys.exit(main())"


class Simulation:
    """A running device program; `port` is the path of its pseudo-terminal."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process = process
        self._folder = folder
        self.port = str(folder / "port")

    def close(self) -> None:
        """Closing its standard input tells the device to end, as does the death of this process."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def options_of(url: str) -> dict[str, str]:
    """What a sim:// address asks for. Raises LineRefused for an option that does not exist."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    unknown = set(options) - OPTIONS - LABELS
    if parts.netloc != "world" or unknown:
        wrong = ", ".join(sorted(unknown)) or parts.netloc or "sim:"
        raise LineRefused(line=url, reason=f"{wrong}? sim://world?seed=7&start=0,0,0&wall=200")
    return options


def simulate(url: str) -> Simulation:
    """Starts the device; returns when its port is there. Raises LineRefused."""
    if sys.platform == "win32":
        raise LineRefused(line=url, reason="a simulated kit needs a pseudo-terminal, which Windows has not")
    words = [f"--{name}={value}" for name, value in options_of(url).items() if name in OPTIONS]
    folder = Path(tempfile.mkdtemp(prefix="zerek-kit-"))
    process = subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-c",
            _START,
            PACKAGE_FOLDER,
            "--pty-link",
            str(folder / "port"),
            "--leashed",
            *words,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    simulation = Simulation(process, folder)
    deadline = time.monotonic() + 5.0
    while not os.path.lexists(simulation.port):
        if process.poll() is not None or time.monotonic() > deadline:
            said = process.stderr.read().decode(errors="replace") if process.poll() and process.stderr else ""
            simulation.close()
            raise LineRefused(
                line=url, reason=said.strip().rpartition("\n")[2] or "the simulated kit did not start"
            )
        time.sleep(0.005)
    return simulation
