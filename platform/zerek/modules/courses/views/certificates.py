"""Certificates: asking for one's own, printing it, and the public check."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from flask import Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from zerek.base import clock
from zerek.base.errors import NotFound
from zerek.base.permissions import REGION, may
from zerek.base.text import language as known_language
from zerek.modules.courses import api, forms
from zerek.modules.courses.views import paper
from zerek.modules.courses.views.blueprint import pages
from zerek.web.errors import told
from zerek.web.limits import limiter
from zerek.web.shell import actor, language, never_cached, session, settings

# A head teacher compares a staff room's certificates in one go; who guesses numbers needs thousands.
CHECKS = "60 per minute"


@pages.post("/courses/enrolments/<int:enrolment_id>/certificate")
def issue(enrolment_id: int) -> ResponseReturnValue:
    made = api.issue(session(), enrolment_id, by=actor(), now=clock.now())
    return redirect(url_for("courses.certificate", number=made.number), 303)


@pages.get("/certificates")
@limiter.limit(CHECKS)
def certificates() -> ResponseReturnValue:
    """A field for the number, and one's own certificates; with a number, on to its page."""
    typed = request.args.get("number", "").strip()
    if typed:
        return redirect(url_for("courses.certificate", number=typed[:60].replace("/", "-")), 303)
    person_id = actor().person_id
    own = api.certificates_of(session(), person_id) if person_id is not None else []
    return render_template("courses/certificates.html", own=own, today=_today())


@pages.get("/certificates/<number>")
@limiter.limit(CHECKS)
@never_cached
def certificate(number: str) -> ResponseReturnValue:
    """What anybody may know: valid, out of date, revoked, or not found."""
    try:
        found = api.check(session(), number)
    except NotFound as missing:
        return render_template("courses/no_certificate.html", typed=number, hint=told(missing)), 404
    owner = actor().person_id == found.person_id
    page = render_template(
        "courses/certificate.html",
        certificate=found,
        standing=api.standing(found, _today()),
        owner=owner,
        printable=owner or may(actor(), "courses.revoke", REGION),
        revokes=may(actor(), "courses.revoke", REGION),
    )
    # The page has a person's name on it: whoever holds the number may see it, a search engine need not.
    return page, {"X-Robots-Tag": "noindex"}


@pages.get("/certificates/<number>.pdf")
@never_cached
def printed(number: str) -> Response:
    """The document itself, for its holder, in the language asked for."""
    found = api.to_print(session(), number, by=actor())
    asked = request.args.get("language")
    # From the settings, not from what this request calls us: the code on paper must lead here for years.
    address = settings().base_url + url_for("courses.certificate", number=found.number)
    content = paper.certificate(found, known_language(asked) if asked else language(), address)
    return send_file(BytesIO(content), mimetype="application/pdf", download_name=f"{found.number}.pdf")


@pages.post("/certificates/<number>/revocation")
def revoke(number: str) -> ResponseReturnValue:
    reason = forms.choice(request.form, "reason", api.Reason)
    found = api.revoke(session(), number, reason, by=actor(), now=clock.now())
    return redirect(url_for("courses.certificate", number=found.number), 303)


def _today() -> date:
    return clock.now().astimezone(clock.LOCAL).date()
