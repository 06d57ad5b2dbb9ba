"""A course and its items as one reader sees them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from zerek.base.text import DEFAULT_LANGUAGE, Words
from zerek.modules.courses.models import (
    Certificate,
    Course,
    Enrolment,
    Hours,
    Item,
    Module,
    Text,
    Version,
    Work,
    WorkState,
)
from zerek.modules.courses.queries.catalogue import given_to, newest


@dataclass(frozen=True)
class Learning:
    """A reader in a course: the version they see, and what ties them to it."""

    course: Course
    version: Version
    enrolment: Enrolment | None
    certificate: Certificate | None
    given: bool  # to a class of the reader's, in this version

    @property
    def title(self) -> Words:
        return Words.of(self.version.title)


@dataclass(frozen=True)
class ItemRow:
    id: int
    slug: str
    kind: str
    form: str
    title: Words
    hours: int
    final: bool
    position: int
    done: bool
    work: str | None  # a task's WorkState, once it is begun


@dataclass(frozen=True)
class ModuleRow:
    id: int
    slug: str
    title: Words
    hours: int
    items: tuple[ItemRow, ...]

    @property
    def done(self) -> int:
        return sum(item.done for item in self.items)


def course(session: Session, slug: str, person_id: int | None, class_ids: Collection[int]) -> Learning | None:
    """The course in the version that this reader began, or their class was given, or the newest."""
    given = given_to(class_ids)
    wanted = func.coalesce(Enrolment.version_id, given, newest())
    found = session.execute(
        select(Course, Version, Enrolment, Certificate, given)
        .outerjoin(Enrolment, (Enrolment.course_id == Course.id) & (Enrolment.person_id == person_id))
        .join(Version, Version.id == wanted)
        .outerjoin(Certificate, Certificate.enrolment_id == Enrolment.id)
        .where(Course.slug == slug)
    ).first()
    return _learning(*found) if found else None


def item(
    session: Session, item_id: int, person_id: int | None, class_ids: Collection[int]
) -> tuple[Item, Learning] | None:
    """The item with its course; the reader's enrolment only when it is in the item's own version."""
    given = given_to(class_ids)
    found = session.execute(
        select(Item, Course, Version, Enrolment, Certificate, given)
        .join(Version, Version.id == Item.version_id)
        .join(Course, Course.id == Version.course_id)
        .outerjoin(Enrolment, (Enrolment.version_id == Version.id) & (Enrolment.person_id == person_id))
        .outerjoin(Certificate, Certificate.enrolment_id == Enrolment.id)
        .where(Item.id == item_id)
    ).first()
    return (found[0], _learning(*found[1:])) if found else None


def _learning(
    course: Course,
    version: Version,
    enrolment: Enrolment | None,
    certificate: Certificate | None,
    given: int | None,
) -> Learning:
    return Learning(course, version, enrolment, certificate, given == version.id)


def modules(session: Session, version_id: int, enrolment_id: int | None) -> list[ModuleRow]:
    """The whole course with what this learner has done of it."""
    rows = session.execute(
        select(Module, Item, Hours.id, Work.state)
        .join(Item, Item.module_id == Module.id)
        .outerjoin(Hours, (Hours.item_id == Item.id) & (Hours.enrolment_id == enrolment_id))
        .outerjoin(Work, (Work.item_id == Item.id) & (Work.enrolment_id == enrolment_id))
        .where(Module.version_id == version_id)
        .order_by(Item.position)
    ).all()
    found = []
    for module, lines in groupby(rows, key=lambda row: row[0]):
        items = tuple(_item_row(line, hours is not None, state) for _, line, hours, state in lines)
        found.append(ModuleRow(module.id, module.slug, Words.of(module.title), module.hours, items))
    return found


def _item_row(line: Item, done: bool, state: str | None) -> ItemRow:
    return ItemRow(
        id=line.id,
        slug=line.slug,
        kind=line.kind,
        form=line.form,
        title=Words.of(line.title),
        hours=line.hours,
        final=line.final,
        position=line.position,
        done=done,
        work=state,
    )


def next_item(modules: Collection[ModuleRow]) -> ItemRow | None:
    """The first item that is neither done nor waiting for a tutor."""
    items = (item for module in modules for item in module.items)
    return next((item for item in items if not item.done and item.work != WorkState.HANDED_IN), None)


def texts(session: Session, item_id: int, language: str) -> dict[str, tuple[str, str]]:
    """Part → (language, HTML), in the reader's language or else in Kazakh, which every course speaks."""
    rows = session.execute(
        select(Text.part, Text.language, Text.html)
        .where(Text.item_id == item_id, Text.language.in_({language, DEFAULT_LANGUAGE}))
        .order_by(Text.language == language)
    )
    return {part: (spoken, html) for part, spoken, html in rows}


def items(session: Session, where: ColumnElement[bool]) -> list[tuple[Item, Version, Course]]:
    """Items with their version and course, in the order in which they are learned."""
    found = session.execute(
        select(Item, Version, Course)
        .join(Version, Version.id == Item.version_id)
        .join(Course, Course.id == Version.course_id)
        .where(where)
        .order_by(Version.id, Item.position)
    )
    return [(item, version, course) for item, version, course in found]


def best_share(rows: Collection[tuple[Any, int, int]]) -> dict[Any, tuple[int, int]]:
    """Key → (points, of how many) of the best attempt, compared as whole numbers."""
    best: dict[Any, tuple[int, int]] = {}
    for key, points, most in rows:
        kept = best.get(key)
        if kept is None or points * kept[1] > kept[0] * most:
            best[key] = (points, most)
    return best
