"""Names every fault of a course package, with file and line, for its author."""

from __future__ import annotations

from pathlib import Path

from zerek.content import shipped
from zerek.content.faults import Fault, report
from zerek.content.reading import read_course

__all__ = ["Fault", "check", "report"]


def check(folder: Path, notebooks: Path | None = None) -> list[Fault]:
    """All faults in the order of files and lines; an empty list means that the package may be used."""
    _, faults = read_course(folder, notebooks or shipped.notebooks())
    return sorted(faults, key=lambda fault: (fault.file, fault.line))
