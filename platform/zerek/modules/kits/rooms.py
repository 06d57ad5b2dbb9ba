"""Who may see which room, who leads it, and which kit is whose."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Session

from zerek.base.errors import Forbidden, NotFound, Refused, ZerekError
from zerek.base.permissions import (
    REGION,
    Actor,
    Role,
    allow,
    class_place,
    may,
    require,
    school_place,
    signed_in,
)
from zerek.base.text import N_
from zerek.modules.kits import live, queries
from zerek.modules.kits.live import Note
from zerek.modules.kits.models import Command, Kit, Room, Run
from zerek.modules.people import api as people
from zerek.modules.schools import api as schools

SILENT_AFTER = timedelta(
    seconds=12
)  # an agent says something every 5 s; after this its kits are called offline
SHORTEST_TOKEN = 32  # characters
LONGEST_NAME = 80

allow("kits.see", Role.OPERATOR, Role.ROBOTICS_TEACHER, Role.PUPIL)
allow("kits.lead", Role.OPERATOR, Role.ROBOTICS_TEACHER)


class WrongToken(ZerekError):
    """An agent came without its room's token."""

    status = 401


def open_room(session: Session, school_id: int, name: str, token: str) -> Room:
    """The room whose agent proves itself by this token, made if it is new. The token itself is not kept."""
    if len(token) < SHORTEST_TOKEN:
        raise Refused(N_("An agent's token has at least %(n)s characters."), n=SHORTEST_TOKEN)
    room = queries.room_by_token(session, hashed(token))
    if room is None:
        room = Room(school_id=school_id, name=name, token_hash=hashed(token))
        session.add(room)
        session.flush()
    return room


def new_room(session: Session, school_id: int, name: str) -> tuple[Room, str]:
    """A new room and its agent's token, which only this answer holds."""
    whole = " ".join(name.split())
    if not whole or not whole.isprintable() or len(whole) > LONGEST_NAME:
        raise Refused(N_("A room needs a name of at most %(n)s characters."), n=LONGEST_NAME)
    token = secrets.token_urlsafe(SHORTEST_TOKEN)
    return open_room(session, school_id, whole, token), token


def room_of_agent(session: Session, token: str) -> Room:
    """The room that the token belongs to, or WrongToken."""
    found = queries.room_by_token(session, hashed(token))
    if found is None or not hmac.compare_digest(found.token_hash, hashed(token)):
        raise WrongToken(N_("This token is no room's."))
    return found


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def room_of(session: Session, room_id: int) -> Room:
    room = session.get(Room, room_id)
    if room is None:
        raise NotFound(N_("There is no such room."))
    return room


def leads(room: Room, by: Actor) -> bool:
    """Whether the actor moves every kit of the room and may stop and release it."""
    return may(by, "kits.lead", school_place(room.school_id))


def led_room(session: Session, room_id: int, by: Actor) -> Room:
    """The room, for one who leads it."""
    room = room_of(session, room_id)
    require(by, "kits.lead", school_place(room.school_id))
    return room


def own_kits(by: Actor) -> ColumnElement[bool]:
    """Kits that a teacher gave to this person, or to anyone in the person's class."""
    classes = [place.id for place in by.places(Role.PUPIL) if place.kind == "class"]
    return or_(Kit.assigned_to == by.person_id, Kit.assigned_class.in_(classes))


def see_room(session: Session, room_id: int, by: Actor) -> tuple[Room, list[Kit]]:
    """The room with those of its kits that the actor may see: all, or the ones given to her."""
    require(by, "kits.see")
    room = room_of(session, room_id)
    in_room = Kit.room_id == room.id
    found = queries.kits(session, in_room if leads(room, by) else in_room & own_kits(by))
    if not found and not leads(room, by):
        raise Forbidden(N_("No kit of this room is given to you. Please ask the teacher."))
    return room, sorted(found, key=in_order)


def in_order(kit: Kit) -> tuple[object, ...]:
    """A sorting key: by name in the Kazakh alphabet, “2” before “10”."""
    parts = re.split(r"([0-9]{1,9})", kit.name)
    return (*(int(part) if part.isdigit() else schools.alphabetical(part) for part in parts), kit.id)


def movable_kit(session: Session, kit_id: int, by: Actor) -> tuple[Room, Kit]:
    """The kit, for one who may move it: who leads the room, or the pupil whom it is given to."""
    require(by, "kits.see")
    kit = session.get(Kit, kit_id)
    if kit is None:
        raise NotFound(N_("There is no such kit."))
    room = room_of(session, kit.room_id)
    classes = {place.id for place in by.places(Role.PUPIL) if place.kind == "class"}
    given = kit.assigned_to == signed_in(by) or kit.assigned_class in classes
    if not given and not leads(room, by):
        raise Forbidden(N_("This kit is not given to you. Please ask the teacher."))
    return room, kit


def movable_kits(session: Session, by: Actor) -> list[tuple[Room, Kit]]:
    """Every kit that the actor may move, room by room; an operator has none of her own."""
    if by.person_id is None:
        return []
    taught = schools.schools_of(by, [Role.ROBOTICS_TEACHER])
    rooms = {row.id for row in queries.rooms(session, schools=taught, kits=own_kits(by))} if taught else set()
    found = queries.kits(session, or_(Kit.room_id.in_(rooms), own_kits(by)))
    in_rooms = sorted(found, key=lambda kit: (kit.room_id, in_order(kit)))
    return [(room_of(session, kit.room_id), kit) for kit in in_rooms]


def rooms_for(session: Session, by: Actor) -> list[queries.RoomRow]:
    """The rooms on the actor's list: all of the region's for its operator, a teacher's schools', a pupil's kit's."""
    require(by, "kits.see")
    if REGION in by.places(Role.OPERATOR):
        return queries.rooms(session, schools=None, kits=None)
    led = schools.schools_of(by, [Role.ROBOTICS_TEACHER, Role.OPERATOR])
    return queries.rooms(session, schools=led, kits=own_kits(by))


def assign(
    session: Session, kit_id: int, *, person_id: int | None = None, class_id: int | None = None, by: Actor
) -> Kit:
    """Give the kit to a pupil, to anyone in a class, or to nobody. Refused for a stranger to the school."""
    kit = session.get(Kit, kit_id)
    if kit is None:
        raise NotFound(N_("There is no such kit."))
    room = led_room(session, kit.room_id, by)
    classes = {row.id for row in schools.classes_of_schools(session, [room.school_id])}
    if class_id is not None and class_id not in classes:
        raise Refused(N_("There is no such class in this school."))
    if person_id is not None and person_id not in pupils_of(session, classes):
        raise Refused(N_("There is no such pupil in this school."))
    kit.assigned_to, kit.assigned_class = person_id, class_id
    session.flush()
    rows_changed(session, room.id)
    return kit


def pupils_of(session: Session, class_ids: set[int]) -> dict[int, tuple[int, str]]:
    """Pupil → (class, whole name), for all these classes at once."""
    held = people.holders(session, Role.PUPIL, [class_place(number) for number in class_ids])
    return {person: (place.id or 0, name) for person, name, place in held}


def is_online(session: Session, room: Room | queries.RoomRow, now: datetime) -> bool:
    """Whether the classroom computer has spoken lately: to this process, or to another, as the row says."""
    silent = live.hub(session).channel(room.id).silent_for()
    if silent is not None and silent < SILENT_AFTER.total_seconds():
        return True
    return room.last_seen is not None and now - room.last_seen < SILENT_AFTER


def command(
    session: Session,
    room: Room,
    do: str,
    *,
    kit: Kit | None = None,
    run: Run | None = None,
    by: int | None,
    now: datetime,
    **more: object,
) -> Command:
    """Tell the classroom computer; it is woken when this transaction is kept."""
    session.refresh(room, with_for_update=True)
    room.commands += 1
    payload = {**({"kit": kit.key} if kit else {}), **more}
    row = Command(
        room_id=room.id, n=room.commands, do=do, payload=payload, run_id=run and run.id, asked_by=by, at=now
    )
    session.add(row)
    session.flush()
    live.after_commit(session, live.hub(session).channel(room.id).call)
    rows_changed(session, room.id)
    return row


def rows_changed(session: Session, room_id: int) -> None:
    """Let every page that watches the room read it anew, once this is kept."""
    channel = live.hub(session).channel(room_id)
    live.after_commit(session, lambda: channel.tell(Note("room")))
