"""Cuts a stream of Firmata bytes into messages and finds its feet again after noise; knows no port and no clock.

Source: the Firmata protocol 2.x. A command byte is >= 0x80, data bytes are < 0x80, so any command byte inside a
message can only be the start of the next one. How many data bytes follow depends on who is speaking: the host
asks for the version with a bare F9, the board answers F9 with two bytes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

START_SYSEX = 0xF0
END_SYSEX = 0xF7
LONGEST_SYSEX = 512

DIGITAL = 0x90
REPORT_ANALOG = 0xC0
REPORT_DIGITAL = 0xD0
ANALOG = 0xE0
SET_PIN_MODE = 0xF4
SET_PIN = 0xF5
VERSION = 0xF9
RESET = 0xFF

FROM_BOARD: Mapping[int, int] = {DIGITAL: 2, ANALOG: 2, VERSION: 2}
FROM_HOST: Mapping[int, int] = {
    DIGITAL: 2, ANALOG: 2, REPORT_ANALOG: 1, REPORT_DIGITAL: 1, SET_PIN_MODE: 2, SET_PIN: 2, VERSION: 0, RESET: 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole message. `channel` is the low nibble of commands 0x90–0xEF; a sysex has its id as `command`."""

    command: int
    channel: int
    data: bytes
    sysex: bool = False


class Framer:
    """Bytes in, whole messages out. `noise` counts bytes that belonged to no message."""

    def __init__(self, lengths: Mapping[int, int]) -> None:
        # One entry for each of the 256 possible bytes: the number of data bytes, or -1 for "no such command".
        self._lengths = [-1] * 256
        for command, length in lengths.items():
            for byte in range(command, command + 16) if command < START_SYSEX else (command,):
                self._lengths[byte] = length
        self._status = 0
        self._data = bytearray()
        self.noise = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Every message that these bytes complete; an unfinished one waits for the next call."""
        for byte in data:
            if byte < 0x80:
                frame = self._data_byte(byte)
            elif byte == END_SYSEX:
                frame = self._end()
            else:
                frame = self._start(byte)
            if frame is not None:
                yield frame

    def _start(self, byte: int) -> Frame | None:
        self._drop()
        length = 1 if byte == START_SYSEX else self._lengths[byte]
        if length < 0:
            self.noise += 1
            return None
        if length == 0:
            return Frame(byte, 0, b"")
        self._status = byte
        return None

    def _data_byte(self, byte: int) -> Frame | None:
        if not self._status:
            self.noise += 1
            return None
        self._data.append(byte)
        if self._status == START_SYSEX:
            if len(self._data) > LONGEST_SYSEX:
                self._drop()
            return None
        if len(self._data) < self._lengths[self._status]:
            return None
        status, data = self._status, bytes(self._data)
        self._forget()
        return Frame(status, 0, data) if status >= START_SYSEX else Frame(status & 0xF0, status & 0x0F, data)

    def _end(self) -> Frame | None:
        if self._status != START_SYSEX or not self._data:
            self._drop()
            self.noise += 1
            return None
        data = bytes(self._data)
        self._forget()
        return Frame(data[0], 0, data[1:], sysex=True)

    def _drop(self) -> None:
        if self._status:
            self.noise += 1 + len(self._data)
        self._forget()

    def _forget(self) -> None:
        self._status = 0
        self._data.clear()


def split14(value: int) -> bytes:
    """A number 0–16383 as two seven-bit bytes, low one first."""
    if not 0 <= value <= 0x3FFF:
        raise ValueError(f"{value} does not fit into 14 bits")
    return bytes((value & 0x7F, value >> 7))


def join14(low: int, high: int) -> int:
    """The number that `split14` took apart."""
    return low | high << 7


def split_text(text: str) -> bytes:
    """A text as pairs of seven-bit bytes, the way Firmata carries names."""
    return b"".join(split14(byte) for byte in text.encode())


def join_text(data: bytes) -> str:
    """The text of such pairs; a lone last byte is ignored, what is not UTF-8 becomes a replacement mark."""
    pairs = zip(data[::2], data[1::2], strict=False)
    return bytes(join14(low, high) & 0xFF for low, high in pairs).decode(errors="replace")
