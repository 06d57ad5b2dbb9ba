"""What the browser is told to refuse: foreign scripts, frames, guesses of a file's kind."""

from __future__ import annotations

import secrets
from typing import cast

from flask import Flask, Response, g, request

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "manifest-src 'self'"
)


def nonce() -> str:
    """This answer's nonce, for the few scripts of ours."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return cast(str, g.nonce)


def send_headers(app: Flask) -> None:
    @app.after_request
    def add(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce()))
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), serial=(self)"
        )
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        # A fragment for htmx and a whole page may share an address; a person's page is never a proxy's.
        response.headers.add("Vary", "HX-Request, Cookie")
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
