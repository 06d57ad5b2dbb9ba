"""The rules of the agents' door: what a classroom computer says is taken once, and it is told what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from zerek.base import jobs
from zerek.base.errors import Conflict
from zerek.base.text import N_
from zerek.modules.kits import frames, live, passing, queries, rooms
from zerek.modules.kits.frames import MOST_KITS, Ending, Frame, KitWord, Piece, Stopped
from zerek.modules.kits.live import Note
from zerek.modules.kits.models import Kit, Output, Room, Run
from zerek.modules.kits.passing import SEEN_EVERY

MOST_OUTPUT = 100_000  # characters kept of one run
MOST_PIECES = 5_000  # of one run
MOST_COMMANDS = 100  # in one answer
BATTERY_STEP = 50  # millivolts: smaller changes are shown live and not written down


def hear(session: Session, token: str, body: bytes, *, now: datetime) -> int:
    """What an agent sent: who it is, what it says, and the number to acknowledge."""
    known = rooms.hashed(token) in live.hub(session).known
    room = None if known else rooms.room_of_agent(session, token)  # a stranger's bytes are not even read
    frame = frames.read(body)
    passed = passing.pass_on(session, rooms.hashed(token), frame, now=now) if known else None
    if passed is not None:
        return passed
    return take_frame(session, room or rooms.room_of_agent(session, token), frame, now=now)


def take_frame(session: Session, room: Room, frame: Frame, *, now: datetime) -> int:
    """Take what the frame says; returns the number to acknowledge. A frame that comes again changes nothing."""
    session.refresh(room, with_for_update=True)
    channel = live.hub(session).channel(room.id)
    live.after_commit(session, channel.heard)
    before = _picture(room)
    if frame.agent_run != room.agent_run:
        _begin_agent_run(session, room, frame, now)
    elif frame.seq <= room.taken:
        return room.taken
    known = {kit.key: kit for kit in queries.kits(session, Kit.room_id == room.id)}
    wrote = _take_kits(session, room, known, frame.kits, now)
    wrote |= _take_output(session, room, frame.output, now)
    wrote |= _take_endings(session, room, frame.ended, now)
    wrote |= _take_stops(session, room, frame.stopped, now)
    if wrote or room.last_seen is None or now - room.last_seen >= SEEN_EVERY or before != _picture(room):
        room.taken, room.last_seen = frame.seq, now
    session.flush()
    passing.remember(session, room, known, frame, now)
    return frame.seq


def _picture(room: Room) -> tuple[str | None, int]:
    return room.agent_run, room.commands


def _begin_agent_run(session: Session, room: Room, frame: Frame, now: datetime) -> None:
    """The agent was started (again): what the one before did is over, and its commands are not for this one."""
    room.agent_run, room.taken, room.commands_from = frame.agent_run, -1, room.commands
    for run in queries.open_runs(session, room.id):
        run.state, run.reason, run.ended_at = "ended", "lost", now
    named = {word.key for word in frame.kits}
    for kit in queries.kits(session, Kit.room_id == room.id):
        if kit.key not in named:
            kit.state = "absent"
    session.flush()
    if queries.open_stop(session, room.id) is not None:
        rooms.command(session, room, "stop_all", by=None, now=now)
    # Its question may have come before this frame, and waits.
    live.after_commit(session, live.hub(session).channel(room.id).call)
    rooms.rows_changed(session, room.id)


def _take_kits(
    session: Session, room: Room, known: dict[str, Kit], words: Sequence[KitWord], now: datetime
) -> bool:
    changed = False
    for word in words:
        kit = known.get(word.key)
        if kit is None:
            if len(known) >= MOST_KITS:
                raise Conflict(N_("A room has at most %(n)s kits."), n=MOST_KITS)
            kit = known[word.key] = Kit(room_id=room.id, key=word.key, name=word.name)
            session.add(kit)
            session.flush()
        changed |= _take_kit(session, room, kit, word, now)
    if changed:
        rooms.rows_changed(session, room.id)
    channel = live.hub(session).channel(room.id)
    notes = [passing.telemetry(known[word.key].id, word) for word in words]
    live.after_commit(session, lambda: channel.tell(*notes))
    return changed


def _take_kit(session: Session, room: Room, kit: Kit, word: KitWord, now: datetime) -> bool:
    """Write down what is new about the kit; whether a page must read it anew."""
    fields = ("name", "profile", "state", "firmware", "on_board_stop", "supply")
    changed = any(getattr(kit, field) != getattr(word, field) for field in fields)
    for field in fields:
        setattr(kit, field, getattr(word, field))
    if word.last_word:
        kit.last_word = word.last_word
    if None in (kit.battery_mv, word.battery_mv) or abs(kit.battery_mv - word.battery_mv) >= BATTERY_STEP:  # type: ignore[operator]
        kit.battery_mv = word.battery_mv
    if changed or kit.seen_at is None or now - kit.seen_at >= SEEN_EVERY:
        kit.seen_at = now
    if changed and word.state == "running":
        for run in queries.open_runs(session, room.id):
            if run.kit_id == kit.id:
                _began(run, now)
    return changed


def _began(run: Run, now: datetime) -> None:
    if run.state == "asked":
        run.state, run.began_at = "running", now


def _take_output(session: Session, room: Room, pieces: Sequence[Piece], now: datetime) -> bool:
    """Keep each piece once, and of one run no more than a person would read. Unknown runs' pieces are dropped."""
    by_run: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_run.setdefault(piece.run, []).append(piece)
    runs = queries.runs_of_room(session, room.id, by_run) if by_run else {}
    for run in runs.values():
        _keep(session, room, run, by_run[run.id])
        _began(run, now)
    return bool(runs)


def _keep(session: Session, room: Room, run: Run, pieces: Sequence[Piece]) -> None:
    seqs = [piece.seq for piece in pieces]
    kept = queries.kept_pieces(session, run.id, min(seqs), max(seqs))
    new: list[dict[str, object]] = []
    for piece in pieces:
        text = piece.text[: MOST_OUTPUT - run.kept]
        if piece.seq in kept or not text or run.pieces >= MOST_PIECES:
            continue
        kept.add(piece.seq)
        run.kept, run.pieces = run.kept + len(text), run.pieces + 1
        new.append({"run_id": run.id, "seq": piece.seq, "stream": piece.stream, "text": text})
    if new:
        session.execute(insert(Output), new)
        channel = live.hub(session).channel(room.id)
        live.after_commit(
            session,
            lambda: channel.tell(Note("output", run.kit_id, {"person_id": run.person_id, "pieces": new})),
        )


def _take_endings(session: Session, room: Room, endings: Sequence[Ending], now: datetime) -> bool:
    runs = queries.runs_of_room(session, room.id, {ending.run for ending in endings}) if endings else {}
    changed = False
    for ending in endings:
        run = runs.get(ending.run)
        if run is None or run.confirmed:
            continue
        run.state, run.reason, run.detail, run.exit_code = (
            "ended",
            ending.reason,
            ending.detail,
            ending.exit_code,
        )
        run.ended_at, run.confirmed = run.ended_at or now, True
        changed = True
        if run.item_id is not None and ending.reason == "finished":
            jobs.put(session, "kits.count_run", run_id=run.id)
    if changed:
        rooms.rows_changed(session, room.id)
    return changed


def _take_stops(session: Session, room: Room, stops: Sequence[Stopped], now: datetime) -> bool:
    """The agent says that the whole room stands still: it has heard the stop that waits for this, if one does."""
    ours = queries.unheard_stop(session, room.id) if any(stop.key is None for stop in stops) else None
    if ours is None:
        return bool(stops)
    ours.heard_at = now
    rooms.rows_changed(session, room.id)
    return True


def commands_after(session: Session, room: Room, agent_run: str, after: int) -> list[dict[str, Any]]:
    """What this run of the agent has not been told; nothing before its first frame has come."""
    if room.agent_run != agent_run:
        return []
    found = queries.commands(session, room.id, max(after, room.commands_from), MOST_COMMANDS)
    told = []
    for command, run in found:
        if run is not None and run.state == "ended":
            continue  # stopped before the classroom computer took it: it shall not begin now
        program = {"run": run.id, "source": run.source, "language": run.language} if run else {}
        told.append({"n": command.n, "do": command.do, **command.payload, **program})
    return told
