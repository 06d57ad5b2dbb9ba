"""Running a pupil's program on a kit: asked here, done beside the kit by the agent."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from zerek.base import jobs
from zerek.base.errors import Conflict, Forbidden, NotFound, Refused, TooLarge
from zerek.base.permissions import Actor, require, signed_in
from zerek.base.text import N_, language
from zerek.content.packages import ItemKind
from zerek.modules.courses import api as courses
from zerek.modules.kits import queries, rooms
from zerek.modules.kits.models import Kit, Room, Run
from zerek.modules.people import api as people

RUN_SECONDS = 60
LONGEST_SOURCE = 64_000  # characters
CLOSED_AFTER = timedelta(seconds=RUN_SECONDS + 30)  # a run of which nothing was heard so long is called lost


def ask_run(
    session: Session,
    kit_id: int,
    source: str,
    *,
    item_id: int | None = None,
    spoken: str = "kk",
    by: Actor,
    now: datetime,
) -> Run:
    """Run the program on the kit. Pressed twice, it is one run; Conflict while the kit cannot take it."""
    room, kit = rooms.movable_kit(session, kit_id, by)
    _refuse_what_is_no_program(source)
    if item_id is not None:
        _refuse_what_is_no_robots_lesson(session, item_id, by)
    digest = hashlib.sha256(source.encode()).hexdigest()
    session.refresh(room, with_for_update=True)
    now_running = queries.newest_runs(session, [kit.id]).get(kit.id)
    if now_running is not None and now_running.state != "ended":
        if (now_running.person_id, now_running.digest) == (by.person_id, digest):
            return now_running
        raise Conflict(
            N_("The kit is busy: %(name)s runs a program on it."), name=_name(session, now_running)
        )
    _refuse_what_cannot_move(session, room, kit, now)
    run = Run(
        id=uuid.uuid4().hex,
        kit_id=kit.id,
        person_id=signed_in(by),
        item_id=item_id,
        source=source,
        digest=digest,
        language=language(spoken),
        asked_at=now,
    )
    session.add(run)
    session.flush()
    rooms.command(session, room, "run", kit=kit, run=run, by=signed_in(by), now=now, seconds=RUN_SECONDS)
    jobs.put(session, "kits.close_run", due=now + CLOSED_AFTER, run_id=run.id)
    return run


def _refuse_what_is_no_robots_lesson(session: Session, item_id: int, by: Actor) -> None:
    """A run that counts belongs to a lesson that she may read, and that is done by a run."""
    item, _ = courses.open_item(session, item_id, by=by)
    if item.kind != ItemKind.ROBOT:
        raise Refused(N_("This lesson is not done on a robot."))


def _refuse_what_is_no_program(source: str) -> None:
    if len(source) > LONGEST_SOURCE:
        raise TooLarge(N_("A program has at most %(n)s characters."), n=LONGEST_SOURCE)
    if not source.strip():
        raise Refused(N_("The program is empty: write at least one command."))
    if "\x00" in source:
        raise Refused(N_("The program has a character in it that no program can have."))


def _refuse_what_cannot_move(session: Session, room: Room, kit: Kit, now: datetime) -> None:
    if queries.open_stop(session, room.id) is not None:
        raise Conflict(N_("The room is stopped. No kit moves until the teacher allows it."))
    if not rooms.is_online(session, room, now) or kit.state in ("absent", "lost"):
        raise Conflict(
            N_("The kit “%(name)s” is offline. Check its cable and the classroom computer."), name=kit.name
        )
    if kit.state != "ready":
        raise Conflict(N_("The kit “%(name)s” is not ready yet. Try again in a few seconds."), name=kit.name)


def _name(session: Session, run: Run) -> str:
    return people.names(session, [run.person_id])[run.person_id]


def close_run(session: Session, run_id: str, *, now: datetime) -> None:
    """Call a run lost that nothing was heard of; the agent's own word, should it come later, replaces this."""
    run = session.get(Run, run_id)
    if run is not None and run.state != "ended":
        run.state, run.reason, run.ended_at = "ended", "lost", now
        session.flush()


def count_run(session: Session, run_id: str, *, now: datetime) -> None:
    """A program of a lesson has run to its end: the lesson's hours are its author's. Safe to repeat."""
    run = session.get(Run, run_id)
    if run is not None and run.item_id is not None and run.reason == "finished":
        evidence = {"run": run.id}
        courses.record_done(session, run.person_id, run.item_id, evidence, now, kind=ItemKind.ROBOT)


def see_run(session: Session, run_id: str, by: Actor) -> tuple[Room, Kit, Run]:
    """A run, for its owner and for who leads the room."""
    require(by, "kits.see")
    run = session.get(Run, run_id)
    kit = session.get(Kit, run.kit_id) if run else None
    if run is None or kit is None:
        raise NotFound(N_("There is no such run."))
    room = rooms.room_of(session, kit.room_id)
    if run.person_id != by.person_id and not rooms.leads(room, by):
        raise Forbidden(N_("Your role does not allow this."))
    return room, kit, run
