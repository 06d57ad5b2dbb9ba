"""The one file that talks to JupyterHub and to pupils' servers, over HTTP; called from jobs only.

A pupil's server is the pupil's own process: whatever token it is shown, the pupil can read. So it is never shown
the worker's token, but one that opens this one server for two minutes; and what it answers is not believed.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from zerek.base.errors import NotFound, TooLarge, Unavailable
from zerek.base.text import N_
from zerek.settings import Settings

log = logging.getLogger("zerek.notebooks")

STARTS_WITHIN = 60.0  # seconds
TOKEN_LASTS = 120
LARGEST_FILE = 10 * 1024 * 1024  # bytes
_LARGEST_ANSWER = LARGEST_FILE * 4 // 3 + 64 * 1024  # the file as base64 in JSON

SILENT = N_("The notebook server does not answer now. Please try again in a minute.")


@dataclass(frozen=True)
class Server:
    """A pupil's running server, with a token for it alone."""

    client: httpx.Client
    contents: str
    token: str

    def has(self, path: str) -> bool:
        answer = _ask(self.client, "GET", self._url(path), self.token, params={"content": "0"})
        return _expect(answer, 200, 404) == 200

    def put(self, path: str, content: bytes) -> None:
        """Write a new file; the folders on the way are made."""
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = self._url("/".join(parts[:depth]))
            _expect(_ask(self.client, "PUT", folder, self.token, json={"type": "directory"}), 200, 201)
        text = base64.b64encode(content).decode()
        body = {"type": "file", "format": "base64", "content": text}
        _expect(_ask(self.client, "PUT", self._url(path), self.token, json=body), 200, 201)

    def get(self, path: str) -> bytes:
        """The file's bytes as they lie there. Raises NotFound, TooLarge, Unavailable."""
        asked = {"type": "file", "format": "base64", "content": "1"}
        answer = _ask(self.client, "GET", self._url(path), self.token, params=asked)
        if _expect(answer, 200, 404) == 404:
            raise NotFound(N_("There is no %(path)s in the pupil's folder: was it renamed?"), path=path)
        try:
            content = base64.b64decode(json.loads(answer.content)["content"])
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise Unavailable(SILENT) from None
        if len(content) > LARGEST_FILE:
            raise _too_large()
        return content

    def _url(self, path: str) -> str:
        return f"{self.contents}/{quote(path)}"


@contextmanager
def running_server(settings: Settings, key: str) -> Iterator[Server]:
    """The person's server, started when it is not running; ``key`` is people.key_of. Raises Unavailable."""
    own = settings.secrets["hub_service"]
    user = f"{settings.hub_api_url}/users/{key}"
    # trust_env: what stands in HTTP_PROXY is no way to this machine's own ports, and must not be shown the token.
    with httpx.Client(timeout=httpx.Timeout(15.0, read=STARTS_WITHIN), trust_env=False) as client:
        _start(client, user, own)
        scope = f"access:servers!user={key}"
        wanted = {"scopes": [scope], "expires_in": TOKEN_LASTS, "note": "put and fetch files"}
        answer = _ask(client, "POST", f"{user}/tokens", own, json=wanted)
        _expect(answer, 200, 201)
        contents = f"http://{settings.inner_host}:{settings.port}/jupyter/user/{key}/api/contents"
        yield Server(client, contents, _json(answer)["token"])


def read_file(settings: Settings, key: str, path: str) -> bytes:
    """A file of the person's home, for a job; starts the server when it is stopped.

    Raises Unavailable where the Hub does not answer, NotFound where there is no such file, TooLarge.
    """
    with running_server(settings, key) as server:
        return server.get(path)


def _start(client: httpx.Client, user: str, token: str) -> None:
    """Ask for the server and wait until it is ready. Two who ask at once get the same one."""
    end = time.monotonic() + STARTS_WITHIN
    asked = False
    while time.monotonic() < end:
        answer = _ask(client, "GET", user, token)
        if _expect(answer, 200, 404) == 404:
            raise Unavailable(
                N_("The notebook server does not know you yet: please open the notebook once more.")
            )
        server = _json(answer).get("servers", {}).get("", {})
        if server.get("ready"):
            return
        if not server.get("pending"):
            if asked:
                break  # it was asked for, it is not coming, and it is not there
            # 400 is the Hub's word for "already": somebody else was faster
            answer = _ask(client, "POST", f"{user}/server", token)
            asked = _expect(answer, 201, 202, 400) != 400
        time.sleep(0.1)
    raise Unavailable(
        N_("Your notebook server did not start. Please try again; if it fails again, tell the operator.")
    )


def _ask(client: httpx.Client, method: str, url: str, token: str, **body: Any) -> httpx.Response:
    """The whole answer, or Unavailable; an answer without end is cut and refused."""
    try:
        with client.stream(method, url, headers={"Authorization": f"token {token}"}, **body) as answer:
            content = b""
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > _LARGEST_ANSWER:
                    raise _too_large()
    except httpx.HTTPError as error:
        log.warning("%s %s: %r", method, url, error)
        raise Unavailable(SILENT) from None
    return httpx.Response(answer.status_code, content=content, request=answer.request)


def _expect(answer: httpx.Response, *statuses: int) -> int:
    if answer.status_code not in statuses:
        log.warning("%s %s: %s %s", answer.request.method, answer.url, answer.status_code, answer.text[:300])
        raise Unavailable(SILENT)
    return answer.status_code


def _json(answer: httpx.Response) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    return told


def _too_large() -> TooLarge:
    most = LARGEST_FILE // (1024 * 1024)
    return TooLarge(
        N_("The notebook is over %(most)s MB: please delete large outputs and save it."), most=most
    )
