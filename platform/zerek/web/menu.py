"""The menu: every module's views say their own entries; the shell draws what the reader's roles open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext

from zerek.base.permissions import Role
from zerek.web.shell import actor


@dataclass(frozen=True)
class Entry:
    endpoint: str
    label: str
    icon: str
    order: int
    roles: frozenset[Role] | None


@dataclass(frozen=True)
class Shown:
    url: str
    label: str
    icon: str
    current: bool


_entries: dict[str, Entry] = {}


def entry(endpoint: str, label: str, *, icon: str, order: int, roles: Iterable[Role] | None = None) -> None:
    """Add an entry, at import of a module's views; ``roles=None`` shows it to everybody, also signed out."""
    _entries[endpoint] = Entry(endpoint, label, icon, order, None if roles is None else frozenset(roles))


def menu() -> list[Shown]:
    """The entries for this reader, in order."""
    held = actor().roles
    return [
        Shown(
            url_for(item.endpoint),
            gettext(item.label),
            item.icon,
            (request.endpoint or "").partition(".")[0] == item.endpoint.partition(".")[0],
        )
        for item in sorted(_entries.values(), key=lambda item: item.order)
        if item.roles is None or item.roles & held
    ]
