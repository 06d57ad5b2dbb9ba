"""The words of Firmata: what a board says is understood, however it is cut and whatever noise is around it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zerek_robotics import firmata
from zerek_robotics.board import Board, uno_pins
from zerek_robotics.firmata import AnalogValue, Decoder, DigitalPort, Event, Firmware, Mode, PinState, Version

VERSION = b"\xf9\x02\x05"
ANALOG = b"\xe3\x00\x04"  # channel 3, 512
FIRMWARE = bytes.fromhex("f0790205 5a006b007500 f7")

VECTORS: list[tuple[bytes, Event]] = [
    (VERSION, Version(2, 5)),
    (ANALOG, AnalogValue(3, 512)),
    (b"\x90\x08\x00", DigitalPort(0, 8)),
    (b"\x91\x00\x01", DigitalPort(1, 128)),
    (FIRMWARE, Firmware("Zku", 2, 5)),
    (bytes.fromhex("f06a 7f7f0001 f7"), firmata.AnalogMapping((None, None, 0, 1))),
    (bytes.fromhex("f06c 7f 00010101 7f 020a 7f f7"), firmata.Capabilities(({}, {0: 1, 1: 1}, {2: 10}))),
    (bytes.fromhex("f06e 05 03 7f01 f7"), PinState(5, 3, 255)),
    (bytes.fromhex("f06f 14 0004 f7"), AnalogValue(20, 512)),
    (bytes.fromhex("f071 4f006b00 f7"), firmata.Text("Ok")),
    (bytes.fromhex("f00f 0102 f7"), firmata.UserSysex(0x0F, b"\x01\x02")),
]
ALL = b"".join(data for data, _ in VECTORS)
EVENTS = [event for _, event in VECTORS]


@pytest.mark.parametrize(("data", "event"), VECTORS, ids=lambda value: type(value).__name__)
def test_each_thing_a_board_can_say_is_understood(data: bytes, event: Event) -> None:
    assert list(Decoder().feed(data)) == [event]


def test_a_message_may_come_in_pieces_cut_at_any_byte() -> None:
    for cut in range(len(ALL) + 1):
        decoder = Decoder()
        assert [*decoder.feed(ALL[:cut]), *decoder.feed(ALL[cut:])] == EVENTS
        assert decoder.noise == 0


@given(st.lists(st.integers(0, len(ALL)), max_size=20))
def test_any_number_of_cuts_changes_nothing(cuts: list[int]) -> None:
    decoder, events, before = Decoder(), [], 0
    for cut in [*sorted(cuts), len(ALL)]:
        events += decoder.feed(ALL[before:cut])
        before = cut
    assert events == EVENTS


@given(st.binary(max_size=600))
@settings(max_examples=300)
def test_after_any_noise_the_second_message_at_the_latest_is_understood(noise: bytes) -> None:
    decoder = Decoder()
    list(decoder.feed(noise))
    # The first message may end an open sysex of the noise; the byte F9 itself starts anew.
    assert list(decoder.feed(VERSION + ANALOG))[-2:] == [Version(2, 5), AnalogValue(3, 512)]


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_noise_is_decoded_alike_however_it_is_cut(first: bytes, second: bytes) -> None:
    whole, parts = Decoder(), Decoder()
    together = list(whole.feed(first + second))
    assert [*parts.feed(first), *parts.feed(second)] == together
    assert (parts.noise, parts.unknown) == (whole.noise, whole.unknown)


@given(st.binary(max_size=600))
def test_a_board_survives_any_bytes_of_a_host(noise: bytes) -> None:
    board = Board(uno_pins(), lambda channel: 512)
    board.receive(noise)
    board.sample()
    assert board.receive(firmata.reset() + firmata.ask_version()) == VERSION


@pytest.mark.parametrize("cut_short", [b"\xe3\x00", b"\xf0\x79\x02", b"\xf9\x02", b"\xf0"])
def test_a_command_byte_inside_a_message_starts_a_new_one(cut_short: bytes) -> None:
    decoder = Decoder()
    assert list(decoder.feed(cut_short + ANALOG)) == [AnalogValue(3, 512)]
    assert decoder.noise == len(cut_short)


def test_a_message_that_never_ends_is_dropped_and_counted() -> None:
    decoder = Decoder()
    assert list(decoder.feed(b"\xf0\x71" + b"\x01" * 2000 + b"\xf7" + ANALOG)) == [AnalogValue(3, 512)]
    assert decoder.noise == 2003


def test_what_the_protocol_does_not_know_is_counted_and_passed_over() -> None:
    decoder = Decoder()
    assert list(decoder.feed(b"\xf0\x40\x01\xf7" + ANALOG)) == [AnalogValue(3, 512)]
    assert decoder.unknown == 1


def test_the_host_writes_what_the_protocol_says() -> None:
    assert firmata.set_mode(5, Mode.PWM) == b"\xf4\x05\x03"
    assert firmata.write_analog(5, 255) == b"\xe5\x7f\x01"
    assert firmata.write_analog(20, 255) == b"\xf0\x6f\x14\x7f\x01\xf7"
    assert firmata.write_port(1, 0b1010_0000) == b"\x91\x20\x01"
    assert firmata.report_analog(2) == b"\xc2\x01"
    assert firmata.report_digital(1, False) == b"\xd1\x00"
    assert firmata.set_sampling_interval(200) == b"\xf0\x7a\x48\x01\xf7"


@pytest.mark.parametrize(
    "call",
    [
        lambda: firmata.write_analog(5, 16384),
        lambda: firmata.write_port(16, 1),
        lambda: firmata.report_analog(-1),
        lambda: firmata.set_mode(128, Mode.INPUT),
    ],
)
def test_a_number_that_fits_into_no_message_is_refused(call: object) -> None:
    with pytest.raises(ValueError, match="not"):
        call()  # type: ignore[operator]
