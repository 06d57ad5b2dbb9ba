"""Finds the courses and notebooks that are installed with Zerek."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from zerek.base.errors import NotFound
from zerek.base.text import N_

NAME = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)+")


def courses() -> list[Path]:
    """The folders of the shipped course packages, by name."""
    root = _folder("courses")
    return sorted(folder for folder in root.iterdir() if (folder / "course.yaml").is_file())


def notebooks() -> Path:
    """The folder of notebook sources; holds answers and hidden tests."""
    return _folder("notebooks")


def notebook(name: str) -> Path:
    """The source notebook of a name such as ``python-and-robot/r7-02``; ``NotFound`` when there is none."""
    path = place(notebooks(), name)
    if not NAME.fullmatch(name) or not path.is_file():
        raise NotFound(N_("There is no notebook called %(name)s."), name=name)
    return path


def place(root: Path, name: str) -> Path:
    """Where the notebook of that name lies: ``<course>/<assignment>/<assignment>.ipynb``, as in nbgrader."""
    return root / name / f"{name.rpartition('/')[2]}.ipynb"


def _folder(name: str) -> Path:
    """One of the two content packages; Zerek is always installed as plain files, never run from a zip."""
    return Path(str(files(f"zerek.content.{name}")))
