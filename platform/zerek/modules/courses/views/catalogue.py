"""The catalogue, a course's page, enrolling, and one's courses on the first page."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from zerek.base import clock
from zerek.base.permissions import Actor, may
from zerek.base.text import N_
from zerek.modules.courses import api, forms
from zerek.modules.courses.views.blueprint import pages
from zerek.modules.schools import api as schools
from zerek.web.home import panel
from zerek.web.languages import in_language
from zerek.web.menu import entry
from zerek.web.shell import actor, session

entry("courses.catalogue", N_("Courses"), icon="book", order=10)


@pages.get("/courses/")
def catalogue() -> ResponseReturnValue:
    cards = api.cards(session(), by=actor())
    marks = may(actor(), "courses.mark")
    return render_template("courses/catalogue.html", cards=cards, marks=marks)


@pages.get("/courses/<slug>")
def course(slug: str) -> ResponseReturnValue:
    learning = api.course(session(), slug, by=actor())
    return render_template("courses/course.html", **plan(learning, actor()))


def plan(learning: api.Learning, by: Actor) -> dict[str, object]:
    """A course's page: its modules, what is done and what is next, what the certificate still asks for."""
    enrolment = learning.enrolment
    modules = api.modules(session(), learning.version.id, enrolment.id if enrolment else None)
    return {
        "learning": learning,
        "modules": modules,
        "done": sum(item.hours for module in modules for item in module.items if item.done),
        "next": api.next_item(modules),
        "readable": api.may_read(learning, by),
        "enrolling": enrolment is None and api.may_enrol(learning, by),
        "learns": api.learns(learning, by),
        "classes": _own_classes(by) if api.may_give(learning, by) else [],
        "conditions": api.conditions(session(), enrolment, learning.version) if enrolment else None,
    }


def _own_classes(by: Actor) -> list[tuple[int, str]]:
    rows = schools.own_classes(session(), by)
    return [(row.id, f"{row.title}, {in_language(row.school)}") for row in rows]


@pages.post("/courses/<int:course_id>/enrolment")
def enrol(course_id: int) -> ResponseReturnValue:
    enrolment = api.enrol(session(), course_id, by=actor(), now=clock.now())
    return redirect(url_for("courses.course", slug=api.slug(session(), enrolment.course_id)), 303)


@pages.post("/courses/<int:course_id>/classes")
def give_to_class(course_id: int) -> ResponseReturnValue:
    """A teacher gives the course to a class of theirs."""
    api.give_to_class(session(), course_id, forms.number(request.form, "class"), by=actor())
    flash(_("The class has the course now."), "success")
    return redirect(url_for("courses.course", slug=api.slug(session(), course_id)), 303)


@panel(10)
def my_courses() -> Markup | None:
    """What the reader takes, with the next step of each."""
    cards = api.cards(session(), by=actor(), only_mine=True)
    looks_for_one = may(actor(), "courses.enrol") and not may(actor(), "courses.mark")
    if not cards and not looks_for_one:
        return None
    html = render_template("courses/panel_courses.html", cards=cards)
    return Markup(html)  # noqa: S704 - a template of ours, which escapes what it is given
