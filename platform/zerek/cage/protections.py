"""What this system can promise, tried and not guessed; and the refusal where it can promise too little."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import cache

from zerek.base.errors import Unavailable
from zerek.base.text import N_
from zerek.cage import landlock
from zerek.cage.limits import Limits
from zerek.cage.spec import Cage, Layer, to_json


@dataclass(frozen=True)
class Protection:
    """One promise by its name; `why` says what it rests on, or what the system lacks for it."""

    name: str
    present: bool
    why: str


def usable_layers(*, unsafe_no_jail: bool = False) -> tuple[Layer, ...]:
    """The walls that hold on this system, tried once for each process.

    Raises Unavailable when there is none: code that nobody has read then does not run, unless the operator
    has set ZEREK_UNSAFE_NO_JAIL=1 (`unsafe_no_jail`); limits on time, memory and output hold even so.
    """
    layers = _walls()
    if not layers and not unsafe_no_jail:
        raise Unavailable(
            N_(
                "This system offers neither Landlock nor namespaces, so pupils' programs do not run: "
                "%(why)s. ZEREK_UNSAFE_NO_JAIL=1 runs them without a jail."
            ),
            why="; ".join(_fault((layer,)) for layer in Layer),
        )
    return layers


def _walls() -> tuple[Layer, ...]:
    """Both walls where both stand, else the one that does. Either may need the other: without a root of its
    own a cage that root builds may be unable to read root's interpreter."""
    choices = (tuple(Layer), *((layer,) for layer in Layer))
    return next((choice for choice in choices if not _fault(choice)), ())


def what_holds() -> list[Protection]:
    """Every promise of docs/cage.md by name, present or not here."""
    layers = _walls()
    version = landlock.abi() if Layer.LANDLOCK in layers else 0
    apart = "" if Layer.NAMESPACES in layers else _fault((Layer.NAMESPACES,))
    locked = f"Landlock ABI {version}" if version else _fault((Layer.LANDLOCK,))

    def holds(name: str, by_namespaces: bool, since_abi: int | None) -> Protection:
        by_landlock = since_abi is not None and version >= since_abi
        holding = ["namespaces"] * (by_namespaces and not apart) + [locked] * by_landlock
        lacking = [f"namespaces: {apart}"] * by_namespaces
        lacking += [] if since_abi is None else [f"Landlock ABI {since_abi}: {locked}"]
        return Protection(name, bool(holding), " and ".join(holding) or "; ".join(lacking))

    return [
        holds("files outside the cage cannot be read or written", True, 1),
        holds("files outside the cage cannot be seen, nor their modes and times changed", True, None),
        holds("no TCP connection without a network", True, 4),
        holds("no UDP and no Unix sockets of others without a network", True, None),
        holds("with a network, TCP ports are limited to a list", False, 4),
        holds("other processes cannot be seen", True, None),
        holds("other processes cannot be signalled", True, 6),
        holds("no process outlives the cage, even if its keeper is killed", True, None),
        holds("the number of processes is limited for each cage by itself", True, None),
        holds("the disk space of the cage as a whole is limited", True, None),
        Protection("time, memory, file size, open files and output are limited", True, "resource limits"),
        Protection("set-uid programs and capabilities are out of reach", True, "no_new_privs"),
    ]


@cache
def _fault(layers: tuple[Layer, ...]) -> str:
    """Empty when a trivial program ran in a cage of these layers, else what stopped it."""
    if Layer.LANDLOCK in layers and not landlock.abi():
        return "Landlock is not in this kernel, or switched off"
    cage = to_json(Cage(limits=Limits(cpu_seconds=10, wall_seconds=10)), layers)
    program = [sys.executable, "-I", "-S", "-c", ""]
    command = [sys.executable, "-I", "-m", "zerek.cage.enter", cage, "--", *program]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30)
    said = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
    return f"{' and '.join(layers)}: {said[-1]}" if done.returncode else ""
