"""Certificate numbers: the check character, and what it finds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zerek.modules.courses.api import numbers


@given(st.text(numbers.ALPHABET, min_size=1, max_size=20))
def test_the_check_character_follows_iso_7064(plain: str) -> None:
    whole = plain + numbers.check_character(plain)
    product = 36
    for letter in whole[:-1]:
        product = ((product + numbers.ALPHABET.index(letter)) % 36 or 36) * 2 % 37
    assert (product + numbers.ALPHABET.index(whole[-1])) % 36 == 1


def test_the_check_character_of_the_standards_own_example() -> None:
    assert numbers.check_character("A12425GABC1234002") == "M"


@given(st.integers(2020, 2099), st.integers(0, 999_999), st.data())
def test_every_single_slip_is_found(year: int, serial: int, data: st.DataObject) -> None:
    plain = numbers.write("ZRK", year, serial).replace("-", "")
    place = data.draw(st.integers(0, len(plain) - 1))
    other = data.draw(st.sampled_from(numbers.ALPHABET).filter(lambda letter: letter != plain[place]))
    assert not numbers.is_sound(plain[:place] + other + plain[place + 1 :])


def test_of_neighbours_that_changed_places_ninety_nine_percent_are_found() -> None:
    found = []
    for serial in range(0, 100_000, 97):
        plain = numbers.write("ZRK", 2026, serial).replace("-", "")
        for left, (first, second) in enumerate(pairwise(plain)):
            if first != second:
                found.append(not numbers.is_sound(plain[:left] + second + first + plain[left + 2 :]))
    assert sum(found) * 100 >= len(found) * 99, f"{sum(found)} of {len(found)}"


@given(st.text(max_size=80))
def test_whatever_is_typed_the_check_answers(typed: str) -> None:
    number = numbers.tidy(typed)
    assert number is None or isinstance(numbers.is_sound(number), bool)
