"""What a form of the room says, as values."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from zerek.base.errors import Refused
from zerek.base.text import N_


def program(form: MultiDict[str, str]) -> str:
    """The source as the pupil typed it; browsers send line ends as CR LF."""
    return form.get("source", "").replace("\r\n", "\n")


def lesson(form: MultiDict[str, str]) -> int | None:
    """The lesson that the run belongs to, if it was asked on a lesson's page."""
    return number(form.get("item", "")) if form.get("item") else None


def given_to(form: MultiDict[str, str]) -> dict[str, int | None]:
    """``person:7``, ``class:3``, or nothing: to whom a kit is given."""
    kind, _, text = form.get("to", "").partition(":")
    if not kind:
        return {"person_id": None, "class_id": None}
    if kind not in ("person", "class"):
        raise Refused(N_("Please choose a pupil or a class from the list."))
    return {f"{kind}_id": number(text)}


def number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(N_("Please choose from the list."))
    return int(text)
