"""One's own password, changed on one's own page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from zerek.modules.people import api as people

OLD, NEW = "kitap-2026", "zhana-2027"


def change(browser: FlaskClient, old: str = OLD, new: str = NEW, again: str = NEW):
    return browser.post("/people/password", data={"old": old, "new": new, "again": again})


def enters(client: FlaskClient, password: str) -> bool:
    return client.post("/people/sign-in", data={"name": "Әлия", "password": password}).status_code == 303


def test_a_new_password_signs_out_every_other_browser(
    new_person, sign_in: Callable[[str], FlaskClient], client: FlaskClient
) -> None:
    new_person("Әлия")
    new_person("Дамир")
    phone, computer, his = sign_in("Әлия"), sign_in("Әлия"), sign_in("Дамир")
    assert change(computer).status_code == 303
    assert "Құпиясөз өзгертілді" in computer.get("/people/me").text
    assert phone.get("/people/me").status_code == 303
    assert his.get("/people/me").status_code == 200
    assert not enters(client, OLD)
    assert enters(client, NEW)


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong-one", NEW, NEW, "The old password is wrong."),
        ("", NEW, NEW, "The old password is wrong."),
        (OLD, NEW, NEW + "x", "The two new passwords differ."),
        (OLD, "short", "short", "at least 8 characters"),
    ],
)
def test_a_refused_change_is_said_and_changes_nothing(
    new_person, sign_in: Callable[[str], FlaskClient], client: FlaskClient, old, new, again, said
) -> None:
    new_person("Әлия")
    phone, computer = sign_in("Әлия"), sign_in("Әлия")
    computer.set_cookie("language", "en")
    answer = change(computer, old, new, again)
    assert answer.status_code == 422
    assert said in answer.text
    assert phone.get("/people/me").status_code == 200
    assert enters(client, OLD)


def test_a_stranger_changes_no_password(client: FlaskClient, new_person, session: Session) -> None:
    new_person("Әлия")
    assert change(client).status_code == 401
    assert people.person_of(session, "Әлия").name == "Әлия"
    session.rollback()
    assert enters(client, OLD)
