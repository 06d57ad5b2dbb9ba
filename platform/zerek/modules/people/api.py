"""The rules about people: who they are, how they sign in, what roles they hold."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from zerek.base import clock, places
from zerek.base.errors import NotFound, Refused, SignInNeeded
from zerek.base.permissions import Actor, Grant, Role, Visitor, signed_in
from zerek.base.text import N_, fold
from zerek.modules.people import iin as identity
from zerek.modules.people import passwords, queries
from zerek.modules.people.accounts import (
    change_own_password,
    change_password,
    check_login,
    end_all_sessions,
    give_new_password,
    keep_hash,
    open_account,
    person_of,
    set_password,
    sign_out_everywhere,
)
from zerek.modules.people.iin import demo_number
from zerek.modules.people.models import Held, Person, SignedIn
from zerek.modules.people.openid_rules import key_of
from zerek.modules.people.passwords import MIN_LENGTH as SHORTEST_PASSWORD
from zerek.modules.people.queries import (
    PersonRow,
    grants,
    holders,
    names,
    open_sessions,
    register,
    taken_logins,
)

SESSION_LASTS = timedelta(hours=12)
LONGEST_NAME = 200
HELD_IN: dict[Role, tuple[str, ...]] = {
    Role.OPERATOR: ("region",),
    Role.AUTHOR: ("region",),
    Role.TUTOR: ("region",),
    Role.TEACHER: ("school", "class"),
    Role.ROBOTICS_TEACHER: ("school",),
    Role.PUPIL: ("class",),
}


def join(
    session: Session,
    name: str,
    *,
    login: str | None = None,
    password: str | None = None,
    iin: str | None = None,
    born: date | None = None,
    roles: Iterable[Grant] = (),
    demo: bool = False,
    now: datetime,
) -> Person:
    """A new person. ``demo`` allows an identity number whose date differs from the birthday (see iin.py)."""
    whole = whole_name(name)
    if iin is not None:
        identity.check(iin, born=None if demo else born)
    person = Person(name=whole, folded=fold(whole), iin=iin, born=born, created_at=now)
    session.add(person)
    session.flush()
    if login is not None:
        open_account(session, person.id, login, password)
    for grant in roles:
        give_role(session, person.id, grant)
    return person


def whole_name(name: str) -> str:
    """The name with single spaces, or Refused."""
    whole = " ".join(name.split())
    if not whole:
        raise Refused(N_("A person needs a name."))
    if not whole.isprintable():
        raise Refused(N_("A name is of letters that can be seen."))
    if max(len(whole), len(fold(whole))) > LONGEST_NAME:
        raise Refused(N_("A name has at most %(n)s characters."), n=LONGEST_NAME)
    return whole


def check_grant(session: Session, grant: Grant) -> None:
    """Raises Refused where the role is not held in such a place, NotFound where the place does not exist.

    A role in the region covers every place of it, so a pupil's is never given there.
    """
    kinds = HELD_IN[grant.role]
    if grant.place.kind not in kinds:
        raise Refused(
            N_("The role %(role)s is not held in a place of the kind %(kind)s, but of: %(kinds)s."),
            role=grant.role.value,
            kind=grant.place.kind,
            kinds=", ".join(kinds),
        )
    if grant.place not in places.names(session, [grant.place]):
        raise NotFound(
            N_("There is no %(kind)s with the number %(n)s."), kind=grant.place.kind, n=grant.place.id
        )


def give_role(session: Session, person_id: int, grant: Grant) -> None:
    """Safe to repeat."""
    if grant not in grants(session, person_id):
        place = grant.place
        session.add(
            Held(person_id=person_id, role=grant.role.value, place_kind=place.kind, place_id=place.id or 0)
        )
        session.flush()


def sign_in(
    session: Session, login: str, password: str, *, browser: str = "", address: str = "", now: datetime
) -> str:
    """The token of a new session; SignInNeeded, in one sentence for all causes, when it is not granted."""
    account = queries.account(session, fold(login))
    if not passwords.is_right(password, account.password_hash if account else None) or account is None:
        raise SignInNeeded(N_("The name or the password is wrong."))
    if account.password_hash and passwords.is_outdated(account.password_hash):
        account.password_hash = passwords.hashed(password)
    token = secrets.token_urlsafe(32)
    session.add(
        SignedIn(
            person_id=account.person_id,
            token_hash=_hash(token),
            began_at=now,
            expires_at=now + SESSION_LASTS,
            browser=browser[:200],
            address=address[:60],
        )
    )
    session.flush()
    return token


def identify(session: Session, token: str) -> Visitor:
    """Who is behind that token now."""
    return queries.visitor(session, _hash(token), clock.now())


def end_session(session: Session, session_id: int, *, by: Actor) -> None:
    """End one of one's own sessions, here or at another browser; nothing happens when it has ended."""
    session.execute(delete(SignedIn).where(SignedIn.id == session_id, SignedIn.person_id == signed_in(by)))


def _hash(token: str) -> str:
    # A copy of the database must not be a bunch of keys.
    return hashlib.sha256(token.encode()).hexdigest()


__all__ = [
    "SHORTEST_PASSWORD",
    "Person",
    "PersonRow",
    "change_own_password",
    "change_password",
    "check_grant",
    "check_login",
    "demo_number",
    "end_all_sessions",
    "end_session",
    "give_new_password",
    "give_role",
    "grants",
    "holders",
    "identify",
    "join",
    "keep_hash",
    "key_of",
    "names",
    "open_account",
    "open_sessions",
    "person_of",
    "register",
    "set_password",
    "sign_in",
    "sign_out_everywhere",
    "taken_logins",
    "whole_name",
]
