"""Attackers: small programs that run in a cage and say how far they got."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zerek.cage.limits import MEGABYTE, Limits
from zerek.cage.protections import usable_layers
from zerek.cage.run import Outcome, run
from zerek.cage.spec import NOBODY, Cage, Layer

Attack = Callable[..., Outcome]

QUICK = {"wall_seconds": 20.0, "cpu_seconds": 10, "memory": 256 * MEGABYTE, "memory_total": 384 * MEGABYTE}


def python_for(layers: tuple[Layer, ...]) -> str:
    """Root's own interpreter may lie where an ordinary user cannot go; the system's is for everybody."""
    hidden = any(not place.stat().st_mode & 0o001 for place in Path(sys.executable).resolve().parents)
    return "/usr/bin/python3" if hidden and Layer.NAMESPACES not in layers else sys.executable


@pytest.fixture(params=["both walls", "namespaces alone", "Landlock alone"])
def walls(request: pytest.FixtureRequest) -> tuple[Layer, ...]:
    if request.param == "both walls":
        return usable_layers()
    return (Layer.NAMESPACES,) if request.param == "namespaces alone" else (Layer.LANDLOCK,)


@pytest.fixture
def attack(walls: tuple[Layer, ...]) -> Attack:
    """`attack(code, cage=…, words=…, **limits)` runs Python code in a cage."""

    def run_it(code: str, *words: str, cage: Cage | None = None, **limits: object) -> Outcome:
        cage = cage or Cage(limits=Limits(**{**QUICK, **limits}))
        program = "import os; exec(open(os.environ['ZEREK_FILES'] + '/attack.py').read())"
        argv = [python_for(walls), "-I", "-c", program, *words]
        return run(argv, cage, files={"attack.py": code.encode()}, layers=walls)

    return run_it


@pytest.fixture
def a_program_of_the_same_user() -> Iterator[subprocess.Popen[bytes]]:
    """Somebody else's program, outside, with the user id that attackers will have."""
    user = NOBODY if os.geteuid() == 0 else None
    secret = {"SECRET": "the-token-of-somebody-else", "PATH": os.environ["PATH"]}
    with subprocess.Popen(["/bin/sleep", "60"], user=user, env=secret) as sleeper:
        yield sleeper
        sleeper.kill()


@pytest.fixture
def street() -> Iterator[Path]:
    """A folder where everybody may read and write: only the cage stands between it and an attacker."""
    with tempfile.TemporaryDirectory(prefix="street-") as place:
        Path(place).chmod(0o777)
        yield Path(place).resolve()
