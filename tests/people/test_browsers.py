"""A person finds her browser in the list of where she is signed in, by the name she knows."""

from __future__ import annotations

import pytest

from zerek.modules.people.browsers import known_as

ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {ENGINE} YaBrowser/24.6 Safari/537.36",
            "Yandex · Windows",
        ),
        (f"Mozilla/5.0 (Windows NT 10.0) {ENGINE} Safari/537.36 Edg/126.0", "Edge · Windows"),
        (f"Mozilla/5.0 (Linux; Android 14; SM-A155F) {ENGINE} Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox · Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Werkzeug/3.1", "Werkzeug/3.1"),
        ("", ""),
    ],
)
def test_a_browser_is_called_what_people_call_it(word: str, name: str) -> None:
    assert known_as(word) == name
