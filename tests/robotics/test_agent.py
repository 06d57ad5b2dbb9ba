"""The agent of a room against an LMS that keeps the contract: kits come, run, are stopped, go and come back."""

import asyncio
import contextlib
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zerek_robotics import profiles, uplink
from zerek_robotics.agent import Agent, Plan
from zerek_robotics.ports import identity_of_port, place_of_address
from zerek_robotics.program import standing_walls

UNO = profiles.load("uno-chassis")
TOKEN = "room-7"
ROBOT = "from zerek_robotics import Robot\nrobot = Robot()\n"
ON_AND_ON = "robot.forward()\nwhile True: pass"
Lms = Any  # SmallLms of conftest.py


@contextlib.asynccontextmanager
async def room(lms: Lms | None, *urls: str, **values: Any) -> AsyncIterator[Agent]:
    values.setdefault("token", TOKEN)
    plan = Plan([place_of_address(url) for url in urls], values.pop("patterns", ()), UNO, "en", **values)
    if lms:
        plan = Plan(**{**{name: getattr(plan, name) for name in plan.__slots__}, "lms": lms.url})
    agent = Agent(plan)
    task = asyncio.create_task(agent.run())
    try:
        yield agent
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(what: Callable[[], Any], seconds: float = 10.0) -> Any:
    async with asyncio.timeout(seconds):
        while not (value := what()):
            await asyncio.sleep(0.01)
    return value


def state(lms: Lms, key: str = "sim-7") -> str:
    return str(lms.kits.get(key, {}).get("state"))


def end_of(lms: Lms, run: str) -> Any:
    return next((end for end in lms.events("ended") if end["run"] == run), None)


async def test_the_room_is_shown_kit_by_kit(lms: Lms) -> None:
    async with room(lms, "sim://world?seed=7&name=Kit A", "sim://world?seed=8&key=desk-2"):
        await until(lambda: state(lms) == "ready" and state(lms, "desk-2") == "ready")
        kit = lms.kits["sim-7"]
        assert (kit["name"], kit["profile"], kit["firmware"]) == (
            "Kit A",
            "uno-chassis",
            "StandardFirmata 2.5",
        )
        assert (kit["supply"], kit["on_board_stop"]) == ("battery", False)
        assert kit["battery_mv"] == pytest.approx(7400, abs=50)
        assert kit["telemetry"]["distance_cm"] == pytest.approx(192, abs=2)


async def test_a_program_runs_and_its_words_motion_and_end_are_told(lms: Lms) -> None:
    async with room(lms, "sim://world?seed=7"):
        await until(lambda: state(lms) == "ready")
        greet = ROBOT + "print('сәлем')\nrobot.forward(cm=15)\nprint('болды')"
        lms.say("run", run="r1", kit="sim-7", source=greet, language="kk", seconds=30)
        await until(lambda: lms.kits["sim-7"]["telemetry"]["left"] == 0.5)
        assert state(lms) == "running"
        assert lms.printed("r1") == "сәлем\n"
        end = await until(lambda: end_of(lms, "r1"))
        assert end == {
            "run": "r1",
            "reason": "finished",
            "detail": "Программа соңына дейін орындалды.",
            "exit": 0,
        }
        assert lms.printed("r1") == "сәлем\nболды\n"
        assert [part["seq"] for part in lms.events("output")] == list(range(len(lms.events("output"))))
        await until(lambda: state(lms) == "ready")


async def test_frames_are_few_and_a_quiet_room_sends_a_heartbeat(lms: Lms) -> None:
    async with room(lms, "sim://world?seed=7&noise=0"):
        await until(lambda: state(lms) == "ready")
        await asyncio.sleep(1.0)
        quiet = lms.received
        await asyncio.sleep(1.0)
        assert lms.received - quiet <= 2
        measure = ROBOT + "while True: print(robot.distance())"
        lms.say("run", run="r1", kit="sim-7", source=measure, language="en", seconds=2)
        busy = lms.received
        await until(lambda: end_of(lms, "r1"))
        assert lms.received - busy <= 13
        full = [frame for frame in lms.frames.values() if frame["kits"]]
        assert full[0]["seq"] < full[-1]["seq"]


async def test_stop_ends_one_kit_and_leaves_the_others(lms: Lms) -> None:
    async with room(lms, "sim://world?seed=7", "sim://world?seed=8") as agent:
        await until(lambda: state(lms) == state(lms, "sim-8") == "ready")
        for seed in (7, 8):
            lms.say(
                "run", run=f"r{seed}", kit=f"sim-{seed}", source=ROBOT + "robot.forward(cm=80)", seconds=30
            )
        await until(lambda: all(kit.snapshot()["telemetry"]["left"] for kit in agent.keepers.values()))
        lms.say("stop", kit="sim-7")
        started = time.monotonic()
        await until(lambda: agent.keepers["sim-7"].snapshot()["telemetry"]["left"] == 0)
        assert time.monotonic() - started < 0.15
        assert (await until(lambda: end_of(lms, "r7")))["reason"] == "stopped"
        assert state(lms, "sim-8") == "running"
        assert [entry["kit"] for entry in lms.events("stopped")] == ["sim-7"]
        assert (await until(lambda: end_of(lms, "r8")))["reason"] == "finished"


async def test_stop_all_holds_until_it_is_released(lms: Lms) -> None:
    async with room(lms, "sim://world?seed=7", "sim://world?seed=8") as agent:
        await until(lambda: state(lms) == state(lms, "sim-8") == "ready")
        lms.say("run", run="r1", kit="sim-7", source=ROBOT + ON_AND_ON, seconds=30)
        await until(lambda: agent.keepers["sim-7"].snapshot()["telemetry"]["left"])
        lms.say("stop_all")
        assert (await until(lambda: end_of(lms, "r1")))["reason"] == "stopped"
        assert lms.events("stopped")[0]["kit"] is None
        lms.say("run", run="r2", kit="sim-8", source=ROBOT + "robot.forward(cm=5)", language="en", seconds=30)
        refused = await until(lambda: end_of(lms, "r2"))
        assert (refused["reason"], refused["exit"]) == ("failed", None)
        assert "until the teacher allows it" in refused["detail"]
        lms.say("release")
        lms.say("run", run="r3", kit="sim-8", source=ROBOT + "robot.forward(cm=5)", seconds=30)
        assert (await until(lambda: end_of(lms, "r3")))["reason"] == "finished"


async def test_a_run_on_a_kit_that_is_busy_or_unknown_is_refused_and_the_first_goes_on(lms: Lms) -> None:
    async with room(lms, "sim://world?seed=7"):
        await until(lambda: state(lms) == "ready")
        lms.say("run", run="r1", kit="sim-7", source="import time\ntime.sleep(0.7)", seconds=30)
        lms.say("run", run="r2", kit="sim-7", source="", language="en", seconds=30)
        lms.say("run", run="r3", kit="sim-9", source="", language="en", seconds=30)
        assert "not ready (running)" in (await until(lambda: end_of(lms, "r2")))["detail"]
        assert "not ready (absent)" in (await until(lambda: end_of(lms, "r3")))["detail"]
        assert (await until(lambda: end_of(lms, "r1")))["reason"] == "finished"


async def test_an_order_that_is_repeated_or_makes_no_sense_does_no_harm(lms: Lms) -> None:
    async with room(lms, "sim://world?seed=7"):
        await until(lambda: state(lms) == "ready")
        lms.say("dance")
        lms.say("run", run="r1", kit="sim-7")
        lms.say("run", run="r0", kit="sim-7", source="", seconds=-1)
        for _ in range(2):
            lms.say("run", run="r1", kit="sim-7", source="print('once')", seconds=10)
        await until(lambda: end_of(lms, "r1"))
        lms.say("run", run="r2", kit="sim-7", source="print('twice')", seconds=10)
        await until(lambda: end_of(lms, "r2"))
        assert lms.printed("r1") == "once\n"
        assert [end["run"] for end in lms.events("ended")] == ["r1", "r2"]


async def test_a_frame_whose_answer_was_lost_is_sent_again_and_nothing_is_told_twice(lms: Lms) -> None:
    async with room(lms, "sim://world?seed=7"):
        await until(lambda: state(lms) == "ready")
        lms.answer_frames = False
        lms.say("run", run="r1", kit="sim-7", source="print('a')\nprint('b')", seconds=10)
        await until(lambda: lms.received > len(lms.frames))
        lms.answer_frames = True
        await until(lambda: end_of(lms, "r1"))
        assert lms.printed("r1") == "a\nb\n"
        assert len(lms.events("ended")) == 1


async def test_while_the_lms_is_away_the_program_goes_on_and_is_told_afterwards(
    lms: Lms, monkeypatch: pytest.MonkeyPatch, make_lms: Callable[..., Lms]
) -> None:
    monkeypatch.setattr(uplink, "BACK_OFF_TO", 0.6)
    async with room(lms, "sim://world?seed=7") as agent:
        await until(lambda: state(lms) == "ready")
        count = "import time\nfor n in range(4): print(n); time.sleep(0.2)"
        lms.say("run", run="r1", kit="sim-7", source=count, seconds=30)
        await until(lambda: agent.keepers["sim-7"].state == "running")
        await asyncio.to_thread(lms.close)
        await until(lambda: agent.keepers["sim-7"].state == "ready")
        back = await asyncio.to_thread(make_lms, lms.port)
        await until(lambda: end_of(back, "r1"))
        printed = lms.printed("r1") + back.printed("r1")
        assert "".join(dict.fromkeys(printed.split())) == "0123"


async def test_the_agent_keeps_the_pause_that_the_lms_asks_for_and_hears_its_stop_after_it(lms: Lms) -> None:
    lms.pause = 1.0
    async with room(lms, "sim://world?seed=7") as agent:
        await until(lambda: state(lms) == "ready")
        before = lms.questions
        await asyncio.sleep(2.0)
        assert lms.questions - before <= 2
        lms.say("run", run="r1", kit="sim-7", source=ROBOT + ON_AND_ON, seconds=30)
        await until(lambda: agent.keepers["sim-7"].snapshot()["telemetry"]["left"], 3.0)
        lms.say("stop", kit="sim-7")
        await until(lambda: agent.keepers["sim-7"].snapshot()["telemetry"]["left"] == 0, 1.5)


async def test_a_refused_token_is_said_once_and_the_kits_go_on(
    lms: Lms, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uplink, "BACK_OFF_REFUSED", 0.1)
    with caplog.at_level(logging.INFO):
        async with room(lms, "sim://world?seed=7", token="wrong") as agent:
            await until(lambda: lms.refused > 5)
            await until(lambda: agent.keepers["sim-7"].state == "ready")
    said = [record for record in caplog.records if "refuses this agent's token" in record.message]
    assert len(said) == 1
    assert not lms.frames


async def test_a_word_that_the_lms_will_not_have_does_not_shut_it_off_from_the_room(
    lms: Lms, caplog: pytest.LogCaptureFixture
) -> None:
    lms.refuse_output = True
    async with room(lms, "sim://world?seed=7"):
        await until(lambda: state(lms) == "ready")
        count = "import time\nprint('bad')\ntime.sleep(0.5)"
        lms.say("run", run="r1", kit="sim-7", source=count, seconds=10)
        assert (await until(lambda: end_of(lms, "r1")))["reason"] == "finished"
    assert "The LMS refuses what this agent says" in caplog.text


async def test_a_talkative_program_is_told_in_few_pieces(lms: Lms) -> None:
    async with room(lms, "sim://world?seed=7"):
        await until(lambda: state(lms) == "ready")
        lms.say("run", run="r1", kit="sim-7", source="for n in range(3000): print(n)", seconds=10)
        await until(lambda: end_of(lms, "r1"))
        assert lms.printed("r1").split() == [str(n) for n in range(3000)]
        assert len(lms.events("output")) < 10


async def test_this_computer_says_which_walls_it_has() -> None:
    assert await standing_walls() == {"namespaces": True, "files": True}


class Socket:
    """USB sockets of a classroom computer: simulated kits whose port names the test chooses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.devices: dict[str, subprocess.Popen[bytes]] = {}

    def plug(self, port: str) -> None:
        words = [sys.executable, "-m", "zerek_robotics.simulator", "--pty-link", str(self.folder / port)]
        self.devices[port] = subprocess.Popen(words)

    def unplug(self, port: str) -> None:
        device = self.devices.pop(port)
        device.terminate()
        device.wait()


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[Socket]:
    sockets = Socket(tmp_path)
    yield sockets
    for port in list(sockets.devices):
        sockets.unplug(port)


async def test_a_kit_comes_back_by_itself_at_another_port_under_its_own_name(
    lms: Lms, sockets: Socket
) -> None:
    patterns = [str(sockets.folder / "ttyUSB*")]
    async with room(lms, patterns=patterns, identify=lambda path: "usb-7523") as agent:
        await asyncio.sleep(0.3)
        assert agent.keepers == {}
        sockets.plug("ttyUSB0")
        await until(lambda: state(lms, "usb-7523") == "ready")
        lms.say("run", run="r1", kit="usb-7523", source=ROBOT + ON_AND_ON, language="ru", seconds=30)
        await until(lambda: state(lms, "usb-7523") == "running")
        sockets.unplug("ttyUSB0")
        end = await until(lambda: end_of(lms, "r1"))
        assert end["reason"] == "lost"
        assert "Связь с набором потеряна" in end["detail"]
        await until(lambda: state(lms, "usb-7523") == "absent")
        sockets.plug("ttyUSB3")
        await until(lambda: state(lms, "usb-7523") == "ready")
        lms.say("run", run="r2", kit="usb-7523", source=ROBOT + "robot.forward(cm=2)", seconds=30)
        assert (await until(lambda: end_of(lms, "r2")))["reason"] == "finished"
        assert agent.keepers["usb-7523"].losses == 1


async def test_a_port_outside_the_allowed_pattern_is_never_opened(sockets: Socket) -> None:
    sockets.plug("ttyUSB0")
    sockets.plug("printer0")
    async with room(None, patterns=[str(sockets.folder / "ttyUSB*")]) as agent:
        await until(lambda: any(kit.state == "ready" for kit in agent.keepers.values()))
        assert [kit.name for kit in agent.keepers.values()] == ["ttyUSB0"]


async def test_two_boards_with_one_serial_number_are_two_kits(sockets: Socket) -> None:
    sockets.plug("ttyUSB0")
    sockets.plug("ttyUSB1")
    async with room(None, patterns=[str(sockets.folder / "ttyUSB*")], identify=lambda path: "usb-0") as agent:
        await until(lambda: [kit.state for kit in agent.keepers.values()] == ["ready", "ready"])


async def test_a_simulated_kit_that_dies_is_started_again(lms: Lms) -> None:
    async with room(lms, "sim://world?seed=7") as agent:
        await until(lambda: state(lms) == "ready")
        chassis = agent.keepers["sim-7"]._chassis
        assert chassis is not None
        chassis.kit.line._simulation.process.kill()  # type: ignore[attr-defined]
        await until(lambda: state(lms) == "lost")
        assert "Check the cable" in lms.kits["sim-7"]["last_word"]
        await until(lambda: state(lms) == "ready")


async def test_a_board_that_is_no_kit_is_said_and_tried_again_later() -> None:
    async with room(None, "sim://world?seed=7&boot=20") as agent:
        await until(lambda: agent.keepers)
        keeper = agent.keepers["sim-7"]
        await until(lambda: keeper.state == "lost", seconds=12)
        assert "Is StandardFirmata on the board?" in keeper.last_word
        await until(lambda: keeper.state == "booting")


def test_a_port_without_usb_is_known_by_its_path() -> None:
    assert identity_of_port("/tmp/kits/ttyX") == "port-tmp-kits-ttyX"
