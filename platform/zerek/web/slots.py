"""Places on a page that other modules fill: the page names the place, whoever knows draws the part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from markupsafe import Markup

Draw = Callable[..., Markup | None]
_fillings: dict[str, list[Draw]] = defaultdict(list)


def fill(name: str) -> Callable[[Draw], Draw]:
    """Decorates a function of a module's views that draws its part of the place, such as ``lesson.notebook``."""

    def register(draw: Draw) -> Draw:
        _fillings[name].append(draw)
        return draw

    return register


def filled(name: str, **values: object) -> list[Markup]:
    """What the modules have to show in that place, in the order of their names."""
    return [drawn for draw in _fillings[name] if (drawn := draw(**values)) is not None]
