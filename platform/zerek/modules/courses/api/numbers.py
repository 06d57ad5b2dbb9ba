"""Certificate numbers: ``ZRK-2026-000123`` and a check character by ISO/IEC 7064, MOD 37,36.

The rule finds every single wrong character, and nearly all neighbours that changed places.
"""

from __future__ import annotations

import re

PREFIX = "ZRK"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WRITTEN = re.compile(r"([A-Z]{3})([0-9OI]{4})([0-9OI]{6,9})([0-9A-Z])")
# Typed on a Kazakh or Russian keyboard some letters look right and are others.
CYRILLIC = str.maketrans("АВЕКМНОРСТХЗ", "ABEKMHOPCTX3")
ROUND = str.maketrans("OI", "01")
LONGEST = 60  # what is longer was never a number


def check_character(plain: str) -> str:
    """The character that closes ``plain``, which holds digits and Latin capitals only."""
    product = 36
    for letter in plain:
        total = (product + ALPHABET.index(letter)) % 36 or 36
        product = total * 2 % 37
    return ALPHABET[(37 - product) % 36]


def write(prefix: str, year: int, serial: int) -> str:
    """The whole number, such as ``ZRK-2026-000123-K``."""
    return f"{prefix}-{year:04}-{serial:06}-{check_character(f'{prefix}{year:04}{serial:06}')}"


def tidy(typed: str) -> str | None:
    """The number as it is written, however it was typed; None when it cannot be one.

    Small letters, missing hyphens, spaces, Cyrillic look-alikes, O for 0 and I for 1 are forgiven.
    """
    letters = "".join(filter(str.isalnum, typed[:LONGEST])).upper().translate(CYRILLIC)
    if not letters.isascii():
        return None
    found = WRITTEN.fullmatch(letters)
    if found is None:
        return None
    prefix, year, serial, check = found.groups()
    year, serial = year.translate(ROUND), serial.translate(ROUND)
    right = check_character(f"{prefix}{year}{serial}")
    return f"{prefix}-{year}-{serial}-{right if check.translate(ROUND) == right.translate(ROUND) else check}"


def is_sound(number: str) -> bool:
    """Whether the check character of a tidy number fits."""
    plain = number.replace("-", "")
    return check_character(plain[:-1]) == plain[-1]
