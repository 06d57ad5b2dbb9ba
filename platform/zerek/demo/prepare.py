"""Fills an empty installation with the demo region, once."""

from __future__ import annotations

from random import Random

from sqlalchemy import Engine

from zerek.base import clock
from zerek.base.files import Files
from zerek.base.jobs import Work
from zerek.demo import crowd, region
from zerek.modules.schools import api as schools
from zerek.settings import Settings

SEED = 2026


def prepare(settings: Settings, engine: Engine) -> None:
    """All in one transaction: a start that is cut off leaves an empty installation, not half a region."""
    random, now = Random(SEED), clock.now()  # noqa: S311 - a demo must be the same everywhere
    with Work(engine, settings, Files(settings.data / "files")).transaction() as session:
        if schools.by_district(session):
            return
        school_ids = region.open_schools(session, random)
        crowd.gather(session, random, school_ids, now)
