"""The demo region's robotics rooms: 176, one of which has an agent on this machine."""

from __future__ import annotations

from random import Random

from sqlalchemy.orm import Session

from zerek.modules.kits import api as kits

ROOMS = 176


def open_rooms(session: Session, random: Random, school_ids: list[int], home: int, agent_token: str) -> None:
    """A room at the visitor's school, reached by the demo's agent, and one at most of the other schools."""
    kits.open_room(session, home, "Робототехника кабинеті", agent_token)
    others = [school for school in school_ids if school != home]
    for school in random.sample(others, ROOMS - 1):
        kits.open_room(session, school, "Робототехника кабинеті", f"{random.getrandbits(256):064x}")
