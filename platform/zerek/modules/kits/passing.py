"""Telemetry alone is passed on to the pages without a question to the database: it comes five times a second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from zerek.modules.kits import live
from zerek.modules.kits.frames import Frame, KitWord
from zerek.modules.kits.live import Note
from zerek.modules.kits.models import Kit, Room

SEEN_EVERY = timedelta(seconds=3)  # how often a mere "I am here" goes the whole way and is written down


@dataclass(frozen=True)
class Known:
    """A room as its last frame left it, remembered for SEEN_EVERY; ``kits``: key → row and what was said of it."""

    room_id: int
    agent_run: str
    taken: int
    kits: Mapping[str, tuple[int, KitWord]]
    at: datetime


def remember(session: Session, room: Room, kits: Mapping[str, Kit], frame: Frame, now: datetime) -> None:
    """After a frame that went the whole way, once it is kept."""
    hub, token = live.hub(session), room.token_hash
    before = hub.known.get(token)
    words = dict(before.kits) if isinstance(before, Known) and before.agent_run == frame.agent_run else {}
    words.update((word.key, (kits[word.key].id, _still(word))) for word in frame.kits)
    known = Known(room.id, frame.agent_run, frame.seq, words, now)
    live.after_commit(session, lambda: hub.known.update({token: known}))


def pass_on(session: Session, token_hash: str, frame: Frame, *, now: datetime) -> int | None:
    """The number to acknowledge; None where the frame says more than telemetry, and so goes the whole way."""
    hub = live.hub(session)
    known = hub.known.get(token_hash)
    if not isinstance(known, Known) or not timedelta(0) <= now - known.at < SEEN_EVERY:
        return None
    if frame.output or frame.ended or frame.stopped:
        return None
    if frame.agent_run != known.agent_run or frame.seq <= known.taken:
        return None
    told = [(known.kits.get(word.key), word) for word in frame.kits]
    if any(row is None or row[1] != _still(word) for row, word in told):
        return None
    channel = hub.channel(known.room_id)
    channel.heard()
    channel.tell(*(telemetry(row[0], word) for row, word in told if row))
    return frame.seq


def _still(word: KitWord) -> KitWord:
    return replace(word, telemetry={}, battery_mv=None)


def telemetry(kit_id: int, word: KitWord) -> Note:
    """What pages are told of one kit between two readings of the rows."""
    return Note(
        "telemetry", kit_id, {**word.telemetry, "battery_mv": word.battery_mv, "last_word": word.last_word}
    )
