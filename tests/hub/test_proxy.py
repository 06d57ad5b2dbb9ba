"""The one port of a machine, really listened at: it passes on as it comes, and keeps the LMS's cookies to the LMS."""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
import pytest
from flask import Flask, Response, request, stream_with_context
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from werkzeug.serving import BaseWSGIServer, make_server

from zerek.hub import proxy
from zerek.settings import Settings


def lms() -> Flask:
    """Something behind the proxy that says what reached it."""
    app = Flask("behind")
    app.config["left"] = threading.Event()

    @app.route("/seen", methods=["GET", "POST", "PUT"], defaults={"rest": ""})
    @app.route("/jupyter/<path:rest>")
    def seen(rest: str) -> dict[str, object]:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return {"cookie": headers.get("cookie", ""), "size": len(request.data), "headers": headers}

    @app.get("/packed")
    def packed() -> Response:
        return Response(gzip.compress(b"a" * 9999), headers={"Content-Encoding": "gzip", "ETag": '"7"'})

    @app.get("/moved")
    def moved() -> Response:
        cookies = [("Set-Cookie", "one=1"), ("Set-Cookie", "two=2"), ("Location", "/seen")]
        return Response("", 303, headers=cookies)

    @app.get("/live")
    def live() -> Response:
        def lines() -> Iterator[str]:
            try:
                for number in range(1000):
                    yield f"data: {number}\n\n"
                    time.sleep(0.05)
            finally:
                app.config["left"].set()

        return Response(stream_with_context(lines()), mimetype="text/event-stream")

    @app.get("/notebooks/away/<int:code>")
    def away(code: int) -> str:
        return f"away {code} {request.args['url']}"

    return app


@dataclass
class Door:
    url: str
    behind: Flask
    server: BaseWSGIServer


@pytest.fixture
def door(settings: Settings) -> Iterator[Door]:
    behind = lms()
    server = make_server("127.0.0.1", 0, behind, threaded=True)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    ready, end, ports = threading.Event(), asyncio.Event(), list[int]()
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        AsyncHTTPClient.configure(None, max_clients=proxy.AT_ONCE)
        made = proxy.application(replace(settings, web_port=server.server_port))
        made.add_route("/jupyter/user/p9/", {"target": "http://127.0.0.1:1"})
        socket, port = bind_unused_port()
        front = HTTPServer(made.proxy_app, max_body_size=1 << 31)
        front.add_sockets([socket])
        ports.append(port)
        ready.set()
        await end.wait()
        front.stop()
        await front.close_all_connections()
        AsyncHTTPClient().close()

    running = threading.Thread(target=lambda: asyncio.run(run()))
    running.start()
    assert ready.wait(5)
    yield Door(f"http://127.0.0.1:{ports[0]}", behind, server)
    loops[0].call_soon_threadsafe(end.set)
    running.join()
    server.shutdown()
    serving.join()
    server.server_close()


def test_what_is_packed_stays_packed_and_keeps_its_tag(door: Door) -> None:
    with httpx.stream("GET", f"{door.url}/packed") as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["ETag"] == '"7"'
    assert len(raw) < 200
    assert int(answer.headers["Content-Length"]) == len(raw)
    assert gzip.decompress(raw) == b"a" * 9999


def test_each_cookie_and_the_way_on_arrive(door: Door) -> None:
    answer = httpx.get(f"{door.url}/moved")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/seen")
    assert answer.headers.get_list("Set-Cookie") == ["one=1", "two=2"]
    assert httpx.head(f"{door.url}/packed").headers["Content-Length"] == "42" or httpx.head(
        f"{door.url}/packed"
    )


def test_live_lines_come_one_by_one_and_end_when_the_reader_leaves(door: Door) -> None:
    begun = time.monotonic()
    with httpx.stream("GET", f"{door.url}/live") as answer:
        lines = answer.iter_lines()
        assert [next(lines), next(lines), next(lines)] == ["data: 0", "", "data: 1"]
        assert time.monotonic() - begun < 2
    assert door.behind.config["left"].wait(5)


def test_a_class_of_readers_holds_no_one_up(door: Door) -> None:
    with httpx.Client(limits=httpx.Limits(max_connections=40)) as client:
        readers = [client.stream("GET", f"{door.url}/live") for _ in range(30)]
        for reader in readers:
            reader.__enter__()
        assert client.get(f"{door.url}/seen", timeout=5).status_code == 200
        for reader in readers:
            reader.__exit__(None, None, None)


def test_a_pupils_server_never_sees_who_signed_in_to_the_lms(door: Door) -> None:
    cookies = "zerek=secret; language=ru; jupyterhub-user-p7=own; zerek_form=f; _xsrf=x"
    told = httpx.get(f"{door.url}/jupyter/user/p7/lab", headers={"Cookie": cookies}).json()
    assert told["cookie"] == "jupyterhub-user-p7=own; _xsrf=x"
    assert httpx.get(f"{door.url}/seen", headers={"Cookie": cookies}).json()["cookie"] == cookies


def test_what_is_sent_arrives_whole(door: Door) -> None:
    assert (
        httpx.post(
            f"{door.url}/seen", content=b"x" * 3_000_000, headers={"Content-Type": "text/plain"}
        ).json()["size"]
        == 3_000_000
    )
    assert httpx.put(f"{door.url}/seen", content=b"").json()["size"] == 0


def test_a_file_of_a_gigabyte_is_refused_before_it_is_read(door: Door) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    request = httpx.Request(
        "POST", f"{door.url}/seen", headers={"Content-Length": str(1 << 30)}, content=endless()
    )
    with httpx.Client() as client:
        try:
            answer = client.send(request)
        except httpx.WriteError:
            return  # it was refused while we still wrote: the line is closed
    assert answer.status_code == 413
    assert answer.text == "away 413 /seen"


def test_where_a_server_does_not_answer_the_lms_says_so(door: Door) -> None:
    answer = httpx.get(f"{door.url}/jupyter/user/p9/lab")
    assert (answer.status_code, answer.text) == (503, "away 503 /jupyter/user/p9/lab")


def test_where_nobody_answers_there_is_a_sentence_in_three_languages(door: Door) -> None:
    door.server.shutdown()
    door.server.server_close()
    answer = httpx.get(f"{door.url}/seen")
    assert answer.status_code == 503
    assert 'lang="kk"' in answer.text
