"""The addresses of the OpenID Connect provider, and which of its errors are pages and which are JSON."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from zerek.base import clock
from zerek.base.errors import SignInNeeded, ZerekError
from zerek.base.permissions import Visitor
from zerek.base.text import N_
from zerek.modules.people import openid_keys as keys
from zerek.modules.people import openid_rules as rules
from zerek.modules.people.openid import provider
from zerek.web.shell import machine, never_cached, session, settings, visitor

pages = Blueprint("openid", __name__)

JUST_NOW = timedelta(minutes=1)


class NotOurs(ZerekError):
    """A request that must not be answered by sending the browser on: nobody knows where that would lead."""

    status = 400


@pages.get("/.well-known/openid-configuration")
def configuration() -> ResponseReturnValue:
    base = settings().base_url
    return jsonify(
        issuer=base,
        authorization_endpoint=f"{base}/openid/authorize",
        token_endpoint=f"{base}/openid/token",
        userinfo_endpoint=f"{base}/openid/userinfo",
        jwks_uri=f"{base}/openid/jwks",
        scopes_supported=list(rules.SCOPES),
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=["authorization_code"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=[keys.ALGORITHM],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        code_challenge_methods_supported=["S256"],
        claims_supported=["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "groups"],
        prompt_values_supported=["none", "login", "select_account", "consent"],
    )


@pages.get("/openid/jwks")
def jwks() -> ResponseReturnValue:
    return jsonify(keys.public_keys(settings().data, clock.now()))


@pages.get("/openid/authorize")
@never_cached
def authorize() -> ResponseReturnValue:
    """Ask for the password where nobody is signed in; else send the browser back with a code, without a page."""
    who = visitor()
    known = who if who.session_id is not None else None
    try:
        grant = provider.get_consent_grant(end_user=known)
    except OAuth2Error as error:
        return _refused(error)
    if known is None or _must_sign_in_anew(known, clock.now()):
        raise SignInNeeded(N_("Please sign in first."))
    answer: Response = provider.create_authorization_response(grant_user=known, grant=grant)
    return answer


@pages.post("/openid/authorize")
@machine
def authorize_by_form() -> ResponseReturnValue:
    """The same question, as a form (OpenID Connect Core, 3.1.2.1)."""
    return redirect(f"{url_for('.authorize')}?{urlencode(request.form)}", 303)


@pages.post("/openid/token")
@machine
def token() -> ResponseReturnValue:
    answer: Response = provider.create_token_response()
    return answer


@pages.route("/openid/userinfo", methods=["GET", "POST"])
@machine
def userinfo() -> ResponseReturnValue:
    answer: Response = provider.create_endpoint_response("userinfo")
    return answer


def _refused(error: OAuth2Error) -> Response:
    if error.redirect_uri is None:
        raise NotOurs(
            N_("The program that sent you here is not known, or its address for your return is wrong.")
        ) from error
    answer: Response = provider.handle_error_response(None, error)
    return answer


def _must_sign_in_anew(who: Visitor, now: datetime) -> bool:
    """Whether the client wants the password asked for again (``prompt``, ``max_age``), and it was not just given."""
    prompts = request.args.get("prompt", "").split()
    limits = [JUST_NOW] if {"login", "select_account"} & set(prompts) else []
    max_age = request.args.get("max_age", "")
    if max_age.isascii() and max_age.isdigit() and len(max_age) < 9:
        limits.append(max(timedelta(seconds=int(max_age)), JUST_NOW))
    if not limits or who.session_id is None:
        return False
    return now - rules.sign_in_time(session(), who.session_id) > min(limits)
