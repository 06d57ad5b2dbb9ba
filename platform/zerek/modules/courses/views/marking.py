"""The tutor's queue and the marking page."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from zerek.base import clock
from zerek.base.permissions import may
from zerek.modules.courses import api, forms
from zerek.modules.courses.views.blueprint import pages
from zerek.web.home import panel
from zerek.web.shell import actor, language, session


@pages.get("/courses/marking")
def queue() -> ResponseReturnValue:
    return render_template("courses/queue.html", rows=api.queue(session(), by=actor()))


@pages.get("/courses/marking/<int:hand_in_id>")
def to_mark(hand_in_id: int) -> ResponseReturnValue:
    seen = api.to_mark(session(), hand_in_id, by=actor())
    text = api.texts(session(), seen.item.id, language()).get("lesson")
    waiting = api.waiting(session(), by=actor())
    return render_template("courses/marking.html", seen=seen, text=text, waiting=waiting)


@pages.post("/courses/marking/<int:hand_in_id>")
def mark(hand_in_id: int) -> ResponseReturnValue:
    """Write the marking down and go on with the next work that waits."""
    api.mark(
        session(),
        hand_in_id,
        forms.points(request.form),
        request.form.get("comment", ""),
        forms.choice(request.form, "verdict", api.Verdict),
        by=actor(),
        now=clock.now(),
    )
    flash(_("The marking is kept, and the learner sees it."), "success")
    following = api.next_to_mark(session(), by=actor())
    if following is None:
        return redirect(url_for("courses.queue"), 303)
    return redirect(url_for("courses.to_mark", hand_in_id=following), 303)


@panel(20)
def waiting_works() -> Markup | None:
    """How many works wait for this tutor, and since when."""
    if not may(actor(), "courses.mark"):
        return None
    html = render_template("courses/panel_marking.html", waiting=api.waiting(session(), by=actor()))
    return Markup(html)  # noqa: S704 - a template of ours, which escapes what it is given
