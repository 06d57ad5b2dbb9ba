"""The same promises for an ordinary user, and a clear word where a system has one wall or none."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from zerek.cage.protections import what_holds
from zerek.cage.spec import NOBODY

HERE = Path(__file__).parent
UNSHARE = {"x86_64": "272", "aarch64": "97"}[platform.machine()]
LANDLOCK = "444"

ASK = """
import json, sys
from zerek.base.errors import ZerekError
from zerek.cage.protections import what_holds
from zerek.cage.run import run
from zerek.cage.spec import Cage
said = {"holds": {p.name: p.present for p in what_holds()}, "why": [p.why for p in what_holds()]}
try:
    said["ran"] = run(["/bin/echo", "ran"], Cage(), unsafe_no_jail=sys.argv[1] == "unsafe").stdout.decode()
except ZerekError as error:
    said["refused"] = str(error)
    said["status"] = error.status
print(json.dumps(said))
"""


def ask(*without: str, unsafe: bool = False) -> dict[str, object]:
    words = [sys.executable, "-c", ASK, "unsafe" if unsafe else "safe"]
    command = [sys.executable, str(HERE / "without.py"), *without, "--", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_every_attack_fails_for_an_ordinary_user_too() -> None:
    """The suite itself, once more; when the suite is not run by root, it has just done so."""
    if os.geteuid() == 0:
        suite = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-x"]
        files = [str(HERE / "test_attacks.py"), str(HERE / "test_servers.py")]
        command = [sys.executable, str(HERE / "without.py"), "--user", str(NOBODY), "--", *suite, *files]
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parents[1])
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_this_system_keeps_files_processes_and_the_network_apart() -> None:
    holds = {promise.name: promise.present for promise in what_holds()}
    assert holds["files outside the cage cannot be read or written"]
    assert holds["no TCP connection without a network"]
    assert holds["other processes cannot be signalled"]


def test_without_namespaces_the_rest_still_holds_and_what_lacks_is_named() -> None:
    said = ask("--user", str(NOBODY), "--calls", UNSHARE) if os.geteuid() == 0 else ask("--calls", UNSHARE)
    holds = said["holds"]
    assert isinstance(holds, dict)
    assert said["ran"] == "ran\n"
    assert holds["files outside the cage cannot be read or written"]
    assert not holds["the disk space of the cage as a whole is limited"]
    assert any("unshare" in why for why in said["why"])  # type: ignore[attr-defined]


def test_without_landlock_the_rest_still_holds_and_what_lacks_is_named() -> None:
    said = ask("--calls", LANDLOCK)
    holds = said["holds"]
    assert isinstance(holds, dict)
    assert said["ran"] == "ran\n"
    assert holds["files outside the cage cannot be read or written"]
    assert not holds["with a network, TCP ports are limited to a list"]


def test_without_both_walls_nothing_runs_unless_the_operator_says_unsafe() -> None:
    said = ask("--calls", f"{UNSHARE},{LANDLOCK}")
    assert "ran" not in said
    assert said["status"] == 503
    assert "neither Landlock nor namespaces" in str(said["refused"])
    assert "ZEREK_UNSAFE_NO_JAIL=1" in str(said["refused"])
    assert ask("--calls", f"{UNSHARE},{LANDLOCK}", unsafe=True)["ran"] == "ran\n"
