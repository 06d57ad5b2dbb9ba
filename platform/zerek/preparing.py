"""What must be true of the data before anybody is let in: the newest tables, the first rows, the queue."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from zerek import migrate, queue
from zerek.base import db
from zerek.settings import Settings


def prepare(settings: Settings, fill: Callable[[Settings, Engine], None]) -> None:
    """Upgrade the database and call ``fill``, which adds what is missing; safe to repeat at every start.

    Raises CannotStart where the database is a newer version's, or ``fill`` lacks something.
    """
    engine = db.engine(settings.database)
    migrate.upgrade(engine)
    fill(settings, engine)
    engine.dispose()
    queue.declare(settings)
