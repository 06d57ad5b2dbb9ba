"""Signing in and out, one's own sessions and password, and the register that the operator keeps."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from zerek.base import clock, places
from zerek.base.errors import Refused, SignInNeeded
from zerek.base.permissions import REGION, Role, require, signed_in
from zerek.base.text import N_, fold
from zerek.modules.people import api
from zerek.modules.people.browsers import known_as
from zerek.web.errors import told
from zerek.web.home import own_address
from zerek.web.limits import (
    BY_ACCOUNT,
    BY_ACCOUNT_HERE,
    BY_ADDRESS,
    account,
    account_here,
    has_failed,
    limiter,
)
from zerek.web.menu import entry
from zerek.web.shell import SESSION_COOKIE, actor, never_cached, session, settings, visitor

pages = Blueprint("people", __name__, url_prefix="/people", template_folder="templates")

entry("people.register", N_("People"), icon="users", order=65, roles={Role.OPERATOR})

MOST_SHOWN = 50
ROLES = {
    Role.OPERATOR: N_("operator"),
    Role.AUTHOR: N_("course author"),
    Role.TUTOR: N_("tutor"),
    Role.TEACHER: N_("teacher"),
    Role.PUPIL: N_("pupil"),
    Role.ROBOTICS_TEACHER: N_("robotics teacher"),
}


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    return render_template("people/sign_in.html", next=own_address(request.args.get("next", "")))


@pages.post("/sign-in")
@limiter.limit(BY_ACCOUNT_HERE, key_func=account_here, deduct_when=has_failed)
@limiter.limit(BY_ACCOUNT, key_func=account, deduct_when=has_failed)
@limiter.limit(BY_ADDRESS)
def enter() -> ResponseReturnValue:
    target = own_address(request.form.get("next", ""))
    try:
        token = api.sign_in(
            session(),
            request.form.get("name", ""),
            request.form.get("password", ""),
            browser=request.user_agent.string,
            address=request.remote_addr or "",
            now=clock.now(),
        )
    except SignInNeeded as refusal:
        name = request.form.get("name", "")
        return render_template("people/sign_in.html", next=target, refusal=told(refusal), name=name), 401
    answer = redirect(target or url_for("web.home"), 303)
    answer.set_cookie(SESSION_COOKIE, token, httponly=True, samesite="Lax", secure=settings().secure)
    return answer


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    session_id = visitor().session_id
    if session_id is not None:
        api.end_session(session(), session_id, by=actor())
    answer = redirect(url_for("web.home"), 303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@pages.get("/me")
def me() -> ResponseReturnValue:
    return _own_page()


def _own_page(refusal: str = "") -> str:
    open_now = api.open_sessions(session(), signed_in(actor()), clock.now())
    return render_template(
        "people/me.html",
        sessions=open_now,
        this=visitor().session_id,
        known_as=known_as,
        refusal=refusal,
        shortest=api.SHORTEST_PASSWORD,
    )


def _own_account() -> str:
    return f"own:{actor().person_id}"


@pages.post("/password")
@limiter.limit(BY_ACCOUNT, key_func=_own_account, deduct_when=has_failed)
def change_password() -> ResponseReturnValue:
    """One's own: whoever sits down at an open browser does not know the old one."""
    asked = request.form
    try:
        api.change_own_password(
            session(),
            asked.get("old", ""),
            asked.get("new", ""),
            asked.get("again", ""),
            by=actor(),
            session_id=visitor().session_id,
        )
    except Refused as refusal:
        return _own_page(told(refusal)), refusal.status
    flash(_("The password is changed. Every other browser is signed out."), "success")
    return redirect(url_for("people.me"), 303)


@pages.post("/sessions/<int:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    api.end_session(session(), session_id, by=actor())
    return redirect(url_for("people.me"), 303)


@pages.get("/")
def register() -> ResponseReturnValue:
    """Everybody, by name; found by a part of the name or of the sign-in name."""
    require(actor(), "people.manage", REGION)
    search = request.args.get("q", "")[:100]
    rows = api.register(session(), search=fold(search), most=MOST_SHOWN + 1)
    named = places.names(session(), {grant.place for row in rows for grant in row.grants})
    return render_template(
        "people/register.html",
        rows=rows[:MOST_SHOWN],
        more=len(rows) > MOST_SHOWN,
        most=MOST_SHOWN,
        search=search,
        named=named,
        roles=ROLES,
    )


@pages.post("/<int:person_id>/password")
@never_cached
def new_password(person_id: int) -> ResponseReturnValue:
    login, password = api.give_new_password(session(), person_id, by=actor())
    return render_template("people/new_password.html", login=login, password=password)


@pages.post("/<int:person_id>/end-sessions")
def end_sessions(person_id: int) -> ResponseReturnValue:
    api.sign_out_everywhere(session(), person_id, by=actor())
    flash(_("This person is signed out everywhere."), "success")
    return redirect(url_for("people.register", q=request.form.get("q", "")[:100] or None), 303)
