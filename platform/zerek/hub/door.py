"""Which browser comes through to a pupil's server: one with its person's pass, renewed while the session lasts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPError, HTTPRequest

from zerek.base.passes import PASS_COOKIE, SESSION_COOKIE, ends_at, server_path

JUPYTERS = ("jupyterhub-", "oauthenticator-", "_xsrf")


@dataclass(frozen=True)
class Entry:
    """Let in until ``ends``, in seconds since 1970; ``cookie`` is a new pass for the browser, as Set-Cookie says it."""

    ends: int
    cookie: str = ""


async def enter(secret: str, web_url: str, key: str, header: str) -> Entry | None:
    """What the browser's cookies open; a pass that has run out is renewed by the LMS, if the session still lasts."""
    found = dict(cookies(header))
    token = found.get(SESSION_COOKIE, "")
    ends = ends_at(secret, key, token, found.get(PASS_COOKIE, ""))
    if ends > time.time():
        return Entry(ends)
    return await _renewed(secret, web_url, key, token) if ends else None


async def _renewed(secret: str, web_url: str, key: str, token: str) -> Entry | None:
    """Asked in the browser's stead: a program in a page cannot be sent to the door and back in mid-work."""
    address = f"{web_url}/notebooks/door?next={quote(server_path(key), safe='')}"
    asked = HTTPRequest(address, headers={"Cookie": f"{SESSION_COOKIE}={token}"}, follow_redirects=False)
    try:
        answer = await AsyncHTTPClient().fetch(asked, raise_error=False)
    except (OSError, HTTPError):  # the LMS is away: nobody can say whether the session lasts
        return None
    for cookie in answer.headers.get_list("Set-Cookie"):
        name, _, value = cookie.partition(";")[0].partition("=")
        ends = ends_at(secret, key, token, value) if name == PASS_COOKIE else 0
        if ends > time.time():
            return Entry(ends, cookie)
    return None


def jupyters_cookies(header: str) -> str:
    """Of a browser's cookies those that are Jupyter's: a pupil's server must not see who signed in to the LMS."""
    return "; ".join(f"{name}={value}" for name, value in cookies(header) if name.startswith(JUPYTERS))


def cookies(header: str) -> list[tuple[str, str]]:
    parts = (cookie.strip().partition("=") for cookie in header.split(";"))
    return [(name, value) for name, _, value in parts if name]
