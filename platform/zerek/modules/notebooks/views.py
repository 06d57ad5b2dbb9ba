"""The page that waits for a notebook server, and what is shown where the Hub does not answer."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from zerek.base import clock, passes
from zerek.base.errors import Forbidden
from zerek.base.permissions import signed_in
from zerek.base.text import N_
from zerek.modules.notebooks import api
from zerek.modules.notebooks.models import Opening, State
from zerek.modules.people import api as people
from zerek.web.home import own_address
from zerek.web.shell import actor, never_cached, session, settings

pages = Blueprint("notebooks", __name__, url_prefix="/notebooks", template_folder="templates")

LATE = N_("The notebook server takes too long. Please try again.")


@pages.get("/openings/<int:opening_id>")
@never_cached
def opening(opening_id: int) -> ResponseReturnValue:
    """Where the Hub's sign-in sends the browser back to: the page itself then asks for the start."""
    return render_template("notebooks/opening.html", **_shown(api.opening(session(), opening_id, by=actor())))


@pages.post("/openings/<int:opening_id>/begin")
def begin(opening_id: int) -> ResponseReturnValue:
    return _part(api.begin(session(), opening_id, by=actor(), now=clock.now()))


@pages.get("/openings/<int:opening_id>/state")
@never_cached
def state(opening_id: int) -> ResponseReturnValue:
    """Asked by the page again and again; when the notebook is ready the browser is sent there."""
    return _part(api.opening(session(), opening_id, by=actor()))


@pages.post("/openings/<int:opening_id>/again")
def again(opening_id: int) -> ResponseReturnValue:
    old = api.opening(session(), opening_id, by=actor())
    asked = api.request_opening(session(), old.person_id, old.path, old.digest, clock.now())
    return redirect(api.way_in(asked), 303)


@pages.get("/door")
@never_cached
def door() -> ResponseReturnValue:
    """Where the proxy sends a browser that comes to a server without a pass: its owner gets one, nobody else."""
    address, key = own_address(request.args.get("next", "")), people.key_of(signed_in(actor()))
    if not address.startswith(passes.server_path(key)):
        raise Forbidden(N_("This notebook belongs to another person."))
    return _with_pass(redirect(address, 303))


@pages.get("/away/<int:code>")
def away(code: int) -> ResponseReturnValue:
    """The proxy's own words (it sets the status): nobody answers at an address under /jupyter/."""
    return render_template("notebooks/away.html", code=code, back=own_address(request.args.get("url", "")))


@pages.after_app_request
def forget_the_hub(response: Response) -> Response:
    """Who signs out here is signed out of the notebooks too: the next one sits at the same computer."""
    person_id = actor().person_id if request.endpoint == "people.sign_out" else None
    if person_id is not None:
        key = people.key_of(person_id)
        response.delete_cookie("jupyterhub-hub-login", path="/jupyter/hub/")
        response.delete_cookie("jupyterhub-session-id", path="/jupyter/")
        response.delete_cookie(f"jupyterhub-user-{key}", path=passes.server_path(key))
    return response


def _shown(found: Opening) -> dict[str, object]:
    late = api.takes_too_long(found, clock.now())
    reason = _(LATE) if late else _(found.reason, **found.reason_values) if found.reason else ""
    return {"opening": found, "State": State, "reason": reason, "address": api.lab_address(found)}


def _part(found: Opening) -> BaseResponse:
    answer = Response(render_template("notebooks/opening_part.html", **_shown(found)))
    if found.state == State.READY:
        answer.headers["HX-Redirect"] = api.lab_address(found)
        return _with_pass(answer)
    return answer


def _with_pass(answer: BaseResponse) -> BaseResponse:
    """The same answer, with the reader's pass to the reader's own server."""
    key = people.key_of(signed_in(actor()))
    token = request.cookies.get(passes.SESSION_COOKIE, "")
    answer.set_cookie(
        passes.PASS_COOKIE,
        passes.give(settings().secrets["proxy"], key, token, clock.now().timestamp()),
        path=passes.server_path(key),
        httponly=True,
        samesite="Lax",
        secure=settings().secure,
    )
    return answer
