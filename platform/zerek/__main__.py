"""The command line: `python -m zerek`, or `zerek` once installed."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import click

from zerek.base.errors import CannotStart, ZerekError
from zerek.settings import Settings

HOUSE = Path(__file__).parent
ROOT = HOUSE.parent.parent  # of the source tree; commands that need it say so


class Commands(click.Group):
    """Our errors end with their sentence and status 2; a module's commands are found in its commands.py."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (ZerekError, ValueError) as error:
            click.echo(f"zerek: {error}", err=True)
            ctx.exit(2)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(group.name or "" for group in _of_modules())})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        own = super().get_command(ctx, name)
        if own is not None:
            return own
        from zerek import modules

        found = next((group for group in _of_modules() if group.name == name), None)
        modules.load()  # a module's command tells events, and others know the places it names
        return found


def _of_modules() -> list[click.Command]:
    from zerek import modules

    return [part.commands for _, part in modules.parts("commands")]


@click.group(cls=Commands)
def main() -> None:
    """Zerek, the learning platform of a region's schools."""


def _settings(data: str = "var") -> Settings:
    try:
        return Settings.from_environment(data=data)
    except OSError as error:
        raise CannotStart(f"The data folder cannot be written: {error.filename}: {error.strerror}.") from None


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The one port everything is reached by.")
def demo(port: int | None) -> None:
    """Show everything, with the data of a made-up region."""
    from zerek import launch

    settings = replace(_settings("var/demo"), demo=True)

    def prepare() -> None:
        from zerek import preparing
        from zerek.demo.prepare import prepare as fill

        preparing.prepare(settings, fill)

    def greet(address: str) -> None:
        from zerek.demo.crowd import PASSWORD, SIGN_INS

        click.echo(f"\n  Zerek: {address}\n")
        for one in SIGN_INS:
            click.echo(f"  {one.login:<10} {PASSWORD}   {one.role}")
        click.echo("\n  Ctrl-C stops everything.\n")

    launch.run(replace(settings, port=port or settings.port), prepare, greet, click.echo)


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The one port everything is reached by.")
def up(port: int | None) -> None:
    """Run Zerek for a school; the first start asks for the operator's name and password."""
    from zerek import launch

    settings = _settings()

    def prepare() -> None:
        from zerek import preparing
        from zerek.first_operator import appoint

        preparing.prepare(settings, appoint, preparing.publish_courses)

    launch.run(
        replace(settings, port=port or settings.port),
        prepare,
        lambda address: click.echo(f"\n  Zerek: {address}\n"),
        click.echo,
    )


@main.command()
def upgrade() -> None:
    """Bring the database to this version."""
    from zerek import migrate
    from zerek.base import db

    migrate.upgrade(db.engine(_settings().database))


@main.command()
@click.argument("home")
@click.argument("message")
def draft(home: str, message: str) -> None:
    """Write a migration step for one module from its models."""
    from zerek import migrate
    from zerek.base import db

    for path in migrate.draft(db.engine(_settings().database), home, message):
        click.echo(path)


@main.command()
def worker() -> None:
    """Do the jobs: grading, starting notebook servers."""
    from zerek.queue import run_worker

    run_worker(_settings())


@main.command()
def build() -> None:
    """Make the browser's files and compile the translations (from the source tree)."""
    browser_files = import_module("zerek.web.browser_files")
    from zerek.web import catalogues

    catalogues.compile_all(HOUSE)
    browser_files.build(ROOT, HOUSE / "web" / "static")


@main.command()
@click.option("--check", is_flag=True, help="Change nothing; fail when a message of kk or ru is missing.")
def words(check: bool) -> None:
    """Extract messages into the catalogues and compile them (from the source tree)."""
    from zerek.web import catalogues

    if not check:
        catalogues.update(HOUSE)
        catalogues.compile_all(HOUSE)
    gaps = list(catalogues.missing(HOUSE))
    for gap in gaps:
        click.echo(gap)
    sys.exit(1 if check and gaps else 0)


@main.group()
def content() -> None:
    """Course packages and notebooks, before they are published."""


@content.command("check")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
def content_check(folders: tuple[Path, ...]) -> None:
    """Name every fault of course packages with file and line; without folders, of the shipped ones."""
    from zerek.content import check, shipped

    faulty = False
    for folder in folders or tuple(shipped.courses()):
        faults = check.check(folder)
        faulty = faulty or bool(faults)
        click.echo(f"{folder.name}: {check.report(faults)}")
    sys.exit(1 if faulty else 0)


@main.group()
def bench() -> None:
    """Measure Zerek beside a named peer, in the same run."""


@bench.command("start")
@click.option("--peer", is_flag=True, help="Install and start Kolibri too, for the ratio.")
@click.option("--json", "as_json", is_flag=True)
def bench_start(peer: bool, as_json: bool) -> None:
    """From a fresh clone to the first page, and the second start (from the source tree)."""
    from zerek.bench import start, table

    table.show(start.measure(ROOT, with_peer=peer), start.HOW, start.PEER if peer else "", as_json=as_json)


if __name__ == "__main__":
    main(prog_name="zerek")
