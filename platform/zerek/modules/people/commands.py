"""Commands for people: add, list, roles, passwords, and a whole school's list from a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from zerek.base import clock, places, terminal
from zerek.base.errors import Refused
from zerek.base.permissions import REGION, Grant, Place, Role, class_place, school_place
from zerek.base.text import N_
from zerek.modules.people import api, lists, passwords

commands = click.Group("people", help="Who may sign in, and what they may do.")
ROLE = click.Choice([role.value for role in Role])
ID = click.IntRange(1, 2**31 - 1)
Command = Callable[..., None]


def _at_a_place(command: Command) -> Command:
    """The three options that name a place."""
    for add in (
        click.option("--region", is_flag=True, help="In the whole region."),
        click.option("--school", "school_id", type=ID, metavar="ID", help="See `zerek schools list`."),
        click.option("--class", "class_id", type=ID, metavar="ID", help="See `zerek schools list`."),
    ):
        command = add(command)
    return command


def _place(class_id: int | None, school_id: int | None, region: bool) -> Place:
    named = [place for place in (class_id, school_id, region or None) if place is not None]
    if len(named) != 1:
        raise Refused(N_("A role is held in one place: name --class, --school or --region."))
    if class_id is not None:
        return class_place(class_id)
    return REGION if school_id is None else school_place(school_id)


@commands.command()
@click.argument("name")
@click.option("--login", required=True, help="The name to sign in with.")
@click.option("--role", type=ROLE, required=True)
@_at_a_place
@click.option("--password", envvar="ZEREK_PASSWORD", help="Else one is made and shown once. [ZEREK_PASSWORD]")
def add(
    name: str,
    login: str,
    role: str,
    class_id: int | None,
    school_id: int | None,
    region: bool,
    password: str | None,
) -> None:
    """Add a person called NAME, with a role in a place."""
    grant = Grant(Role(role), _place(class_id, school_id, region))
    given = password or passwords.made()
    with terminal.transaction() as session:
        api.check_grant(session, grant)
        person = api.join(session, name, login=login, password=given, roles=[grant], now=clock.now())
    click.echo(f"{person.id}\t{login.strip()}\t{person.name}")
    if not password:
        click.echo(f"Password, shown only now: {given}")


@commands.command()
@click.argument("login")
@click.option("--make", is_flag=True, help="Make a password instead of asking for it.")
def password(login: str, make: bool) -> None:
    """Give LOGIN a new password and sign that person out everywhere."""
    with terminal.transaction() as session:
        api.person_of(session, login)
    new = passwords.made() if make else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with terminal.transaction() as session:
        api.change_password(session, login, new)
    click.echo(f"Password, shown only now: {new}" if make else f"{login}: the password is changed.")


@commands.command()
@click.argument("login")
@click.argument("role", type=ROLE)
@_at_a_place
def role(login: str, role: str, class_id: int | None, school_id: int | None, region: bool) -> None:
    """Give LOGIN one more role in a place; safe to repeat."""
    grant = Grant(Role(role), _place(class_id, school_id, region))
    with terminal.transaction() as session:
        person = api.person_of(session, login)
        api.check_grant(session, grant)
        api.give_role(session, person.id, grant)
    click.echo(f"{person.id}\t{login}\t{role}")


@commands.command("end-sessions")
@click.argument("login")
def end_sessions(login: str) -> None:
    """Sign LOGIN out everywhere."""
    with terminal.transaction() as session:
        api.end_all_sessions(session, api.person_of(session, login).id)
    click.echo(f"{login}: signed out everywhere.")


@commands.command("list")
@click.option("--role", type=ROLE, help="Only who holds this role somewhere.")
def list_people(role: str | None) -> None:
    """Everybody: number, sign-in name, name, roles with their places."""
    with terminal.transaction() as session:
        rows = api.register(session, role=Role(role) if role else None)
        named = places.names(session, {grant.place for row in rows for grant in row.grants})
    for row in rows:
        held = "; ".join(
            f"{one.role} {named[one.place].kk if one.place in named else one.place.kind}"
            for one in row.grants
        )
        click.echo(f"{row.id}\t{row.login or '-'}\t{row.name}\t{held}")


@commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--write", is_flag=True, help="Write it; without this the table is only looked through.")
@click.option("--out", type=click.Path(path_type=Path), help="A new file for the made passwords.")
def import_list(file: Path, write: bool, out: Path | None) -> None:
    """Add the people of a table: columns name, login, role, place kind, place id."""
    if write and out is None:
        raise Refused(N_("The made passwords need a new file: name it with --out."))
    table = lists.read(file.read_bytes())
    with terminal.transaction() as session:
        faults = sorted([*table.faults, *lists.check(session, table.rows)])
    for line, sentence in faults:
        click.echo(f"{file.name}:{line}: {sentence}", err=True)
    if faults:
        raise Refused(N_("Nothing is written: %(n)s lines have faults."), n=len({line for line, _ in faults}))
    if not write or out is None:
        click.echo(
            f"{len(table.rows)} people, no fault. Nothing is written yet: repeat with --write --out FILE."
        )
        return
    ready = lists.with_passwords(table.rows)  # before the transaction: each takes a while
    with lists.new_file(out, lists.handout(ready, table.delimiter)), terminal.transaction() as session:
        lists.write(session, ready, clock.now())
    click.echo(f"{len(ready)} people are added; their passwords are in {out}.")
