"""What happens in the rooms right now, inside this process: newest telemetry, who watches, who waits for a command.

In-process is right here: the web is one process of many threads, and a room's agent, teacher and pupils all meet in
it. A region that outgrows one process puts Redis publish/subscribe behind these same few verbs. Nothing here is lost
that matters: rows are the truth, and every watcher reads them anew every few seconds.

Streams and waiting agents each hold a thread, so both are counted: who comes when none is left polls instead.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from zerek.base.errors import TooMany
from zerek.base.text import N_
from zerek.settings import WEB_THREADS

MOST_STREAMS = WEB_THREADS // 2  # threads that pages may hold
MOST_WAITING = WEB_THREADS // 4  # threads that agents may hold; the last quarter answers everybody else
MOST_NOTES = 400  # waiting for one slow page, before it is told to read everything anew
POINTS = 60  # of a kit's distance, kept for the line that a new page draws


@dataclass(frozen=True)
class Note:
    """Something that happened: ``kind`` is telemetry, output or room (the rows have changed: read them)."""

    kind: str
    kit_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class Watcher:
    """One page's queue: newest telemetry of each kit, and a bounded row of everything else."""

    def __init__(self, channel: Channel, gone: Callable[[], None]) -> None:
        self._channel = channel
        self._gone: Callable[[], None] | None = gone
        self._newest: dict[int, Note] = {}
        self._notes: deque[Note] = deque()
        with channel.changed:
            channel.watchers.add(self)

    def close(self) -> None:
        """Safe to repeat."""
        with self._channel.changed:
            self._channel.watchers.discard(self)
            gone, self._gone = self._gone, None
        if gone:
            gone()

    def hear(self, note: Note) -> None:
        """Called with the channel's lock held."""
        if note.kind == "telemetry" and note.kit_id is not None:
            self._newest[note.kit_id] = note
        elif len(self._notes) >= MOST_NOTES:
            self._notes.clear()
            self._notes.append(Note("missed"))
        else:
            self._notes.append(note)

    def wait(self, seconds: float) -> list[Note]:
        """What has come since the last call, at once or after at most so many seconds; may be empty."""
        with self._channel.changed:
            self._channel.changed.wait_for(
                lambda: self._notes or self._newest or self._channel.closed, seconds
            )
            found = [*self._notes, *self._newest.values()]
            self._notes.clear()
            self._newest.clear()
            return found


class Channel:
    """One room, in this process."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.closed = False
        self.heard_at: float | None = None  # time.monotonic() of the agent's last frame
        self.commands = 0
        self.telemetry: dict[int, Mapping[str, Any]] = {}
        self.distances: dict[int, deque[float]] = {}
        self.watchers: set[Watcher] = set()

    def tell(self, *notes: Note) -> None:
        with self.changed:
            for note in notes:
                self._keep(note)
                for watcher in self.watchers:
                    watcher.hear(note)
            self.changed.notify_all()

    def _keep(self, note: Note) -> None:
        if note.kind != "telemetry" or note.kit_id is None:
            return
        self.telemetry[note.kit_id] = note.data
        if "distance_cm" in note.data:
            line = self.distances.setdefault(note.kit_id, deque(maxlen=POINTS))
            line.append(float(note.data["distance_cm"]))

    def heard(self) -> None:
        """The agent has said something."""
        self.heard_at = time.monotonic()

    def silent_for(self) -> float | None:
        """Seconds since the agent's last frame; None when this process has heard none."""
        return None if self.heard_at is None else time.monotonic() - self.heard_at

    def call(self) -> None:
        """There is a new command."""
        with self.changed:
            self.commands += 1
            self.changed.notify_all()

    def wait_for_command(self, after: int, seconds: float) -> None:
        """Until ``commands`` is no longer ``after``, or so many seconds."""
        with self.changed:
            self.changed.wait_for(lambda: self.commands != after or self.closed, seconds)


class Hub:
    """All rooms of one installation, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channels: dict[int, Channel] = {}
        self.known: dict[str, object] = {}  # a token's hash → what passing.py remembers of its room
        self._streams = threading.BoundedSemaphore(MOST_STREAMS)
        self.waiting = threading.BoundedSemaphore(MOST_WAITING)

    def __len__(self) -> int:
        """Rooms that this process keeps in memory."""
        return len(self._channels)

    def channel(self, room_id: int) -> Channel:
        with self._lock:
            return self._channels.setdefault(room_id, Channel())

    def watch(self, room_id: int) -> Watcher:
        """A page's queue, until it is closed. Raises TooMany when no thread may be given to the page."""
        if not self._streams.acquire(blocking=False):
            raise TooMany(N_("Too many pages watch at once; this one asks every few seconds instead."))
        return Watcher(self.channel(room_id), self._streams.release)

    def close(self) -> None:
        """Wake everyone who waits, for good: the process is about to end."""
        with self._lock:
            channels = list(self._channels.values())
        for channel in channels:
            with channel.changed:
                channel.closed = True
                channel.changed.notify_all()


_hubs: dict[str, Hub] = {}
_hubs_lock = threading.Lock()


def hub(session: Session) -> Hub:
    """The hub of the installation whose database this session is on."""
    with _hubs_lock:
        return _hubs.setdefault(str(session.get_bind().engine.url), Hub())


def close_all() -> None:
    """End every stream and every agent's waiting in this process."""
    with _hubs_lock:
        found = list(_hubs.values())
    for one in found:
        one.close()


def after_commit(session: Session, tell: Callable[[], None]) -> None:
    """Tell only what is true: once this transaction is kept. Forgotten when it is rolled back."""
    waiting: list[Callable[[], None]] = session.info.setdefault("kits", [])
    waiting.append(tell)


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint is no commit: nobody else sees the rows yet
    for tell in session.info.pop("kits", []):
        tell()


@event.listens_for(Session, "after_rollback")
def _rolled_back(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("kits", None)
