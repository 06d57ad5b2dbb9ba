"""What an agent may say in one frame, read from bytes that may be hostile: sizes capped, kinds checked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from zerek.base.errors import Refused, TooLarge
from zerek.base.text import N_

# An agent that was cut off for a lesson brings all of it at once: bounds keep the house up, not the agent small.
LARGEST_FRAME = 8 * 1024 * 1024  # bytes
MOST_KITS = 60
MOST_OF_ALL = 100_000  # output pieces, endings or stops in one frame
LONGEST_PIECE = 70_000  # characters of one piece of output
GREATEST = 2**31 - 1
STATES = frozenset({"ready", "booting", "running", "lost", "absent"})
REASONS = frozenset({"finished", "stopped", "failed", "timeout", "lost", "limit"})

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class KitWord:
    """How one kit is. ``telemetry``: distance_cm, left, right (-1…1), led; what the kit has not is left out."""

    key: str
    name: str
    profile: str
    state: str
    firmware: str
    on_board_stop: bool
    battery_mv: int | None
    supply: str
    last_word: str
    telemetry: Mapping[str, float | bool]


@dataclass(frozen=True)
class Piece:
    run: str
    seq: int
    stream: str
    text: str


@dataclass(frozen=True)
class Ending:
    run: str
    reason: str
    detail: str
    exit_code: int | None


@dataclass(frozen=True)
class Stopped:
    """A kit, or with no key the whole room, stands still since then."""

    key: str | None
    at: datetime


@dataclass(frozen=True)
class Frame:
    agent_run: str
    seq: int
    kits: tuple[KitWord, ...]
    output: tuple[Piece, ...]
    ended: tuple[Ending, ...]
    stopped: tuple[Stopped, ...]


def read(body: bytes) -> Frame:
    """The frame in these bytes. Raises TooLarge or Refused; nothing is taken from a frame with a fault in it."""
    if len(body) > LARGEST_FRAME:
        raise TooLarge(N_("A frame has at most %(n)s bytes."), n=LARGEST_FRAME)
    try:
        raw = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused(N_("This frame is not JSON.")) from None
    words = _Words(raw, "frame")
    return Frame(
        agent_run=words.line("session", 64),
        seq=words.count("seq"),
        kits=words.things("kits", _kit, MOST_KITS),
        output=words.things("output", _piece, MOST_OF_ALL),
        ended=words.things("ended", _ending, MOST_OF_ALL),
        stopped=words.things("stopped", _stopped, MOST_OF_ALL),
    )


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _kit(words: _Words) -> KitWord:
    battery = words.raw.get("battery_mv")
    telemetry = _Words(words.raw.get("telemetry") or {}, f"{words.place}.telemetry")
    return KitWord(
        key=words.line("kit", 120),
        name=words.line("name", 120),
        profile=words.line("profile", 60, least=0),
        state=words.one_of("state", STATES),
        firmware=words.line("firmware", 120, least=0),
        on_board_stop=words.flag("on_board_stop"),
        battery_mv=None if battery is None else words.count("battery_mv"),
        supply=words.one_of("supply", frozenset({"battery", "usb"})),
        last_word=words.text("last_word", 500),
        telemetry=telemetry.numbers(("distance_cm", "left", "right"), ("led",)),
    )


def _piece(words: _Words) -> Piece:
    stream = words.one_of("stream", frozenset({"stdout", "stderr"}))
    return Piece(words.line("run", 64), words.count("seq"), stream, words.text("text", LONGEST_PIECE))


def _ending(words: _Words) -> Ending:
    code = words.raw.get("exit")
    whole = code is None or (type(code) is int and abs(code) <= GREATEST)
    if not whole:
        raise words.fault("exit")
    return Ending(words.line("run", 64), words.one_of("reason", REASONS), words.text("detail", 4000), code)


def _stopped(words: _Words) -> Stopped:
    key = None if words.raw.get("kit") is None else words.line("kit", 120)
    try:
        at = datetime.fromisoformat(words.line("at", 40))
    except ValueError:
        raise words.fault("at") from None
    return Stopped(key, at if at.tzinfo else at.replace(tzinfo=UTC))


class _Words:
    """One JSON object of a frame, asked for its fields; a fault names the field by its path."""

    def __init__(self, raw: object, place: str) -> None:
        self.place = place
        if not isinstance(raw, Mapping):
            raise Refused(N_("%(place)s is not an object."), place=place)
        self.raw: Mapping[str, Any] = raw

    def fault(self, name: str) -> Refused:
        return Refused(
            N_("%(place)s.%(name)s is missing or not what it should be."), place=self.place, name=name
        )

    def text(self, name: str, most: int) -> str:
        """Any text, cut to size; what no database keeps (NUL, half a surrogate) becomes a question mark."""
        value = self.raw.get(name, "")
        if not isinstance(value, str):
            raise self.fault(name)
        return value[:most].replace("\x00", "?").encode("utf-8", "replace").decode()

    def line(self, name: str, most: int, least: int = 1) -> str:
        """A short text that means something: never cut, a fault when it is too long."""
        value = self.text(name, most + 1)
        if not least <= len(value) <= most:
            raise self.fault(name)
        return value

    def one_of(self, name: str, known: frozenset[str]) -> str:
        value = self.raw.get(name)
        if not isinstance(value, str) or value not in known:
            raise self.fault(name)
        return value

    def count(self, name: str) -> int:
        value = self.raw.get(name)
        if type(value) is not int or not 0 <= value <= GREATEST:
            raise self.fault(name)
        return value

    def flag(self, name: str) -> bool:
        value = self.raw.get(name, False)
        if not isinstance(value, bool):
            raise self.fault(name)
        return value

    def numbers(self, numeric: tuple[str, ...], flags: tuple[str, ...]) -> dict[str, float | bool]:
        """The known fields that are there; unknown ones are passed over: a newer kit may measure more."""
        found: dict[str, float | bool] = {}
        for name in numeric:
            value = self.raw.get(name)
            if value is None:
                continue
            if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > 1e6:
                raise self.fault(name)
            found[name] = float(value)
        for name in flags:
            if self.raw.get(name) is not None:
                found[name] = self.flag(name)
        return found

    def things(self, name: str, read_one: Callable[[_Words], Thing], most: int) -> tuple[Thing, ...]:
        value = self.raw.get(name, [])
        if not isinstance(value, list) or len(value) > most:
            raise self.fault(name)
        return tuple(read_one(_Words(one, f"{name}[{number}]")) for number, one in enumerate(value))
