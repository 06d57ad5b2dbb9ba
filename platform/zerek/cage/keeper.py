"""Stays outside a cage: holds its clock and memory limit, passes signals on, leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import time
from collections.abc import Iterator, Set
from dataclasses import asdict, dataclass
from pathlib import Path

from zerek.cage.limits import Limits

LOOK_EVERY = 0.1
# The signal that tells the keeper to end the cage without asking the program.
END_NOW = signal.SIGQUIT


@dataclass(frozen=True)
class Report:
    """How a program in a cage ended. Either `exit` or `signal` is set, or `failed` says why it never began.

    `stopped` is "time" or "memory" when the keeper ended it, "asked" when it was told to. Seconds of CPU
    are those of all its processes.
    """

    exit: int | None = None
    signal: int | None = None
    stopped: str | None = None
    failed: str | None = None
    cpu_seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def keep(first: int, told: int, limits: Limits, passed_on: Set[signal.Signals]) -> Report:
    """Wait for the cage's first process, its signals blocked here; returns when nothing of it is alive."""
    deadline = None if limits.wall_seconds is None else time.monotonic() + limits.wall_seconds
    stopped = status = None
    while status is None:
        patience = LOOK_EVERY if limits.memory_total else 60.0
        if deadline is not None:
            patience = max(0.0, min(patience, deadline - time.monotonic()))
        got = signal.sigtimedwait({*passed_on, END_NOW, signal.SIGCHLD}, patience)
        number = got.si_signo if got else signal.SIGCHLD
        if number in passed_on:
            _kill(first, number)
        status = _status_of(first)
        if status is None and stopped is None:
            stopped = "asked" if number == END_NOW else _broken_limit(first, limits, deadline)
        if status is None and stopped:
            _kill(first, signal.SIGKILL)
    _end_survivors()
    return _report(status, _read_all(told), stopped)


def _report(status: int, told: bytes, stopped: str | None) -> Report:
    word = json.loads(told.splitlines()[0]) if told else {}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    status = word.get("status", status)
    return Report(
        exit=os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        stopped=stopped,
        failed=word.get("failed"),
        cpu_seconds=round(used.ru_utime + used.ru_stime, 3),
    )


def _broken_limit(first: int, limits: Limits, deadline: float | None) -> str | None:
    if deadline is not None and time.monotonic() >= deadline:
        return "time"
    if limits.memory_total is not None and memory_of(first) > limits.memory_total:
        return "memory"
    return None


def _status_of(first: int) -> int | None:
    """Reap whoever has ended (orphans come to us as well); the wait status of `first` once it has."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == first:
                found = ended[1]
    return found


def memory_of(first: int) -> int:
    """Bytes of private and shared-anonymous memory that a process and all beneath it hold now."""
    total = 0
    for process in (first, *descendants(first)):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{process}/status").read_text().splitlines():
                if line.startswith(("RssAnon:", "RssShmem:")):
                    total += int(line.split()[1]) * 1024
    return total


def descendants(process: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{process}/task"):
            for child in Path(f"/proc/{process}/task/{task}/children").read_text().split():
                yield int(child)
                yield from descendants(int(child))


def _end_survivors() -> None:
    """Whoever left its session or its parent came to us, the subreaper; end them until there is none."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for process in descendants(os.getpid()):
                _kill(process, signal.SIGKILL)
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.005)


def _kill(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, number)


def _read_all(told: int) -> bytes:
    with open(told, "rb") as pipe:
        return pipe.read()
