"""The rules about accounts: how a person comes by a password, changes it, and what that ends."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from zerek.base.errors import Conflict, NotFound, Refused
from zerek.base.permissions import REGION, Actor, Role, allow, require, signed_in
from zerek.base.text import N_, fold
from zerek.modules.people import passwords, queries
from zerek.modules.people.models import Account, Person, SignedIn

LONGEST_LOGIN = 80

allow("people.manage", Role.OPERATOR)


def open_account(session: Session, person_id: int, login: str, password: str | None) -> Account:
    """Let the person sign in; Conflict when the sign-in name is taken, also in other letters."""
    check_login(login)
    if queries.account(session, fold(login)) is not None:
        raise Conflict(N_("The sign-in name %(login)s is taken."), login=login)
    account = Account(person_id=person_id, login=login.strip(), folded=fold(login))
    session.add(account)
    if password is not None:
        set_password(account, password)
    session.flush()
    return account


def check_login(login: str) -> None:
    """Raises Refused for what cannot be a sign-in name."""
    if not fold(login):
        raise Refused(N_("A sign-in name is needed."))
    if not login.strip().isprintable():
        raise Refused(N_("A sign-in name is of letters that can be seen."))
    if max(len(login.strip()), len(fold(login))) > LONGEST_LOGIN:
        raise Refused(N_("A sign-in name has at most %(n)s characters."), n=LONGEST_LOGIN)


def set_password(account: Account, password: str) -> None:
    if len(password) < passwords.MIN_LENGTH:
        raise Refused(N_("A password has at least %(n)s characters."), n=passwords.MIN_LENGTH)
    account.password_hash = passwords.hashed(password)


def keep_hash(session: Session, person_id: int, password_hash: str) -> None:
    """A password that was hashed before, while no transaction was open."""
    session.get_one(Account, person_id).password_hash = password_hash
    session.flush()


def person_of(session: Session, login: str) -> Person:
    """Who signs in under that name, or NotFound."""
    return session.get_one(Person, _account_called(session, login).person_id)


def change_password(session: Session, login: str, password: str) -> None:
    """A new password, given by whoever owns the machine; the person is signed out everywhere."""
    account = _account_called(session, login)
    set_password(account, password)
    session.flush()
    end_all_sessions(session, account.person_id)


def change_own_password(
    session: Session, old: str, new: str, again: str, *, by: Actor, session_id: int | None
) -> None:
    """One's own new password; every session ends but ``session_id``, the one at this browser."""
    account = session.get(Account, signed_in(by))
    if account is None or not passwords.is_right(old, account.password_hash):
        raise Refused(N_("The old password is wrong."))
    if new != again:
        raise Refused(N_("The two new passwords differ."))
    set_password(account, new)
    session.flush()
    session.execute(
        delete(SignedIn).where(SignedIn.person_id == account.person_id, SignedIn.id != session_id)
    )


def give_new_password(session: Session, person_id: int, *, by: Actor) -> tuple[str, str]:
    """``(sign-in name, password)``: a made one, which only this answer holds; the person is signed out everywhere."""
    require(by, "people.manage", REGION)
    _need_person(session, person_id)
    account = session.get(Account, person_id)
    if account is None:
        raise Refused(N_("This person has no sign-in name."))
    made = passwords.made()
    set_password(account, made)
    session.flush()
    end_all_sessions(session, person_id)
    return account.login, made


def sign_out_everywhere(session: Session, person_id: int, *, by: Actor) -> None:
    """The operator ends every session of a person."""
    require(by, "people.manage", REGION)
    _need_person(session, person_id)
    end_all_sessions(session, person_id)


def _need_person(session: Session, person_id: int) -> None:
    if session.get(Person, person_id) is None:
        raise NotFound(N_("There is no such person."))


def end_all_sessions(session: Session, person_id: int) -> None:
    """After a new password, or when the operator locks somebody out."""
    session.execute(delete(SignedIn).where(SignedIn.person_id == person_id))


def _account_called(session: Session, login: str) -> Account:
    account = queries.account(session, fold(login))
    if account is None:
        raise NotFound(N_("Nobody signs in as %(login)s."), login=login)
    return account
