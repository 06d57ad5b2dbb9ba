"""Starts a person's server and puts the file there that was asked for: never over the person's own work."""

from __future__ import annotations

from zerek.base import clock
from zerek.base.errors import ZerekError
from zerek.base.jobs import Work, job
from zerek.modules.notebooks import api
from zerek.modules.notebooks.hub import running_server
from zerek.modules.notebooks.models import Opening, State
from zerek.modules.people import api as people


@job("notebooks.open")
def open_notebook(work: Work, opening_id: int) -> None:
    """Safe to repeat: a server that runs and a file that is there are left as they are."""
    with work.transaction() as session:
        opening = session.get(Opening, opening_id)
    if opening is None or opening.state != State.STARTING:
        return
    failure = None
    try:
        with running_server(work.settings, people.key_of(opening.person_id)) as server:
            if not server.has(opening.path):
                server.put(opening.path, work.files.get(opening.digest))
    except ZerekError as error:
        failure = error
    with work.transaction() as session:
        api.settle(session, opening_id, failure, clock.now())
