"""Signing in and out, and one's own sessions."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from zerek.base import clock
from zerek.base.errors import SignInNeeded
from zerek.base.permissions import signed_in
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
from zerek.web.shell import SESSION_COOKIE, actor, session, settings, visitor

pages = Blueprint("people", __name__, url_prefix="/people", template_folder="templates")


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
    open_now = api.open_sessions(session(), signed_in(actor()), clock.now())
    return render_template("people/me.html", sessions=open_now, this=visitor().session_id, known_as=known_as)


@pages.post("/sessions/<int:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    api.end_session(session(), session_id, by=actor())
    return redirect(url_for("people.me"), 303)
