"""One kit on one line: wakes it, learns what it is, sets its pins, keeps its last readings, and always stops it."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from zerek_robotics import firmata
from zerek_robotics.errors import LineLost, NoAnswer
from zerek_robotics.firmata import AnalogMapping, Capabilities, Decoder, Event, Firmware, Mode, Text, Version
from zerek_robotics.lines import Line, open_line
from zerek_robotics.profiles import Profile

POLL = 0.25  # seconds between two questions to a board that may still be starting
BOOT_AT_MOST = 8.0
ANSWER_WITHIN = 1.0
TRIES = 3
SAMPLING_MS = 25

Answer = TypeVar("Answer", Version, Firmware, Capabilities, AnalogMapping, firmata.PinState)


class Kit:
    """`async with Kit(line, profile) as kit:` connects, and stops and resets the kit on the way out."""

    def __init__(self, line: Line, profile: Profile, *, boot_at_most: float = BOOT_AT_MOST) -> None:
        self.line = line
        self.profile = profile
        self.firmware: Firmware | None = None
        self.capabilities = Capabilities(())
        self.mapping = AnalogMapping(())
        self.last_word = ""
        self.lost: asyncio.Future[LineLost] = asyncio.get_running_loop().create_future()
        self.on_sample: Callable[[], None] | None = None
        self._boot_at_most = boot_at_most
        self._decoder = Decoder()
        self._analog: dict[int, int] = {}
        self._fresh = asyncio.Event()
        self._ports: dict[int, int] = {}
        self._asked: tuple[type[Event], asyncio.Future[Event]] | None = None

    @classmethod
    async def open(cls, url: str, profile: Profile) -> Self:
        """Opens the line by its address, connects, and gives a ready kit: close it, or use `async with`."""
        opening = asyncio.get_running_loop().run_in_executor(None, open_line, url, profile.bauds)
        try:
            line = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unwanted)
            raise
        kit = cls(line, profile)
        await kit.__aenter__()
        return kit

    async def __aenter__(self) -> Self:
        self.line.listen(self._hear, self._lose)
        try:
            await self._connect()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def noise(self) -> int:
        """Bytes that belonged to no message, since the line was opened."""
        return self._decoder.noise

    async def _connect(self) -> None:
        await self._wake()
        self.line.write(firmata.reset())
        self.firmware = await self._ask(firmata.ask_firmware(), Firmware)
        self.capabilities = await self._ask(firmata.ask_capabilities(), Capabilities)
        self.mapping = await self._ask(firmata.ask_analog_mapping(), AnalogMapping)
        self.profile.check(self.capabilities, self.mapping)
        self._set_up()

    async def _wake(self) -> None:
        """Opening a port resets most boards; they are deaf for up to some seconds, so ask until one answers."""
        deadline = time.monotonic() + self._boot_at_most
        while time.monotonic() < deadline:
            self.line.write(firmata.ask_version())
            if await self._answer(Version, POLL):
                return
        raise NoAnswer(line=self.line.url)

    async def _ask(self, question: bytes, kind: type[Answer]) -> Answer:
        for _ in range(TRIES):
            self.line.write(question)
            answer = await self._answer(kind, ANSWER_WITHIN)
            if answer is not None:
                return answer
        raise NoAnswer(line=self.line.url)

    async def _answer(self, kind: type[Answer], seconds: float) -> Answer | None:
        """The next event of that kind, or None in time; LineLost when the line goes meanwhile."""
        answer: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._asked = (kind, answer)
        try:
            waited: set[asyncio.Future[Any]] = {answer, self.lost}
            await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._asked = None
        if self.lost.done():
            raise self.lost.result()
        if not answer.done():
            return None
        event = answer.result()
        assert isinstance(event, kind)  # noqa: S101 - _hear_event answers with that kind only; said to the type checker
        return event

    def _set_up(self) -> None:
        commands = bytearray(firmata.set_sampling_interval(SAMPLING_MS))
        for pin, mode in self.profile.modes().items():
            commands += firmata.set_mode(pin, mode)
            if mode is Mode.ANALOG:
                commands += firmata.report_analog(self.channel(pin))
        self.line.write(bytes(commands))

    def channel(self, pin: int) -> int:
        """The analog channel of a pin that the profile's check has found to have one."""
        channel = self.mapping.channels[pin]
        if channel is None:
            raise ValueError(f"pin {pin} has no analog channel")
        return channel

    def _hear(self, data: bytes) -> None:
        for event in self._decoder.feed(data):
            self._hear_event(event)

    def _hear_event(self, event: Event) -> None:
        if isinstance(event, firmata.AnalogValue):
            self._analog[event.channel] = event.value
            self._fresh.set()
            if self.on_sample:
                self.on_sample()
        elif isinstance(event, Text):
            self.last_word = event.text
        if self._asked and isinstance(event, self._asked[0]) and not self._asked[1].done():
            self._asked[1].set_result(event)

    def _lose(self, fault: LineLost) -> None:
        if not self.lost.done():
            self.lost.set_result(fault)

    def write_digital(self, values: dict[int, bool]) -> None:
        """Sets output pins, those of one port in one message."""
        touched = set()
        for pin, value in values.items():
            port, bit = pin // 8, 1 << pin % 8
            mask = self._ports.get(port, 0)
            self._ports[port] = mask | bit if value else mask & ~bit
            touched.add(port)
        self.send(b"".join(firmata.write_port(port, self._ports[port]) for port in sorted(touched)))

    def write_pwm(self, pin: int, duty: float) -> None:
        """A duty 0–1 at the resolution the board gave for the pin."""
        bits = self.capabilities.pins[pin].get(Mode.PWM, 8)
        self.send(firmata.write_analog(pin, round(duty * ((1 << bits) - 1))))

    def send(self, data: bytes) -> None:
        """Raises LineLost, also when the line went before."""
        if self.lost.done():
            raise self.lost.result()
        self.line.write(data)

    def analog(self, pin: int) -> int | None:
        """The last reading of an analog pin; None before the first."""
        return self._analog.get(self.channel(pin))

    async def fresh_analog(self, pin: int) -> int:
        """The first reading that arrives from now on. Raises LineLost, or NoAnswer after a second of silence."""
        channel = self.channel(pin)
        before = self._analog.pop(channel, None)
        deadline = time.monotonic() + ANSWER_WITHIN
        while channel not in self._analog:
            self._fresh.clear()
            waiter = asyncio.ensure_future(self._fresh.wait())
            rest = max(0.0, deadline - time.monotonic())
            waited: set[asyncio.Future[Any]] = {waiter, self.lost}
            await asyncio.wait(waited, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
            waiter.cancel()
            if self.lost.done():
                raise self.lost.result()
            if time.monotonic() >= deadline and channel not in self._analog:
                if before is not None:
                    self._analog[channel] = before
                raise NoAnswer(line=self.line.url)
        return self._analog[channel]

    def stop(self) -> None:
        """Motors off at once, ahead of anything that still waits to be sent. On a lost line there is nothing to do."""
        drive = self.profile.drive
        if drive is None or self.lost.done():
            return
        data = bytearray()
        for motor in (drive.left, drive.right):
            data += firmata.write_analog(motor.pwm, 0)
            for pin in (motor.forward, motor.backward):
                self._ports[pin // 8] = self._ports.get(pin // 8, 0) & ~(1 << pin % 8)
        for port, mask in sorted(self._ports.items()):
            data += firmata.write_port(port, mask)
        try:
            self.line.write(bytes(data), urgent=True)
        except LineLost:
            return  # told once already, through `lost`

    def close(self) -> None:
        """Stop, system reset, and the line is free again."""
        self.stop()
        try:
            if not self.lost.done():
                self.line.write(firmata.reset())
        except LineLost:
            pass  # the cable is out: the reset at the next opening will do it
        self.line.close()
        if not self.lost.done():
            self.lost.set_result(LineLost(line=self.line.url))


def _close_unwanted(opening: asyncio.Future[Line]) -> None:
    """A line that was opened after nobody waited for it any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
