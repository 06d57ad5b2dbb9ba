"""The database: one kind of model, named constraints, aware times, and sessions on SQLite or PostgreSQL."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

# Named constraints can be changed by a migration on both databases.
NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time in UTC, also where the database keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A time without a zone: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Model(DeclarativeBase):
    """What every table's class derives from."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime,
        dict[str, str]: JSON,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[Any]: JSON,
    }


def engine(url: str, threads: int = 5) -> Engine:
    """An engine for that URL with a connection for each thread, opened when one is first needed.

    Fewer would let those who wait for SQLite's write lock keep readers out.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=threads)
    made = create_engine(url, connect_args={"timeout": 30}, pool_size=threads)
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", _begin)
    return made


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # We open transactions ourselves (see _begin): the driver would begin only at the first write,
    # and a reader that turns writer then fails at once with "database is locked".
    connection.isolation_level = None
    # FULL: what a pupil was told is handed in outlives a power cut.
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    # Reads stay concurrent: who is going to write says so through `writing`.
    options = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")


Sessions = sessionmaker[Session]


def sessions(made: Engine) -> Sessions:
    """A maker of sessions that may write."""
    return sessionmaker(made, expire_on_commit=False)


def for_writing(made: Engine) -> Engine:
    """The same engine whose transactions take SQLite's write lock at their start, so that they never fail late."""
    return made.execution_options(writing=True)
