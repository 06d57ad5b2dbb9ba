"""Errors become pages, once for the whole house: a sentence in the reader's language, the right status, a way back."""

from __future__ import annotations

import logging

from flask import Flask, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from zerek.base.errors import SignInNeeded, ZerekError
from zerek.base.text import N_

log = logging.getLogger("zerek.web")

# What a person is told where the framework itself says no.
SENTENCES = {
    400: N_("The request could not be read. Please go back and try again."),
    403: N_("Your role does not allow this."),
    404: N_("There is no such page."),
    405: N_("This address does not take that kind of request."),
    413: N_("That is too much at once: the file is over the limit."),
    429: N_("Too many tries. Please wait a minute and try again."),
    500: N_("Something broke on our side. Nothing you sent was changed; the operator can see what happened."),
}


def told(error: ZerekError) -> str:
    """The error's sentence in the reader's language."""
    return str(gettext(error.sentence, **error.values))


def show_errors(app: Flask) -> None:
    @app.errorhandler(ZerekError)
    def ours(error: ZerekError) -> ResponseReturnValue:
        if isinstance(error, SignInNeeded) and _wants_page() and request.method == "GET":
            return redirect(url_for("people.sign_in", next=request.full_path.rstrip("?")), 303)
        return _answer(error.status, told(error))

    @app.errorhandler(CSRFError)
    def form_without_token(_error: CSRFError) -> ResponseReturnValue:
        sentence = N_("This form has grown old. Please open the page again and repeat; nothing was changed.")
        return _answer(400, gettext(sentence))

    @app.errorhandler(HTTPException)
    def frameworks(error: HTTPException) -> ResponseReturnValue:
        code = error.code or 500
        if code < 400:
            return error
        if isinstance(error, InternalServerError):
            log.error("%s %s", request.method, request.path, exc_info=error.original_exception)
        return _answer(code, gettext(SENTENCES.get(code, SENTENCES[500 if code >= 500 else 400])))


def _wants_page() -> bool:
    accepted = request.accept_mimetypes
    return not accepted or accepted.best_match(["text/html", "application/json"]) == "text/html"


def _answer(status: int, sentence: str) -> ResponseReturnValue:
    if not _wants_page():
        return jsonify(error=sentence), status
    if request.headers.get("HX-Request"):
        return render_template("web/error_part.html", status=status, sentence=sentence), status
    return render_template("web/error.html", status=status, sentence=sentence), status
