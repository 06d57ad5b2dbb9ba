"""Kit profiles: a chassis is data; a fault in it is named; a board that cannot do it is refused."""

import pytest

from zerek_robotics import firmata, profiles
from zerek_robotics.board import Board, uno_pins
from zerek_robotics.errors import ProfileFault, WrongBoard
from zerek_robotics.firmata import AnalogMapping, Capabilities, Decoder, Mode

GOOD = """
title: {kk: Арба, ru: Тележка, en: Cart}
drive:
  left: {pwm: 5, forward: 4, backward: 2}
  right: {pwm: 6, forward: 7, backward: 8}
  full_speed_cm_s: 40
  track_cm: 13
  straight_duty: 0.5
  turn_duty: 0.3
"""


def said_by_an_uno() -> tuple[Capabilities, AnalogMapping]:
    board = Board(uno_pins(), lambda channel: 0)
    answer = board.receive(firmata.ask_capabilities() + firmata.ask_analog_mapping())
    capabilities, mapping = Decoder().feed(answer)
    assert isinstance(capabilities, Capabilities)
    assert isinstance(mapping, AnalogMapping)
    return capabilities, mapping


@pytest.mark.parametrize("name", profiles.shipped())
def test_every_shipped_profile_fits_its_board_and_has_a_title_in_three_languages(name: str) -> None:
    profile = profiles.load(name)
    profile.check(*said_by_an_uno())
    assert set(profile.title) == {"kk", "ru", "en"}
    assert "drive" in profile.parts


def test_a_profile_that_asks_too_much_of_a_pin_is_refused_with_the_pin() -> None:
    profile = profiles.parse("cart", GOOD.replace("pwm: 5", "pwm: 12"))
    with pytest.raises(WrongBoard) as refused:
        profile.check(*said_by_an_uno())
    assert (
        refused.value.in_language("en")
        == "This board does not fit the profile “cart”: pin 12 cannot work as PWM."
    )


def test_a_pin_without_an_analog_channel_cannot_be_a_sensor() -> None:
    profile = profiles.parse("cart", GOOD + "distance: {pin: 3, cm_per_step: 0.3, most_cm: 300}")
    assert profile.modes()[3] is Mode.ANALOG
    with pytest.raises(WrongBoard):
        profile.check(*said_by_an_uno())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("- just\n- a list", "not a set of keys"),
        ("title: {en: [", "while parsing"),
        (GOOD + "wings: 2", "unknown keys: wings"),
        (GOOD.replace("  track_cm: 13\n", ""), "track_cm is missing"),
        (GOOD.replace("straight_duty: 0.5", "straight_duty: 1.5"), "at most 1"),
        (GOOD.replace("full_speed_cm_s: 40", "full_speed_cm_s: 0"), "above 0"),
        (GOOD.replace("pwm: 5", "pwm: five"), "five"),
        (GOOD + "supply: sun", "battery or usb"),
    ],
)
def test_a_fault_in_a_profile_is_named(text: str, named: str) -> None:
    with pytest.raises(ProfileFault) as refused:
        profiles.parse("cart", text)
    assert named in refused.value.in_language("en")


def test_a_profile_that_is_not_shipped_is_refused_with_the_list() -> None:
    with pytest.raises(ProfileFault) as refused:
        profiles.load("../secrets")
    assert "uno-chassis" in refused.value.in_language("ru")
