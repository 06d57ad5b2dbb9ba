"""Which file a person is opening on the Hub, and how far that has come."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zerek.base.db import Model


class State(StrEnum):
    ASKED = (
        "asked"  # the browser is on its way through the Hub's sign-in, which makes the Hub know the person
    )
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


# What may be begun anew, beside a start that has taken too long.
STARTABLE = (State.ASKED, State.FAILED)


class Opening(Model):
    """One file of one person; pressing twice is the same row. ``digest`` names the content it begins with."""

    __tablename__ = "notebooks_opening"
    __table_args__ = (UniqueConstraint("person_id", "path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people_person.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(String(300))
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default=State.ASKED.value)
    reason: Mapped[str | None]
    reason_values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    changed_at: Mapped[datetime]
