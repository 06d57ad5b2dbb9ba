"""The pages as a browser without scripts walks them, and how much they ask of the database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy.orm import Session

from zerek.base.files import Files
from zerek.base.permissions import Actor, Role, class_place
from zerek.modules.courses import api
from zerek.modules.courses.models import HandIn, Hours, Version, Work
from zerek.web import slots

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

ItemId = Callable[[Version, str], int]
Rows = Callable[[type], int]
SignIn = Callable[[str], FlaskClient]
NewPerson = Callable[..., int]
Counting = Callable[[], AbstractContextManager[list[str]]]


def soup(answer: object) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")  # type: ignore[attr-defined]


def words(answer: object) -> str:
    return " ".join(soup(answer).get_text(" ").split())


def test_a_stranger_finds_the_course_and_its_plan_and_is_asked_to_sign_in(
    client: FlaskClient, published: Version, item_id: ItemId
) -> None:
    assert "Шағын курс" in words(client.get("/courses/"))
    page = client.get("/courses/small-course")
    assert "Бірінші модуль" in words(page)
    assert not soup(page).select("a[href*='/courses/items/']"), "the plan has no open doors"
    lesson = client.get(f"/courses/items/{item_id(published, 'm1-read')}", headers={"Accept": "text/html"})
    assert lesson.status_code == 303
    assert "/people/sign-in" in lesson.location


def test_a_teacher_walks_from_the_catalogue_to_the_certificate(
    published: Version,
    teacher: Actor,
    tutor: Actor,
    sign_in: SignIn,
    item_id: ItemId,
    right: dict[str, list[str]],
) -> None:
    learner, marker = sign_in("Әлия Серікқызы"), sign_in("Тьютор Тілеу")
    assert learner.post(f"/courses/{published.course_id}/enrolment").status_code == 303
    for slug in ("m1-read", "m1-more"):
        answer = learner.post(f"/courses/items/{item_id(published, slug)}/read")
        assert answer.status_code == 303
    for slug in ("m1-quiz", "m2-final"):
        attempt = learner.post(f"/courses/items/{item_id(published, slug)}/attempts").location
        form = {"asked": list(right), **{f"a-{question}": chosen for question, chosen in right.items()}}
        done = learner.post(f"{attempt}/finish", data=form, follow_redirects=True)
        assert soup(done).select_one(".score").get_text() == "4 / 4"  # type: ignore[union-attr]
        assert "Қалдық тасталады." in words(done), "the review explains"
    task = f"/courses/items/{item_id(published, 'm2-task')}"
    learner.post(f"{task}/draft", data={"text": "Бастама"})
    assert "Бастама" in learner.get(task).text
    files = [(BytesIO(b"print()"), "код.py")]
    assert learner.post(f"{task}/hand-in", data={"text": "Толық", "files": files}).status_code == 303
    queue = marker.get("/courses/marking")
    assert "Әлия Серікқызы" in words(queue)
    place = soup(queue).select_one(".steps a")["href"]  # type: ignore[index]
    assert "Толық" in marker.get(str(place)).text
    marking = {"p-idea": "6", "p-words": "4", "comment": "Тамаша!", "verdict": "accepted"}
    assert marker.post(str(place), data=marking).location == "/courses/marking"
    assert "Тамаша!" in words(learner.get(task))
    course = learner.get("/courses/small-course")
    issue = soup(course).select_one("form[action$='/certificate']")["action"]  # type: ignore[index]
    address = learner.post(str(issue)).location
    assert learner.post(str(issue)).location == address
    assert "2026" in address
    assert learner.get(f"{address}.pdf").data.startswith(b"%PDF-")
    assert "Әлия Серікқызы" in words(sign_in("Тьютор Тілеу").get(address))


def test_read_comes_back_as_a_part_of_the_page_to_htmx(
    learner: Actor, published: Version, sign_in: SignIn, item_id: ItemId, rows: Rows
) -> None:
    browser = sign_in("Әлия Серікқызы")
    address = f"/courses/items/{item_id(published, 'm1-read')}/read"
    for _ in range(2):
        part = browser.post(address, headers={"HX-Request": "true"})
        assert part.status_code == 200
        assert soup(part).select_one("nav#lesson-end .badge.good")
        assert "<html" not in part.text
    assert rows(Hours) == 1


def test_an_answer_is_kept_at_once_and_shown_when_one_comes_back(
    learner: Actor, published: Version, sign_in: SignIn, item_id: ItemId
) -> None:
    browser = sign_in("Әлия Серікқызы")
    attempt = browser.post(f"/courses/items/{item_id(published, 'm1-quiz')}/attempts").location
    for _ in range(2):
        kept = browser.post(f"{attempt}/answers/q2", data={"asked": "q2", "a-q2": ["a", "c"]})
        assert (kept.status_code, kept.text) == (200, "Сақталды")
    browser.post(f"{attempt}/answers/q4", data={"asked": "q4", "a-q4": "<b>return"})
    page = soup(browser.get(attempt))
    assert [box["value"] for box in page.select("input[name=a-q2][checked]")] == ["a", "c"]
    assert page.select_one("input[name=a-q4]")["value"] == "<b>return"  # type: ignore[index]
    browser.post(f"{attempt}/answers/q2", data={"asked": "q2"})
    assert not soup(browser.get(attempt)).select("input[name=a-q2][checked]"), "every tick was taken away"


def test_another_persons_attempt_is_404_and_a_late_answer_409(
    learner: Actor, published: Version, tutor: Actor, sign_in: SignIn, item_id: ItemId
) -> None:
    browser, other = sign_in("Әлия Серікқызы"), sign_in("Тьютор Тілеу")
    attempt = browser.post(f"/courses/items/{item_id(published, 'm1-quiz')}/attempts").location
    assert other.get(attempt).status_code == 404
    assert other.post(f"{attempt}/answers/q1", data={"asked": "q1", "a-q1": "a"}).status_code == 404
    assert other.post(f"{attempt}/finish").status_code == 404
    browser.post(f"{attempt}/finish")
    late = browser.post(
        f"{attempt}/answers/q1", data={"asked": "q1", "a-q1": "a"}, headers={"HX-Request": "true"}
    )
    assert late.status_code == 409
    assert "кеш келді" in late.text
    assert soup(browser.get(attempt)).select_one(".score").get_text() == "0 / 4"  # type: ignore[union-attr]


def test_a_lesson_in_a_missing_language_is_shown_in_kazakh_and_says_so(
    session: Session,
    for_pupils: Version,
    class_id: int,
    new_person: NewPerson,
    sign_in: SignIn,
    item_id: ItemId,
) -> None:
    api.give_to_class(session, for_pupils.course_id, class_id)
    session.commit()
    new_person("Ержан", Role.PUPIL, class_place(class_id))
    browser = sign_in("Ержан")
    address = f"/courses/items/{item_id(for_pupils, 'r1')}"
    browser.set_cookie("language", "ru")
    assert soup(browser.get(address)).select_one(".prose")["lang"] == "ru"  # type: ignore[index]
    browser.set_cookie("language", "en")
    page = soup(browser.get(address))
    assert page.select_one(".prose")["lang"] == "kk"  # type: ignore[index]
    assert "shown in Kazakh" in page.select_one(".alert.warn").get_text()  # type: ignore[union-attr]
    assert "Мұғалімге" not in page.get_text(), "a pupil does not see the notes for the teacher"


def test_a_picture_is_kept_for_ever_and_may_run_nothing(
    client: FlaskClient, files: Files, published: Version
) -> None:
    secret = files.put(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    digest = next(name.name for name in files.root.rglob("*") if name.is_file() and name.name != secret)
    with client.get(f"/courses/pictures/{digest}/box.svg") as answer:
        assert answer.status_code == 200
        assert answer.content_type.startswith("image/svg+xml")
        assert "immutable" in answer.headers["Cache-Control"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/courses/pictures/{secret}/box.svg").status_code == 404, "a file that no lesson shows"
    assert client.get("/courses/pictures/../box.svg").status_code == 404


def test_a_tasks_file_is_a_download_for_its_owner_and_tutors(
    session: Session,
    files: Files,
    learner: Actor,
    tutor: Actor,
    published: Version,
    new_person: NewPerson,
    sign_in: SignIn,
    item_id: ItemId,
) -> None:
    uploads = [("бет.html", b"<script>alert(1)</script>")]
    given = api.hand_in(session, files, item_id(published, "m2-task"), "", uploads, by=learner, now=NOW)
    session.commit()
    new_person("Бөтен", Role.TEACHER)
    address = f"/courses/files/{given.file_ids[0]}"
    for name in ("Әлия Серікқызы", "Тьютор Тілеу"):
        with sign_in(name).get(address) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert answer.content_type == "application/octet-stream"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert sign_in("Бөтен").get(address).status_code == 404


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"p-idea": "6", "p-words": "x", "verdict": "accepted"}, 422),
        ({"p-idea": "6", "p-words": "4", "verdict": "maybe"}, 422),
        ({"p-idea": "99", "p-words": "4", "verdict": "accepted"}, 422),
        ({}, 422),
    ],
)
def test_a_marking_form_that_makes_no_sense_changes_nothing(
    session: Session,
    files: Files,
    learner: Actor,
    tutor: Actor,
    published: Version,
    sign_in: SignIn,
    item_id: ItemId,
    form: dict[str, str],
    status: int,
) -> None:
    given = api.hand_in(session, files, item_id(published, "m2-task"), "Жұмыс", by=learner, now=NOW)
    session.commit()
    assert sign_in("Тьютор Тілеу").post(f"/courses/marking/{given.id}", data=form).status_code == status
    session.expire_all()
    assert session.get_one(HandIn, given.id).verdict is None
    session.commit()
    assert sign_in("Әлия Серікқызы").get("/courses/marking").status_code == 403


def test_a_teacher_gives_the_course_to_a_class_from_its_page(
    session: Session, for_pupils: Version, class_id: int, new_person: NewPerson, sign_in: SignIn
) -> None:
    new_person("Сынып жетекші", Role.TEACHER, class_place(class_id))
    browser = sign_in("Сынып жетекші")
    form = soup(browser.get("/courses/robot-course")).select_one("form[action$='/classes']")
    assert form is not None
    assert form.select_one("option")["value"] == str(class_id)  # type: ignore[index]
    answer = browser.post(str(form["action"]), data={"class": str(class_id)}, follow_redirects=True)
    assert "Курс сыныпқа берілді." in words(answer)
    assert [course.slug for course in api.courses_of_class(session, class_id)] == ["robot-course"]
    assert browser.post(str(form["action"]), data={"class": "x"}).status_code == 422


def test_a_file_of_a_gigabyte_is_refused_before_it_is_read(
    learner: Actor, published: Version, sign_in: SignIn, item_id: ItemId, rows: Rows
) -> None:
    answer = sign_in("Әлия Серікқызы").post(
        f"/courses/items/{item_id(published, 'm2-task')}/hand-in",
        input_stream=BytesIO(b"--b"),
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"CONTENT_LENGTH": str(1024**3)},
    )
    assert answer.status_code == 413
    assert (rows(Work), rows(HandIn)) == (0, 0)


def test_the_first_page_shows_ones_courses_and_what_waits_for_the_tutor(
    session: Session,
    files: Files,
    learner: Actor,
    tutor: Actor,
    published: Version,
    sign_in: SignIn,
    item_id: ItemId,
) -> None:
    api.hand_in(session, files, item_id(published, "m2-task"), "Жұмыс", by=learner, now=NOW)
    session.commit()
    mine = words(sign_in("Әлия Серікқызы").get("/"))
    assert "Шағын курс" in mine
    assert "Оқу" in mine
    assert "2026 жылғы 23 қараша, 14:00" in words(sign_in("Тьютор Тілеу").get("/"))


def test_another_module_fills_its_place_in_the_lesson(
    session: Session,
    for_pupils: Version,
    class_id: int,
    new_person: NewPerson,
    sign_in: SignIn,
    item_id: ItemId,
) -> None:
    def draw(item: api.Item) -> Markup:
        return Markup("<p id='mine'>{}</p>").format(item.program_text.splitlines()[2])

    slots.fill("lesson.robot")(draw)
    try:
        api.give_to_class(session, for_pupils.course_id, class_id)
        session.commit()
        new_person("Ержан", Role.PUPIL, class_place(class_id))
        page = soup(sign_in("Ержан").get(f"/courses/items/{item_id(for_pupils, 'r2')}"))
    finally:
        slots._fillings["lesson.robot"].remove(draw)
    assert page.select_one("#mine").get_text() == "from zerek_robotics import Robot"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/courses/", 2),
        ("/courses/small-course", 5),
        ("/courses/items/m1-read", 4),
        ("/courses/items/m1-quiz", 5),
        ("/courses/items/m2-task", 7),
    ],
)
def test_a_page_asks_the_database_few_questions(
    learner: Actor,
    published: Version,
    sign_in: SignIn,
    item_id: ItemId,
    statements: Counting,
    address: str,
    most: int,
) -> None:
    """The sign-in is one of them; however many lessons a course has, the number stays."""
    browser = sign_in("Әлия Серікқызы")
    start, slash, slug = address.rpartition("/")
    if start.endswith("items"):
        address = f"{start}{slash}{item_id(published, slug)}"
    with statements() as asked:
        assert browser.get(address).status_code == 200
    assert len(asked) <= most, "\n".join(asked)
