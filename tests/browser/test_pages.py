"""Every page a person can open: nothing for axe to find, nothing wider than a phone, and light for a learner."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from looking import PageOf, Shot, axe, sideways, weigh
from playwright.sync_api import Page
from teaching import SLUG, Learner, Tutor

PUPILS = "python-and-robot"
LANGUAGES = ("kk", "ru", "en")
WIDTHS = (1280, 360)
FIRST_VISIT, FIRST_REQUESTS, NEXT_VISIT = 100_000, 12, 8_000  # bytes over the line


@dataclass(frozen=True)
class Studied:
    """What two learners have left behind, so that no page has to be looked at empty alone."""

    waiting: str  # a task with the tutor
    attempt: str  # a quiz half done
    review: str
    certificate: str
    robotics: dict[str, str]  # item → page


@pytest.fixture(scope="module")
def studied(page_for_all: PageOf) -> Studied:
    """The author has a certificate; the robotics teacher is under way, her work waits for the tutor."""
    author, robotics = Learner(page_for_all("author")), Learner(page_for_all("robotics"))
    author.enrol()
    author.do_all()
    Tutor(page_for_all("tutor")).mark(author.name, "Жақсы.")
    author.page.goto(f"/courses/{SLUG}")
    author.page.locator("aside form button").click()
    author.page.wait_for_url("**/certificates/ZRK-*")
    robotics.enrol()
    entry, task = robotics.course.item("m1-entry"), robotics.course.item("m2-task")
    assert entry
    assert task
    review = robotics.take(entry)
    attempt = robotics.post(f"{robotics.addresses['m2-quiz']}/attempts").url
    robotics.hand_in(task)
    return Studied(robotics.addresses["m2-task"], attempt, review, author.page.url, dict(robotics.addresses))


def first(page: Page, address: str, link: str) -> str:
    """Where the first such link of that page leads."""
    page.goto(address)
    return page.locator(link).first.get_attribute("href") or ""


Pages = dict[str, str]


def of_a_stranger(page: Page, studied: Studied) -> Pages:
    return {
        "welcome": "/",
        "sign-in": "/people/sign-in",
        "catalogue": "/courses/",
        "course": f"/courses/{SLUG}",
        "check": "/certificates",
        "valid": studied.certificate,
        "not-a-number": "/certificates/ZRK-1",
        "nowhere": "/no-such-page",
    }


def of_a_teacher(page: Page, studied: Studied) -> Pages:
    return {
        "home": "/",
        "me": "/people/me",
        "course": f"/courses/{SLUG}",
        "pupils-lesson": first(page, f"/courses/{PUPILS}", "a.step:has(.tile.notebook)"),
        "classes": "/assignments/classes",
        "class": first(page, "/assignments/classes", ".card a"),
        "forbidden": "/schools/",
    }


def of_a_robotics_teacher(page: Page, studied: Studied) -> Pages:
    room = first(page, "/kits/", ".card.link a")
    page.goto(room)
    page.locator("[data-kit]").first.wait_for()
    return {
        "home": "/",
        "course": f"/courses/{SLUG}",
        "lesson": studied.robotics["m2-loops"],
        "quiz": studied.robotics["m1-entry"],
        "attempt": studied.attempt,
        "review": studied.review,
        "task": studied.waiting,
        "rooms": "/kits/",
        "room": room,
        "kit": first(page, room, "[data-kit] h2 a"),
    }


def of_an_author(page: Page, studied: Studied) -> Pages:
    return {
        "home": "/",
        "certificates": "/certificates",
        "certificate": studied.certificate,
    }


def of_a_tutor(page: Page, studied: Studied) -> Pages:
    return {
        "home": "/",
        "queue": "/courses/marking",
        "marking": first(page, "/courses/marking", ".page-head a.button"),
        "task": first(page, f"/courses/{SLUG}", "a.step:has(.tile.task)"),
    }


def of_an_operator(page: Page, studied: Studied) -> Pages:
    return {
        "home": "/",
        "schools": "/schools/",
        "people": "/people/",
        "me": "/people/me",
        "certificate": studied.certificate,
        "classes": "/assignments/classes",
        "rooms": "/kits/",
        "empty-room": first(page, "/kits/", ".rows li:nth-child(9) a"),
    }


def of_a_pupil(page: Page, studied: Studied) -> Pages:
    course = f"/courses/{PUPILS}"
    return {
        "home": "/",
        "me": "/people/me",
        "catalogue": "/courses/",
        "course": course,
        "lesson": first(page, course, "a.step:has(.tile.notebook)"),
        "robot": first(page, course, "a.step:has(.tile.robot)"),
        "kits": "/kits/",
        "away": "/notebooks/away/503",
    }


ROLES = {
    "": of_a_stranger,
    "teacher": of_a_teacher,
    "robotics": of_a_robotics_teacher,
    "author": of_an_author,
    "tutor": of_a_tutor,
    "operator": of_an_operator,
    "pupil": of_a_pupil,
}
NOT_FOUND = {"nowhere": 404, "not-a-number": 404, "forbidden": 403}


@pytest.mark.parametrize("who", ROLES)
def test_no_page_has_a_fault_for_axe_or_is_wider_than_a_phone(
    page_of: PageOf, shot: Shot, studied: Studied, who: str
) -> None:
    faults: list[str] = []
    for language in LANGUAGES:
        page = page_of(who, language=language)
        for name, address in ROLES[who](page, studied).items():
            answer = page.goto(address)
            assert answer
            assert answer.status == NOT_FOUND.get(name, 200), f"{answer.status} {address}"
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                faults += [f"{who} {name} {language} {width}: {fault}" for fault in axe(page)]
                if language == "kk":
                    shot(page, f"{who or 'stranger'}-{name}")
            faults += [f"{who} {name} {language} 320: {fault}" for fault in sideways(page)]
        page.context.close()
    assert faults == []


@pytest.mark.parametrize("who", ["", "teacher", "robotics", "pupil"])
def test_a_learner_s_page_is_light_at_first_and_nearly_nothing_afterwards(
    page_of: PageOf, studied: Studied, who: str
) -> None:
    page, heavy = page_of(who, width=360), []
    for name, address in ROLES[who](page, studied).items():
        once, again = weigh(page, address), weigh(page, address, cold=False)
        if once.bytes > FIRST_VISIT or once.requests > FIRST_REQUESTS or again.bytes > NEXT_VISIT:
            heavy.append(f"{name}: {once}, then {again}")
        assert len(once.hosts | again.hosts) == 1, once.hosts
    assert heavy == []


def test_a_form_without_its_token_is_answered_by_a_page_with_a_sentence(page_of: PageOf) -> None:
    page = page_of("", width=360)
    page.goto("/people/sign-in")
    page.evaluate("document.querySelectorAll('[name=csrf_token]').forEach((one) => { one.value = ''; })")
    page.fill("[name=name]", "teacher")
    page.fill("[name=password]", "zerek-demo")
    with page.expect_navigation() as navigation:
        page.press("[name=password]", "Enter")
    assert navigation.value
    assert navigation.value.status == 400
    assert page.locator("[data-sentence]").inner_text()
    assert axe(page) == []
