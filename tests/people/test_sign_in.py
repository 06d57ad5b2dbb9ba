"""Signing in: by name and password, at one bell, from one address, and never by guessing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base import clock
from zerek.base.permissions import Role, class_place
from zerek.modules.people import api as people
from zerek.modules.people.models import SignedIn
from zerek.web.limits import limiter

PASSWORD = "kitap-2026"


def enter(client: FlaskClient, name: str, password: str = PASSWORD, **more: str):
    return client.post("/people/sign-in", data={"name": name, "password": password, **more})


def test_a_pupil_signs_in_and_is_greeted_by_her_name(new_person, client: FlaskClient) -> None:
    new_person("Әлия Серікқызы", Role.PUPIL, class_place(1))
    assert enter(client, "әлия  серікқызы").status_code == 303
    assert "Әлия Серікқызы" in client.get("/people/me").text


@pytest.mark.parametrize(
    ("name", "password"), [("Әлия", "wrong-one"), ("Nobody", PASSWORD), ("", ""), ("Әлия", "")]
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_sentence(
    new_person, client: FlaskClient, name: str, password: str
) -> None:
    new_person("Әлия")
    client.set_cookie("language", "en")
    answer = enter(client, name, password)
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text


def test_a_session_ended_elsewhere_is_over_here(new_person, sign_in, session: Session) -> None:
    person_id = new_person("Әлия")
    phone, computer = sign_in("Әлия"), sign_in("Әлия")
    oldest = min(row.id for row in people.open_sessions(session, person_id, clock.now()))
    session.commit()
    assert computer.post(f"/people/sessions/{oldest}/end").status_code == 303
    assert phone.get("/people/me").status_code == 303
    assert computer.get("/people/me").status_code == 200


def test_nobody_ends_another_persons_session(new_person, sign_in, session: Session) -> None:
    new_person("Әлия")
    new_person("Дамир")
    hers, his = sign_in("Әлия"), sign_in("Дамир")
    for row in session.scalars(select(SignedIn)):
        his.post(f"/people/sessions/{row.id}/end")
    assert hers.get("/people/me").status_code == 200


def test_a_session_ends_by_itself(new_person, sign_in, session: Session) -> None:
    new_person("Әлия")
    browser = sign_in("Әлия")
    for row in session.scalars(select(SignedIn)):
        row.expires_at = clock.now() - timedelta(seconds=1)
    session.commit()
    assert browser.get("/people/me").status_code == 303


def test_the_token_itself_is_not_in_the_database(new_person, sign_in, session: Session) -> None:
    new_person("Әлия")
    token = sign_in("Әлия").get_cookie("zerek").value
    assert token not in session.scalars(select(SignedIn.token_hash)).all()


def test_guessing_one_account_is_slowed_down_while_the_school_goes_on(app: Flask, new_person) -> None:
    new_person("Әлия")
    new_person("Дамир")
    limiter.enabled = True
    try:
        browser = app.test_client()
        answers = [enter(browser, "Әлия", f"guess-{n}").status_code for n in range(12)]
        assert answers[-1] == 429
        assert answers.count(401) == 10
        assert enter(browser, "Дамир").status_code == 303, "same address, another account"
        elsewhere = app.test_client()
        elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"
        assert enter(elsewhere, "Әлия").status_code == 303, "nobody is kept out by another's guesses"
    finally:
        limiter.enabled = False
        limiter.reset()


def test_a_form_without_its_token_changes_nothing(app: Flask, new_person) -> None:
    new_person("Әлия")
    app.config["WTF_CSRF_ENABLED"] = True
    answer = enter(app.test_client(), "Әлия")
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers or "zerek=" not in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"]
)
def test_sign_in_leads_to_no_other_host(new_person, client: FlaskClient, target: str) -> None:
    new_person("Әлия")
    assert enter(client, "Әлия", next=target).headers["Location"] == "/"


def test_every_answer_tells_the_browser_what_to_refuse(client: FlaskClient) -> None:
    headers = client.get("/").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "'nonce-" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    other = client.get("/").headers["Content-Security-Policy"]
    assert other != headers["Content-Security-Policy"], "a nonce is used once"
