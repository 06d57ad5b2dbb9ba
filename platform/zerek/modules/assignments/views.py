"""The notebook's part of a lesson page, and the points of a class."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from zerek.base import clock
from zerek.base.errors import Refused
from zerek.base.permissions import Role, signed_in
from zerek.base.text import N_
from zerek.content import shipped
from zerek.modules.assignments import api, nbgrading
from zerek.modules.assignments.results import Trouble
from zerek.modules.notebooks import api as notebooks
from zerek.web import slots
from zerek.web.menu import entry
from zerek.web.shell import actor, files, never_cached, session

pages = Blueprint("assignments", __name__, url_prefix="/assignments", template_folder="templates")

TROUBLES = {
    Trouble.TIME: N_("The program worked longer than it may. Is there a loop without an end?"),
    Trouble.MEMORY: N_("The program took more memory than it may."),
    Trouble.OUTPUT: N_("The program printed without an end."),
    Trouble.DIED: N_("The program ended itself before the checks were over."),
    Trouble.ENGINE: N_("The notebook was changed so much that not all of it could be checked."),
}

TEACHERS = (Role.TEACHER, Role.ROBOTICS_TEACHER)
entry("assignments.classes", N_("My classes"), icon="users", order=30, roles=TEACHERS)


@slots.fill("lesson.notebook")
def part_of_lesson(item: Any) -> Markup | None:
    """«Open the notebook», «Hand in», and what came of it."""
    if actor().person_id is None or not item.notebook:
        return None
    person_id = signed_in(actor())
    rows = api.of_person(session(), person_id, item.id)
    opened = notebooks.was_asked_for(session(), person_id, api.home_path(item.notebook))
    return Markup(  # noqa: S704 - a template of ours, which escapes what it is given
        render_template(
            "assignments/part.html",
            item=item,
            rows=rows,
            opened=opened,
            press=uuid.uuid4().hex,
            **_place(rows),
        )
    )


def _place(rows: list[api.Row]) -> dict[str, Any]:
    newest = rows[0] if rows else None
    waits = newest is not None and newest.is_open
    return {
        "troubles": TROUBLES,
        "newest": newest,
        "ahead": api.ahead_of(session(), newest.id) if newest and waits else 0,
    }


@pages.post("/<int:item_id>/open")
def open_notebook(item_id: int) -> ResponseReturnValue:
    """Put the lesson's notebook into the home, if it is not there yet, and go to JupyterLab."""
    name = api.notebook_of(session(), item_id, by=actor())
    release = api.release(session(), shipped.notebook(name).read_bytes(), name, clock.now())
    if release is None:
        return render_template("assignments/preparing.html", item_id=item_id)
    opening = notebooks.request_opening(
        session(), signed_in(actor()), api.home_path(name), release, clock.now()
    )
    return _sent_to(notebooks.way_in(opening))


@pages.post("/<int:item_id>/submissions")
def hand_in(item_id: int) -> ResponseReturnValue:
    api.hand_in(session(), item_id, by=actor(), press=request.form.get("press"), now=clock.now())
    return _back_to_lesson(item_id)


@pages.post("/<int:item_id>/files")
def hand_in_file(item_id: int) -> ResponseReturnValue:
    """A notebook from the pupil's own disk, for a line too poor for JupyterLab."""
    upload = request.files.get("notebook")
    content = upload.stream.read(api.LARGEST + 1) if upload else b""
    if not content:
        raise Refused(N_("Please choose a notebook file first."))
    name = api.notebook_of(session(), item_id, by=actor())
    nbgrading.inspect(content, shipped.notebook(name).read_bytes())
    digest = files().put(content)
    press = request.form.get("press")
    api.hand_in(session(), item_id, by=actor(), press=press, digest=digest, now=clock.now())
    return _back_to_lesson(item_id)


def _back_to_lesson(item_id: int) -> ResponseReturnValue:
    """Where the points will stand, next to what they are for."""
    return _sent_to(url_for("courses.item", item_id=item_id, _anchor="notebook-part"))


def _sent_to(address: str) -> ResponseReturnValue:
    if request.headers.get("HX-Request"):
        return "", 200, {"HX-Redirect": address}
    return redirect(address, 303)


@pages.get("/submissions/<int:submission_id>")
@never_cached
def submission(submission_id: int) -> ResponseReturnValue:
    """One hand-in; while it is open the page asks again by itself, and hears nothing where nothing has changed."""
    row = api.submission(session(), submission_id, by=actor())
    place = _place([row])
    if not request.headers.get("HX-Request"):
        return render_template("assignments/submission.html", item_id=row.item_id, **place)
    if row.is_open and request.args.get("ahead", type=int) == place["ahead"]:
        return "", 204
    return render_template("assignments/state.html", **place)


@pages.get("/classes")
def classes() -> ResponseReturnValue:
    signed_in(actor())
    return render_template("assignments/classes.html", classes=api.taught_classes(session(), actor()))


@pages.get("/classes/<int:class_id>")
def class_points(class_id: int) -> ResponseReturnValue:
    return render_template("assignments/class.html", table=api.class_table(session(), class_id, by=actor()))
