"""Keeps a set of programs running: starts them, starts again what died, and leaves nothing behind at the end."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

SLOWEST = 30.0  # seconds between two starts of a child that keeps dying
STEADY = 60.0  # seconds a child must have lived to be forgiven its earlier deaths
GRACE = 12.0  # seconds from "please stop" to "stop": the Hub ends its servers in this time
LARGEST_LOG = 10 * 1024 * 1024  # bytes; one older log is kept beside

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

ENDS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})

Say = Callable[[str], None]


@dataclass
class Child:
    """One program: what to run, and what became of it."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    deaths: int = 0
    again_at: float = 0.0


class Supervisor:
    """Runs children until SIGINT or SIGTERM. Linux; one at a time in a process, in its main thread."""

    def __init__(self, logs: Path, say: Say) -> None:
        self.children: list[Child] = []
        self.logs, self.say = logs, say

    def run(self, steps: Sequence[Child | Callable[[], None]]) -> None:
        """Take the steps in order, each a child to start or a thing to do; watch until told to stop; stop all.

        What a step raises is raised here, once every child has been stopped.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        _adopt_orphans()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDS | {signal.SIGCHLD})
        try:
            for step in steps:
                if told_to_stop():
                    return
                if isinstance(step, Child):
                    self.children.append(step)
                    self._start(step)
                else:
                    step()
            while not told_to_stop():
                signal.sigtimedwait({signal.SIGCHLD}, 0.25)
                self._mend()
        finally:
            self.stop()
            while told_to_stop():
                signal.sigwait(ENDS)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _start(self, child: Child) -> None:
        log = self.logs / f"{child.name}.log"
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            child.process = subprocess.Popen(
                child.argv,
                env={**_without_proxies(os.environ), **child.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours to pass on, in our order
                preexec_fn=_begin_child,
            )
        child.began = time.monotonic()

    def _mend(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.again_at:
                    self._start(child)
            elif child.process.poll() is not None:
                self._mourn(child, now)
        _reap_adopted({child.process.pid for child in self.children if child.process})

    def _mourn(self, child: Child, now: float) -> None:
        assert child.process is not None  # noqa: S101 - the caller has just asked it
        child.deaths = 1 if now - child.began > STEADY else child.deaths + 1
        wait = min(2.0 ** (child.deaths - 1), SLOWEST)
        self.say(
            f"{child.name} ended with status {child.process.returncode}, starting again in {wait:.0f} s"
            f" (its words are in {self.logs / child.name}.log)"
        )
        child.process, child.again_at = None, now + wait

    def stop(self) -> None:
        """End every child and whatever they left, the last started first."""
        running = [child.process for child in reversed(self.children) if child.process]
        for process in running:
            process.terminate()
        end = time.monotonic() + GRACE
        while any(process.poll() is None for process in running) and time.monotonic() < end:
            time.sleep(0.05)
        # What outlived its parent was adopted by us, so the whole tree hangs under this process.
        for left in psutil.Process().children(recursive=True):
            _kill(left)
        for process in running:
            process.wait()
        _reap_adopted(set())


def told_to_stop() -> bool:
    """Whether an end was asked for while the supervisor runs; a step that waits long asks this."""
    return bool(signal.sigpending() & ENDS)


def _without_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """Children speak to each other on this machine: a school's HTTP_PROXY has no business between them."""
    return {name: value for name, value in environ.items() if not name.lower().endswith("_proxy")}


def _begin_child() -> None:
    # A supervisor that is killed outright takes its children with it.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _reap_adopted(own: set[int]) -> None:
    for left in psutil.Process().children():
        if left.pid not in own and left.status() == psutil.STATUS_ZOMBIE:
            os.waitpid(left.pid, os.WNOHANG)


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
        process.wait(5)
    except psutil.NoSuchProcess:
        return
