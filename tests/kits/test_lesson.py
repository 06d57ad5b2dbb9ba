"""A lesson with a robot: its page has the program and the pupil's kit, and a finished run counts for the lesson."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base import clock
from zerek.base.errors import Refused, ZerekError
from zerek.base.files import Files
from zerek.base.permissions import Actor
from zerek.content import shipped
from zerek.modules.courses import api as courses
from zerek.modules.courses.models import Hours
from zerek.modules.kits import api
from zerek.modules.kits.models import Kit, Run
from zerek.settings import Settings


@pytest.fixture
def lesson(session: Session, settings: Settings, school) -> courses.Item:
    """R7-06 «Робот алға жүреді», given to the class."""
    folder = next(folder for folder in shipped.courses() if folder.name == "python-and-robot")
    version = courses.publish(session, Files(settings.data / "files"), folder, now=clock.now())
    courses.give_to_class(session, version.course_id, school.id)
    found = session.query(courses.Item).filter(courses.Item.kind == "robot").one()
    session.commit()
    return found


@pytest.fixture
def given(session: Session, kit: Kit, teacher: Actor, pupil: Actor) -> Kit:
    """The kit, given to Әлия."""
    api.assign(session, kit.id, person_id=pupil.person_id, by=teacher)
    session.commit()
    return kit


def test_the_lessons_page_has_its_program_and_the_pupils_kit(lesson, given: Kit, sign_in) -> None:
    page = sign_in("Әлия Серікқызы").get(f"/courses/items/{lesson.id}").text
    assert "robot.forward(cm=50)" in page
    assert f'data-run="/kits/{given.id}/runs"' in page
    assert "Жинақта іске қосу" in page


def test_a_pupil_without_a_kit_is_told_whom_to_ask(lesson, kit: Kit, pupil: Actor, sign_in) -> None:
    page = sign_in("Әлия Серікқызы").get(f"/courses/items/{lesson.id}").text
    assert "Сізге әлі жинақ берілмеген" in page
    assert "robot.forward(cm=50)" in page
    assert "/runs" not in page


@pytest.mark.parametrize(("reason", "hours"), [("finished", [1]), ("failed", []), ("stopped", [])])
def test_only_a_program_that_ran_to_its_end_counts_for_the_lesson(
    agent,
    session: Session,
    lesson,
    given: Kit,
    pupil: Actor,
    sign_in: Callable[[str], FlaskClient],
    do_jobs: Callable[[], int],
    reason: str,
    hours: list[int],
) -> None:
    browser = sign_in("Әлия Серікқызы")
    changed = lesson.program_text.replace("50", "80")
    answer = browser.post(f"/kits/{given.id}/runs", data={"source": changed, "item": lesson.id})
    assert answer.status_code == 303
    session.commit()
    run = session.query(Run).one()
    session.commit()
    for _ in range(2):
        agent.say(ended=[{"run": run.id, "reason": reason, "detail": "", "exit": 0}])
        do_jobs()
    session.commit()
    assert list(session.scalars(select(Hours.hours).where(Hours.person_id == pupil.person_id))) == hours
    assert "robot.forward(cm=80)" in browser.get(f"/courses/items/{lesson.id}").text


@pytest.mark.parametrize("item", [99, "x", "-1"])
def test_a_run_for_a_lesson_that_is_not_there_is_refused(
    session: Session, given: Kit, pupil: Actor, sign_in, item: object
) -> None:
    answer = sign_in("Әлия Серікқызы").post(
        f"/kits/{given.id}/runs", data={"source": "print(1)", "item": item}
    )
    assert answer.status_code in (404, 422)
    assert session.query(Run).count() == 0


def test_a_run_for_a_lesson_of_another_class_is_refused(
    session: Session, settings: Settings, kit: Kit, ask, teacher: Actor, pupil: Actor
) -> None:
    folder = next(folder for folder in shipped.courses() if folder.name == "python-and-robot")
    courses.publish(session, Files(settings.data / "files"), folder, now=clock.now())
    api.assign(session, kit.id, person_id=pupil.person_id, by=teacher)
    item = session.query(courses.Item).filter(courses.Item.kind == "robot").one()
    with pytest.raises(ZerekError):
        ask(item_id=item.id, by=pupil)


def test_a_run_counts_for_no_lesson_that_is_not_done_on_a_robot(
    session: Session, lesson, kit: Kit, ask, teacher: Actor, pupil: Actor
) -> None:
    api.assign(session, kit.id, person_id=pupil.person_id, by=teacher)
    notebook = session.query(courses.Item).filter(courses.Item.kind == "notebook").first()
    assert notebook is not None
    with pytest.raises(Refused):
        ask(item_id=notebook.id, by=pupil)
    assert session.query(Run).count() == 0
