"""Pages of the robotics rooms: the list, a room, a kit, a run; and the buttons on them."""

from __future__ import annotations

from typing import Protocol

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from zerek.base import clock
from zerek.base.permissions import Role
from zerek.base.text import N_, Words
from zerek.modules.kits import api, forms, live, stream
from zerek.modules.schools import api as schools
from zerek.web.home import own_address, panel
from zerek.web.menu import entry
from zerek.web.shell import SESSION_COOKIE, actor, close_session, language, session
from zerek.web.slots import fill

MANY = 12  # rooms; more than these are shown by district

pages = Blueprint("kits", __name__, url_prefix="/kits", template_folder="templates")

entry(
    "kits.rooms",
    N_("Robots"),
    icon="robot",
    order=40,
    roles={Role.OPERATOR, Role.ROBOTICS_TEACHER, Role.PUPIL},
)


@pages.get("/")
def rooms() -> ResponseReturnValue:
    found = api.rooms_for(session(), actor())
    names = schools.school_names(session(), [room.school_id for room in found])
    districts = _by_district(found) if len(found) > MANY else []
    return render_template(
        "kits/rooms.html", rooms=found, schools=names, districts=districts, is_online=_is_online
    )


def _by_district(rooms: list[api.RoomRow]) -> list[tuple[Words, list[api.RoomRow], int]]:
    """District, its rooms, how many are on line: there is a school No. 1 in every district."""
    found = []
    for district in schools.by_district(session()):
        here = [room for school in district.schools for room in rooms if room.school_id == school.id]
        if here:
            online = [room for room in here if _is_online(room)]
            found.append((district.name, online + [one for one in here if one not in online], len(online)))
    return found


def _is_online(room: api.RoomRow) -> bool:
    return api.is_online(session(), room, clock.now())


@pages.get("/rooms/<int:room_id>")
def room(room_id: int) -> ResponseReturnValue:
    view = api.look(session(), room_id, by=actor(), now=clock.now())
    return render_template(
        "kits/room.html",
        room=view,
        school=schools.school_names(session(), [view.school_id])[view.school_id],
        stops=api.stops_of(session(), room_id) if view.leads else [],
        classes=_classes(view) if view.leads else [],
    )


def _classes(view: api.RoomView) -> list[tuple[schools.ClassRow, list[tuple[int, str]]]]:
    """The school's classes with their pupils, to give kits to."""
    rows = schools.classes_of_schools(session(), [view.school_id])
    pupils = sorted(
        (
            (person, class_id, name)
            for person, (class_id, name) in api.pupils_of(session(), {r.id for r in rows}).items()
        ),
        key=lambda one: schools.alphabetical(one[2]),
    )
    return [
        (row, [(person, name) for person, class_id, name in pupils if class_id == row.id]) for row in rows
    ]


@pages.get("/<int:kit_id>")
def kit(kit_id: int) -> ResponseReturnValue:
    room, _kit = api.movable_kit(session(), kit_id, actor())
    view = api.look(session(), room.id, by=actor(), now=clock.now(), kit_id=kit_id)
    return render_template(
        "kits/kit.html",
        room=view,
        kit=view.kits[0],
        program=api.last_source(session(), actor().person_id or 0, None) or "",
        runs=api.runs_of(session(), kit_id, by=actor()),
    )


@pages.get("/runs/<run_id>")
def run(run_id: str) -> ResponseReturnValue:
    kit, view, row, output = api.run_with_output(session(), run_id, by=actor())
    return render_template("kits/run.html", kit=kit, run=view, row=row, output=output)


@pages.post("/<int:kit_id>/runs")
def ask_run(kit_id: int) -> ResponseReturnValue:
    asked = api.ask_run(
        session(),
        kit_id,
        forms.program(request.form),
        item_id=forms.lesson(request.form),
        spoken=language(),
        by=actor(),
        now=clock.now(),
    )
    return _done(url_for("kits.kit", kit_id=kit_id), run=asked.id)


@pages.post("/<int:kit_id>/stop")
def stop(kit_id: int) -> ResponseReturnValue:
    kit = api.stop_kit(session(), kit_id, by=actor(), now=clock.now())
    return _obeyed(kit.room_id, url_for("kits.kit", kit_id=kit_id))


@pages.post("/<int:kit_id>/assign")
def assign(kit_id: int) -> ResponseReturnValue:
    kit = api.assign(session(), kit_id, by=actor(), **forms.given_to(request.form))
    return _done(url_for("kits.room", room_id=kit.room_id))


@pages.post("/rooms/<int:room_id>/assign")
def give(room_id: int) -> ResponseReturnValue:
    return assign(forms.number(request.form.get("kit", "")))


@pages.post("/rooms/<int:room_id>/stop")
def stop_all(room_id: int) -> ResponseReturnValue:
    api.stop_all(session(), room_id, by=actor(), now=clock.now())
    return _obeyed(room_id, url_for("kits.room", room_id=room_id))


@pages.post("/rooms/<int:room_id>/release")
def release(room_id: int) -> ResponseReturnValue:
    api.release(session(), room_id, by=actor(), now=clock.now())
    return _done(url_for("kits.room", room_id=room_id))


def _obeyed(room_id: int, page: str) -> ResponseReturnValue:
    """A stop was taken; where the room is silent, hands are quicker than we are, and we say so."""
    if api.is_online(session(), api.room_of(session(), room_id), clock.now()):
        return _done(page)
    word = _("The classroom computer does not answer. Switch the kits off by hand.")
    return _done(page, word=word)


def _done(page: str, word: str = "", **more: str) -> ResponseReturnValue:
    """To the page's script JSON; to a browser without it the page again."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(done=True, word=word, **more)
    if word:
        flash(word, "error")
    return redirect(own_address(request.form.get("next", "")) or page, 303)


@pages.get("/rooms/<int:room_id>/state")
def state(room_id: int) -> ResponseReturnValue:
    """What the stream says first; pages ask this every few seconds where no stream is to be had."""
    kit_id = request.args.get("kit", type=int)
    after = request.args.get("after", "")
    view = api.look(session(), room_id, by=actor(), now=clock.now(), kit_id=kit_id, after=after)
    return jsonify(stream.as_json(view))


@pages.get("/rooms/<int:room_id>/stream")
def live_stream(room_id: int) -> ResponseReturnValue:
    after = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    told = stream.Stream(
        room_id, request.args.get("kit", type=int), after, request.cookies.get(SESSION_COOKIE, "")
    )
    hub = live.hub(session())
    api.see_room(session(), room_id, actor())  # a stranger to the room leaves no trace in memory
    close_session()
    watcher = hub.watch(room_id)
    try:
        first = told.state()
    except BaseException:
        watcher.close()
        raise
    text = stream.run(told, hub.channel(room_id), watcher, first)
    answer = Response(stream_with_context(text), mimetype="text/event-stream")
    answer.call_on_close(watcher.close)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


class Lesson(Protocol):
    """What the lesson's page hands over of a course's item."""

    id: int
    program_text: str


@fill("lesson.robot")
def on_the_kit(item: Lesson) -> Markup | None:
    """The part of a lesson's page where its program is run on a kit."""
    if actor().person_id is None:
        return None
    own = api.last_source(session(), actor().person_id or 0, item.id)
    kits = api.movable_kits(session(), actor())
    return _part("kits/lesson.html", item=item.id, program=own or item.program_text, kits=kits)


@panel(order=30)
def my_rooms() -> Markup | None:
    """For robotics teachers: their rooms, and how many kits are on line."""
    if Role.ROBOTICS_TEACHER not in actor().roles:
        return None
    found = api.rooms_for(session(), actor())
    return _part("kits/panel.html", rooms=found, is_online=_is_online) if found else None


def _part(template: str, **values: object) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 - a template of ours, escaped as every other
