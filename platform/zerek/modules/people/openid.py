"""The OpenID Connect provider's protocol, by Authlib: authorization code with PKCE, and nothing else.

What may be given to whom is in openid_rules; here is how it is asked for and told.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError, TokenMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator, BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo, UserInfoEndpoint
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.models import AuthorizationCodeMixin
from joserfc.jwk import RSAKey
from sqlalchemy.orm import Session

from zerek.base import clock
from zerek.base.db import for_writing
from zerek.base.permissions import Visitor
from zerek.modules.people import openid_keys as keys
from zerek.modules.people import openid_rules as rules
from zerek.modules.people.openid_models import OpenidGrant
from zerek.web.shell import close_session, session, settings, shell


class Client(ClientMixin):  # type: ignore[misc]
    """A client of ours as Authlib asks about it."""

    def __init__(self, client: rules.Client) -> None:
        self.own = client

    def get_client_id(self) -> str:
        return self.own.id

    def get_default_redirect_uri(self) -> None:
        """None: a request names its address, and exactly."""

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(word for word in (scope or "").split() if word in rules.SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.own.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return self.own.has_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class Code(AuthorizationCodeMixin, TokenMixin):  # type: ignore[misc]
    """A grant as Authlib asks about it: first a code, then a token."""

    def __init__(self, grant: OpenidGrant) -> None:
        self.grant = grant
        self.scope = grant.scope
        self.code_challenge = grant.challenge
        self.code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.grant.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.grant.nonce

    def get_auth_time(self) -> int:
        return int(self.grant.authenticated_at.timestamp())

    def is_expired(self) -> bool:
        return False  # an ended token is not found at all

    def is_revoked(self) -> bool:
        return False

    def get_user(self) -> int:
        return self.grant.person_id

    def get_client(self) -> Client | None:
        return find_client(self.grant.client_id)


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def save_authorization_code(self, code: str, request: Any) -> None:
        visitor: Visitor = request.user
        asked = request.payload.data
        # This request is a GET, whose session only reads: the code is kept in a transaction of its own.
        close_session()
        with Session(for_writing(shell().engine)) as writing, writing.begin():
            rules.give_code(
                writing,
                code,
                signed_in_id=visitor.session_id or 0,
                client_id=request.client.get_client_id(),
                redirect_uri=request.payload.redirect_uri,
                scope=request.scope,
                nonce=asked.get("nonce"),
                challenge=asked["code_challenge"],
                now=clock.now(),
            )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        grant = rules.redeem(session(), code, client.get_client_id(), clock.now())
        if grant is None:
            close_session()  # the answer is an error, and yet a stolen code's token must end
            return None
        return Code(grant)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing: it is used, and stays known so that a second use is seen."""

    def authenticate_user(self, authorization_code: Code) -> int:
        return authorization_code.grant.person_id


class Challenge(CodeChallenge):  # type: ignore[misc]
    """PKCE, always, by SHA-256: a code caught on its way is worth nothing."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("A 'code_challenge' by the method 'S256' is required.")
        super().validate_code_challenge(grant, redirect_uri)


class IdToken(OpenIDCode):  # type: ignore[misc]
    DEFAULT_EXPIRES_IN = 600

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        """False: the client checks its nonce; here a page that was reloaded would look like an attack."""
        return False

    def resolve_client_private_key(self, client: Client) -> RSAKey:
        return keys.signing_key(settings().data, clock.now())

    def get_client_algorithm(self, client: Client) -> str:
        return keys.ALGORITHM

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        return {"alg": keys.ALGORITHM, "kid": self.resolve_client_private_key(client).kid}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": settings().base_url, "aud": [client.get_client_id()]}

    def generate_user_info(self, user: int, scope: str) -> UserInfo:
        return UserInfo(**rules.claims(session(), user, scope))


class TokenValidator(BearerTokenValidator):  # type: ignore[misc]
    def authenticate_token(self, token_string: str) -> Code | None:
        grant = rules.grant_of_token(session(), token_string, clock.now())
        return Code(grant) if grant else None


class WhoIsIt(UserInfoEndpoint):  # type: ignore[misc]
    def __call__(self, request: Any) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        code: Code = self.resource_protector.acquire_token("openid")
        told = rules.claims(session(), code.get_user(), code.scope)
        return 200, told, [("Content-Type", "application/json"), ("Cache-Control", "no-store")]


def find_client(client_id: str) -> Client | None:
    found = rules.clients(settings()).get(client_id)
    return Client(found) if found else None


def _keep_token(token: dict[str, Any], request: Any) -> None:
    rules.give_token(session(), request.authorization_code.grant, token["access_token"], clock.now())


def _new_token(**_: object) -> str:
    return secrets.token_urlsafe(32)


def _provider() -> AuthorizationServer:
    made = AuthorizationServer(query_client=find_client, save_token=_keep_token)
    lasts: Callable[[Any, Any], int] = lambda client, kind: int(rules.TOKEN_LASTS.total_seconds())  # noqa: E731
    made.register_token_generator("default", BearerTokenGenerator(_new_token, None, lasts))
    made.register_grant(CodeGrant, [Challenge(required=True), IdToken()])
    protector = ResourceProtector()
    protector.register_token_validator(TokenValidator())
    made.register_endpoint(WhoIsIt(resource_protector=protector))
    return made


provider = _provider()
