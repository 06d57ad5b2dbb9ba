"""Rooms, their kits, runs of programs with what they printed, commands to the classroom computer, and stops.

Telemetry is not here: it lives in memory (live.py). What must survive a restart is here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zerek.base.db import Model


class Room(Model):
    """One robotics room: one classroom computer with an agent, which proves itself by a token.

    ``agent_run`` is the agent's present run (it makes up a new name at each start), ``taken`` the last of its frames
    that changed a row, ``commands`` the number of the last command, ``commands_from`` the one before the first that
    the present run may get.
    """

    __tablename__ = "kits_room"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools_school.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    last_seen: Mapped[datetime | None]
    agent_run: Mapped[str | None] = mapped_column(String(64))
    taken: Mapped[int] = mapped_column(default=-1)
    commands: Mapped[int] = mapped_column(default=0)
    commands_from: Mapped[int] = mapped_column(default=0)


class Kit(Model):
    """A robot on a desk. ``key`` is what the agent knows it by, and stays when its name or its port changes."""

    __tablename__ = "kits_kit"
    __table_args__ = (UniqueConstraint("room_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("kits_room.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(120))
    profile: Mapped[str] = mapped_column(String(60), default="")
    firmware: Mapped[str] = mapped_column(String(120), default="")
    on_board_stop: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default="absent")
    supply: Mapped[str] = mapped_column(String(10), default="usb")
    battery_mv: Mapped[int | None]
    last_word: Mapped[str] = mapped_column(String(500), default="")
    seen_at: Mapped[datetime | None]
    assigned_to: Mapped[int | None] = mapped_column(
        ForeignKey("people_person.id", ondelete="SET NULL"), index=True
    )
    assigned_class: Mapped[int | None] = mapped_column(
        ForeignKey("schools_class.id", ondelete="SET NULL"), index=True
    )


class Run(Model):
    """One program on one kit: asked → running → ended, with the reason why it ended."""

    __tablename__ = "kits_run"
    # A kit runs one program at a time, also when two browsers ask in the same instant.
    __table_args__ = (
        Index(
            "uq_kits_run_open",
            "kit_id",
            unique=True,
            sqlite_where=text("state <> 'ended'"),
            postgresql_where=text("state <> 'ended'"),
        ),
        Index("ix_kits_run_of_kit", "kit_id", "asked_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kit_id: Mapped[int] = mapped_column(ForeignKey("kits_kit.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("courses_item.id", ondelete="SET NULL"))
    source: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[str] = mapped_column(String(10), default="asked")
    reason: Mapped[str | None] = mapped_column(String(10))
    detail: Mapped[str] = mapped_column(Text, default="")
    exit_code: Mapped[int | None]
    asked_at: Mapped[datetime]
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    confirmed: Mapped[bool] = mapped_column(default=False)  # the ending is the classroom computer's own word
    kept: Mapped[int] = mapped_column(
        default=0
    )  # characters of output, and below its pieces: both bounded (agents.py)
    pieces: Mapped[int] = mapped_column(default=0)


class Output(Model):
    """A piece of what a run printed; ``seq`` counts within the run, so a piece that comes twice is kept once."""

    __tablename__ = "kits_output"

    run_id: Mapped[str] = mapped_column(ForeignKey("kits_run.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stream: Mapped[str] = mapped_column(String(6))
    text: Mapped[str] = mapped_column(Text)


class Command(Model):
    """What the classroom computer is told; ``n`` counts within the room and is never used twice."""

    __tablename__ = "kits_command"

    room_id: Mapped[int] = mapped_column(ForeignKey("kits_room.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    do: Mapped[str] = mapped_column(String(10))
    payload: Mapped[dict[str, Any]]
    run_id: Mapped[str | None] = mapped_column(ForeignKey("kits_run.id", ondelete="CASCADE"), index=True)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class Stop(Model):
    """A stop of the whole room by somebody, holding until somebody releases it."""

    __tablename__ = "kits_stop"
    __table_args__ = (
        Index(
            "uq_kits_stop_open",
            "room_id",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("kits_room.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id", ondelete="SET NULL"))
    heard_at: Mapped[datetime | None]  # the classroom computer said that everything stands still
    released_at: Mapped[datetime | None]
    released_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id", ondelete="SET NULL"))
