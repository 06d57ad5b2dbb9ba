"""Certificates, and the counters from which their numbers come."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from zerek.base.db import Model


class Reason(StrEnum):
    """Why a certificate was revoked; anybody who checks it may read this, and no more."""

    MISTAKE = "mistake"
    WRONG_DATA = "wrong_data"
    NOT_OWN_WORK = "not_own_work"
    HOLDERS_WISH = "holders_wish"


class Certificate(Model):
    """What was certified, word for word as it was that day: a later change of name or course does not touch it."""

    __tablename__ = "courses_certificate"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("courses_enrolment.id"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    title: Mapped[dict[str, str]]
    hours: Mapped[int]
    began_on: Mapped[date]
    ended_on: Mapped[date]
    issued_at: Mapped[datetime]
    valid_until: Mapped[date]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    reason: Mapped[str | None] = mapped_column(String(20))


class Counter(Model):
    """The last number given under a prefix in a year; it only grows, so that no number is given twice."""

    __tablename__ = "courses_counter"

    prefix: Mapped[str] = mapped_column(String(8), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
