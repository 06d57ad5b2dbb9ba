"""Beginning a course: a teacher enrols, a class is given one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zerek.base.errors import NotFound, Refused
from zerek.base.permissions import Actor, require, signed_in
from zerek.base.text import N_
from zerek.content.packages import Audience
from zerek.modules.courses.api.access import begin
from zerek.modules.courses.models import Course, Enrolment, Given, Version
from zerek.modules.schools import api as schools


def enrol(session: Session, course_id: int, *, by: Actor, now: datetime) -> Enrolment:
    """Begin the newest version of a teachers' course; safe to repeat."""
    require(by, "courses.enrol")
    course, version_id = _newest(session, course_id)
    if course.audience != Audience.TEACHERS:
        raise Refused(N_("This course is given to classes; one does not enrol in it alone."))
    return begin(session, signed_in(by), course.id, version_id, now)


def give_to_class(session: Session, course_id: int, class_id: int, *, by: Actor | None = None) -> Given:
    """Give a pupils' course, in its newest version, to a class; safe to repeat: the class keeps its version.

    ``by`` is None when the operator of the machine does it.
    """
    if by is not None:
        require(by, "courses.give", *schools.places_of_class(session, class_id))
    course, version_id = _newest(session, course_id)
    if course.audience != Audience.PUPILS:
        raise Refused(N_("Only a course for pupils can be given to a class."))
    given = session.get(Given, (class_id, course_id))
    if given is None:
        given = Given(class_id=class_id, course_id=course_id, version_id=version_id)
        session.add(given)
        session.flush()
    return given


def _newest(session: Session, course_id: int) -> tuple[Course, int]:
    found = session.execute(
        select(Course, func.max(Version.id))
        .join(Version, Version.course_id == Course.id)
        .where(Course.id == course_id)
        .group_by(Course.id)
    ).first()
    if found is None:
        raise NotFound(N_("There is no such course."))
    return found[0], found[1]
