"""What a page of the room shows, gathered from rows and from memory into plain values that also travel as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zerek.base.permissions import Actor
from zerek.modules.kits import live, queries, rooms, running
from zerek.modules.kits.models import Kit, Output, Room, Run, Stop
from zerek.modules.people import api as people
from zerek.modules.schools import api as schools

STOPS_SHOWN = 10
RUNS_SHOWN = 20


@dataclass(frozen=True)
class RunView:
    id: str
    person_id: int
    person: str
    state: str
    reason: str | None
    detail: str
    asked_at: datetime


@dataclass(frozen=True)
class KitView:
    """``state``: ready, running, booting, lost or offline. ``distances``: the last ones, in cm, the newest last."""

    id: int
    name: str
    state: str
    profile: str
    firmware: str
    supply: str
    battery_mv: int | None
    last_word: str
    on_board_stop: bool
    given_to: str
    run: RunView | None
    telemetry: Mapping[str, Any]
    distances: Sequence[float]


@dataclass(frozen=True)
class StopView:
    at: datetime
    by: str
    heard: bool
    released_at: datetime | None
    released_by: str


@dataclass(frozen=True)
class RoomView:
    """A room as one person may see it at one moment. ``stop`` is the one that holds now."""

    id: int
    school_id: int
    name: str
    online: bool
    leads: bool
    stop: StopView | None
    kits: tuple[KitView, ...]
    output: tuple[Output, ...] = field(default=())


def look(
    session: Session, room_id: int, *, by: Actor, now: datetime, kit_id: int | None = None, after: str = ""
) -> RoomView:
    """The room. With a kit, that kit alone and its newest run's output; ``after`` is the last piece already shown."""
    room, kits = rooms.see_room(session, room_id, by)
    if kit_id is not None:
        kits = [kit for kit in kits if kit.id == kit_id]
    runs = queries.newest_runs(session, [kit.id for kit in kits])
    stop = queries.open_stop(session, room.id)
    names = _names(session, kits, runs, [stop] if stop else [])
    classes = {row.id: row.title for row in schools.classes(session, [k.assigned_class or 0 for k in kits])}
    online = rooms.is_online(session, room, now)
    channel = live.hub(session).channel(room.id)
    run = runs.get(kit_id) if kit_id is not None else None
    return RoomView(
        room.id,
        room.school_id,
        room.name,
        online,
        rooms.leads(room, by),
        _stop_view(stop, names) if stop else None,
        tuple(_kit_view(kit, runs.get(kit.id), online, names, classes, channel) for kit in kits),
        tuple(_output(session, run, by, room, after)),
    )


def _output(session: Session, run: Run | None, by: Actor, room: Room, after: str) -> Sequence[Output]:
    """What another pupil's program printed is that pupil's and the teacher's."""
    if run is None or (run.person_id != by.person_id and not rooms.leads(room, by)):
        return []
    run_id, _, seq = after.partition(".")
    last = int(seq) if run_id == run.id and seq.isascii() and seq.isdigit() and len(seq) < 10 else -1
    return queries.output(session, run.id, last)


def _kit_view(
    kit: Kit,
    run: Run | None,
    online: bool,
    names: Mapping[int, str],
    classes: Mapping[int, str],
    channel: live.Channel,
) -> KitView:
    working = run is not None and run.state != "ended"
    state = kit.state
    if not online or state == "absent":
        state = "offline"
    elif working and state == "ready":
        state = "running"
    return KitView(
        id=kit.id,
        name=kit.name,
        state=state,
        profile=kit.profile,
        firmware=kit.firmware,
        supply=kit.supply,
        battery_mv=kit.battery_mv,
        last_word=kit.last_word,
        on_board_stop=kit.on_board_stop,
        given_to=names.get(kit.assigned_to or 0) or classes.get(kit.assigned_class or 0, ""),
        run=_run_view(run, names) if run else None,
        telemetry=channel.telemetry.get(kit.id, {}) if online else {},
        distances=tuple(channel.distances.get(kit.id, ())) if online else (),
    )


def _run_view(run: Run, names: Mapping[int, str]) -> RunView:
    return RunView(
        run.id, run.person_id, names.get(run.person_id, ""), run.state, run.reason, run.detail, run.asked_at
    )


def _stop_view(stop: Stop, names: Mapping[int, str]) -> StopView:
    return StopView(
        stop.at,
        names.get(stop.by or 0, ""),
        stop.heard_at is not None,
        stop.released_at,
        names.get(stop.released_by or 0, ""),
    )


def _names(
    session: Session, kits: Sequence[Kit], runs: Mapping[int, Run], stops: Sequence[Stop]
) -> dict[int, str]:
    wanted = {kit.assigned_to for kit in kits} | {run.person_id for run in runs.values()}
    wanted |= {stop.by for stop in stops} | {stop.released_by for stop in stops}
    return people.names(session, [number for number in wanted if number is not None])


def stops_of(session: Session, room_id: int) -> list[StopView]:
    """The room's last stops: who, when, and who released them."""
    found = queries.stops(session, room_id, STOPS_SHOWN)
    names = _names(session, [], {}, found)
    return [_stop_view(stop, names) for stop in found]


def runs_of(session: Session, kit_id: int, *, by: Actor) -> list[RunView]:
    """The kit's last runs: all for who leads the room, else one's own."""
    room, kit = rooms.movable_kit(session, kit_id, by)
    found = queries.runs(
        session, kit.id, person_id=None if rooms.leads(room, by) else by.person_id, most=RUNS_SHOWN
    )
    names = people.names(session, [run.person_id for run in found])
    return [_run_view(run, names) for run in found]


def run_with_output(
    session: Session, run_id: str, *, by: Actor
) -> tuple[KitView, RunView, Run, Sequence[Output]]:
    """One run, its program and all that it printed."""
    room, kit, run = running.see_run(session, run_id, by)
    names = people.names(session, [run.person_id])
    view = _kit_view(kit, run, True, names, {}, live.hub(session).channel(room.id))
    return view, _run_view(run, names), run, queries.output(session, run.id)
