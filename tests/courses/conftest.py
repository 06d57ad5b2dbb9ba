"""A small course for teachers and one for pupils, published; people who learn and mark; threads; a counter of SQL."""

from __future__ import annotations

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

COURSE = """
format: 1
slug: small-course
version: "2026.1"
audience: teachers
title: {kk: "Шағын курс", ru: "Малый курс", en: "A small course"}
summary: {kk: "Қысқаша", ru: "Кратко", en: "In short"}
licence: CC-BY-4.0
languages: [kk, ru, en]
hours: 10
certificate: {hours_percent: 80, test_percent: 70, task_accepted: true, valid_years: 3}
modules:
  - id: m1
    title: {kk: "Бірінші модуль", ru: "Первый модуль", en: "First module"}
    hours: 6
    items:
      - {id: m1-read, kind: lesson, hours: 2, file: one/read, title: {kk: "Оқу", ru: "Чтение", en: "Reading"}}
      - {id: m1-more, kind: lesson, hours: 2, file: one/more, title: {kk: "Тағы", ru: "Ещё", en: "More"}}
      - {id: m1-quiz, kind: quiz, hours: 2, file: one/quiz.yaml, title: {kk: "Сұрақ", ru: "Вопросы", en: "Quiz"}}
  - id: m2
    title: {kk: "Екінші модуль", ru: "Второй модуль", en: "Second module"}
    hours: 4
    items:
      - {id: m2-task, kind: task, hours: 2, file: two/task, max_points: 10, accept_points: 6,
         title: {kk: "Жұмыс", ru: "Работа", en: "Task"}}
      - {id: m2-final, kind: quiz, hours: 2, file: two/final.yaml, title: {kk: "Тест", ru: "Тест", en: "Test"}}
"""

QUIZ = """
pass_percent: 50
final: false
attempts: 2
questions:
  - id: q1
    kind: single
    text: {kk: "`7 // 2` неге тең?", ru: "Чему равно `7 // 2`?", en: "What is `7 // 2`?"}
    options:
      - {id: a, text: {kk: "3", ru: "3", en: "3"}, right: true}
      - {id: b, text: {kk: "4", ru: "4", en: "4"}}
    why: {kk: "Қалдық тасталады.", ru: "Остаток отбрасывается.", en: "The remainder is dropped."}
  - id: q2
    kind: multiple
    text: {kk: "Қайсысы жұп?", ru: "Какие чётные?", en: "Which are even?"}
    options:
      - {id: a, text: {kk: "2", ru: "2", en: "2"}, right: true}
      - {id: b, text: {kk: "3", ru: "3", en: "3"}}
      - {id: c, text: {kk: "4", ru: "4", en: "4"}, right: true}
  - id: q3
    kind: number
    text: {kk: "Үштен бір?", ru: "Одна треть?", en: "One third?"}
    answer: 0.33
    tolerance: 0.01
  - id: q4
    kind: text
    text: {kk: "Қайтаратын сөз?", ru: "Слово возврата?", en: "The word of return?"}
    answers: {kk: ["return", "қайтару"], ru: ["return"], en: ["return"]}
"""

RUBRIC = """
criteria:
  - id: idea
    title: {kk: "Ой", ru: "Мысль", en: "Idea"}
    points: 6
    levels:
      - {points: 6, text: {kk: "Толық", ru: "Полная", en: "Whole"}}
      - {points: 3, text: {kk: "Жартылай", ru: "Половина", en: "Half"}}
  - {id: words, title: {kk: "Сөз", ru: "Слово", en: "Words"}, points: 4}
"""

PUPILS = """
format: 1
slug: robot-course
version: "1"
audience: pupils
grade: 7
title: {kk: "Робот", ru: "Робот", en: "Robot"}
summary: {kk: "Қысқаша", ru: "Кратко", en: "In short"}
licence: CC-BY-4.0
languages: [kk, ru]
hours: 2
modules:
  - id: m1
    title: {kk: "Сабақтар", ru: "Уроки", en: "Lessons"}
    hours: 2
    items:
      - {id: r1, kind: lesson, file: r1/lesson, teacher: r1/teacher, title: {kk: "Бастау", ru: "Начало"}}
      - {id: r2, kind: robot, file: r2/lesson, program: r2/starter.py, title: {kk: "Алға", ru: "Вперёд"}}
"""

PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>'
)


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def in_each(stem: str, texts: dict[str, str]) -> dict[str, str]:
    return {f"{stem}.{language}.md": text for language, text in texts.items()}


@pytest.fixture
def teachers_package(tmp_path: Path) -> Path:
    """A course of ten hours: two lessons, a quiz, a task and the final test."""
    lesson = {
        "kk": "## Бастайық\n\n![Тіктөртбұрыш](pictures/box.svg)\n\n```python\nprint('сәлем')\n```\n",
        "ru": "## Начнём\n\nТекст.\n",
        "en": "## Begin\n\nText.\n",
    }
    more = {"kk": "Тағы да.\n", "ru": "Ещё.\n", "en": "More.\n"}
    return write(
        tmp_path / "small-course",
        {
            "course.yaml": COURSE,
            **in_each("one/read", lesson),
            **in_each("one/more", more),
            **in_each("two/task", more),
            "one/quiz.yaml": QUIZ,
            "two/final.yaml": QUIZ.replace("final: false", "final: true").replace(
                "percent: 50", "percent: 70"
            ),
            "two/task.rubric.yaml": RUBRIC,
            "pictures/box.svg": PICTURE,
        },
    )


@pytest.fixture
def pupils_package(tmp_path: Path) -> Path:
    """A pupils' course of two lessons in two languages."""
    texts = {"kk": "Сабақ мәтіні.\n", "ru": "Текст урока.\n"}
    notes = {"kk": "Мұғалімге: жоспар.\n", "ru": "Учителю: план.\n"}
    course = (
        PUPILS.replace(', en: "Robot"', "").replace(', en: "In short"', "").replace(', en: "Lessons"', "")
    )
    return write(
        tmp_path / "robot-course",
        {
            "course.yaml": course,
            **in_each("r1/lesson", texts),
            **in_each("r1/teacher", notes),
            **in_each("r2/lesson", texts),
            "r2/starter.py": "robot.forward(10)\n",
        },
    )


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
