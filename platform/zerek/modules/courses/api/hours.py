"""The ledger of hours: what is done is counted once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base.errors import NotFound, Refused
from zerek.base.events import tell
from zerek.base.permissions import Actor
from zerek.base.text import N_
from zerek.content.packages import ItemKind
from zerek.modules.courses.api import access
from zerek.modules.courses.api.events import ItemDone
from zerek.modules.courses.models import Enrolment, Hours, Item
from zerek.modules.courses.queries import reading
from zerek.modules.people import api as people


def count(
    session: Session, enrolment: Enrolment, item: Item, evidence: dict[str, Any], now: datetime
) -> bool:
    """Write the item's hours into the ledger; False when they stand there already.

    The caller holds the enrolment's lock, so that two devices do not count the same hours.
    """
    known = select(Hours.id).where(Hours.enrolment_id == enrolment.id, Hours.item_id == item.id)
    if session.scalar(known) is not None:
        return False
    session.add(
        Hours(
            person_id=enrolment.person_id,
            enrolment_id=enrolment.id,
            item_id=item.id,
            form=item.form,
            hours=item.hours,
            counted_at=now,
            evidence=evidence,
        )
    )
    session.flush()
    tell(session, ItemDone(enrolment.person_id, item.id, enrolment.id))
    return True


def mark_read(session: Session, item_id: int, *, by: Actor, now: datetime) -> Item:
    """The learner says that the lesson is read; safe to repeat."""
    item, enrolment = access.learn(session, item_id, by=by, now=now)
    if item.kind != ItemKind.LESSON:
        raise Refused(N_("Only a lesson is marked as read; here there is something to do."))
    count(session, enrolment, item, {"read": True}, now)
    return item


def record_done(
    session: Session, person_id: int, item_id: int, evidence: dict[str, Any], now: datetime, *, kind: ItemKind
) -> bool:
    """Another module says that the person did this notebook or ran this robot; safe to repeat.

    ``kind`` is what was done: a robot's run is no notebook handed in, so an item of another kind is refused.
    ``evidence`` says what showed it, e.g. ``{"submission": 7}``. False when it was counted before, or when the
    person does not take the course, or no longer: then there is no ledger to write into, and a result that comes
    late from a worker is no error.
    """
    actor = Actor(person_id, people.grants(session, person_id))
    found = reading.item(session, item_id, person_id, access.classes_of(actor))
    if found is None:
        raise NotFound(access.NO_ITEM)
    item, learning = found
    if item.kind != kind or kind not in (ItemKind.NOTEBOOK, ItemKind.ROBOT):
        raise Refused(N_("This is done on its own page."))
    if not access.learns(learning, actor):
        return False
    item, enrolment = access.learn(session, item_id, by=actor, now=now)
    return count(session, enrolment, item, evidence, now)


def item(session: Session, item_id: int) -> Item:
    """The item, for other modules; who may see it is asked by ``open_item``."""
    found = session.get(Item, item_id)
    if found is None:
        raise NotFound(access.NO_ITEM)
    return found
