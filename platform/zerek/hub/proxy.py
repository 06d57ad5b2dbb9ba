"""The one port of a machine: `python -m zerek.hub.proxy` sends /jupyter/ to the Hub, all else to the LMS.

The routes and their API are configurable-http-proxy's; how a request is passed on is ours. That package reads a whole
answer before it passes it on, unpacks what was compressed, keeps ten requests at a time and gives up after 20 seconds:
live telemetry, a village's line and a class of thirty need the opposite.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable
from typing import Any
from urllib.parse import quote

from configurable_http_proxy.configproxy import PythonProxy
from configurable_http_proxy.handlers import ProxyHandler
from tornado.httpclient import AsyncHTTPClient, HTTPError, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.web import Application, stream_request_body

from zerek.hub import door
from zerek.settings import Settings

LARGEST_BODY = (
    20 * 1024 * 1024
)  # bytes: the LMS takes 12 MB and says so itself, JupyterLab sends files in pieces
AT_ONCE = 2000  # requests: every reader of a live page holds one
# Each line says these for itself; a websocket's line agrees on a protocol by itself, too.
OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"}
OF_ONE_HOP |= {"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"}
_SERVER = re.compile(r"/jupyter/user/([^/]*)")
LANGUAGE_COOKIE = "language"  # as zerek.web.shell calls it; the proxy does without all that comes with that

# Shown when even the LMS does not answer, so it cannot say it in the reader's language.
SILENCE = (
    '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta http-equiv="refresh" content="3"><title>Зерек</title>'
    '<p lang="kk">Зерек іске қосылып жатыр. Бір минут күте тұрыңыз.'
    '<p lang="ru">Зерек запускается. Подождите минуту.<p lang="en">Zerek is starting. Please wait a minute.'
)


@stream_request_body
class Handler(ProxyHandler):  # type: ignore[misc]
    """One request, passed on as it comes and answered as the answer comes."""

    def initialize(self, proxy: PythonProxy, web_url: str, behind: bool) -> None:
        """``behind``: another proxy of ours stands before this one (it ends TLS); what it says of who asks is true."""
        super().initialize(proxy=proxy)
        self.web_url, self.behind = web_url, behind
        self.chunks: list[bytes] = []  # of the request's body
        self.size = 0
        self.too_large = False
        self.entry: door.Entry | None = None
        self.watching: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        self.too_large = int(self.request.headers.get("Content-Length") or 0) > LARGEST_BODY
        if self._is_service_worker():
            self.set_status(403)
            self.finish()
        elif not await self._may_pass():
            self._to_the_door()
        elif self.entry and self.entry.cookie:
            self.add_header("Set-Cookie", self.entry.cookie)

    def _prefix(self) -> str:
        """Of the route this request takes. An address may be written in many ways; what counts is where it leads."""
        route = self.proxy.target_for_req(None, self.path_args[0])
        return str(route["prefix"]) if route else "/"

    def _is_service_worker(self) -> bool:
        """A browser wants to keep a pupil's script, which would outlive the sign-out and answer for the LMS's pages."""
        return "Service-Worker" in self.request.headers and _SERVER.match(self._prefix()) is not None

    async def _may_pass(self) -> bool:
        """Whether a browser may come to this server; a program that shows a token is the server's own business."""
        server = _SERVER.match(self._prefix())
        if server is None or "Authorization" in self.request.headers:
            return True
        self.entry = await self._enter(server[1])
        return self.entry is not None

    async def _enter(self, key: str) -> door.Entry | None:
        header = self.request.headers.get("Cookie", "")
        return await door.enter(self.proxy.auth_token, self.web_url, key, header)

    def open(self, *args: str, **kwargs: str) -> None:
        """A kernel's line stays open for hours; it must not outlive the session either."""
        server = _SERVER.match(self._prefix())
        if self.entry and server:
            self.watching = asyncio.create_task(self._watch(server[1]))

    async def _watch(self, key: str) -> None:
        while self.entry:
            await asyncio.sleep(self.entry.ends - time.time())
            self.entry = await self._enter(key)
        self.close(1008)

    def on_close(self) -> None:
        if self.watching:
            self.watching.cancel()
        super().on_close()

    def _to_the_door(self) -> None:
        page = "text/html" in self.request.headers.get("Accept", "")
        if page and self.request.method == "GET" and "Upgrade" not in self.request.headers:
            self.redirect(f"/notebooks/door?next={quote(self.request.uri or '', safe='')}", status=303)
        else:
            self.set_status(403)
            self.finish()

    def data_received(self, chunk: bytes) -> None:
        """Too much is let fall as it comes: a browser that is not heard out shows a broken line, and no sentence."""
        self.size += len(chunk)
        self.too_large = self.too_large or self.size > LARGEST_BODY
        if self.too_large:
            self.chunks.clear()
        else:
            self.chunks.append(chunk)

    async def call_proxy(self, path: str | None = None) -> None:
        if self.too_large:
            await self.handle_proxy_error(413, None)
            return
        self.request.body = b"".join(self.chunks)
        url = await self.get_target_url(path)
        if url is None:
            return
        try:
            await AsyncHTTPClient().fetch(self._get_proxy_request(url), raise_error=False)
        except (OSError, HTTPError) as error:
            if not self._headers_written:
                await self.handle_proxy_error(503, error)
                return
            if self.request.connection:
                self.request.connection.close()  # half an answer must not look like a whole one
            return
        if not self._finished:
            await self.finish()

    def _get_proxy_request(self, url: str) -> HTTPRequest:
        """What is asked of the one behind: the same, less what concerns this hop, plus who really asks."""
        headers = self.request.headers.copy()
        for name in OF_ONE_HOP & {name.lower() for name in headers}:
            del headers[name]
        told = {
            "X-Forwarded-For": self.request.remote_ip or "",
            "X-Forwarded-Proto": self.request.protocol,
            "X-Forwarded-Host": self.request.host,
        }
        for name, value in told.items():
            if not (self.behind and name in headers):
                headers[name] = value
        if self._prefix() != "/":
            headers["Cookie"] = door.jupyters_cookies(headers.get("Cookie", ""))
        return HTTPRequest(
            url,
            method=self.request.method or "GET",
            headers=headers,
            body=self.request.body,
            follow_redirects=False,
            allow_nonstandard_methods=True,
            decompress_response=False,
            request_timeout=0,
            header_callback=self._header,
            streaming_callback=self._piece,
        )

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """What the one behind chose: JupyterLab's kernels speak v1.kernel.websocket.jupyter.org."""
        chosen: str | None = self.ws_client.selected_subprotocol if self.ws_client else None
        return chosen

    def on_message(self, message: str | bytes) -> None:
        """Words stay words and bytes stay bytes, which the package forgets on this side."""
        if self.ws_client:
            self.proxy.update_last_activity(self._prefix())
            self.ws_client.write_message(message, binary=isinstance(message, bytes))

    def _header(self, line: str) -> None:
        if line.startswith("HTTP/"):
            self.clear()
            for name in ("Server", "Content-Type", "Date"):
                self.clear_header(name)
            if self.entry and self.entry.cookie:
                self.add_header("Set-Cookie", self.entry.cookie)
            self.set_status(int(line.split()[1]))
            return
        name, _, value = line.strip().partition(":")
        if name.lower() == "service-worker-allowed" and _SERVER.match(self._prefix()):
            return  # a pupil's server has no say over the rest of the address
        if name and name.lower() not in OF_ONE_HOP:
            self.add_header(name, value.strip())

    def _piece(self, chunk: bytes) -> Awaitable[None]:
        self.write(chunk)
        passed_on: Awaitable[None] = self.flush()
        return passed_on  # a slow reader slows the writer down

    def compute_etag(self) -> None:
        """None: the answer has its own, if any."""

    async def handle_proxy_error(self, code: int, err: Exception | None) -> None:
        """The LMS's page about it, in the language that the reader's cookie names; nothing else of hers is sent on."""
        logging.getLogger("zerek.proxy").warning(
            "%s %s: %s", self.request.method, self.request.path, err or code
        )
        if self.ws_connection:
            return
        kept = [
            pair
            for pair in door.cookies(self.request.headers.get("Cookie", ""))
            if pair[0] == LANGUAGE_COOKIE
        ]
        page = HTTPRequest(
            f"{str(self.proxy.error_target).rstrip('/')}/{code}?url={quote(self.request.path, safe='')}",
            headers={"Cookie": "; ".join(map("=".join, kept))},
            decompress_response=False,
        )
        try:
            answer = await AsyncHTTPClient().fetch(page)
        except (OSError, HTTPError):
            self.handle_proxy_error_default(code, err)
            return
        self.set_status(code)
        for name in ("Content-Type", "Content-Security-Policy"):
            if name in answer.headers:
                self.set_header(name, answer.headers[name])
        self.finish(answer.body)

    def handle_proxy_error_default(self, code: int, err: Exception | None) -> None:
        self.set_status(code)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(SILENCE)

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        if not isinstance(value, StreamClosedError):  # a reader who left is no event
            super().log_exception(kind, value, trace)


def application(settings: Settings) -> PythonProxy:
    """The proxy with its routes; ``.proxy_app`` is for the outer port, ``.api_app`` for the Hub."""
    log = logging.getLogger("zerek.proxy")
    proxy = PythonProxy(
        {
            "log": log,
            "auth_token": settings.secrets["proxy"],
            "default_target": settings.web_url,
            "error_target": f"{settings.web_url}/notebooks/away",
        }
    )
    given = {"proxy": proxy, "web_url": settings.web_url, "behind": settings.behind_proxy}
    proxy.proxy_app = Application([(r"/(.*)", Handler, given)], log_function=lambda handler: None)
    return proxy


def _is_farewell(record: logging.LogRecord) -> bool:
    return record.exc_info is not None and isinstance(record.exc_info[1], StreamClosedError)


async def serve(settings: Settings) -> None:
    # Tornado calls it an uncaught exception when the reader of a long answer leaves.
    logging.getLogger("tornado.application").addFilter(lambda record: not _is_farewell(record))
    AsyncHTTPClient.configure(None, max_clients=AT_ONCE, max_body_size=1 << 30)
    proxy = application(settings)
    HTTPServer(proxy.proxy_app, max_body_size=1 << 31).listen(settings.port, settings.host)
    HTTPServer(proxy.api_app).listen(settings.proxy_api_port, settings.inner_host)
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(serve(Settings.from_environment()))
