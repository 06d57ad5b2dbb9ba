"""Persons, their accounts, the roles they hold and the sessions they have open."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zerek.base.db import Model


class Person(Model):
    """One human being. The name is whole, as in the document: surname, given name, patronymic if there is one."""

    __tablename__ = "people_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    folded: Mapped[str] = mapped_column(String(200), index=True)
    # Text: it may begin with zeros. Never a key, never in an address, a log or a file name.
    iin: Mapped[str | None] = mapped_column(String(12), unique=True)
    born: Mapped[date | None]
    created_at: Mapped[datetime]


class Account(Model):
    """How a person signs in; without a password nobody can."""

    __tablename__ = "people_account"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("people_person.id", ondelete="CASCADE"), primary_key=True
    )
    login: Mapped[str] = mapped_column(String(80))
    folded: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))


class Held(Model):
    """A role that a person holds in a school, a class or the region."""

    __tablename__ = "people_held"
    __table_args__ = (
        UniqueConstraint("person_id", "role", "place_kind", "place_id"),
        Index("ix_people_held_place", "place_kind", "place_id", "role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(20))
    place_kind: Mapped[str] = mapped_column(String(10))
    place_id: Mapped[int] = mapped_column(default=0)  # 0 for the region: NULLs would not be unique


class SignedIn(Model):
    """One sign-in at one browser; ended when the person, or the operator, says so."""

    __tablename__ = "people_signed_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    began_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    browser: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(60), default="")
