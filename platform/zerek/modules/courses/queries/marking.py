"""What waits for a tutor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zerek.base.text import Words
from zerek.modules.courses.models import HandIn, Item, Version, Work


@dataclass(frozen=True)
class Waiting:
    """One hand-in in the queue."""

    hand_in_id: int
    number: int
    person_id: int
    handed_in_at: datetime
    task: Words
    course: Words


@dataclass(frozen=True)
class Count:
    waiting: int
    oldest: datetime | None


def queue(session: Session, marker: int, limit: int = 100) -> list[Waiting]:
    """What this tutor may mark, the oldest first: everybody's work but their own."""
    rows = session.execute(
        select(HandIn.id, HandIn.number, Work.person_id, HandIn.handed_in_at, Item.title, Version.title)
        .join(Work, Work.id == HandIn.work_id)
        .join(Item, Item.id == Work.item_id)
        .join(Version, Version.id == Item.version_id)
        .where(HandIn.verdict.is_(None), Work.person_id != marker)
        .order_by(HandIn.handed_in_at, HandIn.id)
        .limit(limit)
    )
    return [
        Waiting(number, round_, person, when, Words.of(task), Words.of(course))
        for number, round_, person, when, task, course in rows
    ]


def count(session: Session, marker: int) -> Count:
    waiting, oldest = session.execute(
        select(func.count(HandIn.id), func.min(HandIn.handed_in_at))
        .join(Work, Work.id == HandIn.work_id)
        .where(HandIn.verdict.is_(None), Work.person_id != marker)
    ).one()
    return Count(waiting, oldest)


def hand_in(session: Session, hand_in_id: int) -> tuple[HandIn, Work, Item, Version] | None:
    found = session.execute(
        select(HandIn, Work, Item, Version)
        .join(Work, Work.id == HandIn.work_id)
        .join(Item, Item.id == Work.item_id)
        .join(Version, Version.id == Item.version_id)
        .where(HandIn.id == hand_in_id)
    ).first()
    return (found[0], found[1], found[2], found[3]) if found else None
