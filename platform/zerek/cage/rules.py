"""A cage told to Landlock: which paths with which rights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from zerek.cage import paths
from zerek.cage.landlock import DEVICE, READ, READ_DIR, WRITE
from zerek.cage.spec import Cage


def landlock_rights(cage: Cage, *, own_root: bool) -> list[tuple[str, int]]:
    """`own_root`: the process is inside a root of its own already, with its own /dev, /proc and /tmp."""
    return [(str(place), rights) for place, rights in _rights(cage, own_root)]


def _rights(cage: Cage, own_root: bool) -> Iterator[tuple[Path, int]]:
    # A root of its own lacks the hidden files, or has empty folders in their place: nothing to split.
    hidden = [] if own_root else [place.resolve() for place in cage.hidden_places()]
    for place in sorted({place.resolve() for place in cage.read_places() if os.path.exists(place)}):
        for part, whole in paths.without(place, hidden):
            yield part, READ if whole else READ_DIR
    for place in (*cage.writable, *([cage.scratch] if cage.scratch else [])):
        yield place.resolve(), WRITE
    if own_root:
        yield Path("/proc"), READ
        yield Path("/dev"), DEVICE
        yield Path("/dev/shm"), WRITE  # noqa: S108 - inside the cage it is its own
        yield Path("/tmp"), WRITE  # noqa: S108
    else:
        yield from ((place, DEVICE) for place in paths.DEVICES)
