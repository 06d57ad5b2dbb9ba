"""One kit: it is woken, known by name, survives noise, and is still when nobody holds it."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
import tty
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from zerek_robotics import profiles
from zerek_robotics.chassis import Chassis
from zerek_robotics.errors import (
    BadValue,
    LineLost,
    NoAnswer,
    NoSuchPart,
    Stopped,
    UnknownCommand,
    WrongBoard,
)
from zerek_robotics.kit import Kit
from zerek_robotics.lines import open_line

UNO = profiles.load("uno-chassis")


def last_state(recording: Path) -> dict[str, float]:
    """Where the simulated robot is, by the device's own recording."""
    time.sleep(0.15)
    state: dict[str, float] = json.loads(recording.read_text().splitlines()[-1])
    return state


class Proxy:
    """A cable between a simulated kit and the host that can be damaged on the way."""

    def __init__(self, port: str) -> None:
        self.device = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.port = os.ttyname(self.slave)
        self.spoil: Callable[[bytes], bytes] = lambda data: data
        loop = asyncio.get_running_loop()
        loop.add_reader(self.device, self._carry, self.device, self.master)
        loop.add_reader(self.master, self._carry, self.master, self.device)

    def _carry(self, source: int, target: int) -> None:
        with contextlib.suppress(OSError):
            data = os.read(source, 4096)
            os.write(target, self.spoil(data) if source == self.device else data)

    def close(self) -> None:
        for number in (self.device, self.master):
            asyncio.get_running_loop().remove_reader(number)
        for number in (self.device, self.master, self.slave):
            os.close(number)


@contextlib.asynccontextmanager
async def proxied_kit(folder: Path) -> AsyncIterator[Proxy]:
    """The device program by its own command, as a technician would start it, behind a cable of ours."""
    link = folder / "kit"
    device = subprocess.Popen([sys.executable, "-m", "zerek_robotics.simulator", "--pty-link", str(link)])
    try:
        while not link.exists():
            await asyncio.sleep(0.01)
        proxy = Proxy(str(link))
        yield proxy
        proxy.close()
    finally:
        device.terminate()
        device.wait()
    assert device.returncode == 0
    assert not link.is_symlink()


async def test_a_kit_says_what_it_is_and_measures() -> None:
    async with await Kit.open("sim://world?seed=7&wall=100", UNO) as kit:
        chassis = Chassis(kit)
        assert str(kit.firmware) == "StandardFirmata 2.5"
        assert await chassis.distance() == pytest.approx(92, abs=2)
        assert await chassis.battery() == pytest.approx(7.4, abs=0.05)
        await chassis.led(True)
        assert chassis.lit
        assert kit.noise == 0


async def test_a_kit_is_ready_within_a_third_of_a_second_of_its_boot() -> None:
    boots = []
    for seed in range(3):
        started = time.monotonic()
        async with await Kit.open(f"sim://world?seed={seed}", UNO):
            boots.append(time.monotonic() - started)
    assert min(boots) < 0.6


async def test_a_board_that_takes_its_time_to_start_is_waited_for() -> None:
    started = time.monotonic()
    async with await Kit.open("sim://world?boot=1.2", UNO) as kit:
        assert kit.firmware is not None
    assert time.monotonic() - started > 1.2


async def test_something_that_speaks_no_firmata_is_given_up_with_a_sentence() -> None:
    with pytest.raises(NoAnswer) as refused:
        async with Kit(open_line("loop://"), UNO, boot_at_most=0.5):
            pass
    assert "StandardFirmata" in refused.value.in_language("ru")


async def test_a_profile_of_another_board_is_refused_before_a_pin_is_touched(tmp_path: Path) -> None:
    text = "title: {en: Other}\nled: 40"
    with pytest.raises(WrongBoard):
        await Kit.open(f"sim://world?record={tmp_path / 'run'}", profiles.parse("other", text))


async def test_leaving_the_block_stops_a_driving_robot_even_through_an_error(tmp_path: Path) -> None:
    async with proxied_kit(tmp_path) as proxy:
        with contextlib.suppress(ZeroDivisionError):
            async with await Kit.open(proxy.port, UNO) as kit:
                await Chassis(kit).forward()
                raise ZeroDivisionError
        async with await Kit.open(proxy.port, UNO) as kit:
            chassis = Chassis(kit)
            await asyncio.sleep(0.4)
            first = await chassis.distance()
            await asyncio.sleep(0.5)
            assert await chassis.distance() == pytest.approx(first, abs=2)


async def test_fifty_centimetres_are_fifty_centimetres(tmp_path: Path) -> None:
    run = tmp_path / "run"
    async with await Kit.open(f"sim://world?seed=7&record={run}", UNO) as kit:
        await Chassis(kit).forward(50)
        assert last_state(run)["x"] == pytest.approx(50, abs=2)


async def test_a_square_ends_where_it_began(tmp_path: Path) -> None:
    run = tmp_path / "run"
    async with await Kit.open(f"sim://world?seed=7&record={run}", UNO) as kit:
        chassis = Chassis(kit)
        for _ in range(4):
            await chassis.forward(8)
            await chassis.turn(90)
        state = last_state(run)
    assert state["heading"] == pytest.approx(-360, abs=12)  # clockwise
    assert (state["x"], state["y"]) == (pytest.approx(0, abs=3), pytest.approx(0, abs=3))


async def test_stop_takes_hold_while_driving(tmp_path: Path) -> None:
    run = tmp_path / "run"
    async with await Kit.open(f"sim://world?record={run}", UNO) as kit:
        chassis = Chassis(kit)
        driving = asyncio.create_task(chassis.forward(100))
        await asyncio.sleep(0.5)
        chassis.held = True
        chassis.halt()
        with pytest.raises(Stopped):
            await asyncio.wait_for(driving, 0.1)
        await asyncio.sleep(0.5)
        stood = last_state(run)
        assert stood["left"] == stood["right"] == 0
        assert 5 < stood["x"] < 25
        with pytest.raises(Stopped):
            await chassis.forward(5)
        assert last_state(run)["x"] == stood["x"]


async def test_noise_on_the_line_is_counted_and_survived(tmp_path: Path) -> None:
    async with proxied_kit(tmp_path) as proxy, await Kit.open(proxy.port, UNO) as kit:
        chassis = Chassis(kit)
        for _ in range(5):
            os.write(proxy.master, os.urandom(64))
            await asyncio.sleep(0.03)
        assert kit.noise > 0
        await asyncio.sleep(0.1)
        assert await chassis.distance() == pytest.approx(192, abs=3)


async def test_a_board_that_answers_byte_by_byte_is_understood(tmp_path: Path) -> None:
    async with proxied_kit(tmp_path) as proxy:

        def one_by_one(data: bytes) -> bytes:
            for byte in data[:-1]:
                os.write(proxy.master, bytes((byte,)))
            return data[-1:]

        proxy.spoil = one_by_one
        async with await Kit.open(proxy.port, UNO) as kit:
            assert await Chassis(kit).distance() == pytest.approx(192, abs=3)
            assert kit.noise == 0


async def test_a_cable_pulled_while_driving_ends_the_command_at_once() -> None:
    async with await Kit.open("sim://world", UNO) as kit:
        driving = asyncio.create_task(Chassis(kit).forward(300))
        await asyncio.sleep(0.2)
        kit.line._simulation.process.kill()  # type: ignore[attr-defined]
        started = time.monotonic()
        with pytest.raises(LineLost):
            await driving
        assert time.monotonic() - started < 0.5
        with pytest.raises(LineLost):
            await Chassis(kit).distance()
        kit.stop()  # nothing left to stop, and nothing to complain about


async def test_a_kit_without_a_part_says_which_parts_it_has() -> None:
    led_only = profiles.parse("lamp", "title: {kk: Шам, ru: Лампа, en: Lamp}\nled: 13")
    async with await Kit.open("sim://world", led_only) as kit:
        chassis = Chassis(kit)
        await chassis.led()
        with pytest.raises(NoSuchPart) as refused:
            await chassis.distance()
        assert refused.value.in_language("kk") == (
            "Бұл жинақта мұндай бөлік жоқ: қашықтық датчигі. Бар бөліктер: жарықдиод."
        )
        with pytest.raises(NoSuchPart):
            await chassis.forward(10)
        kit.stop()


@pytest.mark.parametrize("value", ["ten", -1, 1001, float("nan"), True, [5]])
async def test_a_distance_that_means_nothing_is_refused_before_a_wheel_turns(value: object) -> None:
    async with await Kit.open("sim://world", UNO) as kit:
        chassis = Chassis(kit)
        with pytest.raises(BadValue):
            await chassis.forward(value)
        assert (chassis.left, chassis.right) == (0, 0)


async def test_a_command_that_no_robot_knows_is_refused() -> None:
    async with await Kit.open("sim://world", UNO) as kit:
        for verb, arguments in (("fly", {}), ("forward", {"miles": 3}), ("halt", {})):
            with pytest.raises(UnknownCommand):
                await Chassis(kit).obey(verb, arguments)
