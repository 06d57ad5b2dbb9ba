"""Sentences to be translated later, and texts that exist in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("kk", "ru", "en")
DEFAULT_LANGUAGE = "kk"

# A "kz" or "kaz" in old data and old links means the language, not the country.
ALIASES = {"kz": "kk", "kaz": "kk", "kk-kz": "kk", "rus": "ru", "ru-ru": "ru", "eng": "en"}

_FOLD = str.maketrans("әғқңөұүһіёїі", "агкноуухиеии")
_LATIN_LOOKALIKES = str.maketrans("aceopxyik", "асеорхуик")


def N_(sentence: str) -> str:  # noqa: N802 - the name that every gettext tool looks for
    """Mark a sentence for the catalogues; it is translated where it is shown, not here."""
    return sentence


def language(tag: str | None) -> str:
    """The one of our languages that a tag means (``kz``, ``ru-RU`` …), else the default."""
    low = (tag or "").lower().replace("_", "-")
    low = ALIASES.get(low, low)
    return low.partition("-")[0] if low.partition("-")[0] in LANGUAGES else DEFAULT_LANGUAGE


def fold(text: str) -> str:
    """Text as it is compared and searched: no case, Kazakh letters as people without the keyboard type them.

    SQLite's LIKE and lower() leave Cyrillic capitals alone, so the folded form is stored beside the text.
    """
    low = " ".join(text.casefold().split()).translate(_FOLD)
    # In a Cyrillic word a Latin letter is a slip of the keyboard; in an all-Latin word it is meant.
    return " ".join(
        word.translate(_LATIN_LOOKALIKES) if any("а" <= c <= "я" for c in word) else word
        for word in low.split()
    )


@dataclass(frozen=True)
class Words:
    """One text in up to three languages; Kazakh is always there."""

    kk: str
    ru: str = ""
    en: str = ""

    def in_language(self, tag: str) -> str:
        """The text in that language, or in the nearest one that has it (kk, ru, en)."""
        own: str = getattr(self, tag) if tag in LANGUAGES else ""
        return own or self.kk or self.ru or self.en

    def spoken(self, tag: str) -> str:
        """The language in which :meth:`in_language` answers; a page marks it when it is not the reader's."""
        return next((name for name in (tag, *LANGUAGES) if name in LANGUAGES and getattr(self, name)), tag)

    def as_dict(self) -> dict[str, str]:
        return {name: text for name in LANGUAGES if (text := getattr(self, name))}

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Words:
        """From ``{"kk": …, "ru": …}``, as it is stored in a JSON column or a course file."""
        return cls(**{name: texts.get(name, "") for name in LANGUAGES})
