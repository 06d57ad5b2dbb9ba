"""Prints what was measured as a table, or as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click


@dataclass(frozen=True)
class Figure:
    """One measured thing; ``peer`` is the same thing of the named peer, in the same unit."""

    key: str
    what: str
    ours: float
    unit: str
    peer: float | None = None
    goal: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.peer / self.ours if self.peer and self.ours else None


def show(figures: Sequence[Figure], how: str, peer: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps({"how": how, "peer": peer, **{one.key: asdict(one) for one in figures}}, indent=1)
        )
        return
    rows = [("", "Zerek", peer or "–", "ratio", "goal")]
    rows += [
        (
            one.what,
            f"{one.ours:.1f} {one.unit}",
            f"{one.peer:.1f} {one.unit}" if one.peer is not None else "–",
            f"{one.ratio:.1f}×" if one.ratio else "–",
            f"≤ {one.goal:g} {one.unit}" if one.goal is not None else "–",
        )
        for one in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *rest = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(
            "  ".join([first, *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))])
        )
    click.echo(f"\n{how}")
