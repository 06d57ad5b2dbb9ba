"""Three languages: the catalogues of all modules as one, and dates as each language writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from flask import Flask
from flask_babel import Babel, format_date, format_datetime, format_decimal

from zerek.base.clock import LOCAL
from zerek.base.text import Words
from zerek.web.shell import language

# Babel writes "2026 ж. 23 қар."; official Kazakh writes the year first and the month in full.
DAY = {"kk": "y 'жылғы' d MMMM", "ru": "d MMMM y 'г.'", "en": "d MMMM y"}


def day(value: date | datetime) -> str:
    """A date in the reader's language, in the region's time: «2026 жылғы 23 қараша»."""
    local = value.astimezone(LOCAL).date() if isinstance(value, datetime) else value
    return str(format_date(local, DAY[language()]))


def moment(value: datetime) -> str:
    """A day and a time to the minute, in the region's time."""
    return f"{day(value)}, {format_datetime(value, 'HH:mm')}"


def in_language(words: Words | dict[str, str] | None) -> str:
    """A text of three languages in the reader's own, or the nearest there is."""
    if words is None:
        return ""
    return (words if isinstance(words, Words) else Words.of(words)).in_language(language())


def speak(app: Flask, folders: Iterable[Path]) -> None:
    """``folders`` are the locale folders of the shell and of every module; their catalogues are read as one."""
    app.config.update(
        BABEL_TRANSLATION_DIRECTORIES=";".join(map(str, folders)), BABEL_DEFAULT_TIMEZONE=str(LOCAL)
    )
    Babel(app, locale_selector=language, timezone_selector=lambda: str(LOCAL))
    app.jinja_env.filters.update(day=day, moment=moment, words=in_language, number=format_decimal)
