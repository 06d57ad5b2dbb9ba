"""`zerek demo` and `zerek up` as a person starts them: one port, clear sentences, and nothing left at the end."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from zerek.settings import Settings


@dataclass
class House:
    """A running demo."""

    process: subprocess.Popen[str]
    address: str
    words: list[str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(data: Path, *words: str, **variables: str) -> subprocess.Popen[str]:
    env = {**os.environ, "ZEREK_DATA": str(data), "PYTHONUNBUFFERED": "1", **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "zerek", *words],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


Begin = Callable[..., House]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    begun: list[subprocess.Popen[str]] = []

    def start(what: str = "demo", **variables: str) -> House:
        port = free_port()
        process = command(tmp_path / "data", what, "--port", str(port), **variables)
        begun.append(process)
        words: list[str] = []
        assert process.stdout is not None
        while not any(f"http://127.0.0.1:{port}" in line for line in words):
            line = process.stdout.readline()
            assert line, "".join(words)
            words.append(line)
        return House(process, f"http://127.0.0.1:{port}", words)

    yield start
    for process in begun:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def signed_in_page(address: str, name: str, password: str, path: str) -> int:
    """The status of that page for a person who signs in first."""
    with httpx.Client(base_url=address, follow_redirects=True, headers={"Accept": "text/html"}) as browser:
        form = browser.get("/people/sign-in").text
        token = form.split('name="csrf_token" value="')[1].split('"')[0]
        browser.post("/people/sign-in", data={"name": name, "password": password, "csrf_token": token})
        return browser.get(path, follow_redirects=False).status_code


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_shows_its_first_page_and_leaves_nothing_behind(begin: Begin, how: signal.Signals) -> None:
    house = begin()
    assert signed_in_page(house.address, "pupil", "zerek-demo", "/people/me") == 200
    tree = psutil.Process(house.process.pid).children(recursive=True)
    assert len(tree) >= 5, "proxy, web, worker, Hub and agent"
    house.process.send_signal(how)
    house.process.communicate(timeout=60)
    assert house.process.returncode == 0
    assert not [
        process for process in tree if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", int(house.address.rpartition(":")[2])))


def test_a_web_process_that_dies_comes_back(begin: Begin) -> None:
    house = begin()
    web = next(
        process
        for process in psutil.Process(house.process.pid).children()
        if any("gunicorn" in word for word in process.cmdline())
    )
    web.kill()
    assert house.process.stdout is not None
    assert any("web ended with status -9" in line for line in house.process.stdout)
    for _ in range(100):
        try:
            if httpx.get(house.address, headers={"Accept": "text/html"}, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            continue
    raise AssertionError("the first page did not come back")


def test_a_school_starts_with_an_operator_from_the_environment(begin: Begin) -> None:
    house = begin("up", ZEREK_OPERATOR="Айбек", ZEREK_OPERATOR_PASSWORD="kitap-2026")
    assert signed_in_page(house.address, "Айбек", "kitap-2026", "/schools/") == 200
    assert signed_in_page(house.address, "Айбек", "kitap-2026", "/people/") == 200
    assert signed_in_page(house.address, "Айбек", "kitap-2026", "/courses/teaching-python") == 200


def test_a_school_is_filled_at_the_terminal_while_it_runs(begin: Begin, tmp_path: Path) -> None:
    house = begin("up", ZEREK_OPERATOR="Айбек", ZEREK_OPERATOR_PASSWORD="kitap-2026")

    def said(*words: str) -> str:
        process = command(tmp_path / "data", *words)
        answer, _ = process.communicate(timeout=60)
        assert process.returncode == 0, answer
        return answer

    said("schools", "district", "d1", "--kk", "Атырау қаласы")
    said("schools", "add", "s5", "--district", "d1", "--kk", "№ 5 мектеп")
    class_id = said("schools", "class", "s5", "--grade", "7", "--letter", "А", "--year", "2026").split()[0]
    added = said("people", "add", "Әлия", "--login", "aliya", "--role", "pupil", "--class", class_id)
    password = added.split("shown only now: ")[1].split()[0]
    assert "zerek-robot agent" in said("kits", "room", "s5")
    assert signed_in_page(house.address, "aliya", password, "/people/me") == 200


def refused(data: Path, *words: str, **variables: str) -> str:
    process = command(data, *words, **variables)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert said.startswith("zerek: ")
    assert "Traceback" not in said
    return said


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"Port {port}" in refused(tmp_path / "data", "demo", "--port", port)


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in refused(tmp_path / "file" / "data", "demo")


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    settings = Settings.from_environment({"ZEREK_DATA": str(tmp_path)})
    with command(tmp_path, "upgrade") as upgrade:
        assert upgrade.wait(60) == 0
    with sqlite3.connect(settings.data / "zerek.sqlite") as database:
        database.execute("INSERT INTO alembic_version VALUES ('from2031')")
    database.close()
    assert "newer version" in refused(tmp_path, "demo", "--port", str(free_port()))


def test_a_second_start_on_the_same_folder_is_refused(begin: Begin, tmp_path: Path) -> None:
    begin()
    assert "already runs" in refused(tmp_path / "data", "demo", "--port", str(free_port()))


def test_who_listens_on_every_address_must_say_by_which_one_people_come(tmp_path: Path) -> None:
    assert "ZEREK_PUBLIC_URL" in refused(tmp_path, "demo", ZEREK_HOST="0.0.0.0")


def test_the_database_is_not_for_every_account_of_the_machine(begin: Begin, tmp_path: Path) -> None:
    begin()
    for name in ("zerek.sqlite", "queue.sqlite", "hub.sqlite", "secrets.json"):
        assert (tmp_path / "data" / name).stat().st_mode & 0o077 == 0, name


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    assert "ZEREK_PORT" in refused(tmp_path, "upgrade", ZEREK_PORT="eight thousand")


def test_a_school_without_an_operator_and_without_a_terminal_is_told_what_to_set(tmp_path: Path) -> None:
    assert "ZEREK_OPERATOR" in refused(tmp_path, "up", "--port", str(free_port()))
