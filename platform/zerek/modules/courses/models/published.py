"""A course as it was published: a version never changes, so neither does a course that somebody has begun."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zerek.base.db import Model


class Course(Model):
    """One course through all its versions."""

    __tablename__ = "courses_course"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    audience: Mapped[str] = mapped_column(String(10))
    grade: Mapped[int | None]


class Version(Model):
    """One published version; the newest is the one with the highest id."""

    __tablename__ = "courses_version"
    __table_args__ = (UniqueConstraint("course_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses_course.id"))
    version: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))  # sha256 over the package's files
    title: Mapped[dict[str, str]]
    summary: Mapped[dict[str, str]]
    licence: Mapped[str] = mapped_column(String(80))
    languages: Mapped[list[str]]
    hours: Mapped[int]  # academic hours
    # hours_percent, test_percent, task_accepted, valid_years; none for a course without a certificate
    rules: Mapped[dict[str, Any] | None]
    published_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))


class Module(Model):
    __tablename__ = "courses_module"
    __table_args__ = (UniqueConstraint("version_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    position: Mapped[int]
    slug: Mapped[str] = mapped_column(String(64))
    title: Mapped[dict[str, str]]
    hours: Mapped[int]


class Item(Model):
    """One thing to do; ``position`` counts through the whole course."""

    __tablename__ = "courses_item"
    __table_args__ = (UniqueConstraint("version_id", "slug"), UniqueConstraint("version_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    module_id: Mapped[int] = mapped_column(ForeignKey("courses_module.id"), index=True)
    position: Mapped[int]
    slug: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))
    form: Mapped[str] = mapped_column(String(12))
    title: Mapped[dict[str, str]]
    hours: Mapped[int]
    final: Mapped[bool] = mapped_column(default=False)  # a quiz that the certificate asks for
    max_points: Mapped[int | None]
    accept_points: Mapped[int | None]
    data: Mapped[dict[str, Any] | None]  # a quiz's questions or a task's rubric
    notebook: Mapped[str | None] = mapped_column(String(200))
    program: Mapped[str | None] = mapped_column(String(200))
    program_text: Mapped[str] = mapped_column(default="")


class TextPart(StrEnum):
    LESSON = "lesson"
    TEACHER = "teacher"


class Text(Model):
    """An item's text in one language, rendered and made safe when it was published."""

    __tablename__ = "courses_text"

    item_id: Mapped[int] = mapped_column(ForeignKey("courses_item.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(10), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    html: Mapped[str]


class Picture(Model):
    """A file that anybody may fetch by its digest, because a published lesson shows it."""

    __tablename__ = "courses_picture"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))  # its content type
