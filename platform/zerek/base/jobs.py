"""Work for later: a row in the same transaction as the change that asks for it.

The row is the truth. A message to the queue only says "look now": when it is lost, or the worker dies, the sweep
sends the row again. So a handler may run twice and must give the same result.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psutil
from sqlalchemy import Engine, String, event, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from zerek.base import clock
from zerek.base.db import Model, for_writing
from zerek.base.files import Files
from zerek.settings import Settings

log = logging.getLogger("zerek.jobs")

ATTEMPTS = 5
LEASE = timedelta(
    minutes=10
)  # longer than any job may take; a dead worker on this machine is noticed at once
RESEND = timedelta(seconds=15)  # a message not taken up by then counts as lost; two of them do no harm


class Job(Model):
    """One piece of work; ``state`` goes waiting → running → done, or failed after ``ATTEMPTS`` tries."""

    __tablename__ = "base_job"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    holder: Mapped[str | None] = mapped_column(String(120))
    error: Mapped[str | None]


@dataclass(frozen=True)
class Work:
    """What a handler is given: transactions, settings and files."""

    engine: Engine
    settings: Settings
    files: Files

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end of the block; what it puts is sent after that."""
        with Session(for_writing(self.engine), expire_on_commit=False) as session, session.begin():
            yield session


Handler = Callable[..., None]
Send = Callable[[int], None]
_handlers: dict[str, Handler] = {}
_news: dict[str, Send] = {}
_endings: dict[str, Handler] = {}


def job(name: str) -> Callable[[Handler], Handler]:
    """Decorates ``handler(work, **payload)`` of a module's ``jobs.py``."""

    def register(handler: Handler) -> Handler:
        _handlers[name] = handler
        return handler

    return register


def given_up(name: str) -> Callable[[Handler], Handler]:
    """Decorates ``ending(session, error, **payload)``: what becomes of the work when the last try has failed.

    Called in the transaction that gives the job up, so that nobody waits for it for ever.
    """

    def register(ending: Handler) -> Handler:
        _endings[name] = ending
        return ending

    return register


def put(session: Session, name: str, /, *, due: datetime | None = None, **payload: Any) -> Job:
    """Ask for a job in this transaction; it is sent when the transaction commits."""
    now = clock.now()
    row = Job(name=name, payload=payload, created_at=now, due_at=due or now, sent_at=None if due else now)
    session.add(row)
    session.flush()
    if due is None:
        session.info.setdefault("jobs", []).append(row.id)
    return row


def send_after_commit(send: Send) -> None:
    """How this process tells the queue of a job, once the transaction that asked for it is committed."""
    _news["send"] = send


@event.listens_for(Session, "after_commit")
def _tell_the_queue(session: Session) -> None:
    if session.in_nested_transaction() or "send" not in _news:
        return  # a savepoint is no commit: nobody else sees the row yet
    _send_all(session.info.pop("jobs", []), _news["send"])


def _send_all(ids: Iterable[int], send: Send) -> None:
    for job_id in ids:
        try:
            send(job_id)
        except OSError as error:  # the broker is away: the sweep will come back to the row
            log.warning("job %s is not sent: %s", job_id, error)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("jobs", None)


def run(work: Work, job_id: int) -> bool:
    """Take the job and do it; False when it is done, failed, or in another's hands."""
    with work.transaction() as session:
        job = _take(session, job_id, clock.now())
    if job is None:
        return False
    try:
        _handlers[job.name](work, **job.payload)
    except Exception as error:
        # The edge of the queue: whatever a handler raises becomes the row's state, and the next try.
        log.exception("job %s %s, try %s", job.id, job.name, job.attempts)
        with work.transaction() as session:
            _give_back(session, job, error, clock.now())
        return False
    with work.transaction() as session:
        mine = (Job.id == job.id) & (Job.holder == job.holder)
        session.execute(update(Job).where(mine).values(state="done", error=None))
    return True


def _take(session: Session, job_id: int, now: datetime) -> Job | None:
    free = or_(Job.state == "waiting", (Job.state == "running") & (Job.taken_at < now - LEASE))
    taken = session.execute(
        update(Job)
        .where(Job.id == job_id, free, Job.due_at <= now)
        .values(state="running", taken_at=now, holder=holder(), attempts=Job.attempts + 1)
        .returning(Job.id)
    ).first()
    return session.get(Job, job_id, populate_existing=True) if taken else None


def _give_back(session: Session, job: Job, error: Exception, now: datetime) -> None:
    again = job.attempts < ATTEMPTS
    session.execute(
        update(Job)
        .where(Job.id == job.id, Job.state == "running", Job.holder == job.holder)
        .values(
            state="waiting" if again else "failed",
            due_at=now + timedelta(seconds=2**job.attempts),
            sent_at=None,
            error=repr(error)[:2000],
        )
    )
    if not again and job.name in _endings:
        _endings[job.name](session, error, **job.payload)


def sweep(work: Work, send: Send) -> list[int]:
    """Send again what was never sent or never finished; returns the ids. Safe to run in many workers."""
    now = clock.now()
    with work.transaction() as session:
        for job in session.scalars(select(Job).where(Job.state == "running")).all():
            if _is_gone(job.holder) or (job.taken_at or now) < now - LEASE:
                _inherit(session, job, now)
        unsent = or_(Job.sent_at.is_(None), Job.sent_at < now - RESEND)
        ids = list(
            session.scalars(
                select(Job.id)
                .where(Job.state == "waiting", Job.due_at <= now, unsent)
                .order_by(Job.id)
                .limit(500)
            )
        )
        session.execute(update(Job).where(Job.id.in_(ids)).values(sent_at=now))
    _send_all(ids, send)
    return ids


def _inherit(session: Session, job: Job, now: datetime) -> None:
    """Its worker is gone: another may take it, unless it has taken so many workers with it."""
    if job.attempts >= ATTEMPTS:
        _give_back(session, job, ChildProcessError(f"{job.holder} died of it"), now)
        return
    session.execute(
        update(Job)
        .where(Job.id == job.id, Job.state == "running", Job.holder == job.holder)
        .values(state="waiting", sent_at=None)
    )


def holder() -> str:
    """This process, told apart from a later one that was given the same number."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.2f}"


def _is_gone(name: str | None) -> bool:
    host, number, started = (name or "//").split("/")
    if host != socket.gethostname():
        return False
    try:
        return f"{psutil.Process(int(number)).create_time():.2f}" != started
    except psutil.NoSuchProcess:
        return True
