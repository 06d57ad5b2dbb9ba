"""A class with the shipped pupils' course, its pupils and teachers, and notebooks as pupils write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from zerek.base import clock
from zerek.base.files import Files
from zerek.base.permissions import Actor, Role, class_place, school_place
from zerek.base.text import Words
from zerek.content import shipped
from zerek.modules.assignments import api
from zerek.modules.courses import api as courses
from zerek.modules.notebooks import api as notebooks
from zerek.modules.people import api as people
from zerek.modules.schools import api as schools
from zerek.settings import Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOTEBOOK = "python-and-robot/r7-02"


@pytest.fixture
def files(settings: Settings) -> Files:
    return Files(settings.data / "files")


@dataclass(frozen=True)
class Class:
    """A class that was given the course; ``item_id`` is the lesson R7-02."""

    id: int
    school_id: int
    course_id: int
    item_id: int


@pytest.fixture
def lesson(session: Session, files: Files) -> Class:
    folder = next(folder for folder in shipped.courses() if folder.name == "python-and-robot")
    version = courses.publish(session, files, folder, now=NOW)
    district = schools.open_district(session, "atyrau", Words("Атырау қаласы"))
    school = schools.open_school(session, "s1", Words("№ 1 мектеп"), district=district, town=True)
    made = schools.open_class(session, school.id, year=2026, grade=7, letter="А")
    courses.give_to_class(session, version.course_id, made.id)
    item_id = next(item.id for item, _, _ in courses.items(session, version.id) if item.notebook == NOTEBOOK)
    session.commit()
    return Class(made.id, school.id, version.course_id, item_id)


ActorOf = Callable[[int], Actor]


@pytest.fixture
def actor_of(session: Session) -> ActorOf:
    """The actor of a person's id, with the roles held now."""

    def find(person_id: int) -> Actor:
        actor = Actor(person_id, people.grants(session, person_id))
        session.commit()
        return actor

    return find


@pytest.fixture
def opens(session: Session, files: Files) -> Callable[[Actor], None]:
    """``opens(pupil)``: the pupil has had the lesson's notebook opened."""

    def ask(actor: Actor) -> None:
        path = api.home_path(NOTEBOOK)
        notebooks.request_opening(session, actor.person_id or 0, path, files.put(b"{}"), NOW)
        session.commit()

    return ask


@pytest.fixture
def pupil(
    lesson: Class, new_person: Callable[..., int], actor_of: ActorOf, opens: Callable[[Actor], None]
) -> Actor:
    """A pupil of the class who has opened the notebook."""
    made = actor_of(new_person("Әлия", Role.PUPIL, class_place(lesson.id)))
    opens(made)
    return made


@pytest.fixture
def classmate(
    lesson: Class, new_person: Callable[..., int], actor_of: ActorOf, opens: Callable[[Actor], None]
) -> Actor:
    made = actor_of(new_person("Болат", Role.PUPIL, class_place(lesson.id)))
    opens(made)
    return made


@pytest.fixture
def teacher(lesson: Class, new_person: Callable[..., int], actor_of: ActorOf) -> Actor:
    """A teacher of the pupils' school."""
    return actor_of(new_person("Гүлнар", Role.TEACHER, school_place(lesson.school_id)))


HandIn = Callable[..., int]


@pytest.fixture
def hand_in(session: Session, lesson: Class) -> HandIn:
    """``hand_in(pupil, press="a1")`` presses «hand in» on the lesson's page; returns the hand-in's id."""

    def press(actor: Actor, **more: str) -> int:
        made = api.hand_in(session, lesson.item_id, by=actor, now=clock.now(), **more)
        session.commit()
        return made.id

    return press


Written = Callable[..., bytes]


@pytest.fixture
def written() -> Written:
    """``written(hello='    print("Сәлем")')``: the author's notebook, right but for the cells named here.

    Its solutions have the grade ids hello, card, letters, route; what is given stands under ``def …():``.
    """

    def write(**answers: str) -> bytes:
        notebook = json.loads(shipped.notebook(NOTEBOOK).read_bytes())
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if name in answers:
                cell["source"] = f"def {name}():\n{answers[name]}\n"
        return json.dumps(notebook).encode()

    return write
