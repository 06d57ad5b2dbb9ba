"""Reads an nbgrader source notebook without nbgrader: which cells bring how many points, is it sound."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from zerek.base.text import N_
from zerek.content.faults import Fault, FaultyPackage

LARGEST = 1024 * 1024
SCHEMA_VERSION = 3
GRADE_ID = re.compile(r"[a-zA-Z0-9_\-]{1,80}")
FLAGS = ("grade", "locked", "solution", "task")
KNOWN = {"schema_version", "grade_id", "points", "checksum", "cell_type", *FLAGS}
MARKS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")


class CellKind(StrEnum):
    TESTS = "tests"  # code that grades; locked for the pupil
    ANSWER = "answer"  # written by the pupil, points given by the teacher
    TASK = "task"  # a whole free task, points given by the teacher


@dataclass(frozen=True)
class GradedCell:
    grade_id: str
    points: float
    kind: CellKind


@dataclass(frozen=True)
class SourceNotebook:
    """A teacher's notebook, answers and hidden tests included: it never leaves the trusted side."""

    path: Path
    graded: tuple[GradedCell, ...]
    digest: str  # sha256 of the file

    @property
    def points(self) -> float:
        return sum(cell.points for cell in self.graded)

    @property
    def graded_by_machine(self) -> bool:
        """Whether no cell waits for a teacher."""
        return all(cell.kind is CellKind.TESTS for cell in self.graded)


def read(path: Path) -> SourceNotebook:
    """The notebook, or ``FaultyPackage`` with every fault."""
    notebook, faults = examine(path, path.name)
    if faults or notebook is None:
        raise FaultyPackage(path.name, faults)
    return notebook


def examine(path: Path, name: str) -> tuple[SourceNotebook | None, list[Fault]]:
    """The notebook as far as it can be read, and its faults under the file name given."""
    checking = _Checking(name)
    if path.is_symlink() or not path.is_file():
        checking.fault(N_("The file “%(path)s” is missing."), path=name)
        return None, checking.faults
    with path.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        checking.fault(
            N_("The file “%(path)s” is too large: at most %(most)s KB."), path=name, most=LARGEST // 1024
        )
        return None, checking.faults
    graded = checking.notebook(content)
    return SourceNotebook(path, tuple(graded), hashlib.sha256(content).hexdigest()), checking.faults


def translation(path: Path, language: str) -> str:
    """Its words in another language, Markdown from ``r7-02.ru.md`` beside it; empty when there are none."""
    beside = path.with_name(f"{path.stem}.{language}.md")
    return beside.read_text(encoding="utf-8") if beside.is_file() else ""


class _Checking:
    """One notebook being looked through; ``line`` is where its present cell begins in the file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self.line = 1
        self.text = ""
        self.reached = 0  # how far into the text the cells are known

    def fault(self, message: str, /, **values: object) -> None:
        self.faults.append(Fault(self.name, self.line, message, values))

    def notebook(self, content: bytes) -> list[GradedCell]:
        try:
            self.text = content.decode("utf-8")
            whole = json.loads(self.text)
        except (ValueError, RecursionError) as error:
            self.line = getattr(error, "lineno", 1)
            self.fault(N_("This is not a notebook: it is not JSON in UTF-8."))
            return []
        if not isinstance(whole, dict) or not isinstance(whole.get("cells"), list):
            self.fault(N_("This is not a notebook: it has no cells."))
            return []
        if (whole.get("nbformat"), whole.get("nbformat_minor")) != (4, 5):
            self.fault(N_("The notebook must be of the format 4.5."))
        kernel = _dict(_dict(whole.get("metadata")).get("kernelspec"))
        if kernel.get("name") != "python3":
            self.fault(N_("The notebook's kernel must be python3."))
        graded = list(self.cells(whole["cells"]))
        self.line = 1
        if not sum(cell.points for cell in graded):
            self.fault(N_("The notebook has no cell that brings points."))
        return graded

    def cells(self, cells: list[Any]) -> Iterator[GradedCell]:
        ids: set[str] = set()
        grade_ids: set[str] = set()
        for cell in cells:
            if not isinstance(cell, dict) or not isinstance(cell.get("id"), str) or not cell["id"]:
                self.fault(N_("A cell has no id."))
                continue
            self.line = self.line_of(cell["id"])
            if cell["id"] in ids:
                self.fault(N_("The id “%(id)s” is used twice."), id=cell["id"])
            ids.add(cell["id"])
            if cell.get("outputs") or cell.get("execution_count") is not None:
                self.fault(N_("A cell keeps its output: clear all outputs before you save."))
            meta = _dict(_dict(cell.get("metadata")).get("nbgrader"))
            self.marks(cell, meta)
            if not meta:
                continue
            grade_id = str(meta.get("grade_id"))
            if grade_id in grade_ids:
                self.fault(N_("The id “%(id)s” is used twice."), id=grade_id)
            grade_ids.add(grade_id)
            if graded := self.graded(cell, meta):
                yield graded

    def graded(self, cell: dict[str, Any], meta: dict[str, Any]) -> GradedCell | None:
        """What the cell brings; None when it brings nothing, or cannot be understood."""
        known_before = len(self.faults)
        if meta.get("schema_version") != SCHEMA_VERSION or type(meta.get("schema_version")) is not int:
            self.fault(N_("The nbgrader marks of a cell must have schema_version 3."))
        for key in sorted(meta.keys() - KNOWN):
            self.fault(N_("The key “%(key)s” is not known here."), key=key)
        flags = {name: meta.get(name, False) for name in FLAGS}
        for name, value in flags.items():
            if not isinstance(value, bool):
                self.fault(N_("The value of “%(key)s” must be true or false."), key=name)
        if not isinstance(meta.get("grade_id"), str) or not GRADE_ID.fullmatch(meta["grade_id"]):
            self.fault(
                N_("A cell with nbgrader marks needs a grade_id of Latin letters, digits and hyphens.")
            )
        if not (flags["grade"] or flags["task"]):
            return None
        points = meta.get("points")
        if isinstance(points, bool) or not isinstance(points, int | float) or not 0 <= points <= 1000:
            self.fault(N_("A graded cell must say its points, from 0 to 1000."))
        kind = CellKind.TASK if flags["task"] else CellKind.ANSWER if flags["solution"] else CellKind.TESTS
        if kind is CellKind.TESTS and cell.get("cell_type") != "code":
            self.fault(N_("Tests must stand in a code cell."))
        if len(self.faults) > known_before:
            return None
        return GradedCell(meta["grade_id"], float(points or 0), kind)

    def marks(self, cell: dict[str, Any], meta: dict[str, Any]) -> None:
        """BEGIN and END in pairs, and each kind only in cells where nbgrader takes it away."""
        source = cell.get("source", "")
        if isinstance(source, list) and all(isinstance(part, str) for part in source):
            source = "".join(source)
        if not isinstance(source, str):
            self.fault(N_("The text of a cell is not text."))
            return
        allowed = {
            "SOLUTION": bool(meta.get("solution")),
            "HIDDEN TESTS": bool(meta.get("grade")) and not meta.get("solution"),
            "MARK SCHEME": bool(meta.get("task")),
        }
        for mark in MARKS:
            steps = re.findall(rf"(BEGIN|END) {mark}\b", source)
            if steps != ["BEGIN", "END"] * (len(steps) // 2):
                self.fault(N_("BEGIN %(mark)s and END %(mark)s do not come in pairs."), mark=mark)
            elif steps and not allowed[mark]:
                self.fault(N_("%(mark)s stands in a cell where pupils would see it."), mark=mark)

    def line_of(self, cell_id: str) -> int:
        """The line of the cell's id, searched from the cell before on."""
        here = re.compile(r'"id"\s*:\s*' + re.escape(json.dumps(cell_id, ensure_ascii=False)))
        found = here.search(self.text, self.reached)
        if found is None:  # the file writes its letters as \u codes
            return self.line
        self.reached = found.end()
        return self.text.count("\n", 0, found.start()) + 1


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
