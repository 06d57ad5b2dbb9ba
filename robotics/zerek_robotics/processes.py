"""Ends a pupil's program with all that it has started, whatever sessions and groups its children fled to."""

import os
import signal
import sys
from pathlib import Path

ROUNDS = 50


def descendants(pid: int) -> list[int]:
    """All children and children's children. Empty where the system has no /proc, or when the process is gone."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        try:
            lists = [task.joinpath("children").read_text() for task in Path(f"/proc/{parent}/task").iterdir()]
        except OSError:
            continue
        children = [int(word) for text in lists for word in text.split()]
        found += children
        waiting += children
    return found


def kill_tree(pid: int) -> None:
    """Kills children first, until none is left, then the process and its group. Its orphans come back to it."""
    if sys.platform == "win32":
        _send(pid, signal.SIGTERM)
        return
    for _ in range(ROUNDS):
        children = descendants(pid)
        if not children:
            break
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for child in children:
                _send(child, number)
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # it ended by itself meanwhile
