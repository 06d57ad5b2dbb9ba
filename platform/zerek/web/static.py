"""The browser's files: hashed names that may be kept for ever, found through the build's manifest."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

from zerek.base.errors import CannotStart
from zerek.base.text import N_

HOME = Path(__file__).parent / "static"


@cache
def manifest() -> dict[str, str]:
    """Logical name → hashed name. Raises CannotStart where the build has not run."""
    try:
        names: dict[str, str] = json.loads((HOME / "manifest.json").read_text())
    except FileNotFoundError:
        raise CannotStart(
            N_("The browser's files are not built yet: run “python -m zerek build” first.")
        ) from None
    return names


def asset(name: str) -> str:
    """The address of one of the browser's files, such as ``app.css``; KeyError for one that is not built."""
    return f"/static/{manifest()[name]}"


def serve_static(app: Flask) -> None:
    """Files precompressed by the build, served before Flask is asked, with a year of cache."""
    manifest()
    noise = WhiteNoise(
        app.wsgi_app,
        root=HOME,
        prefix="static/",
        max_age=31536000,
        immutable_file_test=lambda path, url: True,
    )
    app.wsgi_app = noise  # type: ignore[method-assign]
