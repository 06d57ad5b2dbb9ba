"""`zerek up` and `zerek demo`: everything of one machine under one supervisor, on one port."""

from __future__ import annotations

import fcntl
import http.client
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from zerek.base.errors import CannotStart
from zerek.base.text import N_
from zerek.hub import commands as hub
from zerek.settings import ANY_ADDRESS, WEB_THREADS, Settings
from zerek.supervisor import Child, Say, Supervisor, told_to_stop

PATIENCE = 60.0  # seconds to the first page before we say that something is wrong
DEMO_KITS = ("sim://world?seed=7&name=Зерек-1&key=demo-1", "sim://world?seed=11&name=Зерек-2&key=demo-2")


def run(settings: Settings, prepare: Callable[[], None], greet: Callable[[str], None], say: Say) -> None:
    """Start all, with the data made ready by ``prepare``; ``greet(address)`` at the first page; returns when stopped.

    ``prepare`` is called when the web process is already on its way, so let it import what it needs by itself.
    """
    if settings.host in ANY_ADDRESS and not settings.public_url:
        raise CannotStart(
            N_("Whoever listens on every address must say by which one people come: set ZEREK_PUBLIC_URL.")
        )
    with ExitStack() as held:
        held.enter_context(_alone(settings))
        _need_port(settings)
        chosen = _with_ports(settings)

        def ready() -> None:
            if wait_for_page(chosen):
                greet(chosen.base_url)
            elif not told_to_stop():
                say(f"the first page does not come; see {settings.data / 'logs'}")

        web, proxy, *others = children(chosen)
        # The web process imports while we prepare the data; nobody reaches it before the proxy is there.
        # The others would only take the first page's share of the processor.
        Supervisor(settings.data / "logs", say).run([web, prepare, proxy, ready, *others])


def children(settings: Settings) -> list[Child]:
    """The programs of one machine: the web process and the proxy first, then those that may come later."""
    env = settings.environment()
    python = sys.executable
    web = [
        python,
        "-m",
        "gunicorn",
        "zerek.app:from_environment()",
        "--bind",
        f"{settings.inner_host}:{settings.web_port}",
    ]
    # One process: live telemetry is kept in it. Threads: streams and slow lines hold one each.
    web += [
        "--worker-class=gthread",
        "--workers=1",
        f"--threads={WEB_THREADS}",
        "--graceful-timeout=3",
        "--log-level=warning",
    ]
    found = [
        Child("web", web, env),
        Child("proxy", *hub.proxy(settings)),
        Child("worker", [python, "-m", "zerek", "worker"], env),
        Child("hub", *hub.hub(settings)),
    ]
    if settings.demo:
        found.append(Child("agent", *_agent(settings)))
    return found


def _agent(settings: Settings) -> tuple[list[str], dict[str, str]]:
    kits = [word for kit in DEMO_KITS for word in ("--kit", kit)]
    argv = [sys.executable, "-m", "zerek_robotics", "agent", "--lms", settings.web_url, *kits]
    return argv, {"ZEREK_AGENT_TOKEN": settings.secrets["agent"]}


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Two supervisors on one data folder would fight for every file in it."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        lock = (settings.data / "lock").open("w")
    except OSError as error:
        raise CannotStart(
            N_("The data folder %(folder)s cannot be written: %(why)s."),
            folder=settings.data,
            why=error.strerror,
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                N_("Zerek already runs on the data folder %(folder)s."), folder=settings.data
            ) from None
        yield


def _need_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotStart(
                N_("Port %(port)s of %(host)s cannot be used (%(why)s): set ZEREK_PORT to a free one."),
                port=settings.port,
                host=settings.host,
                why=os.strerror(error.errno or 0),
            ) from None


def _with_ports(settings: Settings) -> Settings:
    """The same settings with every inner port chosen: free ones, where none was set."""
    wanted = ("web_port", "hub_port", "proxy_api_port")
    with ExitStack() as held:
        free = [held.enter_context(socket.socket()) for _ in wanted]
        for one in free:
            one.bind((settings.inner_host, 0))
        chosen = {
            name: getattr(settings, name) or one.getsockname()[1]
            for name, one in zip(wanted, free, strict=True)
        }
    return replace(settings, **chosen)


def wait_for_page(settings: Settings, patience: float = PATIENCE) -> bool:
    """Whether the first page came, through the proxy, within so many seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end and not told_to_stop():
        if _answers(settings):
            return True
        time.sleep(0.05)
    return False


def _answers(settings: Settings) -> bool:
    line = http.client.HTTPConnection(settings.inner_host, settings.port, timeout=5)
    try:
        line.request("GET", "/", headers={"Accept": "text/html"})
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
