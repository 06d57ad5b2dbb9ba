"""What one learner has done: attempts and answers, works and what was handed in, tests and tasks that count."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zerek.base.text import Words
from zerek.modules.courses.models import (
    Answer,
    Attempt,
    Certificate,
    Course,
    Enrolment,
    File,
    Given,
    HandIn,
    Hours,
    Item,
    Version,
    Work,
)
from zerek.modules.courses.queries.reading import best_share


def attempts(session: Session, enrolment_id: int, item_id: int) -> Sequence[Attempt]:
    """The learner's attempts at one quiz, the first one first."""
    return session.scalars(
        select(Attempt)
        .where(Attempt.enrolment_id == enrolment_id, Attempt.item_id == item_id)
        .order_by(Attempt.number)
    ).all()


def attempt(session: Session, attempt_id: int, person_id: int) -> tuple[Attempt, Item] | None:
    """The attempt, if it is this person's."""
    found = session.execute(
        select(Attempt, Item)
        .join(Item, Item.id == Attempt.item_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Attempt.id == attempt_id, Enrolment.person_id == person_id)
    ).first()
    return (found[0], found[1]) if found else None


def answers(session: Session, attempt_id: int) -> dict[str, Any]:
    rows = session.execute(select(Answer.question, Answer.given).where(Answer.attempt_id == attempt_id))
    return {row.question: row.given for row in rows}


@dataclass(frozen=True)
class Reached:
    """What counts for the certificate, as far as it is reached."""

    hours: int
    by_form: dict[str, int]
    tests: dict[int, tuple[int, int] | None]  # final quiz → best (points, of how many)
    tasks: int
    tasks_accepted: int


def reached(session: Session, enrolment: Enrolment) -> Reached:
    lines = session.execute(
        select(Hours.form, func.sum(Hours.hours).label("hours"))
        .where(Hours.enrolment_id == enrolment.id)
        .group_by(Hours.form)
    )
    ledger: dict[str, int] = {line.form: line.hours for line in lines}
    asked = session.execute(
        select(Item.id, Item.kind, Hours.id, Attempt.points, Attempt.max_points)
        .outerjoin(Hours, (Hours.item_id == Item.id) & (Hours.enrolment_id == enrolment.id))
        .outerjoin(
            Attempt,
            (Attempt.item_id == Item.id)
            & (Attempt.enrolment_id == enrolment.id)
            & Attempt.finished_at.is_not(None),
        )
        .where(Item.version_id == enrolment.version_id, Item.final | (Item.kind == "task"))
    ).all()
    tests = {row.id: row for row in asked if row.kind == "quiz"}
    best = best_share([(row.id, row.points, row.max_points) for row in asked if row.points is not None])
    tasks = [row for row in asked if row.kind == "task"]
    return Reached(
        hours=sum(ledger.values()),
        by_form=ledger,
        tests={test: best.get(test) for test in tests},
        tasks=len(tasks),
        tasks_accepted=sum(row[2] is not None for row in tasks),
    )


def work(session: Session, enrolment_id: int, item_id: int) -> Work | None:
    return session.scalar(select(Work).where(Work.enrolment_id == enrolment_id, Work.item_id == item_id))


def files(session: Session, work_id: int) -> Sequence[File]:
    """Every file of the work, also those that are no longer in the draft."""
    return session.scalars(select(File).where(File.work_id == work_id).order_by(File.id)).all()


def hand_ins(session: Session, work_id: int) -> Sequence[HandIn]:
    """What was handed in, the newest first."""
    return session.scalars(
        select(HandIn).where(HandIn.work_id == work_id).order_by(HandIn.number.desc())
    ).all()


def certificates_of(session: Session, person_id: int) -> Sequence[Certificate]:
    """The person's certificates, the newest first."""
    return session.scalars(
        select(Certificate).where(Certificate.person_id == person_id).order_by(Certificate.id.desc())
    ).all()


@dataclass(frozen=True)
class GivenCourse:
    course_id: int
    slug: str
    version_id: int
    title: Words


def given(session: Session, class_ids: Collection[int]) -> list[GivenCourse]:
    """The courses that any of these classes was given."""
    rows = session.execute(
        select(Course.id, Course.slug, Version.id, Version.title)
        .join(Version, Version.course_id == Course.id)
        .where(Version.id.in_(select(Given.version_id).where(Given.class_id.in_(class_ids))))
        .order_by(Course.id)
    )
    return [GivenCourse(number, slug, version, Words.of(title)) for number, slug, version, title in rows]


@dataclass(frozen=True)
class LedgerRow:
    item_id: int
    title: Words
    form: str
    hours: int
    counted_at: datetime


def ledger(session: Session, enrolment_id: int) -> list[LedgerRow]:
    """The enrolment's lines in the ledger, in the order in which they were counted."""
    rows = session.execute(
        select(Item.id, Item.title, Hours.form, Hours.hours, Hours.counted_at)
        .join(Item, Item.id == Hours.item_id)
        .where(Hours.enrolment_id == enrolment_id)
        .order_by(Hours.counted_at, Hours.id)
    )
    return [
        LedgerRow(number, Words.of(title), form, hours, counted_at)
        for number, title, form, hours, counted_at in rows
    ]
