"""What the robotics tests share: a small LMS that keeps the agents' contract, and kits on real pseudo-terminals."""

import asyncio
import contextlib
import inspect
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

TOKEN = "room-7"


class QuietServer(ThreadingHTTPServer):
    """An agent that ends lets go of its long question in the middle; that is no fault of the LMS."""

    daemon_threads = True

    def __init__(self, *words: Any) -> None:
        self.open_sockets: set[socket.socket] = set()
        super().__init__(*words)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open_sockets.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        self.open_sockets.discard(request)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class SmallLms:
    """Takes frames once each, hands out commands by long poll, as the module kits does."""

    def __init__(self, port: int = 0) -> None:
        self.frames: dict[tuple[str, int], dict[str, Any]] = {}
        self.received = 0
        self.refused = 0
        self.commands: list[dict[str, Any]] = []
        self.kits: dict[str, dict[str, Any]] = {}
        self.changed = threading.Condition()
        self.answer_frames = True
        self.refuse_output = False
        self.questions = 0
        self.pause = 0.0  # set where no thread is left to hold the agent's question open
        self._server = QuietServer(("127.0.0.1", port), self._handler())
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        lms = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self._known():
                    self._answer(*lms.take(body))

            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                if self._known():
                    lms.questions += 1
                    wait = 0.0 if lms.pause else float(query["wait"][0])
                    commands = lms.give(int(query["after"][0]), wait)
                    self._answer(200, {"commands": commands, **({"pause": lms.pause} if lms.pause else {})})

            def _known(self) -> bool:
                if self.headers["Authorization"] == f"Bearer {TOKEN}":
                    return True
                lms.refused += 1
                self._answer(401, {"error": "unknown token"})
                return False

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *words: object) -> None:
                return

        return Handler

    def take(self, frame: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.changed:
            self.received += 1
            self.frames.setdefault((frame["session"], frame["seq"]), frame)
            for kit in frame["kits"]:
                self.kits[kit["kit"]] = kit
            self.changed.notify_all()
        if self.refuse_output and frame["output"]:
            return 422, {"error": "output[0].text is not what it should be."}
        if not self.answer_frames:
            return 503, {"error": "taken, but the answer is lost"}
        return 200, {"ack": frame["seq"]}

    def give(self, after: int, wait: float) -> list[dict[str, Any]]:
        deadline = time.monotonic() + min(wait, 2.0)
        with self.changed:
            while not (new := [command for command in self.commands if command["n"] > after]):
                if not self.changed.wait(max(0.0, deadline - time.monotonic())):
                    return []
            return new

    def say(self, do: str, **values: Any) -> None:
        with self.changed:
            self.commands.append({"n": len(self.commands) + 1, "do": do, **values})
            self.changed.notify_all()

    def events(self, kind: str) -> list[dict[str, Any]]:
        """All `output`, `ended` or `stopped` entries, in order."""
        with self.changed:
            return [entry for frame in self.frames.values() for entry in frame[kind]]

    def printed(self, run: str) -> str:
        return "".join(part["text"] for part in self.events("output") if part["run"] == run)

    def wait_for(self, what: Callable[[], Any], seconds: float = 15.0) -> Any:
        """The first true value of `what`, asked after every frame."""
        deadline = time.monotonic() + seconds
        while not (value := what()):
            rest = deadline - time.monotonic()
            assert rest > 0, f"it did not happen in {seconds} s; kits: {self.kits}"
            with self.changed:
                self.changed.wait(min(rest, 0.05))
        return value

    def wait_for_end(self, run: str, seconds: float = 15.0) -> dict[str, Any]:
        def ended() -> list[dict[str, Any]]:
            return [end for end in self.events("ended") if end["run"] == run]

        end: dict[str, Any] = self.wait_for(ended, seconds)[0]
        return end

    def close(self) -> None:
        """As when its machine goes down: kept connections end too."""
        self._server.shutdown()
        for open_socket in list(self._server.open_sockets):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def lms() -> Iterator[SmallLms]:
    lms = SmallLms()
    yield lms
    lms.close()


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A test that is a coroutine runs in a loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def make_lms() -> Iterator[Callable[[int], SmallLms]]:
    """A further LMS, at a port that was used before."""
    made: list[SmallLms] = []

    def make(port: int) -> SmallLms:
        made.append(SmallLms(port))
        return made[-1]

    yield make
    for one in made:
        one.close()
