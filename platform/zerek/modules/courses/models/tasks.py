"""Tasks: the draft that a learner works on, what was handed in, and how a tutor marked it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zerek.base.db import Model


class WorkState(StrEnum):
    DRAFT = "draft"
    HANDED_IN = "handed_in"
    RETURNED = "returned"
    ACCEPTED = "accepted"


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    RETURNED = "returned"


class Work(Model):
    """One learner's work on one task; ``text`` is the draft."""

    __tablename__ = "courses_work"
    __table_args__ = (UniqueConstraint("enrolment_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("courses_enrolment.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("courses_item.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    state: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(default="")
    saved_at: Mapped[datetime]


class File(Model):
    """A file of the work. Taken out of the draft it stays, because a tutor may have marked it."""

    __tablename__ = "courses_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("courses_work.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(150))
    size: Mapped[int]  # bytes
    added_at: Mapped[datetime]
    in_draft: Mapped[bool] = mapped_column(default=True)


class HandIn(Model):
    """What was handed in on one occasion, and its marking once there is one."""

    __tablename__ = "courses_hand_in"
    __table_args__ = (
        UniqueConstraint("work_id", "number"),
        Index("ix_courses_hand_in_queue", "verdict", "handed_in_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("courses_work.id"))
    number: Mapped[int]
    text: Mapped[str]
    file_ids: Mapped[list[int]] = mapped_column(JSON)
    handed_in_at: Mapped[datetime]
    # The marking: all of it is written at once, when ``verdict`` is.
    verdict: Mapped[str | None] = mapped_column(String(10))
    points: Mapped[dict[str, int] | None] = mapped_column(JSON)  # criterion → points
    total: Mapped[int | None]
    comment: Mapped[str] = mapped_column(default="")
    marked_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    marked_at: Mapped[datetime | None]
