"""Later: a run of which nothing was heard is called lost; one that finished counts for its lesson."""

from __future__ import annotations

from zerek.base import clock
from zerek.base.jobs import Work, job
from zerek.modules.kits import api


@job("kits.close_run")
def close_run(work: Work, run_id: str) -> None:
    with work.transaction() as session:
        api.close_run(session, run_id, now=clock.now())


@job("kits.count_run")
def count_run(work: Work, run_id: str) -> None:
    with work.transaction() as session:
        api.count_run(session, run_id, now=clock.now())
