"""Jobs: nothing asked for is lost, nothing is done by two at once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy.orm import Session

from zerek.base import clock, jobs
from zerek.base.jobs import Job, Work, given_up, job, put

done: list[str] = []


@job("test.note")
def note(work: Work, what: str) -> None:
    done.append(what)


@job("test.break")
def always_breaks(work: Work) -> None:
    raise ZeroDivisionError("a bug of ours")


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    done.clear()


def asked(work: Work, name: str = "test.note", **payload: str) -> int:
    with work.transaction() as session:
        return put(session, name, **payload).id


def state(work: Work, job_id: int) -> Job:
    with work.transaction() as session:
        row = session.get(Job, job_id)
        assert row is not None
        return row


def test_a_job_asked_for_in_a_transaction_that_fails_is_not_done(work: Work) -> None:
    def breaks_after_asking() -> None:
        with work.transaction() as session:
            put(session, "test.note", what="never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks_after_asking()
    assert jobs.sweep(work, lambda job_id: None) == []


def test_a_job_is_done_once_however_often_it_is_sent(work: Work) -> None:
    job_id = asked(work, what="once")
    assert jobs.run(work, job_id)
    assert not jobs.run(work, job_id)
    assert done == ["once"]


def test_two_workers_who_are_sent_the_same_job_do_it_once(work: Work) -> None:
    job_id = asked(work, what="together")
    start = Barrier(2)

    def run() -> None:
        start.wait()
        jobs.run(work, job_id)

    workers = [Thread(target=run) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert done == ["together"]


def test_a_message_that_was_lost_is_sent_again_by_the_sweep(work: Work) -> None:
    job_id = asked(work, what="lost")
    with work.transaction() as session:
        session.get_one(Job, job_id).sent_at = clock.now() - timedelta(minutes=1)
    sent: list[int] = []
    jobs.sweep(work, sent.append)
    assert sent == [job_id]
    jobs.sweep(work, sent.append)
    assert sent == [job_id], "a fresh message is given time to arrive"


def test_a_job_that_breaks_waits_longer_each_time_and_is_given_up_after_five(work: Work) -> None:
    job_id = asked(work, "test.break")
    for attempt in range(1, jobs.ATTEMPTS + 1):
        assert not jobs.run(work, job_id)
        row = state(work, job_id)
        assert row.attempts == attempt
        assert "a bug of ours" in (row.error or "")
        with work.transaction() as session:
            session.get_one(Job, job_id).due_at = clock.now()
    assert row.state == "failed"
    assert not jobs.run(work, job_id)


TAKES_AND_HANGS = """
import sys, time
from zerek.base import db, jobs
from zerek.base.files import Files
from zerek.base.jobs import Work, job
from zerek.settings import Settings

@job("test.note")
def hang(work, what):
    print("taken", flush=True)
    time.sleep(600)

settings = Settings.from_environment()
jobs.run(Work(db.engine(settings.database), settings, Files(settings.data)), int(sys.argv[1]))
"""


def test_a_worker_killed_in_the_middle_leaves_the_job_to_the_next(work: Work) -> None:
    job_id = asked(work, what="inherited")
    env = {**os.environ, **work.settings.environment()}
    worker = subprocess.Popen(
        [sys.executable, "-c", TAKES_AND_HANGS, str(job_id)], env=env, stdout=subprocess.PIPE
    )
    with worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"taken\n"
        assert not jobs.run(work, job_id), "it is in the other's hands"
        worker.send_signal(signal.SIGKILL)
    sent: list[int] = []
    jobs.sweep(work, sent.append)
    assert sent == [job_id]
    assert jobs.run(work, job_id)
    assert done == ["inherited"]


def test_a_job_held_on_a_machine_that_is_no_more_is_taken_over_after_a_while(work: Work) -> None:
    job_id = asked(work, what="orphan")
    with work.transaction() as session:
        row = session.get_one(Job, job_id)
        row.state, row.holder, row.attempts = "running", "another-machine/17/1.00", 1
        row.taken_at = clock.now()
    assert jobs.sweep(work, lambda job_id: None) == [], "it may still be working"
    with work.transaction() as session:
        session.get_one(Job, job_id).taken_at = clock.now() - jobs.LEASE - timedelta(seconds=1)
    assert jobs.sweep(work, lambda job_id: None) == [job_id]
    assert jobs.run(work, job_id)
    assert done == ["orphan"]


def test_the_sweep_goes_on_when_the_broker_is_away(work: Work) -> None:
    job_id = asked(work, what="patient")
    with work.transaction() as session:
        session.get_one(Job, job_id).sent_at = None

    def nobody_answers(job_id: int) -> None:
        raise ConnectionRefusedError("no broker")

    assert jobs.sweep(work, nobody_answers) == [job_id]
    assert jobs.run(work, job_id)


def test_jobs_are_sent_after_the_commit_and_not_before(work: Work) -> None:
    sent: list[int] = []
    jobs.send_after_commit(sent.append)
    with work.transaction() as session:
        job_id = put(session, "test.note", what="later").id
        assert sent == []
    assert sent == [job_id]


def test_a_savepoint_inside_the_transaction_sends_nothing_yet(work: Work) -> None:
    sent: list[int] = []
    jobs.send_after_commit(sent.append)
    with work.transaction() as session:
        job_id = put(session, "test.note", what="later").id
        with session.begin_nested():
            put(session, "test.note", what="too")
        assert sent == []
    assert sent == [job_id, job_id + 1]


def test_a_job_due_tomorrow_is_not_done_today(work: Work, session: Session) -> None:
    row = put(session, "test.note", what="tomorrow", due=clock.now() + timedelta(days=1))
    session.commit()
    assert not jobs.run(work, row.id)
    assert done == []


given: list[tuple[str, str]] = []


@given_up("test.break")
def remember(session: Session, error: Exception) -> None:
    given.append((type(error).__name__, str(error)))


def test_who_asked_for_a_job_hears_that_it_was_given_up(work: Work) -> None:
    given.clear()
    job_id = asked(work, "test.break")
    for _ in range(jobs.ATTEMPTS):
        assert given == []
        jobs.run(work, job_id)
        with work.transaction() as session:
            session.get_one(Job, job_id).due_at = clock.now()
    assert given == [("ZeroDivisionError", "a bug of ours")]


def test_a_job_that_takes_every_worker_with_it_is_given_up_too(work: Work) -> None:
    given.clear()
    job_id = asked(work, "test.break")
    with work.transaction() as session:
        row = session.get_one(Job, job_id)
        row.state, row.attempts, row.holder = "running", jobs.ATTEMPTS, f"{socket.gethostname()}/1/0.00"
    assert jobs.sweep(work, lambda job_id: None) == []
    assert state(work, job_id).state == "failed"
    assert [kind for kind, _ in given] == ["ChildProcessError"]
