"""The first operator of a new installation: asked for at the terminal, or taken from the environment."""

from __future__ import annotations

import os
import sys

import click
from sqlalchemy import Engine

from zerek.base import clock
from zerek.base.errors import CannotStart
from zerek.base.files import Files
from zerek.base.jobs import Work
from zerek.base.permissions import REGION, Grant, Role
from zerek.base.text import N_
from zerek.modules.people import api as people
from zerek.settings import Settings

NAME, PASSWORD = "ZEREK_OPERATOR", "ZEREK_OPERATOR_PASSWORD"


def appoint(settings: Settings, engine: Engine) -> None:
    """Does nothing where there is an operator already; CannotStart where nobody can be asked."""
    with Work(engine, settings, Files(settings.data / "files")).transaction() as session:
        if people.holders(session, Role.OPERATOR, [REGION]):
            return
        name, password = _asked()
        people.join(
            session,
            name,
            login=name,
            password=password,
            roles=[Grant(Role.OPERATOR, REGION)],
            now=clock.now(),
        )


def _asked() -> tuple[str, str]:
    name, password = os.environ.get(NAME), os.environ.get(PASSWORD)
    if name and password:
        return name, password
    if not sys.stdin.isatty():
        raise CannotStart(
            N_("There is no operator yet: set %(name)s and %(password)s."), name=NAME, password=PASSWORD
        )
    click.echo("Zerek starts for the first time. Who is its operator?")
    return click.prompt("Name"), click.prompt("Password", hide_input=True, confirmation_prompt=True)
