"""Ends a pupil's program with all that it has started, whatever sessions and groups its children fled to."""

import contextlib
import os
import signal
import sys

ROUNDS = 50


def descendants(pid: int) -> list[int]:
    """All children and children's children. Empty where the system has no /proc, or when the process is gone."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = _children(waiting.pop())
        found += children
        waiting += children
    return found


def _children(pid: int) -> list[int]:
    words: list[str] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                words += file.read().split()
    return [int(word) for word in words]


def kill_descendants(pid: int) -> None:
    """Freezes and kills until none is left: a child that forks meanwhile is found in the next round."""
    for _ in range(ROUNDS):
        children = descendants(pid)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for child in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, number)
        if not children:
            return


def kill_tree(pid: int) -> None:
    """Ends a process that leads a session of its own, and all that came from it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
            return
        kill_descendants(pid)
        os.killpg(pid, signal.SIGKILL)
