"""Who asks, and what the roles they hold let them do, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from zerek.base.errors import Forbidden, SignInNeeded
from zerek.base.text import N_


class Role(StrEnum):
    OPERATOR = "operator"
    AUTHOR = "author"
    TUTOR = "tutor"
    TEACHER = "teacher"
    PUPIL = "pupil"
    ROBOTICS_TEACHER = "robotics_teacher"


@dataclass(frozen=True)
class Place:
    """Where a role is held: ``kind`` is region, school or class."""

    kind: str
    id: int | None = None


REGION = Place("region")


def school_place(school_id: int) -> Place:
    return Place("school", school_id)


def class_place(class_id: int) -> Place:
    return Place("class", class_id)


@dataclass(frozen=True)
class Grant:
    role: Role
    place: Place


@dataclass(frozen=True)
class Actor:
    """The person who asks, with the roles held now; nobody's id is None."""

    person_id: int | None
    grants: frozenset[Grant] = field(default_factory=frozenset)

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    def places(self, *roles: Role) -> frozenset[Place]:
        """Where any of these roles is held."""
        return frozenset(grant.place for grant in self.grants if grant.role in roles)


ANYONE = Actor(None)


@dataclass(frozen=True)
class Visitor:
    """Who stands behind a session's token: the actor, the name to greet, and which session it is."""

    actor: Actor
    name: str = ""
    session_id: int | None = None


NOBODY = Visitor(ANYONE)

_allowed: dict[str, frozenset[Role]] = {}


def allow(permission: str, *roles: Role) -> None:
    """Say, once at import, which roles a permission such as ``assignments.hand_in`` is for."""
    _allowed[permission] = frozenset(roles)


def may(actor: Actor, permission: str, *places: Place) -> bool:
    """Whether the actor holds a fitting role at one of the places; a role in the region covers every place.

    Without places any grant of a fitting role will do. Raises KeyError for a permission nobody declared.
    """
    roles = _allowed[permission]
    return any(
        grant.role in roles and (not places or grant.place == REGION or grant.place in places)
        for grant in actor.grants
    )


def require(actor: Actor, permission: str, *places: Place) -> None:
    """Raises SignInNeeded for a stranger and Forbidden for a person without a fitting role."""
    if may(actor, permission, *places):
        return
    if actor.person_id is None:
        raise SignInNeeded(N_("Please sign in first."))
    raise Forbidden(N_("Your role does not allow this."))


def signed_in(actor: Actor) -> int:
    """The person's id, or SignInNeeded."""
    if actor.person_id is None:
        raise SignInNeeded(N_("Please sign in first."))
    return actor.person_id
