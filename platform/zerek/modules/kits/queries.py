"""What pages and rules ask about rooms, kits and runs, each in one query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from zerek.modules.kits.models import Command, Kit, Output, Room, Run, Stop


@dataclass(frozen=True)
class RoomRow:
    """A line of the list of rooms. ``ready``: kits that the agent last called ready or running."""

    id: int
    school_id: int
    name: str
    last_seen: datetime | None
    kits: int
    ready: int
    stopped: bool


def rooms(
    session: Session, *, schools: Iterable[int] | None, kits: ColumnElement[bool] | None
) -> list[RoomRow]:
    """All rooms when ``schools`` is None; else those of the schools, and those with a kit that ``kits`` names."""
    working = func.count(case((Kit.state.in_(("ready", "running")), Kit.id)))
    question = (
        select(
            Room.id, Room.school_id, Room.name, Room.last_seen, func.count(Kit.id), working, func.max(Stop.id)
        )
        .outerjoin(Kit, Kit.room_id == Room.id)
        .outerjoin(Stop, and_(Stop.room_id == Room.id, Stop.released_at.is_(None)))
        .group_by(Room.id)
        .order_by(Room.school_id, Room.id)
    )
    if schools is not None:
        mine = select(Kit.room_id).where(false() if kits is None else kits)
        question = question.where(or_(Room.school_id.in_(set(schools)), Room.id.in_(mine)))
    return [RoomRow(*row[:6], row[6] is not None) for row in session.execute(question).all()]


def room_by_token(session: Session, token_hash: str) -> Room | None:
    return session.scalar(select(Room).where(Room.token_hash == token_hash))


def kits(session: Session, condition: ColumnElement[bool]) -> Sequence[Kit]:
    return session.scalars(select(Kit).where(condition).order_by(Kit.room_id, Kit.name, Kit.id)).all()


def newest_runs(session: Session, kit_ids: Iterable[int]) -> dict[int, Run]:
    """Kit → its newest run."""
    number = (
        func.row_number()
        .over(partition_by=Run.kit_id, order_by=(Run.asked_at.desc(), Run.id))
        .label("number")
    )
    newest = select(Run.id, number).where(Run.kit_id.in_(set(kit_ids))).subquery()
    found = session.scalars(select(Run).join(newest, and_(newest.c.id == Run.id, newest.c.number == 1)))
    return {run.kit_id: run for run in found}


def runs(session: Session, kit_id: int, *, person_id: int | None, most: int) -> Sequence[Run]:
    """A kit's runs, the newest first; one person's when the person is given."""
    question = select(Run).where(Run.kit_id == kit_id).order_by(Run.asked_at.desc()).limit(most)
    return session.scalars(
        question if person_id is None else question.where(Run.person_id == person_id)
    ).all()


def last_source(session: Session, person_id: int, item_id: int | None) -> str | None:
    """What this person last ran, for this lesson or outside lessons."""
    item = Run.item_id.is_(None) if item_id is None else Run.item_id == item_id
    question = (
        select(Run.source).where(Run.person_id == person_id, item).order_by(Run.asked_at.desc()).limit(1)
    )
    return session.scalar(question)


def open_runs(session: Session, room_id: int) -> Sequence[Run]:
    question = select(Run).join(Kit, Kit.id == Run.kit_id).where(Kit.room_id == room_id, Run.state != "ended")
    return session.scalars(question).all()


def runs_of_room(session: Session, room_id: int, ids: Iterable[str]) -> dict[str, Run]:
    """Those of the runs that are this room's: another room's agent has no say about them."""
    question = select(Run).join(Kit, Kit.id == Run.kit_id).where(Kit.room_id == room_id, Run.id.in_(set(ids)))
    return {run.id: run for run in session.scalars(question)}


def output(session: Session, run_id: str, after: int = -1) -> Sequence[Output]:
    return session.scalars(
        select(Output).where(Output.run_id == run_id, Output.seq > after).order_by(Output.seq)
    ).all()


def kept_pieces(session: Session, run_id: str, first: int, last: int) -> set[int]:
    """Which pieces of the run, from one number to another, are kept already."""
    return set(
        session.scalars(select(Output.seq).where(Output.run_id == run_id, Output.seq.between(first, last)))
    )


def open_stop(session: Session, room_id: int) -> Stop | None:
    return session.scalar(select(Stop).where(Stop.room_id == room_id, Stop.released_at.is_(None)))


def unheard_stop(session: Session, room_id: int) -> Stop | None:
    """The last stop, released or not, when the classroom computer has not yet said that it obeyed."""
    last = session.scalar(select(Stop).where(Stop.room_id == room_id).order_by(Stop.id.desc()).limit(1))
    return last if last is not None and last.heard_at is None else None


def stops(session: Session, room_id: int, most: int) -> Sequence[Stop]:
    return session.scalars(
        select(Stop).where(Stop.room_id == room_id).order_by(Stop.id.desc()).limit(most)
    ).all()


def commands(session: Session, room_id: int, after: int, most: int) -> Sequence[tuple[Command, Run | None]]:
    found = session.execute(
        select(Command, Run)
        .outerjoin(Run, Run.id == Command.run_id)
        .where(Command.room_id == room_id, Command.n > after)
        .order_by(Command.n)
        .limit(most)
    )
    return [(command, run) for command, run in found]
