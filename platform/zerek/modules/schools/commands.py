"""Commands for schools: districts, schools and classes of this installation."""

from __future__ import annotations

from collections.abc import Callable

import click

from zerek.base import terminal
from zerek.base.text import Words
from zerek.modules.schools import api

commands = click.Group("schools", help="Districts, schools and classes.")
Command = Callable[..., None]


def _named(command: Command) -> Command:
    """The three options that say a name; Kazakh is always there."""
    for add_option in (
        click.option("--en", default="", help="The name in English."),
        click.option("--ru", default="", help="The name in Russian."),
        click.option("--kk", required=True, help="The name in Kazakh."),
    ):
        command = add_option(command)
    return command


@commands.command()
@click.argument("code")
@_named
def district(code: str, kk: str, ru: str, en: str) -> None:
    """Add a district, or the city, with the CODE of your choice."""
    with terminal.transaction() as session:
        api.add_district(session, code, Words(kk, ru, en))
    click.echo(f"{code}\t{kk}")


@commands.command()
@click.argument("code")
@click.option("--district", required=True, metavar="CODE", help="The code of its district.")
@_named
@click.option("--town/--village", default=True, help="City and district centres, or villages.")
def add(code: str, district: str, kk: str, ru: str, en: str, town: bool) -> None:
    """Add a school with the CODE of your choice; prints its number."""
    with terminal.transaction() as session:
        school = api.add_school(session, code, Words(kk, ru, en), district=district, town=town)
    click.echo(f"{school.id}\t{code}\t{kk}")


@commands.command("class")
@click.argument("school_code")
@click.option("--grade", type=click.IntRange(1, 11), required=True)
@click.option("--letter", required=True)
@click.option("--year", type=click.IntRange(2000, 2100), required=True, help="The one it begins in.")
def add_class(school_code: str, grade: int, letter: str, year: int) -> None:
    """Add a class to a school; prints its number. Safe to repeat."""
    with terminal.transaction() as session:
        made = api.add_class(session, school_code, year=year, grade=grade, letter=letter)
    click.echo(f"{made.id}\t{school_code}\t{made.title}")


@commands.command("list")
def list_schools() -> None:
    """Every school and class with the number that a role is given by."""
    with terminal.transaction() as session:
        rows = api.register(session)
    shown = None
    for school, one in rows:
        if school.id != shown:
            click.echo(f"school {school.id}\t{school.code}\t{Words.of(school.name).kk}")
            shown = school.id
        if one is not None:
            click.echo(f"  class {one.id}\t{one.year}\t{one.title}")
