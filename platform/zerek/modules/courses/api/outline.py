"""What other modules and pages ask for: items of a course, courses of a class, cards, the plan of a version."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zerek.base.permissions import Actor, Role
from zerek.modules.courses.api import access
from zerek.modules.courses.models import Course, Item, Version
from zerek.modules.courses.queries import catalogue, learning, reading


def cards(session: Session, *, by: Actor, only_mine: bool = False) -> list[catalogue.CourseCard]:
    """The catalogue as this reader sees it, or only what they take."""
    learns_in = access.classes_of(by, Role.PUPIL)
    return catalogue.cards(session, by.person_id, learns_in, only_mine=only_mine)


def items(session: Session, version_id: int) -> list[tuple[Item, Version, Course]]:
    """Every item of a version, in the order of learning."""
    return reading.items(session, Item.version_id == version_id)


def items_of_notebook(session: Session, notebook: str) -> list[tuple[Item, Version, Course]]:
    """Where a notebook is set, in every version."""
    return reading.items(session, Item.notebook == notebook)


def courses_of_class(session: Session, class_id: int) -> list[learning.GivenCourse]:
    """What the class was given."""
    return learning.given(session, [class_id])


def notebook_items_of_class(session: Session, class_id: int) -> list[Item]:
    """The lessons with a notebook in the courses that the class was given, in the order of learning."""
    versions = [given.version_id for given in courses_of_class(session, class_id)]
    found = reading.items(session, Item.version_id.in_(versions) & Item.notebook.is_not(None))
    return [item for item, _, _ in found]


def slug(session: Session, course_id: int) -> str:
    """The name of the course in addresses."""
    return session.get_one(Course, course_id).slug
