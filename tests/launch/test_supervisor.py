"""The supervisor: what dies is started again, and at the end nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

# Runs two children: one that says its pid and sleeps, one that the test describes.
PROGRAM = """
import sys
from pathlib import Path
from zerek.supervisor import Child, Supervisor

home = Path(sys.argv[1])
steady = Child("steady", [sys.executable, "-c", sys.argv[2], str(home)])
supervisor = Supervisor(home / "logs", lambda text: print(text, flush=True))
supervisor.run([steady, lambda: print("ready", flush=True)])
print("over", flush=True)
"""

SLEEPER = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1], f"pid-{os.getpid()}").touch()
time.sleep(300)
"""

# Leaves a grandchild in a session of its own that ignores SIGTERM.
STUBBORN = """
import os, pathlib, subprocess, sys, time
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
grandchild = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
pathlib.Path(sys.argv[1], f"pid-{grandchild.pid}").touch()
time.sleep(300)
"""

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    begun: list[subprocess.Popen[str]] = []

    def supervise(child: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), child], stdout=subprocess.PIPE, text=True
        )
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield supervise
    for process in begun:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def pids(home: Path, count: int) -> set[int]:
    """The pids that children have written, once there are so many."""
    for _ in range(200):
        found = {int(path.name[4:]) for path in home.glob("pid-*")}
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"only {found}")


def is_gone(pid: int) -> bool:
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_leaves_no_process(start: Start, tmp_path: Path, how: signal.Signals) -> None:
    supervisor = start(SLEEPER)
    (child,) = pids(tmp_path, 1)
    supervisor.send_signal(how)
    assert supervisor.wait(20) == 0
    assert is_gone(child)


def test_a_child_that_dies_is_started_again_and_that_is_said(start: Start, tmp_path: Path) -> None:
    supervisor = start(SLEEPER)
    (first,) = pids(tmp_path, 1)
    os.kill(first, signal.SIGKILL)
    assert supervisor.stdout is not None
    assert supervisor.stdout.readline().startswith("steady ended with status -9, starting again in 1 s")
    (second,) = pids(tmp_path, 2) - {first}
    assert psutil.pid_exists(second)


def test_a_grandchild_that_ignores_the_signal_is_ended_too(start: Start, tmp_path: Path) -> None:
    supervisor = start(STUBBORN)
    (grandchild,) = pids(tmp_path, 1)
    supervisor.terminate()
    assert supervisor.wait(20) == 0
    assert is_gone(grandchild)


def test_children_end_when_the_supervisor_itself_is_killed(start: Start, tmp_path: Path) -> None:
    supervisor = start(SLEEPER)
    (child,) = pids(tmp_path, 1)
    supervisor.kill()
    assert is_gone(child)


# Writes down what it finds in its environment.
TELLER = """
import os, pathlib, sys, time
found = [name for name in os.environ if name.lower().endswith("_proxy")]
pathlib.Path(sys.argv[1], "found").write_text(" ".join(found) + ".")
pathlib.Path(sys.argv[1], f"pid-{os.getpid()}").touch()
time.sleep(300)
"""


def test_children_are_told_of_no_proxy(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.school.example:3128")
    start(TELLER)
    pids(tmp_path, 1)
    assert (tmp_path / "found").read_text() == "."
