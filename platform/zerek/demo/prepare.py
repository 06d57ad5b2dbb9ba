"""Fills an empty installation with the demo region, once."""

from __future__ import annotations

from random import Random

from sqlalchemy import Engine

from zerek.base import clock
from zerek.base.files import Files
from zerek.base.jobs import Work
from zerek.demo import crowd, learning, region, rooms
from zerek.modules.schools import api as schools
from zerek.settings import Settings

SEED = 2026


def prepare(settings: Settings, engine: Engine) -> None:
    """All in one transaction: a start that is cut off leaves an empty installation, not half a region."""
    random, now = Random(SEED), clock.now()  # noqa: S311 - a demo must be the same everywhere
    files = Files(settings.data / "files")
    with Work(engine, settings, files).transaction() as session:
        if schools.by_district(session):
            return
        school_ids = region.open_schools(session, random)
        people = crowd.gather(session, random, school_ids, now)
        learning.give_courses(session, files, people, now)
        rooms.open_rooms(session, random, school_ids, people.home, settings.secrets["agent"])
