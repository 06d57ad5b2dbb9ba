"""The whole way with the real agent: from the page's button to a simulated kit behind a serial line, and back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base.permissions import Actor
from zerek.modules.kits import api, live
from zerek.modules.kits.models import Kit, Room, Run, Stop

TOKEN = "t" * 40  # the room's, as conftest.py opens it
FORWARD = """from zerek_robotics import Robot

with Robot() as robot:
    print("алға")
    robot.forward(cm=50)
    print("қашықтық", round(robot.distance()))
"""
FOR_EVER = """import time
from zerek_robotics import Robot

robot = Robot()
while True:
    robot.forward(cm=20)
    print("тағы")
    robot.turn(degrees=180)
"""
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="a simulated kit stands behind a pseudo-terminal"
)


@pytest.fixture
def process(address: str, room: Room, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`zerek-robot agent` with one simulated kit, two metres before a wall."""
    words = [sys.executable, "-m", "zerek_robotics", "agent", "--lms", address]
    words += ["--kit", "sim://world?seed=7&wall=200&key=sim-7&name=Тұлпар"]
    with (tmp_path / "agent.log").open("wb") as log:
        made = subprocess.Popen(words, env={**os.environ, "ZEREK_AGENT_TOKEN": TOKEN}, stderr=log)
    try:
        yield made
    finally:
        made.send_signal(signal.SIGTERM)
        made.wait(10)


@pytest.fixture
def browser(sign_in: Callable[[str], FlaskClient], teacher: Actor) -> FlaskClient:
    return sign_in("Болат Ерланұлы")


State = Callable[..., dict[str, Any]]


@pytest.fixture
def state(browser: FlaskClient, room: Room, tmp_path: Path) -> State:
    """``state(until=…)`` is what the kit's page is told, once it is so."""

    def ask(until: Callable[[dict[str, Any]], object] = bool, seconds: float = 15) -> dict[str, Any]:
        end, told = time.monotonic() + seconds, {}
        while time.monotonic() < end:
            kits = browser.get(f"/kits/rooms/{room.id}/state").json["kits"]
            if kits:
                told = browser.get(f"/kits/rooms/{room.id}/state?kit={kits[0]['id']}").json
                told["kit"] = told["kits"][0]
                if until(told):
                    return told
            time.sleep(0.1)
        raise AssertionError(f"{told}\n{(tmp_path / 'agent.log').read_text()}")

    return ask


@pytest.fixture
def tulpar(process: subprocess.Popen[bytes], state: State) -> int:
    """The simulated kit, ready; its id."""
    return int(state(lambda told: told["kit"]["state"] == "ready")["kit"]["id"])


def press_run(browser: FlaskClient, kit_id: int, source: str) -> str:
    answer = browser.post(
        f"/kits/{kit_id}/runs", data={"source": source}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json["run"])


def printed(told: dict[str, Any]) -> str:
    return "".join(piece["text"] for piece in told["output"])


def test_a_program_drives_the_kit_and_the_page_sees_it(
    browser: FlaskClient, tulpar: int, state: State
) -> None:
    run = press_run(browser, tulpar, FORWARD)
    moving = state(lambda told: told["kit"]["telemetry"].get("left", 0) > 0)
    assert moving["kit"]["state"] == "running"
    told = state(lambda told: told["kit"]["run"]["state"] == "ended")
    assert (told["kit"]["run"]["id"], told["kit"]["run"]["reason"]) == (run, "finished")
    assert printed(told).startswith("алға\nқашықтық 14")  # from 192 cm to about 142
    still = state(lambda told: told["kit"]["telemetry"].get("left") == 0)
    assert still["kit"]["name"] == "Тұлпар"
    assert still["kit"]["supply"] == "battery"
    assert still["kit"]["on_board_stop"] is False
    assert len(still["kit"]["distances"]) > 3


def test_a_stop_in_the_middle_ends_the_run_at_once(browser: FlaskClient, tulpar: int, state: State) -> None:
    press_run(browser, tulpar, FOR_EVER)
    state(lambda told: "тағы" in printed(told))
    pressed = time.monotonic()
    browser.post(f"/kits/{tulpar}/stop")
    told = state(lambda told: told["kit"]["run"]["state"] == "ended")
    assert told["kit"]["run"]["reason"] == "stopped"
    assert time.monotonic() - pressed < 2
    state(lambda told: told["kit"]["state"] == "ready" and told["kit"]["telemetry"]["left"] == 0)


def test_a_stop_comes_quickly_also_where_no_thread_is_left_for_the_agents_question(
    process: subprocess.Popen[bytes], browser: FlaskClient, state: State, session: Session, tmp_path: Path
) -> None:
    for _ in range(live.MOST_WAITING):
        live.hub(session).waiting.acquire(blocking=False)
    kit_id = int(state(lambda told: told["kit"]["state"] == "ready")["kit"]["id"])
    press_run(browser, kit_id, FOR_EVER)
    state(lambda told: "тағы" in printed(told))
    time.sleep(3)  # long enough for an agent that is turned away to wait longer and longer
    pressed = time.monotonic()
    browser.post(f"/kits/{kit_id}/stop")
    told = state(lambda told: told["kit"]["run"]["state"] == "ended")
    assert told["kit"]["run"]["reason"] == "stopped"
    assert time.monotonic() - pressed < 2.5
    assert "The LMS is away" not in (tmp_path / "agent.log").read_text()


def test_a_stopped_room_runs_nothing_until_it_is_released(
    browser: FlaskClient, tulpar: int, state: State, room: Room, session: Session
) -> None:
    press_run(browser, tulpar, FOR_EVER)
    state(lambda told: "тағы" in printed(told))
    browser.post(f"/kits/rooms/{room.id}/stop")
    told = state(lambda told: told["room"]["stop"] and told["room"]["stop"]["heard"])
    assert state(lambda told: told["kit"]["run"]["state"] == "ended")["kit"]["run"]["reason"] == "stopped"
    assert told["room"]["stop"]["by"] == "Болат Ерланұлы"
    assert browser.post(f"/kits/{tulpar}/runs", data={"source": FORWARD}).status_code == 409
    browser.post(f"/kits/rooms/{room.id}/release")
    press_run(browser, tulpar, "print('қайта')\n")
    state(lambda told: told["kit"]["run"]["reason"] == "finished" and printed(told) == "қайта\n")
    assert session.scalars(select(Stop.released_at)).one() is not None


def test_a_program_with_an_error_says_what_is_wrong(browser: FlaskClient, tulpar: int, state: State) -> None:
    press_run(browser, tulpar, "print(жоқ)\n")
    told = state(lambda told: told["kit"]["run"]["state"] == "ended")
    assert told["kit"]["run"]["reason"] == "failed"
    assert "NameError" in printed(told)
    assert {piece["stream"] for piece in told["output"]} == {"stderr"}


def test_an_agent_that_dies_takes_its_kits_off_line_and_a_new_one_brings_them_back(
    browser: FlaskClient,
    process: subprocess.Popen[bytes],
    tulpar: int,
    state: State,
    room: Room,
    session: Session,
    address: str,
    tmp_path: Path,
) -> None:
    press_run(browser, tulpar, FOR_EVER)
    state(lambda told: "тағы" in printed(told))
    process.kill()
    process.wait(10)
    gone = state(lambda told: not told["room"]["online"], seconds=api.SILENT_AFTER.total_seconds() + 5)
    assert gone["kit"]["state"] == "offline"
    assert browser.post(f"/kits/{tulpar}/runs", data={"source": FORWARD}).status_code == 409
    words = [sys.executable, "-m", "zerek_robotics", "agent", "--lms", address]
    words += ["--kit", "sim://world?seed=7&wall=200&key=sim-7&name=Тұлпар"]
    with (tmp_path / "again.log").open("wb") as log:
        again = subprocess.Popen(words, env={**os.environ, "ZEREK_AGENT_TOKEN": TOKEN}, stderr=log)
    try:
        back = state(lambda told: told["kit"]["state"] == "ready")
    finally:
        again.send_signal(signal.SIGTERM)
        again.wait(10)
    assert back["kit"]["id"] == tulpar
    assert back["kit"]["run"]["reason"] == "lost"
    assert session.query(Kit).count() == session.query(Run).count() == 1
