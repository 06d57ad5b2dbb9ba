"""Districts, schools and classes."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zerek.base.db import Model


class District(Model):
    """A district of the region, or the city of regional rank."""

    __tablename__ = "schools_district"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[dict[str, str]]


class School(Model):
    """One school. ``town`` is its place in the statistics: city and district centres, or villages."""

    __tablename__ = "schools_school"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("schools_district.id"), index=True)
    name: Mapped[dict[str, str]]
    folded: Mapped[str] = mapped_column(String(300))
    town: Mapped[bool]


class Class(Model):
    """A class of one school in one school year (``year`` is the year it begins in)."""

    __tablename__ = "schools_class"
    __table_args__ = (UniqueConstraint("school_id", "year", "grade", "letter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools_school.id"), index=True)
    year: Mapped[int]
    grade: Mapped[int]
    letter: Mapped[str] = mapped_column(String(4))

    @property
    def title(self) -> str:
        """As it is written on the door: 7 «А»."""
        return f"{self.grade} «{self.letter}»"
