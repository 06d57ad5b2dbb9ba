"""Identity numbers (ЖСН): twelve digits with a control digit, by government resolution No. 406 of 2007-05-22."""

from __future__ import annotations

from datetime import date

from zerek.base.errors import Refused
from zerek.base.text import N_

_CENTURY = {"1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000}
_SECOND = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)


def control_digit(eleven: str) -> int | None:
    """The twelfth digit for the first eleven, or None where no number is issued."""
    digits = [int(digit) for digit in eleven]
    rest = sum(digit * weight for weight, digit in enumerate(digits, start=1)) % 11
    if rest == 10:
        rest = sum(digit * weight for weight, digit in zip(_SECOND, digits, strict=True)) % 11
    return None if rest == 10 else rest


def check(iin: str, *, born: date | None = None) -> None:
    """Raises Refused for a number that cannot be one, or whose date is not the birthday."""
    whole = len(iin) == 12 and iin.isascii() and iin.isdigit()
    if not whole or control_digit(iin[:11]) != int(iin[11]):
        raise Refused(N_("This is not an identity number: please check its digits."))
    if born is not None and iin[6] in _CENTURY:
        expected = f"{born:%y%m%d}"
        if iin[:6] != expected or _CENTURY[iin[6]] != born.year // 100 * 100:
            raise Refused(N_("The identity number and the date of birth do not agree."))


def demo_number(born: date, serial: int, *, male: bool) -> str:
    """A number nobody can hold yet: its owner would be born in 2060–2099. The real birthday is kept apart.

    ``serial`` is 0–9999; where the rule issues no number the next serial's is given.
    """
    year = 60 + born.year % 40
    while True:
        eleven = f"{year:02}{born:%m%d}{5 if male else 6}{serial % 10000:04}"
        control = control_digit(eleven)
        if control is not None:
            return f"{eleven}{control}"
        serial += 1
