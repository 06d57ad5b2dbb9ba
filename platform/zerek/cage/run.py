"""Run a program in a cage and say how it ended, what it printed and what it used."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from zerek.base.errors import Unavailable
from zerek.base.text import N_
from zerek.cage.keeper import END_NOW, Report
from zerek.cage.limits import Limits
from zerek.cage.protections import usable_layers
from zerek.cage.spec import Cage, Layer, to_json

# A keeper that does not answer this long after its own time limit is ended with its whole session.
GRACE_SECONDS = 10.0


@dataclass(frozen=True)
class Outcome:
    """`exit` or `signal` is set; both may be None only when we ended it. `reason` is a word or None:

    "time", "cpu", "memory" and "output" name the limit that ended the program. A program that merely fails
    has none. stdout and stderr hold at most `limits.output` bytes each.
    """

    exit: int | None
    signal: int | None
    reason: str | None
    stdout: bytes
    stderr: bytes
    cpu_seconds: float
    wall_seconds: float

    @property
    def timed_out(self) -> bool:
        return self.reason in ("time", "cpu")


def enter_command(cage: Cage, argv: Sequence[str], *, unsafe_no_jail: bool = False) -> list[str]:
    """The command that runs `argv` in the cage, for who starts processes by itself, such as a spawner.

    Its exit status is the program's (128 + n for a signal, 125 when the cage could not be entered).
    SIGTERM, SIGINT and SIGHUP are passed on; after SIGKILL nothing is left where there are namespaces. The
    program gets the environment the command gets. Raises Unavailable where the system cannot keep files
    apart.
    """
    layers = usable_layers(unsafe_no_jail=unsafe_no_jail)
    return [sys.executable, "-I", "-m", "zerek.cage.enter", to_json(cage, layers), "--", *argv]


def run(
    argv: Sequence[str],
    cage: Cage,
    *,
    files: Mapping[str, bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    layers: tuple[Layer, ...] | None = None,
    unsafe_no_jail: bool = False,
) -> Outcome:
    """Run the program to its end, or to the end of its limits; afterwards nothing of it is alive or on the
    disk.

    `files` are laid, read-only, into a folder that the program finds as ZEREK_FILES; names may have
    folders. It starts in an empty scratch folder of its own, which is its HOME and TMPDIR. `environment` is
    added to a clean one. `layers` are all that hold here; fewer are only for trying each by itself. Raises
    Unavailable when the system cannot keep files apart, or the program could not be started at all.
    """
    if layers is None:
        layers = usable_layers(unsafe_no_jail=unsafe_no_jail)
    with _folders(files or {}, cage.user) as (given, scratch):
        inside = replace(cage, readable=(*cage.readable, given), scratch=scratch)
        words = {**clean_environment(scratch), "ZEREK_FILES": str(given), **(environment or {})}
        begun = time.monotonic()
        told, tell = os.pipe()
        command = [
            sys.executable,
            "-I",
            "-m",
            "zerek.cage.enter",
            to_json(inside, layers),
            str(tell),
            "--",
            *argv,
        ]
        with (
            open(told, "rb") as report,
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[tell],
                env=words,
                start_new_session=True,
            ) as keeper,
        ):
            os.close(tell)
            try:
                streams, reason = _watch(keeper, cage.limits)
            finally:
                _end(keeper)
            told_words = json.loads(report.read() or b"{}")
    return _outcome(Report(**told_words), streams, reason, time.monotonic() - begun)


def clean_environment(home: Path) -> dict[str, str]:
    """Nothing of ours, which may hold secrets; numeric libraries keep to one thread."""
    bins = dict.fromkeys((str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"))
    one = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {
        "PATH": ":".join(bins),
        "HOME": str(home),
        "TMPDIR": str(home),
        "USER": "pupil",
        "LOGNAME": "pupil",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys(one, "1"),
    }


@contextmanager
def _folders(files: Mapping[str, bytes], user: int) -> Iterator[tuple[Path, Path]]:
    """A folder with the given files and an empty one, both gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="zerek-cage-", ignore_cleanup_errors=True) as place:
        whole = Path(place).resolve()
        given, scratch = whole / "files", whole / "scratch"
        for folder in (given, scratch):
            folder.mkdir()
        for name, content in files.items():
            path = given / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for path in given.rglob("*"):
            path.chmod(
                0o755 if path.is_dir() else 0o644
            )  # whatever the umask: it may be another user who reads
        if os.geteuid() == 0:
            whole.chmod(0o711)
            os.chown(scratch, user, user)
        yield given, scratch


def _watch(keeper: subprocess.Popen[bytes], limits: Limits) -> tuple[list[bytes], str | None]:
    """Both streams up to their cap; a stream beyond it, or a keeper beyond its own limit, ends the run."""
    streams = [stream for stream in (keeper.stdout, keeper.stderr) if stream is not None]
    kept = [bytearray() for _ in streams]
    with selectors.DefaultSelector() as selector:
        for number, stream in enumerate(streams):
            selector.register(stream, selectors.EVENT_READ, kept[number])
        deadline = (
            inf if limits.wall_seconds is None else time.monotonic() + limits.wall_seconds + GRACE_SECONDS
        )
        while selector.get_map():
            left = deadline - time.monotonic()
            for key, _ in selector.select(min(max(left, 0.0), 60.0)):
                chunk = os.read(key.fd, 65536)
                key.data.extend(chunk)
                if not chunk:
                    selector.unregister(key.fileobj)
            too_much = any(len(text) > limits.output for text in kept)
            if too_much or left <= 0:
                return [bytes(text[: limits.output]) for text in kept], "output" if too_much else "time"
        try:
            keeper.wait(None if deadline == inf else max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return [bytes(text) for text in kept], "time"
    return [bytes(text) for text in kept], None


def _end(keeper: subprocess.Popen[bytes]) -> None:
    """Tell the keeper to end the cage and wait; one that does not is ended with its session."""
    if keeper.poll() is None:
        keeper.send_signal(END_NOW)
    try:
        keeper.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(keeper.pid, signal.SIGKILL)
        keeper.wait()


def _outcome(report: Report, streams: list[bytes], reason: str | None, wall: float) -> Outcome:
    if report.failed:
        raise Unavailable(N_("A program could not be started in its cage: %(why)s"), why=report.failed)
    if report.signal == signal.SIGXCPU:
        reason = "cpu"
    return Outcome(
        exit=report.exit,
        signal=report.signal,
        reason=reason or report.stopped,
        stdout=streams[0],
        stderr=streams[1],
        cpu_seconds=report.cpu_seconds,
        wall_seconds=round(wall, 3),
    )
