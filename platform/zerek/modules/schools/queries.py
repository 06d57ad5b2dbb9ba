"""What pages ask about schools, each in one query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zerek.base.text import Words
from zerek.modules.schools.models import Class, District, School


@dataclass(frozen=True)
class ClassRow:
    id: int
    title: str
    school_id: int
    school: Words


@dataclass(frozen=True)
class SchoolRow:
    id: int
    name: Words
    town: bool
    classes: int


@dataclass(frozen=True)
class DistrictRow:
    name: Words
    schools: tuple[SchoolRow, ...]

    @property
    def in_town(self) -> int:
        return sum(school.town for school in self.schools)

    @property
    def classes(self) -> int:
        return sum(school.classes for school in self.schools)


def school_names(session: Session, ids: Iterable[int]) -> dict[int, Words]:
    found = session.execute(select(School.id, School.name).where(School.id.in_(set(ids))))
    return {number: Words.of(name) for number, name in found}


def classes(session: Session, ids: Iterable[int]) -> Sequence[ClassRow]:
    """Classes by their ids, in the order of grade and letter."""
    found = session.execute(
        select(Class, School.name)
        .join(School)
        .where(Class.id.in_(set(ids)))
        .order_by(Class.grade, Class.letter)
    )
    return [ClassRow(one.id, one.title, one.school_id, Words.of(name)) for one, name in found]


def classes_of_schools(session: Session, school_ids: Iterable[int]) -> Sequence[ClassRow]:
    ids = session.scalars(select(Class.id).where(Class.school_id.in_(set(school_ids)))).all()
    return classes(session, ids)


def school_of_class(session: Session, class_id: int) -> int | None:
    return session.scalar(select(Class.school_id).where(Class.id == class_id))


def by_district(session: Session) -> list[DistrictRow]:
    """Every school of the region, by district, the city first."""
    rows = session.execute(
        select(District.id, District.name, School.id, School.name, School.town, func.count(Class.id))
        .join(School, School.district_id == District.id)
        .outerjoin(Class, Class.school_id == School.id)
        .group_by(District.id, School.id)
        .order_by(District.id, School.id)
    ).all()
    found: dict[int, tuple[Words, list[SchoolRow]]] = {}
    for district_id, district, school_id, school, town, count in rows:
        _, schools = found.setdefault(district_id, (Words.of(district), []))
        schools.append(SchoolRow(school_id, Words.of(school), town, count))
    return [DistrictRow(name, tuple(schools)) for name, schools in found.values()]


def school_of_code(session: Session, code: str) -> School | None:
    return session.scalar(select(School).where(School.code == code))


def district_of_code(session: Session, code: str) -> District | None:
    return session.scalar(select(District).where(District.code == code))


def register(session: Session) -> Sequence[tuple[School, Class | None]]:
    """Every school with each of its classes, in the order of codes; a school without classes once."""
    rows = session.execute(
        select(School, Class)
        .outerjoin(Class, Class.school_id == School.id)
        .order_by(School.code, Class.year, Class.grade, Class.letter)
    )
    return [(school, one) for school, one in rows]
