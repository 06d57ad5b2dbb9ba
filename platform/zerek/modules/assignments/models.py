"""What pupils hand in, and how it was graded."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zerek.base.db import Model


class State(StrEnum):
    """The life of a hand-in."""

    FETCHING = "fetching"  # its notebook is still in the pupil's home
    WAITING = "waiting"  # for the grader
    GRADED = "graded"
    REFUSED = "refused"  # it is no notebook, or there is none; the reason is kept


MOVES = {
    State.FETCHING: {State.WAITING, State.REFUSED},
    State.WAITING: {State.GRADED, State.REFUSED},
    State.GRADED: set(),
    State.REFUSED: set(),
}
OPEN = (State.FETCHING, State.WAITING)
_IS_OPEN = text("state IN ('fetching', 'waiting')")


class Submission(Model):
    """One hand-in of one lesson's notebook. While one is open, a second press finds it instead of making another."""

    __tablename__ = "assignments_submission"
    __table_args__ = (
        UniqueConstraint("person_id", "item_id", "number"),
        Index(
            "uq_assignments_submission_open",
            "person_id",
            "item_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("courses_item.id"), index=True)
    number: Mapped[int]
    # Made with the page's form: the same press, sent again after a lost line, is the same hand-in.
    press: Mapped[str | None] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str | None] = mapped_column(String(64))  # of the notebook's bytes in Files
    reason: Mapped[dict[str, Any] | None]  # why it was refused: {"sentence": …, "values": {…}}
    handed_in_at: Mapped[datetime]


class Release(Model):
    """What pupils get of an author's notebook: made once for each content of it, by a job."""

    __tablename__ = "assignments_release"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)  # sha256 of the author's notebook
    digest: Mapped[str] = mapped_column(String(64))  # of the released one in Files


class Outcome(Model):
    """How a submission was graded: one row, written once."""

    __tablename__ = "assignments_outcome"

    submission_id: Mapped[int] = mapped_column(
        ForeignKey("assignments_submission.id", ondelete="CASCADE"), primary_key=True
    )
    points: Mapped[float]
    max_points: Mapped[float]
    cells: Mapped[list[Any]]  # as results.CellResult, by field name
    error: Mapped[str | None]  # one word for a run that did not come to its end
    engine: Mapped[str] = mapped_column(String(40))
    seconds: Mapped[float]
    graded_at: Mapped[datetime]
