"""A small course for teachers and one for pupils, published; people who learn and mark; threads; a counter of SQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from zerek.base import db
from zerek.base.errors import ZerekError
from zerek.base.files import Files
from zerek.base.permissions import Actor, Role
from zerek.base.text import Words
from zerek.modules.courses import api
from zerek.modules.courses.models import Item
from zerek.modules.people import api as people
from zerek.modules.schools import api as schools
from zerek.settings import Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

PACKAGES = Path(__file__).parent / "packages"


@pytest.fixture
def teachers_package(tmp_path: Path) -> Path:
    """A course of ten hours, to be changed at will: two lessons, a quiz, a task and the final test."""
    return Path(shutil.copytree(PACKAGES / "small-course", tmp_path / "small-course"))


@pytest.fixture
def pupils_package(tmp_path: Path) -> Path:
    """A pupils' course of two lessons, in Kazakh and Russian only."""
    return Path(shutil.copytree(PACKAGES / "robot-course", tmp_path / "robot-course"))


@pytest.fixture
def files(settings: Settings) -> Files:
    return Files(settings.data / "files")


@pytest.fixture
def published(session: Session, files: Files, teachers_package: Path) -> api.Version:
    """The teachers' course, published."""
    version = api.publish(session, files, teachers_package, now=NOW)
    session.commit()
    return version


@pytest.fixture
def for_pupils(session: Session, files: Files, pupils_package: Path) -> api.Version:
    """The pupils' course, published."""
    version = api.publish(session, files, pupils_package, now=NOW)
    session.commit()
    return version


@pytest.fixture
def class_id(session: Session) -> int:
    """A class 7 «А» of some school."""
    district = schools.open_district(session, "d1", Words("Атырау"))
    school = schools.open_school(session, "s1", Words("№ 1 мектеп"), district=district, town=True)
    made = schools.open_class(session, school.id, year=2026, grade=7, letter="А")
    session.commit()
    return made.id


ItemId = Callable[[api.Version, str], int]


@pytest.fixture
def item_id(session: Session) -> ItemId:
    """``item_id(published, "m1-quiz")``"""

    def find(version: api.Version, slug: str) -> int:
        return session.scalars(select(Item.id).where(Item.version_id == version.id, Item.slug == slug)).one()

    return find


ActorOf = Callable[[int], Actor]


@pytest.fixture
def actor_of(session: Session) -> ActorOf:
    """The actor of a person's id, with the roles held now."""

    def find(person_id: int) -> Actor:
        actor = Actor(person_id, people.grants(session, person_id))
        session.commit()  # let go of the database, for the threads of some tests
        return actor

    return find


@pytest.fixture
def teacher(new_person: Callable[..., int], actor_of: ActorOf) -> Actor:
    return actor_of(new_person("Әлия Серікқызы", Role.TEACHER))


@pytest.fixture
def tutor(new_person: Callable[..., int], actor_of: ActorOf) -> Actor:
    return actor_of(new_person("Тьютор Тілеу", Role.TUTOR))


@pytest.fixture
def operator(new_person: Callable[..., int], actor_of: ActorOf) -> Actor:
    return actor_of(new_person("Оператор Оспан", Role.OPERATOR))


@pytest.fixture
def learner(session: Session, published: api.Version, teacher: Actor) -> Actor:
    """The teacher, enrolled."""
    api.enrol(session, published.course_id, by=teacher, now=NOW)
    session.commit()
    return teacher


RIGHT = {"q1": ["a"], "q2": ["a", "c"], "q3": ["0,33"], "q4": ["RETURN"]}


@pytest.fixture
def right() -> dict[str, list[str]]:
    """The right answers to both quizzes of the small course."""
    return dict(RIGHT)


@pytest.fixture
def finish_course(
    session: Session, files: Files, published: api.Version, tutor: Actor, item_id: ItemId
) -> Callable[[Actor], None]:
    """``finish_course(learner)`` does everything that the certificate asks for."""

    def do(learner: Actor) -> None:
        for slug in ("m1-read", "m1-more"):
            api.mark_read(session, item_id(published, slug), by=learner, now=NOW)
        for slug in ("m1-quiz", "m2-final"):
            attempt = api.start(session, item_id(published, slug), by=learner, now=NOW)
            api.finish(session, attempt.id, RIGHT, by=learner, now=NOW)
        given = api.hand_in(session, files, item_id(published, "m2-task"), "Жұмысым", by=learner, now=NOW)
        points = {"idea": 6, "words": 3}
        api.mark(session, given.id, points, "Жақсы!", api.Verdict.ACCEPTED, by=tutor, now=NOW)
        session.commit()

    return do


Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def statements(app: Flask) -> Counting:
    """``with statements() as asked:`` gathers the SQL that the app sends, without BEGIN and COMMIT."""
    engine: Engine = app.extensions["zerek"].engine

    @contextmanager
    def gather() -> Iterator[list[str]]:
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA")):
                asked.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return gather


Together = Callable[..., list[object]]


@pytest.fixture
def together(engine: Engine) -> Together:
    """``together(first, second)`` calls each with a session of its own, in threads that start at one moment.

    The results come in the order of the calls; an error of ours is a result too.
    """

    def run(*calls: Callable[[Session], object]) -> list[object]:
        gate = Barrier(len(calls))

        def press(call: Callable[[Session], object]) -> object:
            gate.wait()
            with Session(db.for_writing(engine), expire_on_commit=False) as own:
                try:
                    result = call(own)
                except ZerekError as refusal:
                    return refusal
                own.commit()
                return result

        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(press, calls))

    return run


@pytest.fixture
def rows(engine: Engine) -> Callable[[type], int]:
    """``rows(Attempt)``: how many there are, as committed."""

    def count(model: type) -> int:
        with Session(engine) as fresh:
            return fresh.scalar(select(func.count()).select_from(model)) or 0

    return count
