"""What pages ask about people, each in one query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zerek.base.permissions import NOBODY, Actor, Grant, Place, Role, Visitor
from zerek.modules.people.models import Account, Held, Person, SignedIn


@dataclass(frozen=True)
class PersonRow:
    """One line of the register; ``login`` is None for who cannot sign in."""

    id: int
    name: str
    login: str | None
    grants: tuple[Grant, ...]


def visitor(session: Session, token_hash: str, now: datetime) -> Visitor:
    """Who signed in with that token, with the roles held now; NOBODY for an ended or unknown session."""
    rows = session.execute(
        select(SignedIn.id, Person.id, Person.name, Held.role, Held.place_kind, Held.place_id)
        .join(Person, Person.id == SignedIn.person_id)
        .outerjoin(Held, Held.person_id == Person.id)
        .where(SignedIn.token_hash == token_hash, SignedIn.expires_at > now)
    ).all()
    if not rows:
        return NOBODY
    session_id, person_id, name, *_ = rows[0]
    grants = frozenset(Grant(Role(role), _place(kind, number)) for *_, role, kind, number in rows if role)
    return Visitor(Actor(person_id, grants), name, session_id)


def grants(session: Session, person_id: int) -> frozenset[Grant]:
    rows = session.execute(
        select(Held.role, Held.place_kind, Held.place_id).where(Held.person_id == person_id)
    )
    return frozenset(Grant(Role(role), _place(kind, number)) for role, kind, number in rows)


def _place(kind: str, number: int) -> Place:
    return Place(kind, number or None)


def account(session: Session, folded: str) -> Account | None:
    return session.scalar(select(Account).where(Account.folded == folded))


def names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Person's id → whole name."""
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(set(ids))))
    return {row.id: row.name for row in found}


def holders(session: Session, role: Role, places: Iterable[Place]) -> Sequence[tuple[int, str, Place]]:
    """``(person's id, name, place)`` of everybody who holds the role at one of the places, unsorted."""
    wanted = {(place.kind, place.id or 0) for place in places}
    kinds, numbers = {kind for kind, _ in wanted}, {number for _, number in wanted}
    rows = session.execute(
        select(Person.id, Person.name, Held.place_kind, Held.place_id)
        .join(Held, Held.person_id == Person.id)
        .where(Held.role == role.value, Held.place_kind.in_(kinds), Held.place_id.in_(numbers))
    )
    return [(i, name, _place(kind, number)) for i, name, kind, number in rows if (kind, number) in wanted]


def open_sessions(session: Session, person_id: int, now: datetime) -> Sequence[SignedIn]:
    """Where the person is signed in, the newest first."""
    return session.scalars(
        select(SignedIn)
        .where(SignedIn.person_id == person_id, SignedIn.expires_at > now)
        .order_by(SignedIn.began_at.desc())
    ).all()


def register(
    session: Session, *, search: str = "", role: Role | None = None, most: int | None = None
) -> list[PersonRow]:
    """People by name, at most so many; ``search`` is folded and looked for in names and sign-in names."""
    wanted = select(Person.id).outerjoin(Account).order_by(Person.folded, Person.id).limit(most)
    if search:
        wanted = wanted.where(
            or_(
                Person.folded.contains(search, autoescape=True),
                Account.folded.contains(search, autoescape=True),
            )
        )
    if role is not None:
        wanted = wanted.where(Person.id.in_(select(Held.person_id).where(Held.role == role.value)))
    chosen = wanted.subquery()
    rows = session.execute(
        select(Person.id, Person.name, Account.login, Held.role, Held.place_kind, Held.place_id)
        .join(chosen, chosen.c.id == Person.id)
        .outerjoin(Account, Account.person_id == Person.id)
        .outerjoin(Held, Held.person_id == Person.id)
        .order_by(Person.folded, Person.id, Held.id)
    )
    found: dict[int, PersonRow] = {}
    for number, name, login, held, kind, place in rows:
        grant = (Grant(Role(held), _place(kind, place)),) if held else ()
        known = found.get(number)
        found[number] = PersonRow(number, name, login, (known.grants if known else ()) + grant)
    return list(found.values())


def taken_logins(session: Session) -> set[str]:
    """Every sign-in name there is, folded."""
    return set(session.scalars(select(Account.folded)))
