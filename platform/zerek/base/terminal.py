"""One transaction for whoever owns the machine: what a module's commands do at the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from zerek.base import db
from zerek.base.errors import CannotStart
from zerek.base.files import Files
from zerek.base.jobs import Work
from zerek.base.text import N_
from zerek.settings import Settings


def settings() -> Settings:
    """As the environment says, or CannotStart where the data folder cannot be written."""
    try:
        return Settings.from_environment()
    except OSError as error:
        raise CannotStart(
            N_("The data folder %(folder)s cannot be written: %(why)s."),
            folder=error.filename,
            why=error.strerror,
        ) from None


@contextmanager
def transaction() -> Iterator[Session]:
    """A session on this installation's database that commits at the end; CannotStart where it is not ready."""
    own = settings()
    engine = db.engine(own.database)
    try:
        with Work(engine, own, Files(own.data / "files")).transaction() as session:
            yield session
    except (OperationalError, ProgrammingError) as error:
        raise CannotStart(
            N_("The database is not ready (%(why)s). For a new one, or after an update: zerek upgrade."),
            why=error.orig,
        ) from None
    finally:
        engine.dispose()
