"""The door to nbgrader: what pupils get of a notebook, whether a hand-in can be graded, and its points.

nbgrader itself runs in `grading_child.py`, in a cage; no other file of ours imports it. This side decides
which cells there are and what they are worth, from the author's notebook alone.
"""

from __future__ import annotations

import ast
import json
import logging
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from zerek.base.errors import Refused, TooLarge, Unavailable
from zerek.base.text import N_
from zerek.cage import landlock, paths
from zerek.cage.limits import MEGABYTE, Limits
from zerek.cage.protections import usable_layers
from zerek.cage.rules import landlock_rights
from zerek.cage.run import Outcome, run
from zerek.cage.spec import Cage, Layer
from zerek.modules.assignments.results import LONGEST_MESSAGE, CellResult, Grader, Kind, Result, Trouble
from zerek.settings import Settings

LARGEST = 5 * MEGABYTE
MOST_CELLS = 1000
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
ENGINE = f"nbgrader {metadata.version('nbgrader')}"
log = logging.getLogger(__name__)


def grader(settings: Settings) -> Grader:
    """The engine of this installation."""
    return NbGrader(unsafe_no_jail=settings.unsafe_no_jail)


@dataclass(frozen=True)
class NbGrader:
    """nbgrader's own autograde in a child process. Seconds of the clock: of one cell, of a whole notebook."""

    cell_seconds: int = 10
    seconds: int = 45
    memory: int = 768 * MEGABYTE
    unsafe_no_jail: bool = False

    def grade(self, source: bytes, submission: bytes, *, name: str) -> Result:
        files = {"source.ipynb": source, "submission.ipynb": submission}
        outcome = _run("grade", files, self)
        words = _answers(outcome)
        if not words:
            log.error("%s could not be graded: %s", name, _last_words(outcome))
            raise Unavailable(
                N_("The grader does not work at the moment. The hand-in is kept and graded later.")
            )
        told = words[-1]
        trouble = Trouble(told["trouble"]) if told.get("trouble") else None
        if "cells" not in told:
            trouble = _trouble(outcome)
            log.warning("a submission of %s ended its grading (%s): %s", name, trouble, _last_words(outcome))
        cells = tuple(
            _cell_result(cell, told.get("cells", {}).get(cell.grade_id)) for cell in assignment(source)
        )
        return Result(
            points=sum(cell.points for cell in cells),
            max_points=sum(cell.max_points for cell in cells),
            cells=cells,
            error=trouble,
            engine=ENGINE,
            seconds=outcome.wall_seconds,
        )


@lru_cache(maxsize=64)
def release(source: bytes, name: str, unsafe_no_jail: bool = False) -> bytes:
    """What pupils get: solutions, hidden tests and mark schemes cleared, cells locked, checksums laid in.

    Raises Refused when nbgrader does not accept the author's notebook.
    """
    words = _answers(_run("release", {"source.ipynb": source}, NbGrader(unsafe_no_jail=unsafe_no_jail)))
    if not words:
        raise Refused(
            N_("The notebook %(name)s cannot be handed out: nbgrader does not accept it."), name=name
        )
    text: str = words[-1]["release"]
    return text.encode()


def inspect(submission: bytes, source: bytes) -> None:
    """Raises Refused or TooLarge with a sentence for the pupil; what passes can be graded, however spoiled
    it is."""
    if len(submission) > LARGEST:
        raise TooLarge(N_("The notebook is over %(n)s MB. Please clear its outputs."), n=LARGEST // MEGABYTE)
    try:
        whole = json.loads(submission.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused(N_("This file is not a notebook: it is not JSON in UTF-8.")) from None
    cells = whole.get("cells") if isinstance(whole, dict) else None
    version = whole.get("nbformat") if isinstance(whole, dict) else None
    if type(version) is int and version != 4:
        raise Refused(N_("The notebook is of format %(n)s; only format 4 can be graded."), n=version)
    if version != 4 or not isinstance(cells, list) or not all(map(_is_cell, cells)):
        raise Refused(N_("This file is not a notebook."))
    if len(cells) > MOST_CELLS:
        raise Refused(N_("The notebook has over %(n)s cells."), n=MOST_CELLS)
    known = {cell.grade_id for cell in assignment(source)}
    if known.isdisjoint(str(_about(cell).get("grade_id")) for cell in cells):
        raise Refused(N_("This is not the notebook of this lesson."))


def _is_cell(cell: object) -> bool:
    if not isinstance(cell, dict):
        return False
    source = cell.get("source", "")
    return isinstance(source, str) or (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    )


@dataclass(frozen=True)
class Cell:
    """A cell of the author's notebook that nbgrader knows by name; `source` holds its tests."""

    grade_id: str
    title: str
    kind: Kind
    points: float
    source: str
    hidden: bool


def assignment(source: bytes) -> tuple[Cell, ...]:
    """The named cells of the author's notebook in its order, read without nbgrader."""
    return tuple(_cells(json.loads(source)["cells"]))


def _cells(cells: list[dict[str, Any]]) -> Iterator[Cell]:
    title = ""
    for cell in cells:
        text = "".join(cell["source"])
        about = _about(cell)
        if cell["cell_type"] == "markdown" and (headings := HEADING.findall(text)):
            title = headings[-1]
        graded, answered = bool(about.get("grade")), bool(about.get("solution"))
        if about.get("task") or (graded and answered):
            kind = Kind.MANUAL
        elif graded or answered:
            kind = Kind.TEST if graded else Kind.SOLUTION
        else:
            continue
        points = float(about.get("points", 0)) if kind is not Kind.SOLUTION else 0.0
        yield Cell(about["grade_id"], title, kind, points, text, bool(HIDDEN.search(text)))


def _about(cell: dict[str, Any]) -> dict[str, Any]:
    whole = cell.get("metadata")
    about = whole.get("nbgrader") if isinstance(whole, dict) else None
    return about if isinstance(about, dict) else {}


def _cell_result(cell: Cell, told: dict[str, Any] | None) -> CellResult:
    """What the child told of a cell, within what the cell is worth; nothing told means it was not reached."""
    told = told or {"points": 0, "needs_manual": cell.kind is Kind.MANUAL, "error": ["NotReached", ""]}
    given = float(told["points"] or 0)
    points = min(max(given, 0.0), cell.points) if math.isfinite(given) else 0.0
    error = told["error"]
    return CellResult(
        grade_id=cell.grade_id,
        title=cell.title,
        kind=cell.kind,
        points=points,
        max_points=cell.points,
        passed=error is None and points >= cell.points and not told["needs_manual"],
        message=_message(cell, *error) if error else "",
        hidden=cell.hidden,
        needs_manual=bool(told["needs_manual"]),
    )


def _message(cell: Cell, ename: str, evalue: str) -> str:
    """Plain words for the pupil. Of a cell with hidden tests only what its author wrote, or that a name is
    missing: a pupil's function could raise what it was called with."""
    if ename in ("NotReached", "BadScore"):
        return ""
    if ename == "CellTimeoutError":
        return "TimeoutError"
    said = evalue if ename == "AssertionError" else f"{ename}: {evalue}" if evalue else ename
    if cell.hidden and cell.kind is Kind.TEST:
        written = ename == "AssertionError" and any(each.fullmatch(evalue) for each in _written(cell.source))
        missing = re.fullmatch(r"name '\w+' is not defined", evalue)
        said = evalue if written else f"{ename}: {evalue}" if missing else ename
    return " ".join(said.split())[:LONGEST_MESSAGE]


def _written(source: str) -> list[re.Pattern[str]]:
    """The messages of a test cell's asserts; a value that an f-string puts in may be anything."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # a cell with a magic; its messages are then not told
        return []
    messages = [node.msg for node in nodes if isinstance(node, ast.Assert) and node.msg is not None]
    return [re.compile(_pattern(message), re.DOTALL) for message in messages]


def _pattern(message: ast.expr) -> str:
    if isinstance(message, ast.JoinedStr):
        return "".join(map(_pattern, message.values))
    return re.escape(str(message.value)) if isinstance(message, ast.Constant) else ".*"


def _run(role: str, files: dict[str, bytes], engine: NbGrader) -> Outcome:
    here, layers = Path(__file__), usable_layers(unsafe_no_jail=engine.unsafe_no_jail)
    own_root = Layer.NAMESPACES in layers
    # The pupil's kernel gets less than the grader beside it: not the cage's /tmp, where the gradebook lies.
    rights = [pair for pair in landlock_rights(Cage(), own_root=own_root) if pair[0] != "/tmp"]  # noqa: S108
    task = {
        "role": role,
        "seconds": engine.seconds,
        "cell_seconds": engine.cell_seconds,
        "kernel_rights": rights,
        "write": landlock.WRITE,
    }
    programs = {name: here.with_name(name).read_bytes() for name in ("grading_child.py", "grading_kernel.py")}
    cage = {
        f"cage/{name}": (paths.ZEREK / "cage" / name).read_bytes() for name in ("landlock.py", "syscalls.py")
    }
    limits = Limits(
        cpu_seconds=engine.seconds + 30,
        wall_seconds=engine.seconds + 60,  # imports and the start of the kernel, on a busy machine
        memory=engine.memory,
        memory_total=engine.memory + 512 * MEGABYTE,
        processes=100,
        output=4 * LARGEST,
    )
    return run(
        ["/bin/sh", "-c", 'exec "$0" -I "$ZEREK_FILES/grading_child.py"', sys.executable],
        Cage(limits=limits),
        files={**files, **programs, **cage, "cage/__init__.py": b"", "task.json": json.dumps(task).encode()},
        layers=layers,
    )


def _answers(outcome: Outcome) -> list[dict[str, Any]]:
    """The lines that the child wrote whole."""
    return [json.loads(line) for line in outcome.stdout.splitlines(keepends=True) if line.endswith(b"\n")]


def _trouble(outcome: Outcome) -> Trouble:
    if outcome.timed_out:
        return Trouble.TIME
    if outcome.reason in ("memory", "output"):
        return Trouble(outcome.reason)
    return Trouble.DIED if outcome.signal else Trouble.ENGINE


def _last_words(outcome: Outcome) -> str:
    end = outcome.stderr.decode("utf-8", "replace").strip()[-1000:]
    return f"exit {outcome.exit}, signal {outcome.signal}, {outcome.reason}: {end}"
