"""The whole of one machine, really started: LMS, proxy and Hub on free ports, in a folder of their own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import psutil
import pytest

from zerek.base import clock, db
from zerek.base.files import Files
from zerek.base.jobs import Work
from zerek.base.permissions import Grant, Role, class_place
from zerek.hub import commands
from zerek.modules.people import api as people
from zerek.settings import Settings

PASSWORD = "kitap-2026"


@dataclass
class House:
    """Everything runs; ``work`` is what a worker would be given."""

    settings: Settings
    work: Work
    programs: dict[str, subprocess.Popen[bytes]]
    browsers: list[httpx.Client] = field(default_factory=list)

    def new_pupil(self, login: str) -> int:
        with self.work.transaction() as session:
            grants = [Grant(Role.PUPIL, class_place(3))]
            return people.join(
                session, login, login=login, password=PASSWORD, roles=grants, now=clock.now()
            ).id

    def browser(self, login: str) -> httpx.Client:
        """A browser in which that person has signed in to the LMS."""
        made = httpx.Client(
            base_url=self.settings.base_url,
            headers={"Accept": "text/html"},
            timeout=60,
            follow_redirects=True,
        )
        self.browsers.append(made)
        self.sign_in(made, login)
        return made

    def sign_in(self, browser: httpx.Client, login: str) -> None:
        form = browser.get("/people/sign-in").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        assert token, form
        data = {"name": login, "password": PASSWORD, "csrf_token": token[1]}
        assert browser.post("/people/sign-in", data=data, follow_redirects=False).status_code == 303


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, blank: Path) -> Iterator[House]:
    # Pupils' cages take other users: they must be able to walk to their home, as they can in a real data folder.
    root = tmp_path_factory.mktemp("house")
    for folder in (root, root.parent):
        folder.chmod(0o711)
    shutil.copy(blank, root / "zerek.sqlite")
    settings = _with_ports(Settings.from_environment({"ZEREK_DATA": str(root)}))
    (root / "zerek.sqlite").chmod(0o644)  # only the cage may stand between a pupil and this file
    programs = _start(settings)
    engine = db.engine(settings.database)
    try:
        _wait(settings, programs)
        made = House(settings, Work(engine, settings, Files(root / "files")), programs)
        yield made
        for browser in made.browsers:
            browser.close()
    finally:
        _stop(programs)
        engine.dispose()
    assert left_of(settings) == [], (root / "hub.log").read_text()[-3000:]


def left_of(settings: Settings) -> list[str]:
    """Command lines of processes that still name the house's folder."""
    found = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return [" ".join(words) for words in found if any(str(settings.data) in word for word in words)]


def _with_ports(settings: Settings) -> Settings:
    names = ("port", "web_port", "hub_port", "proxy_api_port")
    sockets = [socket.socket() for _ in names]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = {name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)}
    for one in sockets:
        one.close()
    return replace(settings, **ports)


def _start(settings: Settings) -> dict[str, subprocess.Popen[bytes]]:
    bind = f"{settings.host}:{settings.web_port}"
    web = [sys.executable, "-m", "gunicorn", "zerek.app:from_environment()", "--bind", bind]
    web += ["--worker-class=gthread", "--threads=8", "--graceful-timeout=1", "--log-level=warning"]
    wanted = {
        "proxy": commands.proxy(settings),
        "web": (web, settings.environment()),
        "hub": commands.hub(settings),
    }
    started = {}
    for name, (argv, env) in wanted.items():
        with (settings.data / f"{name}.log").open("wb") as log:
            # A process group of its own, so that nothing of it can be lost.
            started[name] = subprocess.Popen(
                argv, env={**os.environ, **env}, stdout=log, stderr=log, start_new_session=True
            )
    return started


def _wait(settings: Settings, programs: dict[str, subprocess.Popen[bytes]]) -> None:
    for url in (f"{settings.base_url}/people/sign-in", f"{settings.base_url}/jupyter/hub/api/"):
        end = time.monotonic() + 60
        while True:
            for name, program in programs.items():
                assert program.poll() is None, (settings.data / f"{name}.log").read_text()[-3000:]
            try:
                if httpx.get(url).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, f"{url} does not answer"
            time.sleep(0.1)


def _stop(programs: dict[str, subprocess.Popen[bytes]]) -> None:
    for name in ("hub", "web", "proxy"):
        programs[name].send_signal(signal.SIGTERM)
        try:
            programs[name].wait(20)
        except subprocess.TimeoutExpired:
            programs[name].kill()
            programs[name].wait()
