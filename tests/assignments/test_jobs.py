"""The worker's part: fetched and graded by the real nbgrader, once, whatever dies in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psutil
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zerek import modules
from zerek.base import clock, jobs
from zerek.base.errors import Unavailable
from zerek.base.files import Files
from zerek.base.jobs import Job, Work
from zerek.base.permissions import Actor
from zerek.content import shipped
from zerek.modules.assignments import api, queries
from zerek.modules.assignments import jobs as own_jobs
from zerek.modules.assignments.models import Outcome, State
from zerek.modules.courses import api as courses
from zerek.settings import Settings

NOTEBOOK = "python-and-robot/r7-02"
PATIENCE = 180.0  # seconds; a busy machine needs many for one notebook

HandIn = Callable[..., int]
Written = Callable[..., bytes]


@pytest.fixture(autouse=True)
def _handlers() -> None:
    modules.load()


@pytest.fixture
def no_releases(session: Session, lesson: Any) -> None:
    """The jobs that publishing asked for are taken away: they have tests of their own."""
    session.query(Job).delete()
    session.commit()


def row(session: Session, number: int) -> queries.Row:
    session.commit()
    session.expire_all()
    found = queries.submission(session, number)
    session.commit()
    assert found is not None
    return found


def try_until_given_up(work: Work, name: str) -> None:
    """Every try of that job at once, without the waiting between them."""
    for _ in range(jobs.ATTEMPTS):
        with work.transaction() as session:
            job = session.scalars(select(Job).where(Job.name == name)).one()
            job.due_at = clock.now()
        assert not jobs.run(work, job.id)
    with work.transaction() as session:
        assert session.get_one(Job, job.id).state == "failed"


@pytest.mark.usefixtures("no_releases")
def test_a_right_notebook_gets_all_points_and_the_hour_is_counted(
    session: Session,
    files: Files,
    pupil: Actor,
    lesson: Any,
    hand_in: HandIn,
    written: Written,
    do_jobs: Callable[[], int],
) -> None:
    number = hand_in(pupil, digest=files.put(written()))
    assert do_jobs() == 1
    graded = row(session, number)
    assert (graded.state, graded.points, graded.max_points, graded.error) == (State.GRADED, 10, 10, None)
    assert all(cell["passed"] for cell in graded.tests)
    enrolment = courses.open_item(session, lesson.item_id, by=pupil)[1].enrolment
    assert enrolment is not None
    assert courses.ledger(session, enrolment.id)


@pytest.mark.usefixtures("no_releases")
def test_a_wrong_notebook_says_which_tests_failed_and_why(
    session: Session,
    files: Files,
    pupil: Actor,
    hand_in: HandIn,
    written: Written,
    do_jobs: Callable[[], int],
) -> None:
    wrong = written(hello='    print("Салем")', route='    print("алға", "солға", "алға")')
    number = hand_in(pupil, digest=files.put(wrong))
    do_jobs()
    graded = row(session, number)
    assert (graded.points, graded.max_points) == (6, 10)
    said = {cell["grade_id"]: cell["message"] for cell in graded.tests if not cell["passed"]}
    assert said == {
        "hello-test": "Күтілгені: 'Сәлем, Атырау!'. Сенде шыққаны: 'Салем'.",
        "route-test": "Күтілгені: 'алға -> солға -> алға'. Сенде шыққаны: 'алға солға алға'.",
    }


@pytest.mark.usefixtures("no_releases")
def test_what_lies_in_the_home_and_is_no_notebook_is_refused_with_a_sentence(
    session: Session, files: Files, pupil: Actor, hand_in: HandIn, do_jobs: Callable[[], int]
) -> None:
    number = hand_in(pupil)
    with Session(session.get_bind()) as own:
        api.keep_notebook(own, files, number, b"print('hello')")
        own.commit()
    do_jobs()
    refused = row(session, number)
    assert (refused.state, refused.points) == (State.REFUSED, None)
    assert refused.reason is not None
    assert "not a notebook" in refused.reason["sentence"]


DIES_BEFORE_THE_COMMIT = """
import os, signal, sys
from zerek import modules, queue
from zerek.base import jobs
from zerek.base.events import hears
from zerek.modules.assignments import api
from zerek.settings import Settings

modules.load()

@hears(api.Graded)
def die(session, event):
    os.kill(os.getpid(), signal.SIGKILL)

jobs.run(queue.work_on(Settings.from_environment()), int(sys.argv[1]))
"""


@pytest.mark.usefixtures("no_releases")
def test_a_worker_that_dies_between_grading_and_writing_leaves_one_result(
    session: Session,
    work: Work,
    files: Files,
    pupil: Actor,
    hand_in: HandIn,
    written: Written,
    do_jobs: Callable[[], int],
) -> None:
    number = hand_in(pupil, digest=files.put(written()))
    job_id = session.scalars(select(Job.id)).one()
    session.commit()
    env = {**os.environ, **work.settings.environment()}
    dead = subprocess.run([sys.executable, "-c", DIES_BEFORE_THE_COMMIT, str(job_id)], env=env, check=False)
    assert dead.returncode == -signal.SIGKILL
    assert row(session, number).state == State.WAITING, "what it had not committed is not there"
    assert do_jobs() == 1
    assert (row(session, number).points, do_jobs()) == (10, 0)
    assert session.scalar(select(func.count(Outcome.submission_id))) == 1


@pytest.mark.usefixtures("no_releases")
def test_a_hub_that_stays_away_ends_in_a_sentence_and_the_pupil_may_hand_in_again(
    session: Session, work: Work, pupil: Actor, hand_in: HandIn
) -> None:
    number = hand_in(pupil, press="a1")
    try_until_given_up(work, "assignments.fetch")
    refused = row(session, number)
    assert refused.state == State.REFUSED
    assert refused.reason is not None
    assert "does not answer" in refused.reason["sentence"]
    assert hand_in(pupil, press="a2") != number


@pytest.mark.usefixtures("no_releases")
def test_a_fault_of_ours_is_called_one(
    session: Session, files: Files, pupil: Actor, hand_in: HandIn, work: Work
) -> None:
    number = hand_in(pupil)
    with work.transaction() as own:
        own_jobs.not_fetched(own, ZeroDivisionError("a bug of ours"), number)
    reason = row(session, number).reason
    assert reason is not None
    assert reason["sentence"] == own_jobs.BROKEN
    assert "bug" not in str(reason)


@pytest.mark.usefixtures("no_releases")
def test_a_grader_that_does_not_work_costs_the_pupil_nothing_but_time(
    session: Session, files: Files, pupil: Actor, hand_in: HandIn, work: Work
) -> None:
    number = hand_in(pupil, digest=files.put(b"{}"))
    with work.transaction() as own:
        own_jobs.not_graded(own, Unavailable("The grader does not work."), number)
    assert row(session, number).state == State.WAITING
    due = session.scalars(select(Job.due_at).order_by(Job.id)).all()
    assert due[-1] - due[0] > timedelta(minutes=4)


def source_of() -> bytes:
    return shipped.notebook(NOTEBOOK).read_bytes()


def asked_releases(session: Session) -> list[str]:
    """Names of the notebooks that are or were to be made; the session reads anew after it."""
    session.commit()
    found = [job.payload["name"] for job in session.scalars(select(Job)) if job.name == "assignments.release"]
    session.commit()
    return sorted(found)


def test_publishing_makes_every_notebook_of_the_course_ready(session: Session, lesson: Any) -> None:
    assert asked_releases(session) == [f"python-and-robot/r7-0{number}" for number in range(1, 6)]


@pytest.mark.usefixtures("no_releases")
def test_a_notebook_is_made_ready_once_for_all_who_open_it(
    session: Session, files: Files, do_jobs: Callable[[], int]
) -> None:
    for _ in range(3):
        assert api.release(session, source_of(), NOTEBOOK, clock.now()) is None
    assert asked_releases(session) == [NOTEBOOK]
    assert do_jobs() == 1
    digest = api.release(session, source_of(), NOTEBOOK, clock.now())
    assert asked_releases(session) == [NOTEBOOK]
    released = files.get(digest or "").decode()
    assert "BEGIN SOLUTION" not in released
    assert "HIDDEN" not in released
    assert "YOUR CODE HERE" in released


@pytest.mark.usefixtures("no_releases")
def test_a_notebook_that_cannot_be_made_is_said_and_tried_again_later(session: Session) -> None:
    assert api.release(session, source_of(), NOTEBOOK, clock.now()) is None
    session.scalars(select(Job)).one().state = "failed"
    with pytest.raises(Unavailable, match="tell your teacher"):
        api.release(session, source_of(), NOTEBOOK, clock.now())
    assert len(asked_releases(session)) == 1
    assert api.release(session, source_of(), NOTEBOOK, clock.now() + timedelta(minutes=6)) is None
    assert len(asked_releases(session)) == 2


@pytest.fixture
def begin(settings: Settings) -> Iterator[Callable[[], psutil.Process]]:
    """``begin()`` starts a real worker on this test's database and queue."""
    own = replace(settings, broker_url="", worker_processes=1)
    started: list[subprocess.Popen[bytes]] = []

    def start() -> psutil.Process:
        with (settings.data / "worker.log").open("ab") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "zerek", "worker"],
                    env={**os.environ, **own.environment()},
                    stdout=log,
                    stderr=log,
                )
            )
        return psutil.Process(started[-1].pid)

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_for(found: Callable[[], bool], log: str) -> None:
    end = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < end, log
        time.sleep(0.1)


@pytest.mark.usefixtures("no_releases")
def test_a_worker_killed_while_it_grades_leaves_nothing_behind_and_the_next_one_grades_once(
    session: Session,
    settings: Settings,
    files: Files,
    pupil: Actor,
    hand_in: HandIn,
    written: Written,
    begin: Callable[[], psutil.Process],
) -> None:
    number = hand_in(pupil, digest=files.put(written(hello="    import time\n    time.sleep(5)")))
    job_id = session.scalars(select(Job.id)).one()
    session.commit()
    worker = begin()
    log = settings.data / "worker.log"

    def grades() -> bool:
        return any("kernel.json" in " ".join(cmdline(child)) for child in tree(worker))

    wait_for(grades, log.read_text())
    killed = [worker, *tree(worker)]
    for process in (child for child in killed if "grading" not in " ".join(cmdline(child))):
        process.kill()
    wait_for(lambda: not any(alive(process) for process in killed[1:]), "the grader outlived its worker")
    assert row(session, number).state == State.WAITING
    begin()
    wait_for(lambda: row(session, number).state == State.GRADED, log.read_text())
    assert row(session, number).points == 8
    assert session.scalar(select(func.count(Outcome.submission_id))) == 1
    job = session.get_one(Job, job_id, populate_existing=True)
    assert (job.attempts, session.scalar(select(func.count(Job.id)))) == (2, 1)


def tree(process: psutil.Process) -> list[psutil.Process]:
    return process.children(recursive=True)


def cmdline(process: psutil.Process) -> list[str]:
    """Its words; none for one that has just ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
