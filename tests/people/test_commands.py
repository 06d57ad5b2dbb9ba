"""The register at the terminal: who owns the machine adds people, gives roles and passwords, and takes sessions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.__main__ import main
from zerek.base.permissions import REGION, Grant, Role, class_place
from zerek.base.text import Words
from zerek.modules.people import api as people
from zerek.modules.people.models import Account, Held, Person
from zerek.modules.schools import api as schools
from zerek.settings import Settings

Zerek = Callable[..., Result]


@pytest.fixture
def zerek(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Zerek:
    """``zerek("people", "list")`` as the owner of the machine types it."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ZEREK_PASSWORD", raising=False)
    return lambda *words, **more: CliRunner().invoke(main, ["people", *map(str, words)], **more)


@pytest.fixture
def class_id(session: Session) -> int:
    district = schools.open_district(session, "d1", Words("Атырау"))
    school = schools.open_school(session, "s1", Words("№ 1 мектеп"), district=district, town=True)
    made = schools.open_class(session, school.id, year=2026, grade=7, letter="А").id
    session.commit()
    return made


def shown_password(answer: Result) -> str:
    return answer.output.split("shown only now: ")[1].split()[0]


def enters(client: FlaskClient, login: str, password: str) -> bool:
    return client.post("/people/sign-in", data={"name": login, "password": password}).status_code == 303


def test_a_pupil_added_at_the_terminal_signs_in_with_the_password_shown_once(
    zerek: Zerek, client: FlaskClient, class_id: int, session: Session
) -> None:
    answer = zerek("add", "Әлия  Серікқызы", "--login", "aliya", "--role", "pupil", "--class", class_id)
    assert answer.exit_code == 0, answer.output
    person = session.scalars(select(Person)).one()
    assert answer.output.startswith(f"{person.id}\taliya\tӘлия Серікқызы\n")
    assert people.grants(session, person.id) == {Grant(Role.PUPIL, class_place(class_id))}
    assert enters(client, "aliya", shown_password(answer))
    assert shown_password(answer) not in zerek("list").output


@pytest.mark.parametrize("way", ["option", "variable"])
def test_a_given_password_is_taken_and_not_shown(
    zerek: Zerek, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    words = ["add", "Тьютор", "--login", "tutor", "--role", "tutor", "--region"]
    if way == "option":
        words += ["--password", "kitap-2026"]
    else:
        monkeypatch.setenv("ZEREK_PASSWORD", "kitap-2026")
    answer = zerek(*words)
    assert "kitap-2026" not in answer.output
    assert enters(client, "tutor", "kitap-2026")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--role", "pupil", "--class", "77"], "no class with the number 77"),
        (["--role", "teacher", "--school", "77"], "no school with the number 77"),
        (["--role", "pupil", "--region"], "is not held in a place of the kind region"),
        (["--role", "operator", "--school", "1"], "is not held in a place of the kind school"),
        (["--role", "pupil"], "name --class, --school or --region"),
        (["--role", "tutor", "--region", "--class", "1"], "name --class, --school or --region"),
        (["--role", "tutor", "--region", "--password", "short"], "at least 8"),
        (["--role", "headmaster", "--region"], "headmaster"),
    ],
)
def test_what_cannot_be_is_said_and_adds_nobody(
    zerek: Zerek, session: Session, words: list[str], said: str
) -> None:
    answer = zerek("add", "Әлия", "--login", "aliya", *words)
    assert answer.exit_code == 2
    assert said in answer.output
    assert "Traceback" not in answer.output
    assert session.scalars(select(Person)).all() == []


@pytest.mark.parametrize(
    ("name", "login"), [("", "a"), ("Ә" * 201, "a"), ("А\0", "a"), ("Ә", " "), ("Ә", "a" * 81)]
)
def test_a_person_needs_a_name_and_a_sign_in_name_that_can_be_kept(
    zerek: Zerek, session: Session, name: str, login: str
) -> None:
    answer = zerek("add", name, "--login", login, "--role", "tutor", "--region")
    assert (answer.exit_code, "zerek: " in answer.output) == (2, True)
    assert session.scalars(select(Person)).all() == []


def test_a_taken_sign_in_name_is_refused_also_in_other_letters(zerek: Zerek, new_person) -> None:
    new_person("Әлия")
    answer = zerek("add", "Басқа", "--login", "АЛИЯ", "--role", "tutor", "--region")
    assert (answer.exit_code, answer.output) == (2, "zerek: The sign-in name АЛИЯ is taken.\n")


def test_a_new_password_ends_every_session_and_the_old_password(
    zerek: Zerek, new_person, sign_in, client: FlaskClient
) -> None:
    new_person("Әлия")
    browser = sign_in("Әлия")
    answer = zerek("password", "әлия", input="zhana-2027\nzhana-2027\n")
    assert answer.exit_code == 0, answer.output
    assert browser.get("/people/me").status_code == 303
    assert not enters(client, "Әлия", "kitap-2026")
    assert enters(client, "Әлия", "zhana-2027")


def test_a_made_password_works(zerek: Zerek, new_person, client: FlaskClient) -> None:
    new_person("Әлия")
    assert enters(client, "Әлия", shown_password(zerek("password", "Әлия", "--make")))


def test_a_short_password_changes_nothing_and_ends_nothing(zerek: Zerek, new_person, sign_in) -> None:
    new_person("Әлия")
    browser = sign_in("Әлия")
    assert zerek("password", "Әлия", input="short\nshort\n").exit_code == 2
    assert browser.get("/people/me").status_code == 200


def test_sessions_are_ended_and_the_password_stays(zerek: Zerek, new_person, sign_in) -> None:
    new_person("Әлия")
    browser = sign_in("Әлия")
    assert zerek("end-sessions", "Әлия").exit_code == 0
    assert browser.get("/people/me").status_code == 303
    sign_in("Әлия")


def test_a_second_role_is_given_once_however_often_it_is_said(
    zerek: Zerek, new_person, session: Session
) -> None:
    person_id = new_person("Әлия", Role.TUTOR)
    for _ in range(2):
        assert zerek("role", "Әлия", "author", "--region").exit_code == 0
    held = session.scalars(select(Held.role).where(Held.person_id == person_id)).all()
    assert sorted(held) == ["author", "tutor"]
    assert Grant(Role.AUTHOR, REGION) in people.grants(session, person_id)


@pytest.mark.parametrize("words", [["password"], ["end-sessions"], ["role", "author", "--region"]])
def test_nobody_of_that_name_is_said(zerek: Zerek, words: list[str]) -> None:
    answer = zerek(words[0], "жоқ", *words[1:])
    assert (answer.exit_code, answer.output) == (2, "zerek: Nobody signs in as жоқ.\n")


def test_the_list_names_roles_with_their_places(zerek: Zerek, new_person, class_id: int) -> None:
    new_person("Әлия", Role.PUPIL, class_place(class_id))
    new_person("Дамир", Role.TUTOR)
    lines = zerek("list").output.splitlines()
    assert [line.split("\t")[1:] for line in lines] == [
        ["Әлия", "Әлия", "pupil 7 «А», № 1 мектеп"],
        ["Дамир", "Дамир", "tutor облыс"],
    ]
    assert "Әлия" not in zerek("list", "--role", "tutor").output


def test_a_database_that_is_not_there_yet_is_said_in_one_sentence(
    zerek: Zerek, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("ZEREK_DATABASE", f"sqlite:///{tmp_path / 'empty.sqlite'}")
    answer = zerek("list")
    assert answer.exit_code == 2
    assert "zerek upgrade" in answer.output


def test_a_made_password_has_no_hash_of_another(zerek: Zerek, session: Session) -> None:
    for login in ("a1", "a2"):
        zerek("add", "Бір", "--login", login, "--role", "tutor", "--region")
    hashes = session.scalars(select(Account.password_hash)).all()
    assert len(set(hashes)) == 2
    assert all(one.startswith("$argon2id$") for one in hashes)
