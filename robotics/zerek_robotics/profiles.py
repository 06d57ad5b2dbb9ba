"""Kit profiles: what a chassis has and on which pins, read from YAML and checked against what the board can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from zerek_robotics.errors import ProfileFault, WrongBoard
from zerek_robotics.firmata import AnalogMapping, Capabilities, Mode


@dataclass(frozen=True, slots=True)
class Motor:
    """An H-bridge channel: speed on a PWM pin, direction on two plain pins."""

    pwm: int
    forward: int
    backward: int


@dataclass(frozen=True, slots=True)
class Drive:
    """Two wheels. `full_speed` is a wheel's cm/s at full duty, `track` the cm between the wheels."""

    left: Motor
    right: Motor
    full_speed: float
    track: float
    straight_duty: float
    turn_duty: float


@dataclass(frozen=True, slots=True)
class Gauge:
    """An analog input: reading × `per_step` is the value (cm, or millivolts)."""

    pin: int
    per_step: float
    most: float


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of kit. A part that the kit has not is None."""

    name: str
    title: Mapping[str, str]
    bauds: int
    supply: str
    drive: Drive | None
    distance: Gauge | None
    battery: Gauge | None
    led: int | None

    @property
    def parts(self) -> list[str]:
        return [part for part in ("drive", "distance", "led", "battery") if getattr(self, part) is not None]

    def modes(self) -> dict[int, Mode]:
        """Which mode each used pin has to be in."""
        modes: dict[int, Mode] = {}
        if self.drive:
            for motor in (self.drive.left, self.drive.right):
                modes |= {motor.pwm: Mode.PWM, motor.forward: Mode.OUTPUT, motor.backward: Mode.OUTPUT}
        for gauge in (self.distance, self.battery):
            if gauge:
                modes[gauge.pin] = Mode.ANALOG
        if self.led is not None:
            modes[self.led] = Mode.OUTPUT
        return modes

    def check(self, capabilities: Capabilities, mapping: AnalogMapping) -> None:
        """Refuses a board whose pins cannot do what the profile asks of them."""
        for pin, mode in self.modes().items():
            able = pin < len(capabilities.pins) and mode in capabilities.pins[pin]
            if mode is Mode.ANALOG:
                able = able and pin < len(mapping.channels) and mapping.channels[pin] is not None
            if not able:
                raise WrongBoard(profile=self.name, pin=pin, mode=mode.name)


def shipped() -> list[str]:
    """The names of the profiles that come with the library."""
    folder = files("zerek_robotics").joinpath("kits")
    return sorted(
        entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")
    )


def load(name: str) -> Profile:
    """A shipped profile by its name."""
    if name not in shipped():
        raise ProfileFault(profile=name, reason="no such profile; there are: " + ", ".join(shipped()))
    return parse(name, files("zerek_robotics").joinpath("kits", f"{name}.yaml").read_text("utf-8"))


def parse(name: str, text: str) -> Profile:
    """A profile from its YAML; a fault is named by its key."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise ProfileFault(profile=name, reason=str(fault)) from fault
    if not isinstance(raw, dict):
        raise ProfileFault(profile=name, reason="it is not a set of keys")
    unknown = set(raw) - {"title", "board", "bauds", "supply", "drive", "distance", "battery", "led"}
    if unknown:
        raise ProfileFault(profile=name, reason="unknown keys: " + ", ".join(sorted(map(str, unknown))))
    try:
        return _build(name, raw)
    except KeyError as missing:
        raise ProfileFault(profile=name, reason=f"{missing.args[0]} is missing") from missing
    except (TypeError, ValueError) as fault:
        raise ProfileFault(profile=name, reason=str(fault)) from fault


def _build(name: str, raw: Mapping[str, Any]) -> Profile:
    supply = raw.get("supply", "battery")
    if supply not in ("battery", "usb"):
        raise ValueError("supply must be battery or usb")
    return Profile(
        name=name,
        title=dict(raw["title"]),
        bauds=int(raw.get("bauds", 57600)),
        supply=supply,
        drive=_drive(raw["drive"]) if "drive" in raw else None,
        distance=_gauge(raw["distance"], "cm_per_step", "most_cm") if "distance" in raw else None,
        battery=_gauge(raw["battery"], "mv_per_step", "most_mv") if "battery" in raw else None,
        led=int(raw["led"]) if "led" in raw else None,
    )


def _drive(raw: Mapping[str, Any]) -> Drive:
    drive = Drive(
        left=_motor(raw["left"]),
        right=_motor(raw["right"]),
        full_speed=float(raw["full_speed_cm_s"]),
        track=float(raw["track_cm"]),
        straight_duty=float(raw["straight_duty"]),
        turn_duty=float(raw["turn_duty"]),
    )
    if not (drive.full_speed > 0 and drive.track > 0):
        raise ValueError("full_speed_cm_s and track_cm must be above 0")
    if not (0 < drive.straight_duty <= 1 and 0 < drive.turn_duty <= 1):
        raise ValueError("straight_duty and turn_duty must be above 0 and at most 1")
    return drive


def _motor(raw: Mapping[str, Any]) -> Motor:
    return Motor(int(raw["pwm"]), int(raw["forward"]), int(raw["backward"]))


def _gauge(raw: Mapping[str, Any], scale: str, most: str) -> Gauge:
    return Gauge(int(raw["pin"]), float(raw[scale]), float(raw[most]))
