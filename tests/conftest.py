"""What every test may ask for: a fresh migrated database, the app on it, people, and programs of the system."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from zerek import app as zerek_app
from zerek import migrate
from zerek.base import db, jobs
from zerek.base.files import Files
from zerek.base.jobs import Work
from zerek.base.permissions import REGION, Grant, Place, Role
from zerek.modules.people import api as people
from zerek.settings import Settings
from zerek.web.limits import limiter

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "kitap-2026"

# A program of the system that a test needs → the Debian package that brings it.
PROGRAMS = {
    "chromium": "chromium",
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "pdftotext": "poppler-utils",
}
_missing: dict[str, set[str]] = {}


def find_program(name: str) -> str | None:
    """Where the program is; PostgreSQL's server stands outside PATH on Debian."""
    found = shutil.which(name)
    elsewhere = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return found or (str(elsewhere[-1]) if elsewhere else None)


@pytest.fixture
def program(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """``program("chromium")`` is its path; without it the test is skipped, or fails under ZEREK_TEST_ALL=1."""
    return lambda name: need(name, request.node.nodeid)


@pytest.fixture(scope="session")
def needed() -> Callable[[str], str]:
    """`program` for what many tests share."""
    return need


def need(name: str, test: str = "") -> str:
    path = find_program(name)
    if path:
        return path
    _missing.setdefault(PROGRAMS[name], set()).add(test)
    if os.environ.get("ZEREK_TEST_ALL") == "1":
        pytest.fail(f"{name} is missing: apt-get install {PROGRAMS[name]}")
    pytest.skip(f"{name} is missing")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _missing:
        terminalreporter.section("not tried here")
        for package, tests in sorted(_missing.items()):
            terminalreporter.write_line(f"{len(tests)} tests need {package}")
        terminalreporter.write_line(f"apt-get install {' '.join(sorted(_missing))}")


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database without a row, made once and copied for every test."""
    path = tmp_path_factory.mktemp("blank") / "zerek.sqlite"
    engine = db.engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def database_url(tmp_path: Path, blank: Path) -> Iterator[str]:
    """A database of this test's own: a copy of the blank SQLite file, or one made from PostgreSQL's template."""
    server = os.environ.get("ZEREK_TEST_DATABASE")
    if not server:
        shutil.copy(blank, tmp_path / "zerek.sqlite")
        yield f"sqlite:///{tmp_path / 'zerek.sqlite'}"
        return
    name = f"zerek_{uuid.uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {_template(server)}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _template(server: str) -> str:
    """A migrated database on that server, made by the first test that asks."""
    name = f"zerek_template_{os.getpid()}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
            connection.execute(text(f"CREATE DATABASE {name}"))
            engine = db.engine(make_url(server).set(database=name).render_as_string(hide_password=False))
            migrate.upgrade(engine)
            engine.dispose()
    admin.dispose()
    return name


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    plain = Settings.from_environment({"ZEREK_DATA": str(tmp_path)})
    return replace(plain, database_url=database_url, broker_url="memory://")


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    made = db.engine(settings.database)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session for rules called without the web; commit when the app must see it, and before reading it again."""
    with Session(engine, expire_on_commit=False) as made:
        yield made


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    limiter.enabled = True  # only then does it lay its hooks in the app
    made = zerek_app.create_app(settings)
    limiter.enabled = False  # a test about limits switches it on again
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield made
    made.extensions["zerek"].engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript, signed out."""
    return app.test_client()


@pytest.fixture
def work(settings: Settings, engine: Engine) -> Work:
    """What a job is given."""
    return Work(engine, settings, Files(settings.data / "files"))


@pytest.fixture
def do_jobs(work: Work) -> Callable[[], int]:
    """Do every job that waits, as a worker would; returns how many were done."""

    def all_of_them() -> int:
        done: list[int] = []
        jobs.sweep(work, lambda job_id: None)
        while waiting := _waiting(work):
            done += [job_id for job_id in waiting if jobs.run(work, job_id)]
        return len(done)

    return all_of_them


def _waiting(work: Work) -> list[int]:
    with work.transaction() as session:
        now = datetime.now(UTC)
        rows = session.query(jobs.Job.id).filter(jobs.Job.state == "waiting", jobs.Job.due_at <= now)
        return [row.id for row in rows]


NewPerson = Callable[..., int]


@pytest.fixture
def new_person(session: Session) -> NewPerson:
    """``new_person("Әлия", Role.PUPIL, class_place(3))`` joins, can sign in under her name; returns the id."""

    def make(name: str, role: Role | None = None, place: Place = REGION) -> int:
        roles = [Grant(role, place)] if role else []
        made = people.join(session, name, login=name, password=PASSWORD, roles=roles, now=NOW)
        session.commit()
        return made.id

    return make


SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """``sign_in("Әлия")`` is a browser of her own, signed in."""

    def make(name: str) -> FlaskClient:
        browser = app.test_client()
        answer = browser.post("/people/sign-in", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return browser

    return make
