"""A pupil's program: the same words for any kit, faults said in her language, the kit still at the end."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from zerek_robotics import Robot, RobotError
from zerek_robotics.errors import KitNotReady, Language, LineRefused, NoKit, NoSuchPart, ToldByAgent


def recorded(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_first_program_drives_half_a_metre_and_lights_the_lamp(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    monkeypatch.setenv("ZEREK_KIT", f"sim://world?seed=7&record={run}")
    with Robot() as robot:
        before = robot.distance()
        robot.led(True)
        robot.forward(cm=50)
        after = robot.distance()
        assert robot.battery() == pytest.approx(7.4, abs=0.1)
        robot.wait(0.1)
    assert before - after == pytest.approx(50, abs=3)
    assert recorded(run)[-1]["x"] == pytest.approx(50, abs=2)
    assert recorded(run)[-1]["led"] is True


def test_a_program_stops_ten_centimetres_before_the_wall(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZEREK_KIT", f"sim://world?seed=3&wall=60&record={tmp_path / 'run'}")
    with Robot() as robot:
        robot.motors(left=25, right=25)
        while robot.distance() > 11:
            pass
        robot.stop()
        robot.wait(0.4)
        assert robot.distance() == pytest.approx(10, abs=2)
    assert recorded(tmp_path / "run")[-1]["bumps"] == 0


def test_a_program_that_forgets_to_stop_is_stopped_when_it_ends(tmp_path: Path) -> None:
    run = tmp_path / "run"
    program = "from zerek_robotics import Robot\nrobot = Robot()\nrobot.forward()\nrobot.wait(0.3)\n"
    environment = {**os.environ, "ZEREK_KIT": f"sim://world?record={run}"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=20)
    driven = recorded(run)[-1]
    assert 1 < driven["x"] < 20


def test_the_robot_works_in_a_notebook_whose_loop_is_running_already(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEREK_KIT", "sim://world?wall=100")

    async def cell() -> float:
        with Robot() as robot:
            return robot.distance()

    assert asyncio.run(cell()) == pytest.approx(92, abs=2)


def test_no_thread_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEREK_KIT", "sim://world")
    before = threading.active_count()
    robot = Robot()
    robot.close()
    robot.close()
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("kk", "cm мәні жарамсыз: 'он'. 0 мен 1000 аралығындағы сан керек."),
        ("ru", "Значение cm не подходит: 'он'. Нужно число от 0 до 1000."),
        ("en", "The value of cm will not do: 'он'. A number from 0 to 1000 is needed."),
        ("fr", "cm мәні жарамсыз: 'он'. 0 мен 1000 аралығындағы сан керек."),
    ],
)
def test_a_fault_is_said_in_the_language_of_the_pupil(
    monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    monkeypatch.setenv("ZEREK_LANGUAGE", language)
    monkeypatch.setenv("ZEREK_KIT", "sim://world")
    with Robot() as robot, pytest.raises(RobotError) as refused:
        robot.forward(cm="он")  # type: ignore[arg-type]
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("address", "fault"), [("", NoKit), ("agent:x", NoKit), ("/dev/no-such-port", LineRefused)]
)
def test_a_kit_that_is_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch, address: str, fault: type[RobotError]
) -> None:
    monkeypatch.setenv("ZEREK_KIT", address)
    with pytest.raises(fault):
        Robot()


def all_faults() -> list[type[RobotError]]:
    found, waiting = [], [RobotError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", all_faults())
def test_every_fault_has_its_sentence_in_three_languages(kind: type[RobotError]) -> None:
    languages: tuple[Language, ...] = ("kk", "ru", "en")
    values = dict.fromkeys(
        ("detail", "line", "reason", "profile", "pin", "mode", "name", "value", "low", "high", "command"), "7"
    )
    fault = {
        NoSuchPart: lambda: NoSuchPart("drive", ["led"]),
        ToldByAgent: lambda: ToldByAgent(sentence="7"),
        KitNotReady: lambda: KitNotReady(state="absent"),
    }.get(kind, lambda: kind(**values))()
    sentences = {fault.in_language(language) for language in languages}
    assert all(sentence and "{" not in sentence for sentence in sentences)
    assert len(sentences) == (1 if kind is ToldByAgent else 3)
