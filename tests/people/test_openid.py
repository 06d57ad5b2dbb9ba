"""Signing in elsewhere with one's account here, asked for by Authlib's own client over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session as OAuth2Client
from authlib.oidc.discovery import OpenIDProviderMetadata
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from zerek import app as zerek_app
from zerek.base import clock
from zerek.base.permissions import Grant, Role, class_place
from zerek.modules.people import api as people
from zerek.modules.people import openid_keys, openid_rules
from zerek.modules.people.openid_models import OpenidGrant
from zerek.settings import Settings

PASSWORD = "kitap-2026"
VERIFIER = "a-verifier-of-forty-three-letters-or-more-0123456789"
CALLBACK = "/jupyter/hub/oauth_callback"


@pytest.fixture
def lms(settings: Settings) -> Iterator[Settings]:
    """The LMS on a port of its own; its settings say where."""
    placed: list[Flask] = []
    server = make_server("127.0.0.1", 0, lambda environ, start: placed[0](environ, start), threaded=True)
    here = replace(settings, port=server.server_port)
    placed.append(zerek_app.create_app(here))
    placed[0].config.update(WTF_CSRF_ENABLED=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield here
    server.shutdown()
    thread.join()
    server.server_close()
    placed[0].extensions["zerek"].engine.dispose()


@pytest.fixture
def pupil(session: Session) -> int:
    grants = [Grant(Role.PUPIL, class_place(3))]
    made = people.join(
        session, "Әлия Серікқызы", login="aliya", password=PASSWORD, roles=grants, now=clock.now()
    )
    session.commit()
    return made.id


@pytest.fixture
def browser(lms: Settings) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=lms.base_url, headers={"Accept": "text/html"}) as made:
        yield made


@pytest.fixture
def signed_in(browser: httpx.Client, pupil: int) -> httpx.Client:
    assert sign_in(browser).status_code == 303
    return browser


def sign_in(browser: httpx.Client, target: str = "") -> httpx.Response:
    return browser.post("/people/sign-in", data={"name": "aliya", "password": PASSWORD, "next": target})


@pytest.fixture
def hub(lms: Settings) -> Iterator[OAuth2Client]:
    """The Hub's side: Authlib's client with the secret of this installation."""
    with program(lms, "jupyterhub", lms.secrets["hub_client"]) as made:
        yield made


def program(lms: Settings, client_id: str, secret: str) -> OAuth2Client:
    return OAuth2Client(
        client_id,
        secret,
        scope="openid profile groups",
        redirect_uri=lms.base_url + CALLBACK,
        code_challenge_method="S256",
    )


def asked(hub: OAuth2Client, lms: Settings, **extra: str) -> tuple[str, str]:
    """The address to send a browser to, and the state the client remembers."""
    address, state = hub.create_authorization_url(
        f"{lms.base_url}/openid/authorize", code_verifier=VERIFIER, nonce="n-1", **extra
    )
    return address, state


def brought_back(answer: httpx.Response) -> dict[str, str]:
    """What the browser brings to the client."""
    assert answer.status_code in (302, 303), answer.text
    assert urlsplit(answer.headers["Location"]).path == CALLBACK
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def fetch(hub: OAuth2Client, lms: Settings, code: str, **changed: str) -> dict[str, object]:
    wanted = {"code": code, "grant_type": "authorization_code", "code_verifier": VERIFIER} | changed
    token: dict[str, object] = hub.fetch_token(f"{lms.base_url}/openid/token", **wanted)
    return token


def redeem(lms: Settings, brought: str, **changed: str) -> httpx.Response:
    """The same by hand, where a refusal is to be looked at."""
    form = {
        "grant_type": "authorization_code",
        "client_id": "jupyterhub",
        "client_secret": lms.secrets["hub_client"],
        "redirect_uri": lms.base_url + CALLBACK,
        "code_verifier": VERIFIER,
        "code": brought,
    }
    return httpx.post(f"{lms.base_url}/openid/token", data=form | changed)


def test_the_provider_describes_itself_as_the_standard_asks(lms: Settings) -> None:
    told = httpx.get(f"{lms.base_url}/.well-known/openid-configuration").json()
    OpenIDProviderMetadata(
        {**told, "issuer": "https://lms.example", "jwks_uri": "https://lms.example/j"}
    ).validate()
    assert told["issuer"] == lms.base_url
    assert told["token_endpoint"].startswith(lms.base_url)


def test_a_pupil_signed_in_here_is_known_to_the_hub_without_a_page(
    lms: Settings, hub: OAuth2Client, signed_in: httpx.Client, pupil: int
) -> None:
    address, state = asked(hub, lms)
    back = brought_back(signed_in.get(address))
    assert back["state"] == state
    token = fetch(hub, lms, back["code"])
    keys = KeySet.import_key_set(httpx.get(f"{lms.base_url}/openid/jwks").json())
    said = jwt.decode(str(token["id_token"]), keys, algorithms=["RS256"])
    assert said.header["kid"] in {key.kid for key in keys.keys}
    assert said.claims["iss"] == lms.base_url
    assert said.claims["aud"] == ["jupyterhub"]
    assert (said.claims["sub"], said.claims["nonce"]) == (f"p{pupil}", "n-1")
    assert said.claims["exp"] > clock.now().timestamp()
    told = hub.get(f"{lms.base_url}/openid/userinfo").json()
    assert told == {"sub": f"p{pupil}", "name": "Әлия Серікқызы", "groups": ["class-3", "pupil"]}


def test_a_name_is_told_only_to_a_program_that_asked_to_show_it(
    lms: Settings, hub: OAuth2Client, signed_in: httpx.Client, pupil: int
) -> None:
    address, _ = asked(hub, lms, scope="openid passwords")
    token = fetch(hub, lms, brought_back(signed_in.get(address))["code"])
    assert token["scope"] == "openid"
    assert hub.get(f"{lms.base_url}/openid/userinfo").json() == {"sub": f"p{pupil}"}


def test_nobody_signed_in_is_asked_for_the_password_and_then_sent_on(
    lms: Settings, hub: OAuth2Client, browser: httpx.Client, pupil: int
) -> None:
    address, state = asked(hub, lms)
    to_sign_in = browser.get(address)
    assert to_sign_in.status_code == 303
    target = parse_qs(urlsplit(to_sign_in.headers["Location"]).query)["next"][0]
    on = sign_in(browser, target)
    assert brought_back(browser.get(on.headers["Location"]))["state"] == state


def test_a_program_that_wants_no_page_is_told_that_nobody_is_signed_in(
    lms: Settings, hub: OAuth2Client, browser: httpx.Client
) -> None:
    address, state = asked(hub, lms, prompt="none")
    back = brought_back(browser.get(address))
    assert (back["error"], back["state"]) == ("login_required", state)


def test_a_program_that_wants_the_password_anew_gets_it_once(
    lms: Settings, hub: OAuth2Client, signed_in: httpx.Client, session: Session
) -> None:
    address, _ = asked(hub, lms, prompt="login")
    assert "code" in brought_back(signed_in.get(address))
    old = people.open_sessions(session, 1, clock.now())[0]
    old.began_at -= timedelta(minutes=5)
    session.commit()
    assert "/people/sign-in" in signed_in.get(address).headers["Location"]
    address, _ = asked(hub, lms, max_age="120")
    assert "/people/sign-in" in signed_in.get(address).headers["Location"]
    address, _ = asked(hub, lms, max_age="600")
    assert "code" in brought_back(signed_in.get(address))


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://thief.example/jupyter/hub/oauth_callback"},
        {"redirect_uri": "{base}/jupyter/hub/oauth_callback/"},
        {"redirect_uri": "{base}/jupyter/hub/oauth_callback?next=//thief.example"},
        {"client_id": "thief"},
    ],
)
def test_a_code_is_sent_to_no_address_but_the_clients_own(
    lms: Settings, signed_in: httpx.Client, session: Session, changed: dict[str, str]
) -> None:
    good = {
        "response_type": "code",
        "client_id": "jupyterhub",
        "redirect_uri": lms.base_url + CALLBACK,
        "scope": "openid",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    asking = good | {name: value.format(base=lms.base_url) for name, value in changed.items()}
    answer = signed_in.get("/openid/authorize", params=asking)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert session.scalars(select(OpenidGrant)).all() == []
    session.rollback()
    assert "code" in brought_back(signed_in.get("/openid/authorize", params=good))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
    ],
)
def test_what_the_client_asks_wrongly_is_told_to_the_client(
    lms: Settings, hub: OAuth2Client, signed_in: httpx.Client, changed: dict[str, str], error: str
) -> None:
    address, state = asked(hub, lms)
    asking = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()} | changed
    back = brought_back(signed_in.get("/openid/authorize", params=asking))
    assert (back["error"], back["state"]) == (error, state)


def test_the_question_may_come_as_a_form(lms: Settings, hub: OAuth2Client, signed_in: httpx.Client) -> None:
    address, state = asked(hub, lms)
    form = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    on = signed_in.post("/openid/authorize", data=form)
    assert on.status_code == 303
    assert brought_back(signed_in.get(on.headers["Location"]))["state"] == state


def test_a_code_brought_twice_ends_the_token_it_gave(
    lms: Settings, hub: OAuth2Client, signed_in: httpx.Client
) -> None:
    code = brought_back(signed_in.get(asked(hub, lms)[0]))["code"]
    fetch(hub, lms, code)
    assert hub.get(f"{lms.base_url}/openid/userinfo").status_code == 200
    again = redeem(lms, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    ended = hub.get(f"{lms.base_url}/openid/userinfo")
    assert (ended.status_code, ended.json()["error"]) == (401, "invalid_token")


def test_of_two_who_bring_a_code_at_one_moment_one_is_served(
    lms: Settings, hub: OAuth2Client, signed_in: httpx.Client
) -> None:
    code = brought_back(signed_in.get(asked(hub, lms)[0]))["code"]
    answers: list[int] = []
    together = threading.Barrier(4)

    def bring() -> None:
        together.wait()
        answers.append(redeem(lms, code).status_code)

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 400, 400, 400]


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"code_verifier": "another-verifier-of-forty-three-letters-or-more-"}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_request"),
        ({"redirect_uri": "https://thief.example/"}, 400, "invalid_grant"),
        ({"client_secret": "guessed"}, 401, "invalid_client"),
        ({"client_id": "thief"}, 400, "invalid_client"),
        ({"code": "guessed"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_code_serves_only_the_one_who_asked_for_it(
    lms: Settings,
    hub: OAuth2Client,
    signed_in: httpx.Client,
    changed: dict[str, str],
    status: int,
    error: str,
) -> None:
    code = brought_back(signed_in.get(asked(hub, lms)[0]))["code"]
    refused = redeem(lms, code, **changed)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert redeem(lms, code).status_code == 200  # and the attempt took nothing from the owner


@pytest.mark.parametrize("ends", ["code_expires_at", "token_expires_at"])
def test_codes_and_tokens_end_by_themselves(
    lms: Settings, hub: OAuth2Client, signed_in: httpx.Client, session: Session, ends: str
) -> None:
    code = brought_back(signed_in.get(asked(hub, lms)[0]))["code"]
    if ends == "token_expires_at":
        fetch(hub, lms, code)
    session.execute(update(OpenidGrant).values({ends: clock.now() - timedelta(seconds=1)}))
    session.commit()
    if ends == "code_expires_at":
        assert redeem(lms, code).json()["error"] == "invalid_grant"
    else:
        assert hub.get(f"{lms.base_url}/openid/userinfo").status_code == 401


def test_who_signs_out_here_is_nowhere_known_by_an_old_token(
    lms: Settings, hub: OAuth2Client, signed_in: httpx.Client
) -> None:
    fetch(hub, lms, brought_back(signed_in.get(asked(hub, lms)[0]))["code"])
    signed_in.post("/people/sign-out")
    assert hub.get(f"{lms.base_url}/openid/userinfo").status_code == 401


def test_neither_codes_nor_tokens_can_be_read_from_the_database(
    lms: Settings, hub: OAuth2Client, signed_in: httpx.Client, session: Session
) -> None:
    code = brought_back(signed_in.get(asked(hub, lms)[0]))["code"]
    token = fetch(hub, lms, code)
    row = session.scalars(select(OpenidGrant)).one()
    kept = {str(getattr(row, column.key)) for column in OpenidGrant.__table__.columns}
    assert not kept & {code, token["access_token"]}


def test_userinfo_is_for_bearers_of_a_token_only(lms: Settings) -> None:
    bare = httpx.get(f"{lms.base_url}/openid/userinfo")
    assert bare.status_code == 401
    assert bare.headers["WWW-Authenticate"].startswith("bearer ")


def test_a_token_of_the_old_key_is_believed_after_the_key_was_renewed(settings: Settings) -> None:
    now = clock.now()
    old = openid_keys.signing_key(settings.data, now)
    token = jwt.encode({"alg": "RS256", "kid": old.kid}, {"sub": "p1"}, old)
    new = openid_keys.signing_key(settings.data, now + openid_keys.RENEWED_AFTER + timedelta(days=1))
    assert new.kid != old.kid
    shown = openid_keys.public_keys(settings.data, now)
    assert jwt.decode(token, KeySet.import_key_set(shown), algorithms=["RS256"]).claims["sub"] == "p1"
    assert all("d" not in key and "p" not in key for key in shown["keys"])
    assert (settings.data / "openid-keys.json").stat().st_mode & 0o077 == 0


def test_groups_are_roles_and_places_without_names() -> None:
    held = frozenset({Grant(Role.TEACHER, class_place(7)), Grant(Role.PUPIL, class_place(3))})
    assert openid_rules.groups(held) == ["class-3", "class-7", "pupil", "teacher"]
