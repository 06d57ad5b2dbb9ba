"""What places are called: who keeps schools and classes says it, who gives roles there asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from sqlalchemy.orm import Session

from zerek.base.permissions import REGION, Place
from zerek.base.text import Words

Namer = Callable[[Session, Collection[int]], Mapping[int, Words]]
_namers: dict[str, Namer] = {}
_REGION = Words(kk="облыс", ru="область", en="the region")


def names_of(kind: str) -> Callable[[Namer], Namer]:
    """Decorates ``(session, ids) -> {id: name}`` of the module that keeps places of this kind."""

    def register(namer: Namer) -> Namer:
        _namers[kind] = namer
        return namer

    return register


def names(session: Session, places: Iterable[Place]) -> dict[Place, Words]:
    """Place → its name, in one query for each kind; a place that does not exist is left out."""
    asked: dict[str, set[int]] = defaultdict(set)
    found: dict[Place, Words] = {}
    for place in places:
        if place == REGION:
            found[place] = _REGION
        elif place.id is not None:
            asked[place.kind].add(place.id)
    for kind, ids in asked.items():
        if kind in _namers:
            found.update((Place(kind, one), name) for one, name in _namers[kind](session, ids).items())
    return found
