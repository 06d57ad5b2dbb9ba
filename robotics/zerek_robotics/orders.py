"""What the LMS can order, read from JSON once at the border."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zerek_robotics.errors import Language, language_or_kazakh

LONGEST_RUN = 600.0


@dataclass(frozen=True, slots=True)
class Run:
    """Run this program on that kit for so many seconds at most."""

    run: str
    kit: str
    source: str
    language: Language
    seconds: float


@dataclass(frozen=True, slots=True)
class Stop:
    kit: str


@dataclass(frozen=True, slots=True)
class StopAll:
    """Latched: nothing moves until Release."""


@dataclass(frozen=True, slots=True)
class Release:
    pass


Order = Run | Stop | StopAll | Release


def read(raw: Mapping[str, Any]) -> Order:
    """Raises ValueError with a sentence when it is none of the four."""
    match raw:
        case {"do": "run", "run": str(run), "kit": str(kit), "source": str(source)}:
            seconds = raw.get("seconds", 60)
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
                raise ValueError(f"a run cannot last {seconds!r} seconds")
            language = language_or_kazakh(str(raw.get("language")))
            return Run(run, kit, source, language, min(float(seconds), LONGEST_RUN))
        case {"do": "stop", "kit": str(kit)}:
            return Stop(kit)
        case {"do": "stop_all"}:
            return StopAll()
        case {"do": "release"}:
            return Release()
    raise ValueError(f"this agent does not know the order {raw!r:.200}")
