"""What a view asks for: the session of this request, who asks, in which language, and the files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from markupsafe import Markup
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from zerek.base.db import for_writing
from zerek.base.files import Files
from zerek.base.permissions import NOBODY, Actor, Visitor
from zerek.base.text import DEFAULT_LANGUAGE, LANGUAGES
from zerek.base.text import language as known_language
from zerek.settings import Settings

SESSION_COOKIE = "zerek"
LANGUAGE_COOKIE = "language"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = CSRFProtect()
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Shell:
    """What the app gives every request; ``identify(session, token)`` is the people module's."""

    settings: Settings
    engine: Engine
    files: Files
    identify: Callable[[Session, str], Visitor]


def shell() -> Shell:
    return cast(Shell, current_app.extensions["zerek"])


def settings() -> Settings:
    return shell().settings


def files() -> Files:
    return shell().files


def session() -> Session:
    """The one session of this request; it commits after the view unless the answer is an error.

    A request that may write takes SQLite's write lock at its first query, so that it never fails late.
    """
    if "session" not in g:
        engine = shell().engine
        bind = engine if request.method in SAFE_METHODS else for_writing(engine)
        g.session = Session(bind, expire_on_commit=False)
    return cast(Session, g.session)


def visitor() -> Visitor:
    if "visitor" not in g:
        token = request.cookies.get(SESSION_COOKIE)
        g.visitor = shell().identify(session(), token) if token else NOBODY
    return cast(Visitor, g.visitor)


def actor() -> Actor:
    return visitor().actor


def language() -> str:
    """The reader's language: the one chosen, or the default."""
    chosen = request.cookies.get(LANGUAGE_COOKIE) if request else None
    return known_language(chosen) if chosen else DEFAULT_LANGUAGE


def machine(view: View) -> View:
    """Marks a door for programs: no browser form, so no form token; the view checks a token of its own."""
    return cast(View, csrf.exempt(view))


def csrf_field() -> Markup:
    """The hidden input that every form of ours carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def close_session() -> None:
    """Commit and let go of the session before a long answer (a stream) begins."""
    kept = g.pop("session", None)
    if kept is not None:
        kept.commit()
        kept.close()


def keep_sessions(app: Flask) -> None:
    """One request, one transaction."""

    @app.after_request
    def commit(response: Response) -> Response:
        if "session" in g:
            if response.status_code < 400:
                g.session.commit()
            else:
                g.session.rollback()
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        kept = g.pop("session", None)
        if kept is not None:
            kept.close()


def never_cached(view: View) -> View:
    """The answer is one person's: neither a proxy nor the next pupil at this computer may see it again."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Response:
        response = current_app.make_response(view(*args, **kwargs))
        response.headers["Cache-Control"] = "no-store"
        return response

    return cast(View, answer)


__all__ = [
    "LANGUAGES",
    "Shell",
    "Visitor",
    "actor",
    "close_session",
    "csrf_field",
    "files",
    "language",
    "machine",
    "never_cached",
    "session",
    "settings",
    "visitor",
]
