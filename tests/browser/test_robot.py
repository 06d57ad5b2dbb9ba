"""The robotics room: a kit is given, a pupil drives it and sees it live, the teacher stops the room and lets it go."""

from __future__ import annotations

import re

from looking import PageOf, Shot
from playwright.sync_api import Locator, Page, expect

LIVE = 60_000  # milliseconds: what happens on a kit, on a busy machine
DRIVES = """from zerek_robotics import Robot

with Robot() as robot:
    robot.led(True)
    robot.forward(cm=50)
    print("Жеттім! Алда", round(robot.distance()), "см бос.")
"""
GOES_ON = """from zerek_robotics import Robot

with Robot() as robot:
    for number in range(1, 1000):
        print("айналым", number)
        robot.turn(90)
"""


def test_a_pupil_drives_a_kit_and_the_teacher_stops_the_room(page_of: PageOf, shot: Shot) -> None:
    teacher, phone = page_of("robotics"), page_of("robotics", width=360)
    kit = finds_both_kits_ready(teacher, phone, shot)
    gives_it_to_the_pupil(teacher, kit, page_of("pupil"))
    pupil = page_of("pupil")
    opens_the_lesson(pupil, kit)
    runs_the_program_and_sees_it_live(pupil, shot)
    small = page_of("pupil", width=360)
    small.goto(pupil.url)
    expect(state(small)).to_have_text("дайын", timeout=LIVE)
    shot(small, "robot-lesson")
    runs_one_that_goes_on(pupil)
    stops_the_room(teacher, phone, pupil, shot)
    lets_it_go(teacher, pupil, shot)


def state(page: Page | Locator) -> Locator:
    return page.locator("[data-f=state]").first


def finds_both_kits_ready(teacher: Page, phone: Page, shot: Shot) -> str:
    """The name of the first of them."""
    teacher.goto("/")
    teacher.get_by_role("link", name="Роботтар", exact=True).first.click()
    expect(teacher.get_by_text("Байланыстағы жинақ: 2 / 2")).to_be_visible(timeout=LIVE)
    shot(teacher, "robot-rooms")
    teacher.get_by_role("link", name="Робототехника кабинеті").click()
    kits = teacher.locator("[data-kit]")
    expect(kits).to_have_count(2)
    for number in range(2):
        expect(state(kits.nth(number))).to_have_text("дайын", timeout=LIVE)
        expect(kits.nth(number).get_by_text("өздігінен тоқтамайды")).to_be_visible()
    expect(kits.first.locator("[data-f=distance]")).to_have_text(re.compile(r"\d+ см"), timeout=LIVE)
    shot(teacher, "robot-room")
    phone.goto(teacher.url)
    shot(phone, "robot-room")
    return kits.first.get_by_role("heading").inner_text()


def gives_it_to_the_pupil(teacher: Page, kit: str, pupil: Page) -> None:
    pupil.goto("/people/me")
    name = pupil.get_by_role("heading", level=1).inner_text()
    teacher.get_by_text("Оқушыға жинақ беру").click()
    choice = teacher.get_by_label("Жинақ", exact=True).locator("option", has_text=kit)
    teacher.get_by_label("Жинақ", exact=True).select_option(choice.get_attribute("value"))
    teacher.get_by_label("Кімге").select_option(label=name)
    teacher.get_by_role("button", name="Беру", exact=True).click()
    expect(teacher.locator("[data-kit]", has_text=kit)).to_contain_text(name)


def opens_the_lesson(pupil: Page, kit: str) -> None:
    pupil.goto("/courses/python-and-robot")
    pupil.get_by_role("link", name="Сызықтық алгоритм: робот алға жүреді").click()
    expect(pupil.get_by_label("Жинақ", exact=True)).to_contain_text(kit)
    expect(state(pupil)).to_have_text("дайын", timeout=LIVE)
    expect(pupil.locator("[data-mark]")).to_be_visible()


def runs_the_program_and_sees_it_live(pupil: Page, shot: Shot) -> None:
    """First as it was given, then with a line of the pupil's own."""
    desk = pupil.locator(".robot-desk")
    run = desk.get_by_role("button", name="Жинақта іске қосу")
    run.click()
    expect(desk.locator("[data-f=run]")).to_contain_text("соңына дейін орындалды", timeout=LIVE)
    expect(state(desk)).to_have_text("дайын", timeout=LIVE)
    before = desk.locator("[data-f=distance]").inner_text()
    desk.locator("[data-program]").fill(DRIVES)
    run.click()
    expect(state(desk)).to_have_text("программа орындап жатыр", timeout=LIVE)
    expect(run).to_be_disabled()
    expect(desk.locator("[data-f=wheels]")).to_have_text(re.compile(r"[1-9]\d* % · [1-9]\d* %"), timeout=LIVE)
    expect(desk.locator("[data-f=led]")).to_have_text("жанып тұр", timeout=LIVE)
    shot(pupil, "robot-runs")
    expect(desk.locator("[data-console]")).to_contain_text("Жеттім!", timeout=LIVE)
    expect(desk.locator("[data-f=run]")).to_contain_text("соңына дейін орындалды", timeout=LIVE)
    expect(desk.locator("[data-f=distance]")).not_to_have_text(before)
    shot(pupil, "robot-ran")


def runs_one_that_goes_on(pupil: Page) -> None:
    desk = pupil.locator(".robot-desk")
    desk.locator("[data-program]").fill(GOES_ON)
    desk.get_by_role("button", name="Жинақта іске қосу").click()
    expect(desk.locator("[data-console]")).to_contain_text("айналым 2", timeout=LIVE)


def stops_the_room(teacher: Page, phone: Page, pupil: Page, shot: Shot) -> None:
    running = teacher.locator("[data-kit].running")
    expect(running).to_have_count(1, timeout=LIVE)
    shot(teacher, "robot-room-runs")
    teacher.get_by_role("button", name="Барлығын тоқтату").click()
    for page in (teacher, pupil):
        expect(page.locator("[data-latch]")).to_be_visible(timeout=LIVE)
        expect(page.locator("[data-latch-heard]")).to_have_text(
            "Кабинет компьютері барлық жинақты тоқтатты.", timeout=LIVE
        )
    expect(pupil.locator("[data-f=run]")).to_contain_text("тоқтатылды", timeout=LIVE)
    expect(pupil.locator("[data-f=wheels]")).to_have_text("0 % · 0 %", timeout=LIVE)
    expect(pupil.get_by_role("button", name="Жинақта іске қосу")).to_be_disabled()
    shot(teacher, "robot-room-stopped")
    shot(pupil, "robot-stopped")
    phone.goto(teacher.url)
    shot(phone, "robot-room-stopped")


def lets_it_go(teacher: Page, pupil: Page, shot: Shot) -> None:
    teacher.get_by_role("button", name="Қозғалуға рұқсат беру").click()
    expect(teacher.locator("[data-latch]")).to_be_hidden(timeout=LIVE)
    expect(pupil.locator("[data-latch]")).to_be_hidden(timeout=LIVE)
    expect(pupil.get_by_role("button", name="Жинақта іске қосу")).to_be_enabled(timeout=LIVE)
    teacher.get_by_text("Кабинет қашан тоқтатылды").click()
    expect(teacher.locator("table tbody tr")).to_have_count(1)
    shot(teacher, "robot-room-released")
