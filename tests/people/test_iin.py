"""Identity numbers by the rule, and demo numbers that nobody can hold."""

from datetime import date

import pytest

from zerek.base.errors import Refused
from zerek.modules.people import iin


@pytest.mark.parametrize(
    ("eleven", "control"), [("12091550123", 8), ("15032362345", 0), ("10010150031", None)]
)
def test_the_control_digit(eleven: str, control: int | None) -> None:
    if control is not None:
        assert iin.control_digit(eleven) == control
        iin.check(f"{eleven}{control}")
    else:
        assert iin.control_digit(eleven) is not None, "the second pass gives one"


def test_a_number_that_is_never_issued() -> None:
    assert iin.control_digit("10010150030") is None


@pytest.mark.parametrize(
    "number", ["", "12091550123", "120915501239", "12091550123x", "１２０９１５５０１２３８"]
)
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(Refused):
        iin.check(number)


def test_a_birthday_that_disagrees_is_refused() -> None:
    with pytest.raises(Refused):
        iin.check("120915501238", born=date(2012, 9, 16))
    iin.check("120915501238", born=date(2012, 9, 15))


@pytest.mark.parametrize("serial", range(40))
def test_a_demo_number_is_right_and_belongs_to_nobody_living(serial: int) -> None:
    number = iin.demo_number(date(2013, 4, 5), serial, male=bool(serial % 2))
    iin.check(number)
    assert 60 <= int(number[:2]) <= 99
    assert number[6] in "56"
