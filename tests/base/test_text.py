"""Kazakh text: folded for search, in the alphabet's order, and falling back between languages."""

import pytest

from zerek.base.text import Words, fold, language
from zerek.modules.schools.api import alphabetical


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ӘЛИЯ", "Әлия"),
        ("Кайыргали", "Қайырғали"),
        ("өмiр", "Өмір"),  # a Latin i in a Cyrillic word
        ("  үміт   қызы ", "Үміт қызы"),
    ],
)
def test_a_name_is_found_as_people_type_it(typed: str, stored: str) -> None:
    assert fold(typed) == fold(stored)


def test_a_latin_word_stays_latin() -> None:
    assert fold("Python") == "python"


def test_names_stand_in_the_order_of_the_kazakh_alphabet() -> None:
    names = ["Яна", "Ғани", "Әлия", "Қайрат", "Асан", "Өмір", "Ұлан", "Іңкәр", "Ерлан", "Үміт", "Камила"]
    assert sorted(names, key=alphabetical) == [
        "Асан", "Әлия", "Ғани", "Ерлан", "Камила", "Қайрат", "Өмір", "Ұлан", "Үміт", "Іңкәр", "Яна",
    ]  # fmt: skip


def test_a_missing_language_falls_back_and_says_so() -> None:
    words = Words(kk="Сабақ", en="Lesson")
    assert words.in_language("ru") == "Сабақ"
    assert words.spoken("ru") == "kk"
    assert words.spoken("en") == "en"


@pytest.mark.parametrize(
    ("tag", "meant"), [("kz", "kk"), ("ru-RU", "ru"), ("de", "kk"), (None, "kk"), ("EN", "en")]
)
def test_language_tags_of_other_sites_are_understood(tag: str | None, meant: str) -> None:
    assert language(tag) == meant
