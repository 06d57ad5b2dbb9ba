"""What must be true of the data before anybody is let in: the newest tables, the first rows, the queue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from zerek import migrate, queue
from zerek.base import db
from zerek.settings import Settings


def prepare(settings: Settings, fill: Callable[[Settings, Engine], None]) -> None:
    """Upgrade the database and call ``fill``, which adds what is missing; safe to repeat at every start.

    Raises CannotStart where the database is a newer version's, or ``fill`` lacks something.
    """
    _close_to_others(settings.data)
    engine = db.engine(settings.database)
    migrate.upgrade(engine)
    fill(settings, engine)
    engine.dispose()
    queue.declare(settings)


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
