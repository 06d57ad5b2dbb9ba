"""What a browser sends, as values that the rules take; or a sentence that says why not."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request

from zerek.base.errors import Refused
from zerek.base.text import N_
from zerek.modules.courses.api.tasks import LARGEST_FILE, Upload

Choice = TypeVar("Choice", bound=StrEnum)


def answers(form: MultiDict[str, str]) -> dict[str, list[str]]:
    """Question → answer, for every question that stood on the form: an unticked box sends nothing by itself."""
    return {asked: form.getlist(f"a-{asked}") for asked in form.getlist("asked")}


def points(form: MultiDict[str, str]) -> dict[str, int]:
    """Criterion → points, from fields ``p-<criterion>``."""
    found = {}
    for name, typed in form.items():
        if name.startswith("p-"):
            plain = typed.strip()
            if not (plain.isascii() and plain.isdigit() and len(plain) <= 4):
                raise Refused(N_("Points are whole numbers."))
            found[name.removeprefix("p-")] = int(plain)
    return found


def choice(form: MultiDict[str, str], name: str, kinds: type[Choice]) -> Choice:
    """One of a fixed list."""
    try:
        return kinds(form.get(name, ""))
    except ValueError:
        raise Refused(N_("Please choose one of the answers offered.")) from None


def number(form: MultiDict[str, str], name: str) -> int:
    """The id of something chosen from a list."""
    chosen = form.get(name, "")
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) <= 9):
        raise Refused(N_("Please choose one of the answers offered."))
    return int(chosen)


def work(request: Request) -> tuple[str, list[Upload]]:
    """A task's text and its files; one byte over the limit is read, so that the rule can refuse it."""
    chosen = [upload for upload in request.files.getlist("files") if upload.filename]
    uploads = [(upload.filename or "", upload.stream.read(LARGEST_FILE + 1)) for upload in chosen]
    return request.form.get("text", ""), uploads
