"""A robotics room made at the terminal, with the token that its agent comes in by."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.__main__ import main
from zerek.modules.kits.models import Room
from zerek.settings import Settings


@pytest.fixture
def make(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["kits", "room", *words])

    return run


def test_an_agent_comes_in_by_the_token_that_the_terminal_showed(
    make, app: Flask, session: Session, school, settings: Settings
) -> None:
    answer = make("s1", "--name", "Робототехника,  2-қабат")
    assert answer.exit_code == 0, answer.output
    token = answer.output.split("shown only now: ")[1].split()[0]
    assert f"ZEREK_AGENT_TOKEN={token} zerek-robot agent --lms {settings.base_url}" in answer.output
    room = session.scalars(select(Room)).one()
    assert (room.name, room.school_id) == ("Робототехника, 2-қабат", school.school_id)
    assert token not in str(vars(room))
    heard = app.test_client().get(
        "/kits/agent/commands?session=one&after=0&wait=0", headers={"Authorization": f"Bearer {token}"}
    )
    assert heard.status_code == 200, heard.text


def test_two_rooms_have_two_tokens(make, session: Session, school) -> None:
    assert make("s1").output != make("s1").output
    assert len(set(session.scalars(select(Room.token_hash)))) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["s9"], "no school with the code s9"),
        (["s1", "--name", " "], "name"),
        (["s1", "--name", "К" * 81], "80"),
    ],
)
def test_a_room_of_no_school_or_without_a_name_is_refused(
    make, session: Session, school, words: list[str], said: str
) -> None:
    answer = make(*words)
    assert answer.exit_code == 2
    assert said in answer.output
    assert session.scalars(select(Room)).all() == []
