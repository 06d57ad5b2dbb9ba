"""The rules about people: who they are, how they sign in, what roles they hold."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from zerek.base import clock
from zerek.base.errors import Conflict, Refused, SignInNeeded
from zerek.base.permissions import Actor, Grant, Role, Visitor, allow, signed_in
from zerek.base.text import N_, fold
from zerek.modules.people import iin as identity
from zerek.modules.people import passwords, queries
from zerek.modules.people.iin import demo_number
from zerek.modules.people.models import Account, Held, Person, SignedIn
from zerek.modules.people.openid_rules import key_of
from zerek.modules.people.queries import grants, holders, names, open_sessions

SESSION_LASTS = timedelta(hours=12)

allow("people.manage", Role.OPERATOR)


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
    whole = " ".join(name.split())
    if not whole:
        raise Refused(N_("A person needs a name."))
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


def open_account(session: Session, person_id: int, login: str, password: str | None) -> Account:
    """Let the person sign in; Conflict when the sign-in name is taken, also in other letters."""
    if not fold(login):
        raise Refused(N_("A sign-in name is needed."))
    if queries.account(session, fold(login)) is not None:
        raise Conflict(N_("The sign-in name %(login)s is taken."), login=login)
    account = Account(person_id=person_id, login=login.strip(), folded=fold(login))
    session.add(account)
    if password is not None:
        set_password(account, password)
    session.flush()
    return account


def set_password(account: Account, password: str) -> None:
    if len(password) < passwords.MIN_LENGTH:
        raise Refused(N_("A password has at least %(n)s characters."), n=passwords.MIN_LENGTH)
    account.password_hash = passwords.hashed(password)


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


def end_all_sessions(session: Session, person_id: int) -> None:
    """After a new password, or when the operator locks somebody out."""
    session.execute(delete(SignedIn).where(SignedIn.person_id == person_id))


def _hash(token: str) -> str:
    # A copy of the database must not be a bunch of keys.
    return hashlib.sha256(token.encode()).hexdigest()


__all__ = [
    "Person",
    "demo_number",
    "end_all_sessions",
    "end_session",
    "give_role",
    "grants",
    "holders",
    "identify",
    "join",
    "key_of",
    "names",
    "open_account",
    "open_sessions",
    "set_password",
    "sign_in",
]
