"""What must be true of the data before anybody is let in: the newest tables, the first rows, the queue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from zerek import migrate, modules, queue
from zerek.base import clock, db
from zerek.base.files import Files
from zerek.base.jobs import Work
from zerek.modules.courses import api as courses
from zerek.settings import Settings


def prepare(settings: Settings, *fills: Callable[[Settings, Engine], None]) -> None:
    """Upgrade the database and call each of ``fills``, which adds what is missing; safe to repeat at every start.

    Raises CannotStart where the database is a newer version's, or one of ``fills`` lacks something.
    """
    _close_to_others(settings.data)
    engine = db.engine(settings.database)
    migrate.upgrade(engine)
    for fill in fills:
        fill(settings, engine)
    engine.dispose()
    queue.declare(settings)


def publish_courses(settings: Settings, engine: Engine) -> None:
    """Publish the courses that came with this Zerek, each once; a start that finds them published goes on at once."""
    work = Work(engine, settings, Files(settings.data / "files"))
    with Session(engine) as session:
        folders = courses.unpublished(session)
    if folders:
        modules.load()  # others hear of a published course
    for folder in folders:
        with work.transaction() as session:
            courses.publish(session, work.files, folder, now=clock.now())


def _close_to_others(data: Path) -> None:
    """Password hashes and identity numbers are not for every account of the machine.

    The folder itself stays open to pass through: pupils' homes lie in it, each its own user's.
    """
    for name in ("zerek.sqlite", "queue.sqlite", "hub.sqlite"):
        (data / name).touch()
        (data / name).chmod(0o600)
    for name in ("files", "logs"):
        (data / name).mkdir(exist_ok=True)
        (data / name).chmod(0o700)
