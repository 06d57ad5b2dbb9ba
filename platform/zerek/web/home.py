"""The first page: what waits for this reader, each panel told by the module that knows."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from zerek.base.text import LANGUAGES
from zerek.web.shell import LANGUAGE_COOKIE, actor, settings

pages = Blueprint("web", __name__)

Panel = Callable[[], Markup | str | None]
_panels: list[tuple[int, Panel]] = []


def panel(order: int) -> Callable[[Panel], Panel]:
    """Decorates a function of a module's views that draws its part of the first page, or None."""

    def register(draw: Panel) -> Panel:
        _panels.append((order, draw))
        _panels.sort(key=lambda item: item[0])
        return draw

    return register


@pages.get("/")
def home() -> ResponseReturnValue:
    if actor().person_id is None:
        return render_template("web/welcome.html")
    return render_template("web/home.html", panels=[drawn for _, draw in _panels if (drawn := draw())])


@pages.post("/language")
def set_language() -> ResponseReturnValue:
    chosen = request.form.get("language", "")
    answer = redirect(own_address(request.form.get("next", "")) or url_for("web.home"), 303)
    if chosen in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=365 * 86400, samesite="Lax", secure=settings().secure
        )
    return answer


def own_address(address: str) -> str:
    """A path of ours, never another host's (``//evil``, ``/\\evil``, ``https:…``)."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address
    return address if plain and address.isprintable() else ""
