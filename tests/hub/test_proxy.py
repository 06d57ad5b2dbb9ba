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
import websocket
from flask import Flask, Response, request, stream_with_context
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler
from werkzeug.serving import BaseWSGIServer, make_server

from zerek.base import passes
from zerek.hub import proxy
from zerek.settings import Settings
from zerek.web import shell


def lms() -> Flask:
    """Something behind the proxy that says what reached it."""
    app = Flask("behind")
    app.config["left"] = threading.Event()

    @app.route("/seen", methods=["GET", "POST", "PUT"], defaults={"rest": ""})
    @app.route("/jupyter/<path:rest>", methods=["GET", "POST", "PUT"])
    def seen(rest: str) -> tuple[dict[str, object], dict[str, str]]:
        headers = {name.lower(): value for name, value in request.headers.items()}
        told = {"cookie": headers.get("cookie", ""), "size": len(request.data), "headers": headers}
        return told, {"Service-Worker-Allowed": "/"}

    app.config["passes"] = dict[str, str]()

    @app.get("/notebooks/door")
    def way_in() -> Response:
        """A new pass for each session that lasts, as the LMS gives it."""
        shown = app.config["passes"].get(request.cookies.get(passes.SESSION_COOKIE, ""))
        answer = Response("", 303 if shown else 401, headers={"Location": request.args["next"]})
        if shown:
            answer.set_cookie(passes.PASS_COOKIE, shown, path=request.args["next"], httponly=True)
        return answer

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
    def away(code: int) -> Response:
        """Packed where it is asked for so, as the LMS does it."""
        text = f"away {code} {request.args['url']} {request.cookies.get(shell.LANGUAGE_COOKIE, 'kk')}"
        answer = Response(text, headers={"Set-Cookie": "form=1"})
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            answer.set_data(gzip.compress(text.encode()))
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    return app


class Echo(WebSocketHandler):
    """Says back what it hears, and speaks like a kernel."""

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return subprotocols[-1] if subprotocols else None

    def on_message(self, message: str | bytes) -> None:
        self.write_message(message, binary=isinstance(message, bytes))


@dataclass
class Door:
    settings: Settings
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
        echo_socket, echo_port = bind_unused_port()
        echo = HTTPServer(Application([(r".*", Echo)]))
        echo.add_sockets([echo_socket])
        made.add_route("/jupyter/user/p5/", {"target": f"http://127.0.0.1:{echo_port}"})
        here = f"http://127.0.0.1:{server.server_port}"
        for prefix, target in (("", here), ("user/p7/", here), ("user/p9/", "http://127.0.0.1:1")):
            made.add_route(f"/jupyter/{prefix}", {"target": target})
        socket, port = bind_unused_port()
        front = HTTPServer(made.proxy_app, max_body_size=1 << 31)
        front.add_sockets([socket])
        ports.append(port)
        ready.set()
        await end.wait()
        for listening in (front, echo):
            listening.stop()
            await listening.close_all_connections()
        AsyncHTTPClient().close()

    running = threading.Thread(target=lambda: asyncio.run(run()))
    running.start()
    assert ready.wait(5)
    yield Door(settings, f"http://127.0.0.1:{ports[0]}", behind, server)
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


def with_pass(door: Door, key: str, token: str = "secret", left: float = 60) -> dict[str, str]:
    """The cookies of a browser in which that person signed in to the LMS and was given a pass; ``left`` in seconds."""
    shown = passes.give(door.settings.secrets["proxy"], key, token, time.time() + left - passes.LASTS)
    return {
        "Cookie": f"zerek={token}; language=ru; jupyterhub-user-p7=own; _xsrf=x; {passes.PASS_COOKIE}={shown}"
    }


def test_a_pupils_server_never_sees_who_signed_in_to_the_lms(door: Door) -> None:
    cookies = with_pass(door, "p7")
    told = httpx.get(f"{door.url}/jupyter/user/p7/lab", headers=cookies).json()
    assert told["cookie"] == "jupyterhub-user-p7=own; _xsrf=x"
    assert httpx.get(f"{door.url}/seen", headers=cookies).json()["cookie"] == cookies["Cookie"]


def test_a_link_to_another_persons_server_leads_to_the_door(door: Door) -> None:
    page = {"Accept": "text/html"}
    for cookies in ({}, with_pass(door, "p8"), {"Cookie": f"zerek=secret; {passes.PASS_COOKIE}=%"}):
        answer = httpx.get(f"{door.url}/jupyter/user/p7/files/x.html?a=1", headers=page | cookies)
        assert answer.status_code == 303
        assert (
            answer.headers["Location"]
            == "/notebooks/door?next=%2Fjupyter%2Fuser%2Fp7%2Ffiles%2Fx.html%3Fa%3D1"
        )
        assert httpx.get(f"{door.url}/jupyter/user/p7/x.js", headers=cookies).status_code == 403
        assert httpx.post(f"{door.url}/jupyter/user/p7/x", headers=page | cookies).status_code == 403


def test_a_pupils_server_plants_no_service_worker_in_a_browser(door: Door) -> None:
    cookies = with_pass(door, "p7")
    plain = httpx.get(f"{door.url}/jupyter/user/p7/files/sw.js", headers=cookies)
    assert plain.status_code == 200
    assert "Service-Worker-Allowed" not in plain.headers
    assert httpx.get(f"{door.url}/seen").headers["Service-Worker-Allowed"] == "/"
    kept = httpx.get(
        f"{door.url}/jupyter/user/p7/files/sw.js", headers={"Service-Worker": "script"} | cookies
    )
    assert kept.status_code == 403


@pytest.mark.parametrize(
    "way",
    [
        "/jupyter/%75ser/p7/x.js",
        "/%6aupyter/user/p7/x.js",
        "/jupyter/%2575ser/p7/x.js",
        "//jupyter//user/p7/x.js",
    ],
)
def test_no_spelling_of_the_address_gets_round_the_door(door: Door, way: str) -> None:
    answer = httpx.get(door.url + way, headers={"Cookie": "zerek=secret"})
    assert answer.status_code in (308, 403, 404)  # or a redirect to the plain spelling


def test_a_pass_ends_with_the_session_it_was_given_in(door: Door) -> None:
    old = with_pass(door, "p7")["Cookie"].replace("zerek=secret", "zerek=another")
    assert httpx.get(f"{door.url}/jupyter/user/p7/x.js", headers={"Cookie": old}).status_code == 403
    none = old.replace("zerek=another", "zerek=")
    assert httpx.get(f"{door.url}/jupyter/user/p7/x.js", headers={"Cookie": none}).status_code == 403


def let_in(door: Door, token: str, key: str) -> None:
    """The session with that token lasts: its person gets a new pass at the door."""
    door.behind.config["passes"][token] = passes.give(door.settings.secrets["proxy"], key, token, time.time())


def test_a_pass_that_has_run_out_is_renewed_in_mid_work_while_the_session_lasts(door: Door) -> None:
    let_in(door, "secret", "p7")
    address, cookies = f"{door.url}/jupyter/user/p7/api/contents/x", with_pass(door, "p7", left=-1)
    saved = httpx.put(address, headers=cookies, content=b"work")
    assert (saved.status_code, saved.json()["size"]) == (200, 4)
    new = saved.headers["Set-Cookie"]
    assert new.startswith(f"{passes.PASS_COOKIE}={door.behind.config['passes']['secret']};")
    assert "Path=/jupyter/user/p7/" in new
    assert "Set-Cookie" not in httpx.get(address, headers=with_pass(door, "p7")).headers


def test_a_pass_opens_nothing_a_quarter_of_an_hour_after_the_session_has_ended(door: Door) -> None:
    address, cookies = f"{door.url}/jupyter/user/p7/api/contents/x", with_pass(door, "p7", left=-1)
    assert httpx.put(address, headers=cookies).status_code == 403
    let_in(door, "secret", "p8")  # the session is another person's now
    assert httpx.get(address, headers=cookies).status_code == 403
    assert httpx.get(address, headers=cookies | {"Accept": "text/html"}).status_code == 303
    assert passes.LASTS == 15 * 60


def test_a_kernels_line_is_closed_when_the_session_has_ended(door: Door) -> None:
    address = door.url.replace("http", "ws") + "/jupyter/user/p5/api/kernels/1/channels"
    let_in(door, "secret", "p5")
    lines = [
        websocket.create_connection(address, cookie=with_pass(door, "p5", token, 1.5)["Cookie"], timeout=10)
        for token in ("secret", "ended")
    ]
    assert lines[1].recv_data()[0] == websocket.ABNF.OPCODE_CLOSE
    time.sleep(0.5)
    lines[0].send("сөз")
    assert lines[0].recv() == "сөз"
    for line in lines:
        line.shutdown()


def test_a_program_with_a_token_needs_no_pass(door: Door) -> None:
    token = {"Authorization": "token abc"}
    assert httpx.get(f"{door.url}/jupyter/user/p7/api/contents", headers=token).status_code == 200


def test_the_pass_is_made_of_the_lmss_own_session() -> None:
    assert passes.SESSION_COOKIE == shell.SESSION_COOKIE


def test_a_kernels_line_keeps_words_bytes_and_its_protocol(door: Door) -> None:
    address = door.url.replace("http", "ws") + "/jupyter/user/p5/api/kernels/1/channels"
    cookie = with_pass(door, "p5")["Cookie"]
    line = websocket.create_connection(address, cookie=cookie, timeout=5, subprotocols=["v0", "v1.kernel"])
    assert line.getsubprotocol() == "v1.kernel"
    line.send("сөз")
    assert line.recv() == "сөз"
    line.send_binary(b"\x00\xff")
    assert line.recv() == b"\x00\xff"
    line.close()
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(address, cookie="zerek=secret", timeout=5)


def test_what_is_sent_arrives_whole(door: Door) -> None:
    assert (
        httpx.post(
            f"{door.url}/seen", content=b"x" * 3_000_000, headers={"Content-Type": "text/plain"}
        ).json()["size"]
        == 3_000_000
    )
    assert httpx.put(f"{door.url}/seen", content=b"").json()["size"] == 0


@pytest.mark.parametrize("said", [True, False])
def test_a_huge_file_is_let_fall_and_the_browser_hears_why(door: Door, said: bool) -> None:
    size = 3 * proxy.LARGEST_BODY

    def pieces() -> Iterator[bytes]:
        for _ in range(size // 65536):
            yield b"x" * 65536

    headers = {"Content-Length": str(size)} if said else {}
    answer = httpx.post(f"{door.url}/seen", content=pieces(), headers=headers, timeout=60)
    assert (answer.status_code, answer.text) == (413, "away 413 /seen kk")


def test_where_a_server_does_not_answer_the_lms_says_so_in_the_readers_language(door: Door) -> None:
    answer = httpx.get(f"{door.url}/jupyter/user/p9/lab", headers=with_pass(door, "p9"))
    assert (answer.status_code, answer.text) == (503, "away 503 /jupyter/user/p9/lab ru")
    assert "set-cookie" not in answer.headers
    assert proxy.LANGUAGE_COOKIE == shell.LANGUAGE_COOKIE


def test_where_nobody_answers_there_is_a_sentence_in_three_languages(door: Door) -> None:
    door.server.shutdown()
    door.server.server_close()
    answer = httpx.get(f"{door.url}/seen")
    assert answer.status_code == 503
    assert 'lang="kk"' in answer.text
