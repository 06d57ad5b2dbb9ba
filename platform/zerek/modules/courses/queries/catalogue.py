"""The catalogue, and one's own courses with what comes next in each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from zerek.base.text import Words
from zerek.modules.courses.models import Course, Enrolment, Given, Hours, Item, Version, Work, WorkState


@dataclass(frozen=True)
class NextItem:
    id: int
    kind: str
    title: Words


@dataclass(frozen=True)
class CourseCard:
    """A course as this reader sees it: in the version they began, or their class was given, or the newest."""

    id: int
    slug: str
    audience: str
    grade: int | None
    title: Words
    summary: Words
    hours: int
    certified: bool
    mine: bool
    done_hours: int
    next: NextItem | None


def newest() -> ColumnElement[int]:
    """The id of the course's newest version, inside a query on courses."""
    return (
        select(func.max(Version.id)).where(Version.course_id == Course.id).correlate(Course).scalar_subquery()
    )


def given_to(class_ids: Collection[int]) -> ColumnElement[int]:
    """The id of the version that one of these classes was given, inside a query on courses."""
    return (
        select(func.max(Given.version_id))
        .where(Given.course_id == Course.id, Given.class_id.in_(class_ids))
        .correlate(Course)
        .scalar_subquery()
    )


def cards(
    session: Session, person_id: int | None, class_ids: Collection[int], *, only_mine: bool = False
) -> list[CourseCard]:
    """Every published course, or those the person takes; own ones first, then by id."""
    given = given_to(class_ids)
    done = (
        select(func.coalesce(func.sum(Hours.hours), 0))
        .where(Hours.enrolment_id == Enrolment.id)
        .correlate(Enrolment)
        .scalar_subquery()
    )
    query = (
        select(Course, Version, Enrolment.id, given, done, Item.id, Item.kind, Item.title)
        .outerjoin(Enrolment, (Enrolment.course_id == Course.id) & (Enrolment.person_id == person_id))
        .join(Version, Version.id == func.coalesce(Enrolment.version_id, given, newest()))
        .outerjoin(Item, Item.id == _next_item())
        .order_by(Course.id)
    )
    if only_mine:
        query = query.where(Enrolment.id.is_not(None) | given.is_not(None))
    found = [_card(*row) for row in session.execute(query)]
    return sorted(found, key=lambda card: not card.mine)


def _next_item() -> ColumnElement[int]:
    """The first item that is neither done nor waiting for a tutor."""
    done = select(Hours.id).where(Hours.enrolment_id == Enrolment.id, Hours.item_id == Item.id)
    waits = select(Work.id).where(
        Work.enrolment_id == Enrolment.id, Work.item_id == Item.id, Work.state == WorkState.HANDED_IN
    )
    return (
        select(Item.id)
        .where(
            Item.version_id == Version.id,
            ~done.correlate(Enrolment, Item).exists(),
            ~waits.correlate(Enrolment, Item).exists(),
        )
        .order_by(Item.position)
        .limit(1)
        .correlate(Version, Enrolment)
        .scalar_subquery()
    )


def _card(
    course: Course,
    version: Version,
    enrolment_id: int | None,
    given: int | None,
    done: int,
    item_id: int | None,
    kind: str,
    title: dict[str, str],
) -> CourseCard:
    return CourseCard(
        id=course.id,
        slug=course.slug,
        audience=course.audience,
        grade=course.grade,
        title=Words.of(version.title),
        summary=Words.of(version.summary),
        hours=version.hours,
        certified=version.rules is not None,
        mine=enrolment_id is not None or given is not None,
        done_hours=done,
        next=NextItem(item_id, kind, Words.of(title)) if item_id is not None else None,
    )
