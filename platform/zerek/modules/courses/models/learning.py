"""Who learns which version, what they answered, and the ledger of hours."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zerek.base.db import Model


class Given(Model):
    """A pupils' course given to a class, in the version of that day."""

    __tablename__ = "courses_given"

    class_id: Mapped[int] = mapped_column(ForeignKey("schools_class.id"), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses_course.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))


class Enrolment(Model):
    """One person in one course, with the version they began."""

    __tablename__ = "courses_enrolment"
    __table_args__ = (UniqueConstraint("person_id", "course_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses_course.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    began_at: Mapped[datetime]


class Form(StrEnum):
    """How hours were spent, as reports ask."""

    SELF_STUDY = "self_study"
    PRACTICE = "practice"
    ASSESSMENT = "assessment"
    LIVE = "live"


class Hours(Model):
    """One line of the ledger: an item counted once, whatever device or repetition told of it."""

    __tablename__ = "courses_hours"
    __table_args__ = (UniqueConstraint("enrolment_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("courses_enrolment.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("courses_item.id"), index=True)
    form: Mapped[str] = mapped_column(String(12))
    hours: Mapped[int]
    counted_at: Mapped[datetime]
    evidence: Mapped[dict[str, Any]]  # what showed that it was done: {"attempt": 5}, {"read": true} …


class Attempt(Model):
    """One try at a quiz; open until it is finished, then its points stand."""

    __tablename__ = "courses_attempt"
    __table_args__ = (UniqueConstraint("enrolment_id", "item_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("courses_enrolment.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("courses_item.id"), index=True)
    number: Mapped[int]
    began_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    points: Mapped[int | None]
    max_points: Mapped[int]
    passed: Mapped[bool | None]


class Answer(Model):
    """The last answer to one question: a list of option ids, or what was typed."""

    __tablename__ = "courses_answer"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("courses_attempt.id"), primary_key=True)
    question: Mapped[str] = mapped_column(String(64), primary_key=True)
    given: Mapped[Any] = mapped_column(JSON)
    saved_at: Mapped[datetime]
