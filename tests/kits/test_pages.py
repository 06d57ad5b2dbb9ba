"""The pages in a real browser: they live without being loaded again, fit a phone, and everybody can use them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from looking import axe, chromium, served, sideways
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from zerek.base.permissions import Actor
from zerek.modules.kits import api
from zerek.modules.kits.models import Kit, Room

PASSWORD = "kitap-2026"
TOKEN = "t" * 40  # the room's, as conftest.py opens it
PROGRAM = """from zerek_robotics import Robot

with Robot() as robot:
    while True:
        robot.forward(cm=10)
        print("қадам", round(robot.distance()))
"""


@pytest.fixture
def browser(program: Callable[[str], str]) -> Iterator[Browser]:
    with chromium(program("chromium")) as made:
        yield made


@pytest.fixture
def process(address: str, room: Room, tmp_path: Path) -> Iterator[None]:
    """The real agent with two simulated kits."""
    words = [sys.executable, "-m", "zerek_robotics", "agent", "--lms", address]
    for number, name in enumerate(["Тұлпар", "Қыран"]):
        words += ["--kit", f"sim://world?seed={number}&wall=200&key=sim-{number}&name={name}"]
    with (tmp_path / "agent.log").open("wb") as log:
        made = subprocess.Popen(words, env={**os.environ, "ZEREK_AGENT_TOKEN": TOKEN}, stderr=log)
    try:
        yield
    finally:
        made.send_signal(signal.SIGTERM)
        made.wait(10)


def enter(browser: Browser, address: str, name: str, language: str = "kk", width: int = 1280) -> Page:
    """A browser of that person's own, signed in."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": "language", "value": language, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/people/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{address}/")
    return page


def test_a_lesson_in_the_robotics_room(
    browser: Browser, process: None, address: str, room: Room, teacher: Actor, pupil: Actor
) -> None:
    """The teacher gives a kit, the pupil runs her program, both see it move; the teacher stops the room."""
    desk = enter(browser, address, "Болат Ерланұлы")
    desk.goto(f"{address}/kits/rooms/{room.id}")
    expect(desk.locator("[data-kit]", has_text="дайын")).to_have_count(2, timeout=15_000)
    desk.get_by_text("Оқушыға жинақ беру").click()
    desk.select_option("#kit", label="Тұлпар")
    desk.select_option("#to", label="Әлия Серікқызы")
    desk.get_by_role("button", name="Беру").click()
    expect(desk.get_by_text("Кімге берілген: Әлия Серікқызы")).to_be_visible()

    seat = enter(browser, address, "Әлия Серікқызы", width=360)
    seat.goto(f"{address}/kits/rooms/{room.id}")
    expect(seat.locator("[data-kit]")).to_have_count(1)
    seat.get_by_role("link", name="Программа").click()
    seat.get_by_role("textbox", name="Программа").fill(PROGRAM)
    seat.get_by_role("button", name="Жинақта іске қосу").click()
    expect(seat.locator("[data-console]")).to_contain_text("қадам 1", timeout=10_000)
    expect(seat.get_by_role("button", name="Жинақта іске қосу")).to_be_disabled()
    tulpar = desk.locator("[data-kit]", has_text="Тұлпар")
    expect(tulpar).to_contain_text("Әлия Серікқызы · Қазір орындалып жатыр")
    expect(tulpar.locator("[data-f=distance]")).to_contain_text("см")
    assert len(tulpar.locator("polyline").get_attribute("points").split()) > 3

    desk.get_by_role("button", name="Барлығын тоқтату").click()
    for page in (desk, seat):
        expect(page.locator("[data-latch]")).to_contain_text("Тоқтатқан: Болат Ерланұлы", timeout=3000)
    expect(desk.locator("[data-latch]")).to_contain_text("Кабинет компьютері барлық жинақты тоқтатты.")
    expect(seat.locator("[data-f=run]")).to_contain_text("Программа тоқтатылды.")
    desk.get_by_role("button", name="Қозғалуға рұқсат беру").click()
    expect(seat.locator("[data-latch]")).to_be_hidden(timeout=3000)
    expect(seat.get_by_role("button", name="Жинақта іске қосу")).to_be_enabled(timeout=5000)


def test_a_refusal_is_said_on_the_page_and_the_program_stays(
    browser: Browser, address: str, agent, kit: Kit, kit_word, teacher: Actor
) -> None:
    page = enter(browser, address, "Болат Ерланұлы")
    page.goto(f"{address}/kits/{kit.id}")
    page.get_by_role("textbox", name="Программа").fill("   ")
    page.get_by_role("button", name="Жинақта іске қосу").click()
    expect(page.locator("#said")).to_contain_text("Программа бос")
    assert page.get_by_role("textbox", name="Программа").input_value() == "   "


def test_a_page_whose_line_breaks_says_so(
    app: Flask, browser: Browser, session: Session, kit: Kit, teacher: Actor
) -> None:
    with served(app) as address:
        page = enter(browser, address, "Болат Ерланұлы")
        page.goto(f"{address}/kits/{kit.id}")
        expect(page.locator("[data-f=state]")).to_contain_text("дайын")
        expect(page.locator("[data-line]")).to_be_hidden()
        api.end_streams()
    expect(page.locator("[data-line]")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="Тоқтату").click()
    expect(page.locator("#said")).to_contain_text("Жинақты қолмен өшіріңіз")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_everybody_can_use_the_pages_and_they_fit_a_phone(
    browser: Browser, address: str, session: Session, ask, room: Room, kit: Kit, teacher: Actor, language: str
) -> None:
    run = ask(by=teacher)
    page = enter(browser, address, "Болат Ерланұлы", language)
    for path in ("/kits/", f"/kits/rooms/{room.id}", f"/kits/{kit.id}", f"/kits/runs/{run.id}"):
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address + path)
            assert axe(page) == [], (path, width)
        assert sideways(page) == [], path
