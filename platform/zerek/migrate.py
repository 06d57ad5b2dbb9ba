"""Alembic without an ini file: gathers the steps of every module and keeps the database in step with the models."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import autogenerate, command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table

from zerek import modules
from zerek.base import jobs  # noqa: F401 - its table belongs to the models that are compared
from zerek.base.db import Model
from zerek.base.errors import CannotStart
from zerek.base.text import N_

HOME = Path(str(files("zerek")))


def homes() -> dict[str, Path]:
    """Branch label → folder of its steps: the ground floor's and every module's that has tables."""
    found = {"base": HOME / "base" / "migrations"}
    found.update((name, HOME / "modules" / name / "migrations") for name in modules.names())
    return found


@contextmanager
def _config(engine: Engine) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(HOME / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(p) for p in homes().values() if p.is_dir()))
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with engine.connect() as connection, _without_foreign_keys(connection):
        config.attributes["connection"] = connection
        yield config
        connection.commit()


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    # SQLite changes a table by copying it; checked keys would see the old one go (and cascade).
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    assert raw is not None  # noqa: S101 - a fresh connection has its driver's
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest step of every module; refuse one that a newer program made."""
    modules.load()
    with _config(engine) as config:
        _refuse_a_newer_database(config)
        command.upgrade(config, "heads")


def downgrade(engine: Engine) -> None:
    """Take every step back; for tests of the steps."""
    modules.load()
    with _config(engine) as config:
        command.downgrade(config, "base")


def _refuse_a_newer_database(config: Config) -> None:
    script = ScriptDirectory.from_config(config)
    known = {step.revision for step in script.walk_revisions()}
    unknown = set(MigrationContext.configure(config.attributes["connection"]).get_current_heads()) - known
    if unknown:
        raise CannotStart(
            N_(
                "The database was made by a newer version of Zerek (step %(step)s): please install that version."
            ),
            step=", ".join(sorted(unknown)),
        )


def differences(engine: Engine) -> list[Any]:
    """What models say and the database does not; empty when they agree."""
    modules.load()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(autogenerate.compare_metadata(context, Model.metadata))


def draft(engine: Engine, home: str, message: str) -> list[Path]:
    """Write a step for one module from the difference between its models and the upgraded database."""
    modules.load()
    folder = homes()[home]
    folder.mkdir(exist_ok=True)

    def own(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        table = thing if isinstance(thing, Table) else getattr(thing, "table", None)
        return table is None or str(table.name).startswith(f"{home}_")

    with _config(engine) as config:
        config.attributes["include_object"] = own
        script = ScriptDirectory.from_config(config)
        begun = any(home in step.branch_labels for step in script.walk_revisions())
        made = command.revision(
            config,
            message,
            autogenerate=True,
            head=f"{home}@head" if begun else "base",
            branch_label=None if begun else home,
            version_path=str(folder),
            splice=not begun,
            depends_on=None if begun else sorted(_neighbours(home)),  # type: ignore[arg-type] # takes a list too
        )
    steps = made if isinstance(made, list) else [made]
    return [Path(step.path) for step in steps if step is not None]


def _neighbours(home: str) -> set[str]:
    """The modules whose tables this module's foreign keys point to: their first step comes before ours."""
    return {
        key.target_fullname.split("_")[0]
        for table in Model.metadata.tables.values()
        if table.name.startswith(f"{home}_")
        for key in table.foreign_keys
    } - {home}
