"""Handing in: once however often one presses, only one's own, and nothing is lost or told to others."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from zerek.base import clock
from zerek.base.db import for_writing
from zerek.base.errors import Conflict, Forbidden, NotFound, Refused, ZerekError
from zerek.base.files import Files
from zerek.base.jobs import Job
from zerek.base.permissions import REGION, Actor, Role, class_place, school_place
from zerek.base.text import Words
from zerek.modules.assignments import api, queries
from zerek.modules.assignments.models import Outcome, State, Submission
from zerek.modules.assignments.results import CellResult, Kind, Result
from zerek.modules.courses import api as courses
from zerek.modules.schools import api as schools

FIRST, SECOND = b'{"cells": [1]}', b'{"cells": [2]}'


def result(points: float) -> Result:
    cell = CellResult("hello-test", "1-тапсырма", Kind.TEST, points, 10, points == 10, "қате", False, False)
    return Result(points, 10, (cell,), None, "test", 0.1)


def hand_ins(session: Session) -> int:
    session.commit()
    return session.scalar(select(func.count(Submission.id))) or 0


def jobs_called(session: Session, name: str) -> list[dict[str, Any]]:
    found = [job.payload for job in session.scalars(select(Job).where(Job.name == name))]
    session.commit()
    return found


def in_two_threads(engine: Engine, do: Callable[[Session], object]) -> list[object]:
    """What came of it in two windows at one moment; an error of ours is a result too."""
    gate, results = Barrier(2), []

    def run() -> None:
        with Session(for_writing(engine), expire_on_commit=False) as session:
            gate.wait()
            try:
                results.append(do(session))
                session.commit()
            except ZerekError as error:
                session.rollback()
                results.append(error)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("press", ["a1", None])
def test_a_pupil_who_presses_twice_at_once_hands_in_once(
    engine: Engine, session: Session, lesson: Any, pupil: Actor, press: str | None
) -> None:
    def press_it(own: Session) -> int:
        return api.hand_in(own, lesson.item_id, by=pupil, press=press, now=clock.now()).id

    first, second = in_two_threads(engine, press_it)
    assert first == second
    assert hand_ins(session) == 1
    assert jobs_called(session, "assignments.fetch") == [{"submission_id": first}]


def test_a_press_sent_again_after_a_lost_line_is_the_same_hand_in(
    session: Session, hand_in: Callable[..., int], pupil: Actor
) -> None:
    first = hand_in(pupil, press="a1")
    api.refuse(session, first, Refused("Nothing there."))
    assert hand_in(pupil, press="a1") == first, "even when it has come to its end meanwhile"
    assert hand_in(pupil, press="a2") != first
    assert hand_ins(session) == 2


def test_another_pupils_press_is_not_taken_over(
    hand_in: Callable[..., int], session: Session, pupil: Actor, classmate: Actor
) -> None:
    hand_in(pupil, press="a1")
    with pytest.raises(Conflict, match="grown old"):
        hand_in(classmate, press="a1")
    with pytest.raises(Conflict, match="grown old"):
        hand_in(classmate, press="a" * 41)
    assert hand_ins(session) == 1


def test_a_file_is_not_lost_behind_a_hand_in_that_is_still_open(
    hand_in: Callable[..., int], session: Session, files: Files, pupil: Actor
) -> None:
    first = hand_in(pupil, digest=files.put(FIRST), press="a1f")
    assert hand_in(pupil, digest=files.put(FIRST), press="a2f") == first
    with pytest.raises(Conflict, match="still being checked"):
        hand_in(pupil, digest=files.put(SECOND), press="a3f")
    assert jobs_called(session, "assignments.grade") == [{"submission_id": first}]


def test_who_never_opened_the_notebook_is_told_so_and_nothing_is_kept(
    session: Session,
    lesson: Any,
    new_person: Callable[..., int],
    actor_of: Callable[[int], Actor],
    hand_in: Callable[..., int],
) -> None:
    newcomer = actor_of(new_person("Дана", Role.PUPIL, class_place(lesson.id)))
    with pytest.raises(Refused, match="open the notebook first"):
        hand_in(newcomer)
    session.rollback()
    assert hand_ins(session) == 0


def test_a_pupil_whose_class_does_not_have_the_course_is_refused(
    session: Session,
    lesson: Any,
    new_person: Callable[..., int],
    actor_of: Callable[[int], Actor],
    opens: Callable[[Actor], None],
    hand_in: Callable[..., int],
) -> None:
    other = schools.open_class(session, lesson.school_id, year=2026, grade=7, letter="Ә")
    session.commit()
    stranger = actor_of(new_person("Ержан", Role.PUPIL, class_place(other.id)))
    opens(stranger)
    with pytest.raises(Forbidden, match="does not have this course"):
        hand_in(stranger)
    session.rollback()
    assert hand_ins(session) == 0


def test_a_teacher_reads_the_lesson_and_hands_nothing_in(hand_in: Callable[..., int], teacher: Actor) -> None:
    with pytest.raises(Forbidden, match="without taking it"):
        hand_in(teacher)


def test_two_workers_write_one_result(
    engine: Engine, session: Session, files: Files, hand_in: Callable[..., int], pupil: Actor, lesson: Any
) -> None:
    number = hand_in(pupil, digest=files.put(FIRST))
    points = iter((4, 9))
    wrote = in_two_threads(
        engine, lambda own: api.keep_result(own, number, result(next(points)), clock.now())
    )
    assert sorted(map(str, wrote)) == ["False", "True"]
    assert session.scalar(select(func.count(Outcome.submission_id))) == 1
    done = courses.open_item(session, lesson.item_id, by=pupil)[1].enrolment
    assert done is not None
    assert not api.keep_result(session, number, result(10), clock.now()), "nor does a later one change it"


def test_a_hand_in_of_another_is_not_there(
    session: Session,
    hand_in: Callable[..., int],
    files: Files,
    pupil: Actor,
    classmate: Actor,
    teacher: Actor,
) -> None:
    number = hand_in(pupil, digest=files.put(FIRST))
    assert api.submission(session, number, by=pupil).person_id == pupil.person_id
    assert api.submission(session, number, by=teacher).person_id == pupil.person_id
    with pytest.raises(NotFound):
        api.submission(session, number, by=classmate)


def test_a_schools_operator_sees_hand_ins_of_that_school_alone(
    session: Session,
    lesson: Any,
    files: Files,
    pupil: Actor,
    hand_in: Callable[..., int],
    new_person: Callable[..., int],
    actor_of: Callable[[int], Actor],
) -> None:
    number = hand_in(pupil, digest=files.put(FIRST))
    places = {
        "own": school_place(lesson.school_id),
        "other": school_place(lesson.school_id + 1),
        "all": REGION,
    }
    operators = {name: actor_of(new_person(name, Role.OPERATOR, place)) for name, place in places.items()}
    for name in ("own", "all"):
        assert api.submission(session, number, by=operators[name]).person_id == pupil.person_id
    with pytest.raises(NotFound):
        api.submission(session, number, by=operators["other"])


def test_a_teacher_of_another_school_sees_neither_hand_ins_nor_points(
    session: Session,
    hand_in: Callable[..., int],
    files: Files,
    lesson: Any,
    pupil: Actor,
    new_person: Callable[..., int],
    actor_of: Callable[[int], Actor],
) -> None:
    number = hand_in(pupil, digest=files.put(FIRST))
    district = schools.open_district(session, "makat", Words("Мақат ауданы"))
    other = schools.open_school(session, "s2", Words("№ 2 мектеп"), district=district, town=True)
    session.commit()
    stranger = actor_of(new_person("Жанар", Role.TEACHER, school_place(other.id)))
    with pytest.raises(NotFound):
        api.submission(session, number, by=stranger)
    with pytest.raises(Forbidden):
        api.class_table(session, lesson.id, by=stranger)


def test_the_class_table_holds_the_best_of_each_pupil(
    session: Session,
    files: Files,
    hand_in: Callable[..., int],
    lesson: Any,
    pupil: Actor,
    classmate: Actor,
    teacher: Actor,
) -> None:
    for who, content, points in ((pupil, FIRST, 7), (pupil, SECOND, 4), (classmate, FIRST, 2.5)):
        number = hand_in(who, digest=files.put(content))
        api.keep_result(session, number, result(points), clock.now())
        session.commit()
    table = api.class_table(session, lesson.id, by=teacher)
    assert list(table.pupils.values()) == ["Әлия", "Болат"], "in the order of the Kazakh alphabet"
    assert [item.slug for item in table.items] == ["r7-01", "r7-02", "r7-03", "r7-04", "r7-05"]
    best = table.best[pupil.person_id or 0, lesson.item_id]
    assert (best.points, best.max_points, best.tries) == (7, 10, 2)
    assert [table.total(number) for number in table.pupils] == [7, 2.5]
    with pytest.raises(Forbidden):
        api.class_table(session, lesson.id, by=pupil)


@pytest.fixture
def page(sign_in: Callable[[str], FlaskClient], pupil: Actor) -> FlaskClient:
    """The pupil's browser."""
    return sign_in("Әлия")


def test_the_lessons_page_says_why_a_notebook_was_refused_in_the_readers_language(
    page: FlaskClient, session: Session, files: Files, lesson: Any, hand_in: Callable[..., int], pupil: Actor
) -> None:
    refused = Refused("The notebook is over %(n)s MB. Please clear its outputs.", n=5)
    api.refuse(session, hand_in(pupil, digest=files.put(FIRST)), refused)
    session.commit()
    text = page.get(f"/courses/items/{lesson.item_id}", headers={"Cookie": "language=ru"}).text
    assert "5 МБ" in text
    assert 'role="alert"' in text


def test_the_lessons_page_shows_points_and_what_failed(
    page: FlaskClient, session: Session, files: Files, lesson: Any, hand_in: Callable[..., int], pupil: Actor
) -> None:
    number = hand_in(pupil, digest=files.put(FIRST))
    open_one = page.get(f"/courses/items/{lesson.item_id}").text
    assert f"/assignments/submissions/{number}?ahead=0" in open_one
    unchanged = page.get(f"/assignments/submissions/{number}?ahead=0", headers={"HX-Request": "true"})
    assert unchanged.status_code == 204
    api.keep_result(session, number, result(4), clock.now())
    session.commit()
    part = page.get(f"/assignments/submissions/{number}?ahead=0", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    for text in (part, page.get(f"/courses/items/{lesson.item_id}").text):
        assert "4 / 10 балл" in text
        assert "<pre>қате</pre>" in text
        assert "hx-get" not in text.partition('id="hand-in"')[2].partition(">")[0]


def test_a_press_leads_back_to_the_lesson(page: FlaskClient, session: Session, lesson: Any) -> None:
    answer = page.post(f"/assignments/{lesson.item_id}/submissions", data={"press": "a1"})
    assert (answer.status_code, answer.location) == (303, f"/courses/items/{lesson.item_id}#notebook-part")
    assert hand_ins(session) == 1


def upload(page: FlaskClient, item_id: int, content: bytes | None) -> Any:
    """The form with a file, as a browser sends it."""
    head = '--limit\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = head.format("press", "").encode() + b"a1f\r\n"
    if content is not None:
        body += head.format("notebook", '; filename="r.ipynb"').encode() + content + b"\r\n"
    kind = "multipart/form-data; boundary=limit"
    return page.post(f"/assignments/{item_id}/files", data=body + b"--limit--\r\n", content_type=kind)


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (None, 422, "файлын таңдаңыз"),
        (b"", 422, "файлын таңдаңыз"),
        (b"\x89PNG", 422, "дәптер емес"),
        (b'{"nbformat": 4, "cells": []}', 422, "осы сабақтың дәптері емес"),
        (b" " * (5 * 1024 * 1024 + 1), 413, "5 МБ"),
        (b" " * (12 * 1024 * 1024 + 1), 413, "тым көп"),
    ],
)
def test_a_file_that_is_no_notebook_is_refused_and_nothing_is_kept(
    page: FlaskClient, session: Session, lesson: Any, content: bytes | None, status: int, words: str
) -> None:
    answer = upload(page, lesson.item_id, content)
    assert (answer.status_code, words.casefold() in answer.text.casefold()) == (status, True), answer.text[
        -900:
    ]
    assert hand_ins(session) == 0


def test_a_notebook_file_is_handed_in_without_the_hub(
    page: FlaskClient, session: Session, lesson: Any, written: Callable[..., bytes], pupil: Actor
) -> None:
    assert upload(page, lesson.item_id, written()).status_code == 303
    found = queries.of_person(session, pupil.person_id or 0, lesson.item_id)
    assert [row.state for row in found] == [State.WAITING]


def test_who_opens_a_notebook_that_is_still_being_made_is_sent_on_when_it_is_there(
    page: FlaskClient, lesson: Any, do_jobs: Callable[[], int]
) -> None:
    waits = page.post(f"/assignments/{lesson.item_id}/open")
    assert (waits.status_code, "Дәптер дайындалып жатыр" in waits.text) == (200, True)
    assert do_jobs() == 5, "every notebook of the course, asked for when it was published"
    opened = page.post(f"/assignments/{lesson.item_id}/open")
    assert (opened.status_code, opened.location.partition("?")[0]) == (303, "/jupyter/hub/oauth_login")
    by_script = page.post(f"/assignments/{lesson.item_id}/open", headers={"HX-Request": "true"})
    assert by_script.headers["HX-Redirect"] == opened.location
