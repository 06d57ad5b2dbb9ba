"""A school with a robotics room: a teacher, two pupils, an agent that speaks by its token, and a live server."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from zerek.base import clock
from zerek.base.errors import ZerekError
from zerek.base.permissions import Actor, Role, class_place, school_place
from zerek.base.text import Words
from zerek.modules.kits import api
from zerek.modules.kits.models import Kit
from zerek.modules.people import api as people
from zerek.modules.schools import api as schools

TOKEN = "t" * 40
PROGRAM = "from zerek_robotics import Robot\n\nRobot().forward(50)\n"


@pytest.fixture
def school(session: Session) -> schools.ClassRow:
    """A class 7 «А» with its school."""
    district = schools.open_district(session, "d1", Words("Атырау"))
    school = schools.open_school(session, "s1", Words("№ 1 мектеп"), district=district, town=True)
    made = schools.open_class(session, school.id, year=2026, grade=7, letter="А")
    row = schools.class_row(session, made.id)
    session.commit()
    return row


@pytest.fixture
def room(session: Session, school: schools.ClassRow) -> api.Room:
    made = api.open_room(session, school.school_id, "Робототехника кабинеті", TOKEN)
    session.commit()
    return made


ActorOf = Callable[[int], Actor]


@pytest.fixture
def actor_of(session: Session) -> ActorOf:
    def find(person_id: int) -> Actor:
        found = Actor(person_id, people.grants(session, person_id))
        session.commit()
        return found

    return find


@pytest.fixture
def teacher(new_person: Callable[..., int], school: schools.ClassRow, actor_of: ActorOf) -> Actor:
    return actor_of(new_person("Болат Ерланұлы", Role.ROBOTICS_TEACHER, school_place(school.school_id)))


@pytest.fixture
def pupil(new_person: Callable[..., int], school: schools.ClassRow, actor_of: ActorOf) -> Actor:
    return actor_of(new_person("Әлия Серікқызы", Role.PUPIL, class_place(school.id)))


@pytest.fixture
def classmate(new_person: Callable[..., int], school: schools.ClassRow, actor_of: ActorOf) -> Actor:
    return actor_of(new_person("Дәулет Асқарұлы", Role.PUPIL, class_place(school.id)))


def speak_of(key: str = "kit-1", **more: Any) -> dict[str, Any]:
    """How an agent speaks of a kit."""
    return {
        "kit": key,
        "name": f"Жинақ {key}",
        "profile": "uno-chassis",
        "state": "ready",
        "firmware": "StandardFirmata 2.5",
        "on_board_stop": False,
        "battery_mv": 7400,
        "supply": "battery",
        "last_word": "",
        "telemetry": {"distance_cm": 41.2, "left": 0.5, "right": 0.5, "led": False},
        **more,
    }


class Agent:
    """The other end of the door: numbers its frames as the real agent does."""

    def __init__(self, app: Flask, token: str = TOKEN) -> None:
        self.browser = app.test_client()
        self.run, self.seq = str(uuid.uuid4()), 0
        self.headers = {"Authorization": f"Bearer {token}"}

    def send(self, body: object = None, **frame: Any) -> TestResponse:
        """One new frame; or exactly this body."""
        self.seq += 1
        whole = {"session": self.run, "seq": self.seq, "kits": [], "output": [], "ended": [], "stopped": []}
        how = (
            {"data": body}
            if isinstance(body, bytes)
            else {"json": {**whole, **frame} if body is None else body}
        )
        return self.browser.post("/kits/agent/frames", headers=self.headers, **how)

    def say(self, **frame: Any) -> int:
        """A frame that must be taken; returns the acknowledged number."""
        answer = self.send(**frame)
        assert answer.status_code == 200, answer.text
        return int(answer.json["ack"])

    def commands(self, after: int = 0, wait: int = 0) -> list[dict[str, Any]]:
        answer = self.browser.get(
            f"/kits/agent/commands?session={self.run}&after={after}&wait={wait}", headers=self.headers
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json["commands"]
        return found

    def do(self, after: int = 0) -> list[str]:
        return [command["do"] for command in self.commands(after)]


@pytest.fixture
def kit_word() -> Callable[..., dict[str, Any]]:
    """``kit_word("kit-2", state="lost")`` is how an agent speaks of a kit."""
    return speak_of


@pytest.fixture
def new_agent(app: Flask, room: api.Room) -> Callable[..., Agent]:
    """``new_agent()`` is an agent of the room that has just been started."""
    return lambda token=TOKEN: Agent(app, token)


@pytest.fixture
def agent(new_agent: Callable[..., Agent]) -> Agent:
    """An agent that has said nothing yet."""
    return new_agent()


@pytest.fixture
def kit(agent: Agent, session: Session, room: api.Room) -> Kit:
    """A kit that is ready."""
    agent.say(kits=[speak_of()])
    session.commit()
    session.expire_all()
    found = session.query(Kit).filter(Kit.room_id == room.id).one()
    session.commit()
    return found


@pytest.fixture
def ask(session: Session, kit: Kit) -> Callable[..., api.Run]:
    """``ask(by=pupil)`` runs the usual program on the kit."""

    def run(source: str = PROGRAM, **more: Any) -> api.Run:
        session.commit()
        try:
            made = api.ask_run(session, kit.id, source, now=clock.now(), **more)
        except ZerekError:
            session.rollback()  # as a request that is refused does: it holds no lock
            raise
        session.commit()
        return made

    return run


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The app on a real port with real threads."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        api.end_streams()
        server.shutdown()
        thread.join()
        server.server_close()
