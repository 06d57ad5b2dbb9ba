"""Commands for courses: publish a package from a folder."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from sqlalchemy.orm import Session

from zerek.base import clock, db
from zerek.base.files import Files
from zerek.base.text import Words
from zerek.content.faults import FaultyPackage, report
from zerek.modules.courses import api
from zerek.settings import Settings

commands = click.Group("courses", help="Course packages.")


@commands.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def publish(folder: Path) -> None:
    """Publish the course package in FOLDER; the same version again changes nothing."""
    settings = Settings.from_environment()
    files = Files(settings.data / "files")
    engine = db.for_writing(db.engine(settings.database))
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            version = api.publish(session, files, folder.resolve(), now=clock.now())
    except FaultyPackage as faulty:
        click.echo(report(faulty.faults), err=True)
        sys.exit(2)
    finally:
        engine.dispose()
    click.echo(f"{Words.of(version.title).kk}: {version.version}")
