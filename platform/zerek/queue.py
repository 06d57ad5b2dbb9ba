"""Celery: carries the news of a job to a worker, over SQLite on one machine or Redis in a region."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_ready, worker_shutting_down
from kombu.exceptions import OperationalError
from kombu.transport.sqlalchemy import Transport as SqlTransport
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from zerek import modules
from zerek.base import db, jobs
from zerek.base.files import Files
from zerek.base.jobs import Send, Work
from zerek.settings import Settings

log = logging.getLogger("zerek.queue")

TASK = "zerek.run_job"
SWEEP_EVERY = 2.0  # seconds


class Transport(SqlTransport):
    """Kombu's SQLAlchemy transport, asked often enough for a pupil who waits: a look costs about half a millisecond.

    Its options go whole to the database's driver, so the interval cannot be one of them.
    """

    polling_interval = 0.1


def celery(settings: Settings) -> Celery:
    """The app of this installation's queue; results live in our own rows, so Celery keeps none."""
    made = Celery("zerek", broker=settings.broker, set_as_current=False)
    made.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        worker_hijack_root_logger=False,
        task_default_queue="zerek",
    )
    if settings.broker.startswith("sqla+"):
        made.conf.broker_transport = "zerek.queue:Transport"
    return made


def declare(settings: Settings) -> None:
    """Make the queue before anybody uses it: on SQLite two that make it at once would trip over each other."""
    app = celery(settings)
    with app.connection_for_write() as connection:
        app.amqp.queues[app.conf.task_default_queue](connection.default_channel).declare()


def sender(settings: Settings) -> Send:
    """A function that tells the queue of one job; raises OSError where no broker answers."""
    app = celery(settings)

    def send(job_id: int) -> None:
        try:
            app.send_task(TASK, (job_id,), retry=False)
        except OperationalError as error:
            raise ConnectionError(str(error)) from error

    return send


def work_on(settings: Settings) -> Work:
    return Work(db.engine(settings.database), settings, Files(settings.data / "files"))


def run_worker(settings: Settings) -> None:
    """Work until told to stop; processes, never threads: nbgrader's API fails in them."""
    modules.load()
    app = celery(settings)
    own: dict[str, Work] = {}

    @app.task(name=TASK)  # type: ignore[untyped-decorator]
    def run_job(job_id: int) -> None:
        jobs.run(own["work"], job_id)

    @worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
    def begin(**_: Any) -> None:
        # A forked process must not share its parent's connections.
        own["work"] = work_on(settings)
        jobs.send_after_commit(sender(settings))

    stop = threading.Event()

    @worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]
    def watch(**_: Any) -> None:
        threading.Thread(target=sweep_until, args=(stop, settings), daemon=True, name="sweep").start()

    @worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]
    def end(**_: Any) -> None:
        stop.set()

    silent = [
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    ]  # one machine has nobody to talk to
    app.worker_main(["worker", f"--concurrency={settings.worker_processes}", "--loglevel=WARNING", *silent])


def sweep_until(stop: threading.Event, settings: Settings, every: float = SWEEP_EVERY) -> None:
    """Send again what was lost, every so many seconds, until told to stop."""
    work, send = work_on(settings), sender(settings)
    while not stop.wait(every):
        try:
            jobs.sweep(work, send)
            forget_delivered(settings)
        except (OSError, DBAPIError) as error:  # a database that restarts must not end the sweep with it
            log.warning("the sweep comes back in %s s: %s", every, error)


def forget_delivered(settings: Settings) -> None:
    """Drop what was delivered from the queue in SQLite: kombu only hides it, and reads past it at every look."""
    if settings.broker.startswith("sqla+"):
        queue = create_engine(settings.broker.removeprefix("sqla+"), poolclass=NullPool)
        with queue.begin() as connection:
            connection.execute(text("DELETE FROM kombu_message WHERE visible = 0"))
