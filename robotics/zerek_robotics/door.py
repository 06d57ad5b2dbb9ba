"""One kept HTTP connection to the LMS, worked by a thread of its own, awaited from a loop."""

import asyncio
import contextlib
import http.client
import json
import queue
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit


class DoorClosed(Exception):
    """The LMS cannot be reached, or answered with something that is not an answer."""


class WordRefused(Exception):
    """The LMS understood the request and will not have it (400, 404, 409, 413, 422): again would be no better."""


class TokenRefused(Exception):
    """401 or 403: this agent's token is not known."""


class Door:
    """`ask` sends one request and gives the JSON answer; cancelled or closed, it lets go at once."""

    def __init__(self, base_url: str, token: str) -> None:
        parts = urlsplit(base_url.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{base_url} is not an address of an LMS: http://… or https://…")
        self._secure = parts.scheme == "https"
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._connection: http.client.HTTPConnection | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._labour, name="line to the LMS", daemon=True)
        self._thread.start()

    async def ask(self, method: str, path: str, body: object, *, seconds: float) -> dict[str, Any]:
        """Raises DoorClosed, TokenRefused or WordRefused. `seconds` bounds each wait for the other side."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[dict[str, Any]] = loop.create_future()

        def settle(value: dict[str, Any] | None, fault: Exception | None) -> None:
            if answer.done():
                return
            if fault is not None:
                answer.set_exception(fault)
            else:
                answer.set_result(value or {})

        def labour() -> None:
            value, fault = None, None
            try:
                value = self._exchange(method, path, body, seconds)
            except (DoorClosed, TokenRefused, WordRefused) as refused:
                fault = refused
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, value, fault)

        self._work.put(labour)
        return await answer

    def close(self) -> None:
        """Ends a waiting request too."""
        self._closed = True
        self._work.put(None)
        connection = self._connection
        if connection and connection.sock:
            with contextlib.suppress(OSError):  # the other side may have closed it already
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _labour(self) -> None:
        while work := self._work.get():
            work()
        if self._connection:
            self._connection.close()

    def _exchange(self, method: str, path: str, body: object, seconds: float) -> dict[str, Any]:
        text = json.dumps(body) if body is not None else None
        kept = self._connection is not None
        try:
            status, data = self._request(method, path, text, seconds)
        except (OSError, http.client.HTTPException) as fault:
            self._hang_up()
            if kept and isinstance(fault, ConnectionError) and not self._closed:
                return self._exchange(method, path, body, seconds)  # only the kept line had gone stale
            raise DoorClosed(str(fault) or type(fault).__name__) from fault
        if status in (401, 403):
            raise TokenRefused
        if status in (400, 404, 409, 413, 422):
            raise WordRefused(f"status {status}: {data[:300].decode(errors='replace').strip()}")
        if status != 200:
            raise DoorClosed(f"status {status}")
        try:
            answer = json.loads(data)
        except ValueError as fault:
            raise DoorClosed("the answer is not JSON") from fault
        if not isinstance(answer, dict):
            raise DoorClosed("the answer is not an object")
        return answer

    def _request(self, method: str, path: str, body: str | None, seconds: float) -> tuple[int, bytes]:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            self._connection = kind(self._host, self._port, timeout=seconds)
            self._connection.connect()
        if self._connection.sock:
            self._connection.sock.settimeout(seconds)
        self._connection.request(method, self._prefix + path, body, self._headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def _hang_up(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None
