"""What a pupil's program can ask of a kit: to drive so many centimetres, to turn, to measure, to light the LED."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from zerek_robotics.errors import BadValue, NoSuchPart, Stopped, UnknownCommand
from zerek_robotics.kit import Kit
from zerek_robotics.profiles import Gauge, Motor

COAST = 0.3  # seconds after the motors are off in which the wheels still roll
MOST_CM = 1000.0
MOST_DEGREES = 3600.0

Value = float | bool | str | None
Part = TypeVar("Part")


class Chassis:
    """The verbs over one kit. `held` refuses motion: somebody pressed stop and has not released it."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.held = False
        self.left = self.right = 0.0  # duties from -1 to 1
        self.lit = False
        self._halted: asyncio.Future[None] | None = None  # of the motion that has an end of its own
        self._verbs: Mapping[str, Callable[..., Awaitable[Value]]] = {
            "forward": self.forward,
            "backward": self.backward,
            "turn": self.turn,
            "motors": self.motors,
            "stop": self.stop,
            "distance": self.distance,
            "led": self.led,
            "battery": self.battery,
        }

    async def obey(self, verb: str, arguments: Mapping[str, object]) -> Value:
        """A command by its name, as it comes from a program. Raises a RobotError for one that cannot be done."""
        if verb not in self._verbs:
            raise UnknownCommand(command=verb)
        try:
            coroutine = self._verbs[verb](**arguments)
        except TypeError as fault:
            raise UnknownCommand(command=f"{verb}({', '.join(arguments)})") from fault
        return await coroutine

    def _part(self, name: str, part: Part | None) -> Part:
        if part is None:
            raise NoSuchPart(name, self.kit.profile.parts)
        return part

    async def forward(self, cm: object = None) -> None:
        """So many centimetres, or on and on until `stop` when no distance is said."""
        await self._straight(cm, 1.0)

    async def backward(self, cm: object = None) -> None:
        await self._straight(cm, -1.0)

    async def _straight(self, cm: object, sign: float) -> None:
        drive = self._part("drive", self.kit.profile.drive)
        duty = drive.straight_duty
        if cm is None:
            self._set(sign * duty, sign * duty)
            return
        way = _number("cm", cm, 0.0, MOST_CM)
        await self._for_a_while(sign * duty, sign * duty, way / (duty * drive.full_speed))

    async def turn(self, degrees: object) -> None:
        """On the spot; clockwise (to the right) when positive."""
        drive = self._part("drive", self.kit.profile.drive)
        angle = _number("degrees", degrees, -MOST_DEGREES, MOST_DEGREES)
        duty = math.copysign(drive.turn_duty, angle)
        way = math.radians(abs(angle)) * drive.track / 2
        await self._for_a_while(duty, -duty, way / (drive.turn_duty * drive.full_speed))

    async def motors(self, left: object, right: object) -> None:
        """Each wheel by itself, in percent; goes on until told otherwise."""
        self._part("drive", self.kit.profile.drive)
        self._set(_number("left", left, -100.0, 100.0) / 100, _number("right", right, -100.0, 100.0) / 100)

    async def _for_a_while(self, left: float, right: float, seconds: float) -> None:
        if not seconds:
            return
        loop = asyncio.get_running_loop()
        self._set(left, right)
        start = loop.time()
        self._halted = loop.create_future()
        waited: set[asyncio.Future[Any]] = {self.kit.lost, self._halted}
        try:
            timeout = start + seconds - loop.time()
            await asyncio.wait(waited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if self.kit.lost.done():
                raise self.kit.lost.result()
            if self._halted.done():
                raise Stopped()
        finally:
            self.halt()
        await asyncio.sleep(COAST)

    def _set(self, left: float, right: float) -> None:
        if self.held:
            raise Stopped()
        drive = self._part("drive", self.kit.profile.drive)
        self.left, self.right = left, right
        self._turn_bridge(drive.left, left, drive.right, right)
        self.kit.write_pwm(drive.left.pwm, abs(left))
        self.kit.write_pwm(drive.right.pwm, abs(right))

    def _turn_bridge(self, first: Motor, left: float, second: Motor, right: float) -> None:
        self.kit.write_digital(
            {
                first.forward: left > 0,
                first.backward: left < 0,
                second.forward: right > 0,
                second.backward: right < 0,
            }
        )

    async def stop(self) -> None:
        self.halt()

    def halt(self) -> None:
        """Motors off, without waiting for anything."""
        self.left = self.right = 0.0
        self.kit.stop()
        if self._halted and not self._halted.done():
            self._halted.set_result(None)

    async def distance(self) -> float:
        """Centimetres to what is ahead; the farthest the sensor can see when there is nothing."""
        gauge = self._part("distance", self.kit.profile.distance)
        return _value(gauge, await self.kit.fresh_analog(gauge.pin))

    async def led(self, on: object = True) -> None:
        pin = self._part("led", self.kit.profile.led)
        self.lit = bool(on)
        self.kit.write_digital({pin: self.lit})

    async def battery(self) -> float:
        """Volts."""
        gauge = self._part("battery", self.kit.profile.battery)
        return round(_value(gauge, await self.kit.fresh_analog(gauge.pin)) / 1000, 2)

    def last_distance(self) -> float | None:
        """Centimetres by the last reading; None without a sensor or before it spoke."""
        return self._last(self.kit.profile.distance)

    def last_battery(self) -> int | None:
        """Millivolts by the last reading."""
        value = self._last(self.kit.profile.battery)
        return None if value is None else round(value)

    def _last(self, gauge: Gauge | None) -> float | None:
        steps = self.kit.analog(gauge.pin) if gauge else None
        return None if gauge is None or steps is None else _value(gauge, steps)


def _value(gauge: Gauge, steps: int) -> float:
    return round(min(gauge.most, steps * gauge.per_step), 1)


def _number(name: str, value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadValue(name=name, value=repr(value), low=f"{low:g}", high=f"{high:g}")
    return float(value)
