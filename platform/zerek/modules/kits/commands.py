"""Commands for robotics rooms: make one, with the token of its classroom agent."""

from __future__ import annotations

import shlex

import click

from zerek.base import terminal
from zerek.modules.kits import api
from zerek.modules.schools import api as schools

commands = click.Group("kits", help="Robotics rooms.")


@commands.command()
@click.argument("school_code")
@click.option("--name", default="Робототехника кабинеті", show_default=True)
def room(school_code: str, name: str) -> None:
    """Make a robotics room at a school; prints its agent's token once, and how to start the agent."""
    lms = terminal.settings().base_url
    with terminal.transaction() as session:
        made, token = api.new_room(session, schools.known_school(session, school_code).id, name)
    click.echo(f"{made.id}\t{school_code}\t{made.name}")
    click.echo(f"Token, shown only now: {token}")
    click.echo("On the classroom computer:")
    click.echo(
        f"  ZEREK_AGENT_TOKEN={token} zerek-robot agent --lms {shlex.quote(lms)} --ports '/dev/ttyACM*'"
    )
