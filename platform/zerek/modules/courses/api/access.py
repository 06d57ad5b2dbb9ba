"""Who may read, learn, mark, publish and revoke."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zerek.base.errors import Forbidden, NotFound, SignInNeeded
from zerek.base.permissions import Actor, Role, allow, may, signed_in
from zerek.base.text import N_
from zerek.content.packages import Audience
from zerek.modules.courses.models import Enrolment, Item
from zerek.modules.courses.queries import reading
from zerek.modules.courses.queries.reading import Learning

allow("courses.enrol", Role.TEACHER, Role.ROBOTICS_TEACHER, Role.TUTOR, Role.AUTHOR)
allow("courses.give", Role.TEACHER, Role.ROBOTICS_TEACHER, Role.OPERATOR)
allow("courses.read_all", Role.AUTHOR, Role.TUTOR, Role.OPERATOR)
# Whoever may give a lesson may read it beforehand, with the teacher's notes.
allow("courses.read_lessons", Role.TEACHER, Role.ROBOTICS_TEACHER, Role.AUTHOR, Role.TUTOR, Role.OPERATOR)
allow("courses.publish", Role.AUTHOR, Role.OPERATOR)
allow("courses.mark", Role.TUTOR)
allow("courses.revoke", Role.OPERATOR)

NO_ITEM = N_("There is no such lesson.")


def classes_of(actor: Actor, *roles: Role) -> list[int]:
    """The classes where the actor holds one of the roles: those they learn in or teach, unless said otherwise."""
    places = actor.places(*(roles or (Role.PUPIL, Role.TEACHER, Role.ROBOTICS_TEACHER)))
    return sorted(place.id for place in places if place.kind == "class" and place.id is not None)


def may_read(learning: Learning, actor: Actor) -> bool:
    """Whether the actor may open the items of this version."""
    if learning.enrolment is not None or learning.given or may(actor, "courses.read_all"):
        return True
    return learning.course.audience == Audience.PUPILS and may(actor, "courses.read_lessons")


def may_read_notes(learning: Learning, actor: Actor) -> bool:
    """Whether the actor sees the notes for the teacher."""
    return learning.course.audience == Audience.PUPILS and may(actor, "courses.read_lessons")


def may_give(learning: Learning, actor: Actor) -> bool:
    return learning.course.audience == Audience.PUPILS and may(actor, "courses.give")


def may_enrol(learning: Learning, actor: Actor) -> bool:
    return learning.course.audience == Audience.TEACHERS and may(actor, "courses.enrol")


def course(session: Session, slug: str, *, by: Actor) -> Learning:
    """The course of that name as this reader sees it; anybody may look at its plan."""
    found = reading.course(session, slug, by.person_id, classes_of(by))
    if found is None:
        raise NotFound(N_("There is no course called %(name)s."), name=slug)
    return found


def open_item(session: Session, item_id: int, *, by: Actor) -> tuple[Item, Learning]:
    """The item and its course, for one who may read it."""
    found = reading.item(session, item_id, by.person_id, classes_of(by))
    if found is None:
        raise NotFound(NO_ITEM)
    _require_reader(found[1], by)
    return found


def learn(session: Session, item_id: int, *, by: Actor, now: datetime) -> tuple[Item, Enrolment]:
    """The item and the learner's enrolment, locked so that two presses come one after the other.

    A pupil's enrolment begins with the first thing they do. Who may read and does not learn is refused.
    """
    item, learning = open_item(session, item_id, by=by)
    if learning.enrolment is not None:
        return item, locked(session, learning.enrolment.id)
    if not learns_in_class(learning, by):
        raise Forbidden(N_("You read this course without taking it, so nothing is kept."))
    return item, begin(session, signed_in(by), learning.course.id, item.version_id, now)


def begin(session: Session, person_id: int, course_id: int, version_id: int, now: datetime) -> Enrolment:
    """The person's enrolment in the course, made if there is none; locked."""
    known = select(Enrolment.id).where(Enrolment.person_id == person_id, Enrolment.course_id == course_id)
    found = session.scalar(known)
    if found is None:
        fresh = Enrolment(person_id=person_id, course_id=course_id, version_id=version_id, began_at=now)
        try:
            with session.begin_nested():
                session.add(fresh)
        except IntegrityError:  # the same person was quicker at another window
            found = session.scalar(known)
            if found is None:
                raise
        else:
            return fresh
    return locked(session, found)


def locked(session: Session, enrolment_id: int) -> Enrolment:
    """The enrolment, its row held until the transaction ends."""
    query = select(Enrolment).where(Enrolment.id == enrolment_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def learns(learning: Learning, actor: Actor) -> bool:
    """Whether what the actor does here is kept."""
    return learning.enrolment is not None or learns_in_class(learning, actor)


def learns_in_class(learning: Learning, actor: Actor) -> bool:
    return learning.given and bool(classes_of(actor, Role.PUPIL))


def _require_reader(learning: Learning, actor: Actor) -> None:
    if may_read(learning, actor):
        return
    if actor.person_id is None:
        raise SignInNeeded(N_("Please sign in first."))
    if learning.course.audience == Audience.TEACHERS:
        raise Forbidden(N_("Please enrol in the course first."))
    raise Forbidden(N_("Your class does not have this course."))
