"""The operator's register: everybody is found, gets a new password, and is signed out; nobody else sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from zerek.base.permissions import Role, class_place, school_place
from zerek.base.text import Words
from zerek.modules.people import api as people
from zerek.modules.schools import api as schools

SignIn = Callable[[str], FlaskClient]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def operator(new_person, sign_in: SignIn) -> FlaskClient:
    new_person("Оператор", Role.OPERATOR)
    return sign_in("Оператор")


def listed(answer) -> list[str]:
    """The names on the page."""
    return re.findall(r'class="face".*?</span><span>([^<]+)<small>', answer.text)


def test_a_person_is_found_without_the_kazakh_keyboard_with_roles_and_places(
    operator: FlaskClient, new_person, session: Session
) -> None:
    district = schools.open_district(session, "d1", Words("Атырау"))
    school = schools.open_school(session, "s1", Words("№ 1 мектеп"), district=district, town=True)
    made = schools.open_class(session, school.id, year=2026, grade=7, letter="А")
    session.commit()
    new_person("Құралай Өмірқызы", Role.PUPIL, class_place(made.id))
    new_person("Дамир", Role.TEACHER, school_place(school.id))
    answer = operator.get("/people/?q=куралай ОМИР")
    assert listed(answer) == ["Құралай Өмірқызы"]
    assert "оқушы · 7 «А», № 1 мектеп" in answer.text
    assert listed(operator.get("/people/")) == ["Дамир", "Құралай Өмірқызы", "Оператор"]


@pytest.mark.parametrize("sign", ["%", "_", "\\"])
def test_a_sign_that_a_database_reads_as_any_finds_nobody(operator: FlaskClient, sign: str) -> None:
    assert listed(operator.get("/people/", query_string={"q": sign})) == []


def test_of_many_people_the_first_fifty_are_shown(operator: FlaskClient, session: Session) -> None:
    for n in range(60):
        people.join(session, f"Оқушы {n:02}", now=NOW)
    session.commit()
    answer = operator.get("/people/?q=оқушы")
    assert listed(answer) == [f"Оқушы {n:02}" for n in range(50)]
    assert "Тізімнің басы ғана" in answer.text
    assert "/password" not in answer.text, "without a sign-in name there is no password"


def test_a_new_password_is_shown_once_and_signs_the_person_out(
    operator: FlaskClient, new_person, sign_in: SignIn, client: FlaskClient
) -> None:
    person_id = new_person("Әлия", Role.TUTOR)
    hers = sign_in("Әлия")
    answer = operator.post(f"/people/{person_id}/password")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    password = re.search(r"[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}", answer.text)
    assert password
    assert hers.get("/people/me").status_code == 303
    entered = client.post("/people/sign-in", data={"name": "Әлия", "password": password[0]})
    assert entered.status_code == 303
    assert password[0] not in operator.get("/people/").text


def test_the_operator_signs_a_person_out_everywhere(
    operator: FlaskClient, new_person, sign_in: SignIn
) -> None:
    person_id = new_person("Әлия")
    hers = sign_in("Әлия")
    answer = operator.post(f"/people/{person_id}/end-sessions", data={"q": "әл"})
    assert answer.status_code == 303
    assert operator.get(answer.headers["Location"]).status_code == 200
    assert hers.get("/people/me").status_code == 303
    sign_in("Әлия")


def test_a_person_who_is_not_there_or_cannot_sign_in_gets_no_password(
    operator: FlaskClient, session: Session
) -> None:
    nameless = people.join(session, "Кіре алмайтын", now=NOW).id
    session.commit()
    assert operator.post(f"/people/{nameless}/password").status_code == 422
    assert operator.post("/people/999/password").status_code == 404
    assert operator.post("/people/999/end-sessions").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_nobody_but_the_operator_sees_the_register_or_changes_anybody(
    new_person, sign_in: SignIn, role: Role
) -> None:
    person_id = new_person("Әлия")
    new_person("Дамир", role)
    hers, his = sign_in("Әлия"), sign_in("Дамир")
    assert his.get("/people/").status_code == 403
    assert his.post(f"/people/{person_id}/password").status_code == 403
    assert his.post(f"/people/{person_id}/end-sessions").status_code == 403
    assert 'href="/people/"' not in his.get("/").text
    assert hers.get("/people/me").status_code == 200


def test_an_operator_of_one_school_does_not_keep_the_regions_register(new_person, sign_in: SignIn) -> None:
    new_person("Дамир", Role.OPERATOR, school_place(1))
    assert sign_in("Дамир").get("/people/").status_code == 403


def test_a_stranger_is_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/people/").status_code == 303
    assert client.post("/people/1/password").status_code == 401
