"""Bytes from an agent, hostile ones too: read whole, or refused with a sentence that names the field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zerek.base.errors import Refused, TooLarge, ZerekError
from zerek.modules.kits import frames

GOOD: dict[str, Any] = {
    "session": "s",
    "seq": 3,
    "kits": [
        {
            "kit": "k",
            "name": "Жинақ",
            "profile": "uno-chassis",
            "state": "ready",
            "firmware": "StandardFirmata 2.5",
            "on_board_stop": False,
            "battery_mv": None,
            "supply": "usb",
            "last_word": "",
            "telemetry": {"distance_cm": 41, "left": 0.5, "led": True, "tilt": "unknown"},
        }
    ],
    "output": [{"run": "r", "seq": 0, "stream": "stdout", "text": "сәлем"}],
    "ended": [{"run": "r", "reason": "finished", "detail": "", "exit": 0}],
    "stopped": [{"kit": None, "at": "2026-11-23T09:00:00Z"}],
}


def with_(path: str, value: object) -> bytes:
    """The good frame with one field changed: ``kits.0.state``."""
    frame = json.loads(json.dumps(GOOD))
    *way, last = path.split(".")
    place = frame
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return json.dumps(frame).encode()


def test_a_frame_is_read_as_it_was_meant() -> None:
    frame = frames.read(json.dumps(GOOD).encode())
    assert frame.seq == 3
    assert frame.kits[0].telemetry == {"distance_cm": 41.0, "left": 0.5, "led": True}
    assert frame.output[0].text == "сәлем"
    assert frame.ended[0].exit_code == 0
    assert frame.stopped[0].key is None
    assert frame.stopped[0].at.utcoffset() is not None


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("session", "", "frame.session"),
        ("session", 7, "frame.session"),
        ("seq", -1, "frame.seq"),
        ("seq", True, "frame.seq"),
        ("seq", 2**40, "frame.seq"),
        ("kits", {}, "frame.kits"),
        ("kits", [None], "kits[0]"),
        ("kits.0.kit", "k" * 121, "kits[0].kit"),
        ("kits.0.state", "flying", "kits[0].state"),
        ("kits.0.supply", ["usb"], "kits[0].supply"),
        ("kits.0.battery_mv", "full", "kits[0].battery_mv"),
        ("kits.0.on_board_stop", 1, "kits[0].on_board_stop"),
        ("kits.0.telemetry", [1], "kits[0].telemetry"),
        ("kits.0.telemetry", {"left": "fast"}, "telemetry.left"),
        ("kits.0.telemetry", {"distance_cm": 1e9}, "telemetry.distance_cm"),
        ("output.0.stream", "stdin", "output[0].stream"),
        ("output.0.text", None, "output[0].text"),
        ("ended.0.reason", "tired", "ended[0].reason"),
        ("ended.0.exit", "0", "ended[0].exit"),
        ("stopped.0.at", "yesterday", "stopped[0].at"),
    ],
)
def test_a_field_that_is_not_what_it_should_be_is_named(path: str, value: object, named: str) -> None:
    with pytest.raises(Refused) as refusal:
        frames.read(with_(path, value))
    assert named in str(refusal.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{",
        b"[" * 100_000,
        b'{"seq": NaN}',
        b'{"seq": ' + b"9" * 5000 + b"}",
    ],
    ids=range(8),
)
def test_what_is_no_frame_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        frames.read(body)


def test_a_frame_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        frames.read(b" " * (frames.LARGEST_FRAME + 1))


def test_more_kits_than_a_room_can_hold_are_refused() -> None:
    with pytest.raises(Refused):
        frames.read(with_("kits", GOOD["kits"] * (frames.MOST_KITS + 1)))


@pytest.mark.parametrize("hostile", [r"a\u0000b", r"a\ud800b"])
def test_text_that_no_database_keeps_is_made_harmless(hostile: str) -> None:
    body = json.dumps(GOOD, ensure_ascii=False).replace("сәлем", hostile).encode()
    assert frames.read(body).output[0].text == "a?b"


def _deeper(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    names = st.sampled_from([*GOOD, *GOOD["kits"][0]])
    return st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), _deeper, max_leaves=20)
)
def test_whatever_json_comes_it_is_read_or_refused(raw: object) -> None:
    try:
        frame = frames.read(json.dumps(raw).encode())
    except ZerekError as refusal:
        sentence = str(refusal)
    else:
        sentence = frame.agent_run
    assert sentence
