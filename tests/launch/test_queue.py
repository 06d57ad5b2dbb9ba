"""The queue: a real worker takes jobs up over SQLite and over Redis, and again after the broker was away."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from zerek import queue
from zerek.base import jobs
from zerek.base.jobs import Job, Work, put
from zerek.settings import Settings

Program = Callable[[str], str]


@pytest.fixture(autouse=True)
def _quiet_afterwards() -> Iterator[None]:
    yield
    jobs.send_after_commit(lambda job_id: None)


@contextmanager
def running(argv: list[str], **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        argv, env={**os.environ, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def redis_at(port: int, program: Program, folder: Path) -> list[str]:
    server = program("redis-server")
    return [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_up(port: int) -> bool:
    with closing(socket.socket()) as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def wait_for(true: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError(what)


def asked(work: Work) -> int:
    """A job that a worker ends at once: there is no such hand-in."""
    with work.transaction() as session:
        return put(session, "assignments.grade", submission_id=0).id


def is_done(work: Work, job_id: int) -> bool:
    with work.transaction() as session:
        return session.get_one(Job, job_id).state == "done"


def test_what_was_delivered_does_not_pile_up_in_the_sqlite_queue(settings: Settings) -> None:
    chosen = replace(settings, broker_url="")
    queue.declare(chosen)
    send = queue.sender(chosen)
    for job_id in range(3):
        send(job_id)
    with closing(sqlite3.connect(chosen.data / "queue.sqlite")) as messages:
        messages.execute(
            "UPDATE kombu_message SET visible = 0 WHERE id IN (SELECT id FROM kombu_message LIMIT 2)"
        )
        messages.commit()
        queue.forget_delivered(chosen)
        assert messages.execute("SELECT count(*), min(visible) FROM kombu_message").fetchone() == (1, 1)


@pytest.mark.parametrize("carrier", ["sqlite", "redis"])
def test_a_worker_takes_up_what_is_asked_for(
    work: Work, settings: Settings, program: Program, tmp_path: Path, carrier: str
) -> None:
    with ExitStack() as held:
        chosen = replace(settings, broker_url="")
        if carrier == "redis":
            port = free_port()
            held.enter_context(running(redis_at(port, program, tmp_path)))
            wait_for(lambda: is_up(port), "Redis does not come up")
            chosen = replace(settings, broker_url=f"redis://127.0.0.1:{port}/0")
        queue.declare(chosen)
        jobs.send_after_commit(queue.sender(chosen))
        held.enter_context(running([sys.executable, "-m", "zerek", "worker"], **chosen.environment()))
        for _ in range(2):
            job_id = asked(work)
            wait_for(lambda job_id=job_id: is_done(work, job_id), "the job is not done")


def test_a_job_asked_for_while_the_broker_is_away_is_done_when_it_is_back(
    work: Work, settings: Settings, program: Program, tmp_path: Path
) -> None:
    port = free_port()
    chosen = replace(settings, broker_url=f"redis://127.0.0.1:{port}/0")
    jobs.send_after_commit(queue.sender(chosen))
    program("redis-server")
    job_id = asked(work)
    with (
        running(redis_at(port, program, tmp_path)),
        running([sys.executable, "-m", "zerek", "worker"], **chosen.environment()),
    ):
        wait_for(lambda: is_done(work, job_id), "the job was lost")
