"""The stop: of one kit, of the whole room (it holds until somebody allows motion again), and who pressed it when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from zerek.base.errors import Conflict
from zerek.base.permissions import Actor, signed_in
from zerek.base.text import N_
from zerek.modules.kits import queries, rooms
from zerek.modules.kits.models import Kit, Run, Stop


def stop_kit(session: Session, kit_id: int, *, by: Actor, now: datetime) -> Kit:
    """Stop what the kit does. Always taken, also twice and also when the room is silent: it may hear it yet."""
    room, kit = rooms.movable_kit(session, kit_id, by)
    rooms.command(session, room, "stop", kit=kit, by=signed_in(by), now=now)
    for run in queries.open_runs(session, room.id):
        if run.kit_id == kit.id:
            _forget(run, now)
    session.flush()
    return kit


def stop_all(session: Session, room_id: int, *, by: Actor, now: datetime) -> Stop:
    """Stop every kit of the room and let none move until :func:`release`. A second press is said again, logged once."""
    room = rooms.led_room(session, room_id, by)
    rooms.command(session, room, "stop_all", by=signed_in(by), now=now)
    for run in queries.open_runs(session, room.id):
        _forget(run, now)
    stop = queries.open_stop(session, room.id)
    if stop is None:
        stop = Stop(room_id=room.id, at=now, by=signed_in(by))
        session.add(stop)
    session.flush()
    return stop


def release(session: Session, room_id: int, *, by: Actor, now: datetime) -> Stop:
    """Allow motion again."""
    room = rooms.led_room(session, room_id, by)
    stop = queries.open_stop(session, room.id)
    if stop is None:
        raise Conflict(N_("The room is not stopped."))
    rooms.command(session, room, "release", by=signed_in(by), now=now)
    stop.released_at, stop.released_by = now, signed_in(by)
    session.flush()
    return stop


def _forget(run: Run, now: datetime) -> None:
    """A run that has not begun shall not begin; one that has is ended by the classroom computer's word."""
    if run.state == "asked":
        run.state, run.reason, run.ended_at = "ended", "stopped", now
