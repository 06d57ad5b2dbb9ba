"""Taking a quiz: begin, answer, finish, look again."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from zerek.base import clock
from zerek.modules.courses import api, forms
from zerek.modules.courses.views import prose as prose  # the filters that the templates below use
from zerek.modules.courses.views.blueprint import pages
from zerek.web.shell import actor, never_cached, session


@pages.post("/courses/items/<int:item_id>/attempts")
def start(item_id: int) -> ResponseReturnValue:
    attempt = api.start(session(), item_id, by=actor(), now=clock.now())
    return redirect(url_for("courses.attempt", attempt_id=attempt.id), 303)


@pages.get("/courses/attempts/<int:attempt_id>")
@never_cached
def attempt(attempt_id: int) -> ResponseReturnValue:
    """The questions while the attempt is open, the review afterwards."""
    own, item, quiz = api.attempt(session(), attempt_id, by=actor())
    _, learning = api.open_item(session(), item.id, by=actor())
    if own.finished_at is not None:
        review = api.review(session(), attempt_id, by=actor())
        return render_template("courses/review.html", review=review, item=item, learning=learning)
    given = api.answers(session(), attempt_id)
    return render_template(
        "courses/attempt.html", attempt=own, item=item, quiz=quiz, given=given, learning=learning
    )


@pages.post("/courses/attempts/<int:attempt_id>/answers/<question_id>")
def save_answer(attempt_id: int, question_id: str) -> ResponseReturnValue:
    """One answer, sent by the page as soon as it is given."""
    given = forms.answers(request.form).get(question_id, [])
    api.save_answer(session(), attempt_id, question_id, given, by=actor(), now=clock.now())
    return str(_("Saved"))


@pages.post("/courses/attempts/<int:attempt_id>/answers")
def save_answers(attempt_id: int) -> ResponseReturnValue:
    """All answers of the form, for a browser without scripts."""
    for question_id, given in forms.answers(request.form).items():
        api.save_answer(session(), attempt_id, question_id, given, by=actor(), now=clock.now())
    return redirect(url_for("courses.attempt", attempt_id=attempt_id), 303)


@pages.post("/courses/attempts/<int:attempt_id>/finish")
def finish(attempt_id: int) -> ResponseReturnValue:
    api.finish(session(), attempt_id, forms.answers(request.form), by=actor(), now=clock.now())
    return redirect(url_for("courses.attempt", attempt_id=attempt_id), 303)
