"""A board with StandardFirmata on it, as a state machine: the host's bytes in, the board's bytes out; no port.

Follows StandardFirmata 2.5 on an Arduino Uno: its capability answer, its pins, its silence about what it does not
know. The tests hold it and the real firmware to the same conversation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zerek_robotics import firmata, framing
from zerek_robotics.firmata import Mode
from zerek_robotics.framing import Frame, Framer, join14, split14, split_text


@dataclass(frozen=True, slots=True)
class Pin:
    """What one pin can do (mode -> bits) and its analog channel, if it has one."""

    modes: dict[Mode, int]
    channel: int | None = None


def uno_pins() -> list[Pin]:
    """The twenty pins of an Uno: 0 and 1 are the serial line, 14–19 are A0–A5."""
    pins = [Pin({}), Pin({})]
    for number in range(2, 20):
        modes = {Mode.INPUT: 1, Mode.PULLUP: 1, Mode.OUTPUT: 1}
        if number >= 14:
            modes[Mode.ANALOG] = 10
        if number in (3, 5, 6, 9, 10, 11):
            modes[Mode.PWM] = 8
        modes[Mode.SERVO] = 14
        if number in (18, 19):
            modes[Mode.I2C] = 1
        pins.append(Pin(modes, number - 14 if number >= 14 else None))
    return pins


class Board:
    """`read_analog(channel)` gives 0–1023; `modes` and `values` are what the host has set, pin by pin."""

    def __init__(self, pins: Sequence[Pin], read_analog: Callable[[int], int]) -> None:
        self.pins = pins
        self._read_analog = read_analog
        self._framer = Framer(framing.FROM_HOST)
        self._sysex: dict[int, Callable[[bytes], bytes]] = {
            firmata.FIRMWARE: lambda data: self.firmware(),
            firmata.CAPABILITY_QUERY: lambda data: self._capabilities(),
            firmata.ANALOG_MAPPING_QUERY: lambda data: self._analog_mapping(),
            firmata.PIN_STATE_QUERY: self._pin_state,
            firmata.EXTENDED_ANALOG: self._extended_analog,
            firmata.SAMPLING_INTERVAL: self._set_interval,
        }
        self.reset()

    def reset(self) -> None:
        """Outputs off, reports off, analog pins listening: what FF does."""
        self.modes = [Mode.ANALOG if pin.channel is not None else Mode.OUTPUT for pin in self.pins]
        self.values = [0] * len(self.pins)
        self.interval = 0.019
        self._reported: set[int] = set()
        self._watched: dict[int, int] = {}

    def greeting(self) -> bytes:
        """What a board says by itself when it has started."""
        return self._version() + self.firmware()

    def firmware(self) -> bytes:
        return firmata.sysex(firmata.FIRMWARE, b"\x02\x05" + split_text("StandardFirmata.ino"))

    def _version(self) -> bytes:
        return bytes((framing.VERSION, 2, 5))

    def receive(self, data: bytes) -> bytes:
        """Takes the host's bytes and gives the board's answer."""
        return b"".join(self._obey(frame) for frame in self._framer.feed(data))

    def sample(self) -> bytes:
        """What the board reports once in every `interval`."""
        out = bytearray()
        for channel in sorted(self._reported):
            out += bytes((framing.ANALOG | channel,)) + split14(self._read_analog(channel))
        for port, before in self._watched.items():
            now = self._port(port)
            if now != before:
                self._watched[port] = now
                out += firmata.write_port(port, now)
        return bytes(out)

    def _obey(self, frame: Frame) -> bytes:
        if frame.sysex:
            answer = self._sysex.get(frame.command)
            return answer(frame.data) if answer else b""
        match frame.command:
            case framing.VERSION:
                return self._version()
            case framing.RESET:
                self.reset()
            case framing.SET_PIN_MODE:
                self._set_mode(frame.data[0], frame.data[1])
            case framing.SET_PIN:
                self._set_digital(frame.data[0], frame.data[1] & 1)
            case framing.DIGITAL:
                self._write_port(frame.channel, join14(*frame.data))
            case framing.ANALOG:
                self._set_analog(frame.channel, join14(*frame.data))
            case framing.REPORT_ANALOG:
                return self._report_analog(frame.channel, bool(frame.data[0]))
            case framing.REPORT_DIGITAL:
                return self._report_digital(frame.channel, bool(frame.data[0]))
        return b""

    def _set_mode(self, pin: int, mode: int) -> None:
        if pin < len(self.pins) and mode in self.pins[pin].modes:
            self.modes[pin] = Mode(mode)
            self.values[pin] = 0
            channel = self.pins[pin].channel
            if channel is not None and mode != Mode.ANALOG:
                self._reported.discard(channel)

    def _set_digital(self, pin: int, value: int) -> None:
        if pin < len(self.pins) and self.modes[pin] == Mode.OUTPUT and self.pins[pin].modes:
            self.values[pin] = value

    def _write_port(self, port: int, mask: int) -> None:
        for bit in range(8):
            self._set_digital(port * 8 + bit, mask >> bit & 1)

    def _set_analog(self, pin: int, value: int) -> None:
        if pin < len(self.pins) and self.modes[pin] in (Mode.PWM, Mode.SERVO):
            self.values[pin] = value

    def _report_analog(self, channel: int, on: bool) -> bytes:
        if not on or all(pin.channel != channel for pin in self.pins):
            self._reported.discard(channel)
            return b""
        self._reported.add(channel)
        return bytes((framing.ANALOG | channel,)) + split14(self._read_analog(channel))

    def _report_digital(self, port: int, on: bool) -> bytes:
        if not on or port * 8 >= len(self.pins):
            self._watched.pop(port, None)
            return b""
        self._watched[port] = self._port(port)
        return firmata.write_port(port, self._watched[port])

    def _port(self, port: int) -> int:
        """Nothing is wired to the digital inputs of the simulated kit: a pull-up reads 1, all else 0."""
        pins = range(port * 8, min(port * 8 + 8, len(self.pins)))
        return sum(1 << number % 8 for number in pins if self.modes[number] == Mode.PULLUP)

    def _capabilities(self) -> bytes:
        pairs = (bytes(n for mode, bits in pin.modes.items() for n in (mode, bits)) for pin in self.pins)
        return firmata.sysex(firmata.CAPABILITIES, b"".join(part + b"\x7f" for part in pairs))

    def _analog_mapping(self) -> bytes:
        channels = (firmata.NO_CHANNEL if pin.channel is None else pin.channel for pin in self.pins)
        return firmata.sysex(firmata.ANALOG_MAPPING, bytes(channels))

    def _pin_state(self, data: bytes) -> bytes:
        if not data or data[0] >= len(self.pins):
            return b""
        pin = data[0]
        value = self.values[pin]
        high = bytes((value >> 7,)) if value >> 7 else b""
        return firmata.sysex(firmata.PIN_STATE, bytes((pin, self.modes[pin], value & 0x7F)) + high)

    def _extended_analog(self, data: bytes) -> bytes:
        if len(data) > 1:
            self._set_analog(data[0], sum(byte << 7 * place for place, byte in enumerate(data[1:])))
        return b""

    def _set_interval(self, data: bytes) -> bytes:
        if len(data) == 2:
            self.interval = max(1, join14(*data)) / 1000
        return b""
