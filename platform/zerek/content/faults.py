"""What is wrong with a package, each fault with its file and line, to be shown to the author."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from zerek.base.errors import Refused
from zerek.base.text import N_

Report = Callable[..., None]
"""How a reader notes a fault at a place that its caller knows: ``report(message, **values)``."""


@dataclass(frozen=True)
class Fault:
    """One fault; ``message`` is a message id, so that a page can show it in the reader's language."""

    file: str  # inside the package, with forward slashes
    line: int  # from 1; 1 also when the fault is the whole file's
    message: str
    values: dict[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return self.message % self.values if self.values else self.message

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


class FaultyPackage(Refused):
    """A package that may not be used; ``faults`` says why."""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        super().__init__(
            N_("The package “%(name)s” has faults: %(count)s. The first: %(first)s"),
            name=name,
            count=len(faults),
            first=str(faults[0]),
        )
        self.faults = tuple(faults)


def report(faults: Sequence[Fault]) -> str:
    """The faults as lines ``file:line: sentence`` that editors can jump to, and their number at the end."""
    if not faults:
        return "No faults."
    ordered = sorted(faults, key=lambda fault: (fault.file, fault.line))
    return "\n".join([*map(str, ordered), f"Faults: {len(faults)}"])
