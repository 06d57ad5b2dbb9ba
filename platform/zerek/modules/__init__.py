"""One folder, one domain: found by its name; no list anywhere names a module."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType


@cache
def names() -> tuple[str, ...]:
    """The folders in this one, in the order of the alphabet."""
    return tuple(sorted(info.name for info in iter_modules(__path__) if info.ispkg))


def parts(part: str) -> Iterator[tuple[str, ModuleType]]:
    """``(module, its part)`` for every module that has that file: models, views, jobs …

    A part that cannot be imported is an error of ours and is raised, never passed over.
    """
    for name in names():
        if find_spec(f"{__name__}.{name}.{part}"):
            yield name, import_module(f"{__name__}.{name}.{part}")


def load() -> None:
    """Import what must be known before anything runs: tables, rules, listeners and handlers."""
    for part in ("models", "api", "reactions", "jobs"):
        for _ in parts(part):
            pass
