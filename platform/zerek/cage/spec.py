"""What a cage lets its program have: one frozen value that can be handed to another process as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from zerek.cage import paths
from zerek.cage.limits import Limits

# An ordinary user that owns nothing: what a cage that root builds becomes. Debian's "nobody".
NOBODY = 65534


class Layer(StrEnum):
    """The two independent walls. Each alone keeps files apart; both together is what a cage normally is."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"


@dataclass(frozen=True)
class Network:
    """The machine's own network, by TCP port (Landlock ABI 4 and newer; older kernels leave ports free).

    UDP and, without namespaces, Unix sockets are not limited. Without a Network a cage has none.
    """

    connect: tuple[int, ...] = ()
    bind: tuple[int, ...] = ()


@dataclass(frozen=True)
class Cage:
    """What a program inside may touch. Everything that is not named here it cannot.

    The system's libraries and the running interpreter with its packages may be read without being named;
    Zerek's own code never. `readable` and `writable` are absolute paths of whole hierarchies, `hidden` is
    taken out of what may be read; the deepest word wins. `scratch` is a folder of the host that the program
    owns: with a mount namespace a file system in memory of `limits.disk` bytes lies over it, which ends
    with the cage. `user` is what a cage built by root becomes: writable folders must belong to it. Anybody
    else stays who they are.
    """

    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    scratch: Path | None = None
    network: Network | None = None
    limits: Limits = field(default_factory=Limits)
    user: int = NOBODY

    def read_places(self) -> tuple[Path, ...]:
        system = paths.SYSTEM + (paths.NETWORK if self.network else ())
        return tuple(sorted({*system, *paths.interpreter(), *self.readable}))

    def hidden_places(self) -> tuple[Path, ...]:
        return tuple(sorted({*paths.own_code(), *self.hidden}))


def to_json(cage: Cage, layers: tuple[Layer, ...]) -> str:
    return json.dumps({**asdict(cage), "layers": layers}, default=str, separators=(",", ":"))


def from_json(text: str) -> tuple[Cage, tuple[Layer, ...]]:
    """The opposite of `to_json`; only our own processes write it."""
    told = json.loads(text)
    network = told["network"]
    cage = Cage(
        readable=tuple(map(Path, told["readable"])),
        writable=tuple(map(Path, told["writable"])),
        hidden=tuple(map(Path, told["hidden"])),
        scratch=Path(told["scratch"]) if told["scratch"] else None,
        network=Network(tuple(network["connect"]), tuple(network["bind"])) if network else None,
        limits=Limits(**told["limits"]),
        user=told["user"],
    )
    return cage, tuple(map(Layer, told["layers"]))
