"""What happened, told inside the same transaction to whoever listens: both are kept, or neither."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

Event = TypeVar("Event")
_listeners: dict[type, list[Callable[[Session, Any], None]]] = defaultdict(list)


def hears(
    kind: type[Event],
) -> Callable[[Callable[[Session, Event], None]], Callable[[Session, Event], None]]:
    """Decorates a function ``(session, event)`` of a module's ``reactions.py``."""

    def listen(function: Callable[[Session, Event], None]) -> Callable[[Session, Event], None]:
        _listeners[kind].append(function)
        return function

    return listen


def tell(session: Session, event: object) -> None:
    """Call every listener of this kind of event, in the caller's transaction."""
    for listener in _listeners[type(event)]:
        listener(session, event)
