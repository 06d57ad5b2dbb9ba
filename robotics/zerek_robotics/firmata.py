"""Firmata 2.x as the host speaks it: bytes of a board in, events out; commands out as bytes. No port, no clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from zerek_robotics import framing
from zerek_robotics.framing import Frame, Framer, join14, join_text, split14

CAPABILITY_QUERY, CAPABILITIES = 0x6B, 0x6C
PIN_STATE_QUERY, PIN_STATE = 0x6D, 0x6E
ANALOG_MAPPING_QUERY, ANALOG_MAPPING = 0x69, 0x6A
EXTENDED_ANALOG, TEXT, FIRMWARE, SAMPLING_INTERVAL = 0x6F, 0x71, 0x79, 0x7A
NO_CHANNEL = 0x7F
USER_SYSEX = range(0x01, 0x10)  # the range that the protocol leaves to kits


class Mode(IntEnum):
    """What a pin can do; the numbers are the protocol's."""

    INPUT = 0x00
    OUTPUT = 0x01
    ANALOG = 0x02
    PWM = 0x03
    SERVO = 0x04
    I2C = 0x06
    PULLUP = 0x0B


@dataclass(frozen=True, slots=True)
class Version:
    """Which protocol the board speaks."""

    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class Firmware:
    """What program the board runs."""

    name: str
    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.name.removesuffix('.ino').removesuffix('.cpp')} {self.major}.{self.minor}"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """For each pin: mode number -> resolution in bits."""

    pins: tuple[Mapping[int, int], ...]


@dataclass(frozen=True, slots=True)
class AnalogMapping:
    """For each pin its analog channel, or None."""

    channels: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class PinState:
    """The mode a pin is in and the value last written to it."""

    pin: int
    mode: int
    value: int


@dataclass(frozen=True, slots=True)
class AnalogValue:
    """One sample of an analog channel (0–1023 on an Uno)."""

    channel: int
    value: int


@dataclass(frozen=True, slots=True)
class DigitalPort:
    """Eight pins of a port at once; bit 0 is pin `port * 8`."""

    port: int
    mask: int


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence of the firmware, usually a complaint."""

    text: str


@dataclass(frozen=True, slots=True)
class UserSysex:
    """A message in the range that kits may use as they like."""

    command: int
    data: bytes


Event = (
    Version
    | Firmware
    | Capabilities
    | AnalogMapping
    | PinState
    | AnalogValue
    | DigitalPort
    | Text
    | UserSysex
)


class Decoder:
    """Bytes of a board in, events out. `noise` and `unknown` count what could not be understood."""

    def __init__(self) -> None:
        self._framer = Framer(framing.FROM_BOARD)
        self.unknown = 0

    @property
    def noise(self) -> int:
        return self._framer.noise

    def feed(self, data: bytes) -> Iterator[Event]:
        for frame in self._framer.feed(data):
            event = _read_sysex(frame) if frame.sysex else _read_short(frame)
            if event is None:
                self.unknown += 1
            else:
                yield event


def _read_short(frame: Frame) -> Event | None:
    low, high = frame.data
    if frame.command == framing.ANALOG:
        return AnalogValue(frame.channel, join14(low, high))
    if frame.command == framing.DIGITAL:
        return DigitalPort(frame.channel, join14(low, high) & 0xFF)
    return Version(low, high)


def _read_sysex(frame: Frame) -> Event | None:
    command, data = frame.command, frame.data
    if command == FIRMWARE and len(data) >= 2:
        return Firmware(join_text(data[2:]), data[0], data[1])
    if command == CAPABILITIES and data.endswith(b"\x7f"):
        return _read_capabilities(data)
    if command == ANALOG_MAPPING:
        return AnalogMapping(tuple(None if byte == NO_CHANNEL else byte for byte in data))
    if command == PIN_STATE and len(data) >= 3:
        value = sum(byte << 7 * place for place, byte in enumerate(data[2:]))
        return PinState(data[0], data[1], value)
    if command == EXTENDED_ANALOG and len(data) >= 2:
        return AnalogValue(data[0], sum(byte << 7 * place for place, byte in enumerate(data[1:])))
    if command == TEXT:
        return Text(join_text(data))
    if command in USER_SYSEX:
        return UserSysex(command, data)
    return None


def _read_capabilities(data: bytes) -> Capabilities | None:
    pins = []
    for part in data[:-1].split(b"\x7f"):
        if len(part) % 2:
            return None
        pins.append(dict(zip(part[::2], part[1::2], strict=True)))
    return Capabilities(tuple(pins))


def sysex(command: int, data: bytes = b"") -> bytes:
    return bytes((framing.START_SYSEX, command, *data, framing.END_SYSEX))


def ask_version() -> bytes:
    return bytes((framing.VERSION,))


def ask_firmware() -> bytes:
    return sysex(FIRMWARE)


def ask_capabilities() -> bytes:
    return sysex(CAPABILITY_QUERY)


def ask_analog_mapping() -> bytes:
    return sysex(ANALOG_MAPPING_QUERY)


def ask_pin_state(pin: int) -> bytes:
    return sysex(PIN_STATE_QUERY, bytes((_seven_bits(pin),)))


def reset() -> bytes:
    """All outputs off, all reports off, pins as after power-on."""
    return bytes((framing.RESET,))


def set_mode(pin: int, mode: Mode) -> bytes:
    return bytes((framing.SET_PIN_MODE, _seven_bits(pin), mode))


def write_port(port: int, mask: int) -> bytes:
    """Eight output pins at once. Bits of input pins must be 0: a 1 would switch their pull-up on."""
    return bytes((framing.DIGITAL | _nibble(port),)) + split14(mask)


def write_analog(pin: int, value: int) -> bytes:
    """A PWM or servo value; pins above 15 need the longer message."""
    if pin < 16:
        return bytes((framing.ANALOG | pin,)) + split14(value)
    return sysex(EXTENDED_ANALOG, bytes((_seven_bits(pin),)) + split14(value))


def report_analog(channel: int, on: bool = True) -> bytes:
    return bytes((framing.REPORT_ANALOG | _nibble(channel), on))


def report_digital(port: int, on: bool = True) -> bytes:
    return bytes((framing.REPORT_DIGITAL | _nibble(port), on))


def set_sampling_interval(milliseconds: int) -> bytes:
    return sysex(SAMPLING_INTERVAL, split14(milliseconds))


def _nibble(value: int) -> int:
    if not 0 <= value <= 15:
        raise ValueError(f"{value} is not a channel or port 0–15")
    return value


def _seven_bits(value: int) -> int:
    if not 0 <= value <= 127:
        raise ValueError(f"{value} is not a pin 0–127")
    return value
