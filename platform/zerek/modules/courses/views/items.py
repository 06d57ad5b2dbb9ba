"""The page of a lesson, a quiz, a task, a notebook or a robot's program; and the pictures in it."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from zerek.base import clock
from zerek.content.packages import ItemKind
from zerek.modules.courses import api
from zerek.modules.courses.views.blueprint import pages
from zerek.web import slots
from zerek.web.shell import actor, files, language, session

YEAR = 365 * 86400  # seconds
ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@pages.get("/courses/items/<int:item_id>")
def item(item_id: int) -> ResponseReturnValue:
    found, learning = api.open_item(session(), item_id, by=actor())
    page = _page(found, learning)
    return render_template(f"courses/item_{_kind(found.kind)}.html", **page, **_of_kind(found, learning))


def _page(item: api.Item, learning: api.Learning) -> dict[str, Any]:
    """What the page of every kind shows: the text, the neighbours, the reader's place in the course."""
    enrolment = learning.enrolment
    modules = api.modules(session(), item.version_id, enrolment.id if enrolment else None)
    rows = [row for module in modules for row in module.items]
    place = next(number for number, row in enumerate(rows) if row.id == item.id)
    texts = api.texts(session(), item.id, language())
    return {
        "item": item,
        "learning": learning,
        "module": next(module for module in modules if module.id == item.module_id),
        "row": rows[place],
        "before": rows[place - 1] if place else None,
        "after": rows[place + 1] if place + 1 < len(rows) else None,
        "text": texts.get("lesson"),
        "notes": texts.get("teacher") if api.may_read_notes(learning, actor()) else None,
        "learns": api.learns(learning, actor()),
    }


def _kind(kind: str) -> str:
    """Notebooks and robots have one page: a text, and a place that their own modules fill."""
    return "place" if kind in (ItemKind.NOTEBOOK, ItemKind.ROBOT) else kind


def _of_kind(item: api.Item, learning: api.Learning) -> dict[str, Any]:
    if item.kind == ItemKind.QUIZ:
        return {"tries": api.tries(session(), item, learning)}
    if item.kind == ItemKind.TASK:
        return {"desk": api.desk(session(), item, learning), "rubric": api.rubric(item)}
    if item.kind in (ItemKind.NOTEBOOK, ItemKind.ROBOT):
        return {"parts": slots.filled(f"lesson.{item.kind}", item=item)}
    return {}


@pages.post("/courses/items/<int:item_id>/read")
def mark_read(item_id: int) -> ResponseReturnValue:
    found = api.mark_read(session(), item_id, by=actor(), now=clock.now())
    if not request.headers.get("HX-Request"):
        return redirect(url_for("courses.item", item_id=item_id), 303)
    _, learning = api.open_item(session(), item_id, by=actor())
    return render_template("courses/part_end.html", **_page(found, learning))


@pages.get("/courses/pictures/<digest>/<name>")
def picture(digest: str, name: str) -> Response:
    """A picture for ever: its address holds its digest. Opened by itself it may run nothing."""
    kind = api.picture_kind(session(), digest)
    answer = send_file(files().path(digest), mimetype=kind, max_age=YEAR, etag=digest, conditional=True)
    answer.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    answer.headers["Content-Security-Policy"] = ALONE
    return answer
