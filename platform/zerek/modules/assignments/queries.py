"""What pages ask about hand-ins, each in one query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zerek.modules.assignments.models import OPEN, Outcome, State, Submission


@dataclass(frozen=True)
class Row:
    """A submission with its outcome, if there is one yet."""

    id: int
    person_id: int
    item_id: int
    number: int
    state: State
    reason: dict[str, Any] | None
    digest: str | None
    handed_in_at: datetime
    points: float | None
    max_points: float | None
    cells: list[dict[str, Any]]
    error: str | None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def tests(self) -> list[dict[str, Any]]:
        return [cell for cell in self.cells if cell["max_points"]]


def _rows(session: Session, *where: Any) -> list[Row]:
    found = session.execute(
        select(Submission, Outcome)
        .outerjoin(Outcome, Outcome.submission_id == Submission.id)
        .where(*where)
        .order_by(Submission.number.desc())
    )
    return [
        Row(
            one.id,
            one.person_id,
            one.item_id,
            one.number,
            State(one.state),
            one.reason,
            one.digest,
            one.handed_in_at,
            outcome.points if outcome else None,
            outcome.max_points if outcome else None,
            outcome.cells if outcome else [],
            outcome.error if outcome else None,
        )
        for one, outcome in found
    ]


def of_person(session: Session, person_id: int, item_id: int) -> list[Row]:
    """Every hand-in of one person for one lesson, the newest first."""
    return _rows(session, Submission.person_id == person_id, Submission.item_id == item_id)


def submission(session: Session, submission_id: int) -> Row | None:
    return next(iter(_rows(session, Submission.id == submission_id)), None)


def ahead_of(session: Session, submission_id: int) -> int:
    """How many hand-ins wait before this one."""
    waiting = select(func.count(Submission.id)).where(
        Submission.state.in_(OPEN), Submission.id < submission_id
    )
    return session.scalar(waiting) or 0


@dataclass(frozen=True)
class Best:
    """The best graded hand-in of one person for one lesson, and how many there were."""

    points: float
    max_points: float
    tries: int


def best(session: Session, person_ids: Iterable[int], item_ids: Iterable[int]) -> dict[tuple[int, int], Best]:
    """``(person's id, item's id)`` → the best result."""
    found = session.execute(
        select(
            Submission.person_id,
            Submission.item_id,
            func.max(Outcome.points),
            func.max(Outcome.max_points),
            func.count(Outcome.submission_id),
        )
        .join(Outcome, Outcome.submission_id == Submission.id)
        .where(Submission.person_id.in_(set(person_ids)), Submission.item_id.in_(set(item_ids)))
        .group_by(Submission.person_id, Submission.item_id)
    )
    return {(person, item): Best(points, most, tries) for person, item, points, most, tries in found}
