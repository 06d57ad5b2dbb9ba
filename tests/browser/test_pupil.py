"""A pupil of an IT class: from the lesson to JupyterLab and back to the points, as pupils do it."""

from __future__ import annotations

import json
import re
import time
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from looking import PageOf, Shot
from playwright.sync_api import Locator, Page, expect

LESSON = "Алғашқы программа: print()"
RIGHT = {
    "hello": 'print("Сәлем, Атырау!")',
    "card": 'print("Робот: Зерек")\n    print("Сынып:", 7)\n    print("Қала: Атырау")',
    "letters": 'print("Ә Ғ Қ Ң Ө Ұ Ү Һ І")',
    "route": 'print("алға", "солға", "алға", sep=" -> ")',
}
SLOW = 180_000  # milliseconds: a server starts, a notebook is graded, on a busy machine


def goes_to_the_lesson(page: Page) -> str:
    """From the first page; the lesson's address."""
    page.goto("/")
    page.get_by_role("link", name="Курстар", exact=True).click()
    page.get_by_role("link", name="Python және сынып роботы").click()
    page.get_by_role("link", name=LESSON).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(LESSON)
    return page.url


def opens_the_notebook(page: Page) -> None:
    page.get_by_role("button", name="Дәптерді ашу").click()
    page.wait_for_url("**/lab/tree/python-and-robot/r7-02.ipynb", timeout=SLOW)
    expect(cell(page, "hello")).to_be_visible(timeout=SLOW)


def cell(page: Page, name: str) -> Locator:
    return page.locator(".jp-CodeCell .cm-content", has_text=f"def {name}()").first


def writes(page: Page, answers: dict[str, str]) -> None:
    """Into the cells, each run with Shift+Enter; then Ctrl+S, until JupyterLab shows that it is saved."""
    for name, answer in answers.items():
        cell(page, name).click()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.keyboard.insert_text(f"def {name}():\n    {answer}")
        page.keyboard.press("Shift+Enter")
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=SLOW)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0, timeout=SLOW)


def hands_in(page: Page) -> None:
    page.get_by_role("button", name="Тапсыру", exact=True).click()
    expect(page).to_have_url(re.compile(r"/courses/items/\d+#notebook-part$"))


def points(page: Page, said: str) -> None:
    expect(page.locator("#hand-in .progress")).to_contain_text(f"{said} балл", timeout=SLOW)


def test_a_pupil_solves_a_lesson_in_jupyterlab_and_the_teacher_sees_the_points(
    page_of: PageOf, shot: Shot
) -> None:
    page, phone = page_of("pupil"), page_of("pupil", width=360)
    seen: list[str] = []
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    lesson = goes_to_the_lesson(page)
    shot(page, "pupil-lesson")
    opens_the_notebook(page)
    assert not [url for url in seen if "sign-in" in url or "/hub/login" in url], "no second sign-in"
    writes(page, RIGHT)
    shot(page, "pupil-jupyterlab")
    page.goto(lesson)
    page.get_by_role("button", name="Тапсыру", exact=True).dblclick()
    expect(page.locator("#hand-in")).to_contain_text("тексеріліп жатыр")
    shot(page, "pupil-waits")
    page.reload()
    points(page, "10 / 10")
    expect(page.locator("#hand-in li.ok")).to_have_count(6)
    expect(page.get_by_text("Бұрын тапсырылғандар")).to_have_count(0)
    shot(page, "pupil-points")
    hands_in_a_wrong_one(page, phone, lesson, shot)
    is_seen_by_the_teacher(page_of("teacher"), page_of("teacher", width=360), shot)


def hands_in_a_wrong_one(page: Page, phone: Page, lesson: str, shot: Shot) -> None:
    opens_the_notebook(page)
    expect(cell(page, "hello")).to_contain_text("Сәлем, Атырау!")
    writes(page, {"hello": 'print("Салем")', "letters": 'print("A B")'})
    page.goto(lesson)
    hands_in(page)
    points(page, "5 / 10")
    expect(page.locator("#hand-in li.no")).to_have_count(3)
    expect(page.locator("#hand-in")).to_contain_text("Күтілгені: 'Сәлем, Атырау!'. Сенде шыққаны: 'Салем'.")
    page.get_by_text("Бұрын тапсырылғандар").click()
    expect(page.locator("#notebook-part ~ details").first).to_contain_text("10 / 10 балл")
    shot(page, "pupil-points-wrong")
    phone.goto(lesson)
    shot(phone, "pupil-points-wrong")


def is_seen_by_the_teacher(page: Page, phone: Page, shot: Shot) -> None:
    page.goto("/")
    page.get_by_role("link", name="Менің сыныптарым").first.click()
    shot(page, "teacher-classes")
    page.get_by_role("link", name="7 «А»").click()
    row = page.locator("tbody tr").filter(has=page.locator("td", has_text=re.compile(r"^10$"))).first
    expect(row.locator("td").first).to_have_text("10")
    shot(page, "teacher-points")
    phone.goto(page.url)
    shot(phone, "teacher-points")


@pytest.fixture
def solved(page_of: PageOf) -> Page:
    """A pupil's page at the lesson, whose notebook has been opened."""
    page = page_of("pupil")
    lesson = goes_to_the_lesson(page)
    opens_the_notebook(page)
    page.goto(lesson)
    return page


def newest(page: Page) -> str:
    return page.locator("#hand-in").get_attribute("data-number") or "0"


def is_graded_anew(page: Page) -> None:
    before = newest(page) if page.locator("#hand-in").count() else "0"
    hands_in(page)
    expect(page.locator("#hand-in")).not_to_have_attribute("data-number", before)
    expect(page.locator("#hand-in .progress")).to_be_visible(timeout=SLOW)


def test_a_stopped_server_is_started_to_hand_in(solved: Page, house: Any) -> None:
    key = re.search(r"/jupyter/user/(p\d+)/", "".join(cookie["path"] for cookie in solved.context.cookies()))
    assert key
    token = json.loads((house.data / "secrets.json").read_text())["hub_service"]
    server = f"{house.address}/jupyter/hub/api/users/{key[1]}/server"
    stopped = httpx.delete(server, headers={"Authorization": f"token {token}"}, timeout=60)
    assert stopped.status_code in (202, 204), stopped.text
    is_graded_anew(solved)


def test_a_hand_in_outlives_the_hub(solved: Page, house: Any) -> None:
    hub = next(
        process
        for process in psutil.Process(house.process.pid).children()
        if {"jupyterhub", "-f"} <= set(process.cmdline())
    )
    hub.kill()
    is_graded_anew(solved)


def test_who_hands_in_before_opening_the_notebook_is_told_what_to_do(page_of: PageOf, shot: Shot) -> None:
    page = page_of("pupil")
    page.goto("/courses/python-and-robot")
    page.get_by_role("link", name="Арифметикалық өрнектер және бүтін бөлу").click()
    page.get_by_role("button", name="Тапсыру", exact=True).click()
    expect(page.get_by_text("алдымен дәптерді аш")).to_be_visible()
    shot(page, "pupil-nothing-to-hand-in")


def test_a_file_of_a_gigabyte_is_let_fall_and_the_pupil_hears_why(page_of: PageOf, house: Any) -> None:
    page = page_of("pupil")
    lesson = goes_to_the_lesson(page)
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
    programs = [
        psutil.Process(house.process.pid),
        *psutil.Process(house.process.pid).children(recursive=True),
    ]
    before = memory(programs)
    with closing(HTTPConnection(urlsplit(house.address).netloc, timeout=60)) as line:
        line.putrequest("POST", f"/assignments/{lesson.rpartition('/')[2]}/files")
        line.putheader("Cookie", cookies)
        line.putheader("Accept", "text/html")
        line.putheader("Content-Type", "multipart/form-data; boundary=limit")
        line.putheader("Content-Length", str(2**30))
        line.endheaders()
        begun = time.monotonic()
        for _ in range(2**10):
            line.send(b"x" * 2**20)
        answer = line.getresponse()
        assert answer.status == 413
        assert "тым көп" in answer.read().decode()
    assert time.monotonic() - begun < 60
    assert memory(programs) - before < 100 * 2**20


def memory(programs: list[psutil.Process]) -> int:
    """Bytes that they hold together."""
    return sum(int(program.memory_info().rss) for program in programs if program.is_running())
