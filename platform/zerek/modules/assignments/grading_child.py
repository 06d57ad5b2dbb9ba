"""Grades one notebook with nbgrader's own autograde; runs inside a cage, by its path, and knows nothing of
zerek.

`python -I grading_child.py`, with its inputs in the folder ZEREK_FILES. Answers with lines of JSON on what
was its standard output: {"ready": true} once the kernel is there and before the pupil's first line runs,
then {"cells": {...}, "trouble": ...}. The pupil's code runs in `grading_kernel.py`, which can read neither
this folder nor the gradebook where there is Landlock.
"""

from __future__ import annotations

import asyncio
import copy
import importlib
import json
import logging
import os
import signal
import sqlite3
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# jsonschema builds a grammar for rare URL formats with it: 0.7 s of every start, for formats no notebook has.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
# ruff: noqa: E402

from jupyter_core.utils import ensure_async
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat import NotebookNode
from nbgrader import preprocessors
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

FILES = Path(os.environ["ZEREK_FILES"])
HOME = Path(os.environ["HOME"])
COURSE, WORK, RUNTIME = HOME / "course", HOME / "work", HOME / "run"
PUPIL, ASSIGNMENT, NOTEBOOK = "pupil", "assignment", "notebook"
TASK = json.loads((FILES / "task.json").read_text())
OUTPUT_OF_A_CELL = 200_000
ANSWERS = -1


class Run:
    """What became of the run as a whole: `trouble` ended it, `noted` only cost the cell where it happened."""

    trouble: str | None = None
    noted: str | None = None
    deadline: float | None = None


class Execute(preprocessors.Execute):  # type: ignore[misc]
    """nbgrader's, which gives a grade whatever happens: what was not reached is an error in its cell."""

    printed = 0

    @contextmanager
    def setup_kernel(self, **words: Any) -> Iterator[None]:
        """The kernel is killed, not asked, and our ends of its lines are left to the end of this process: a
        program that broke its own lines would keep us waiting for them for ever."""
        with super().setup_kernel(**{**words, "cleanup_kc": False}):
            try:
                yield
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(self.km.provisioner.pid, signal.SIGKILL)

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> Any:
        if Run.deadline is None:
            Run.deadline = time.monotonic() + TASK["seconds"]
            answer({"ready": True})
        if cell.cell_type != "code" or not cell.source.strip():
            return cell, resources
        left = Run.deadline - time.monotonic()
        if left <= 0:
            Run.trouble = Run.trouble or "time"
        self.printed = 0
        try:
            if Run.trouble is None:
                self.timeout = max(1, min(TASK["cell_seconds"], int(left)))
                return super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            Run.trouble = "died"
        except CellTimeoutError:  # its time was over, and then it took no interrupt either
            Run.trouble = "time"
        cell.outputs = [failure("NotReached")]
        return cell, resources

    def on_cell_executed(self, **words: Any) -> None:
        super().on_cell_executed(**words)
        ename = words["execute_reply"]["content"].get("ename")
        Run.noted = Run.noted or {"CellTimeoutError": "time", "MemoryError": "memory"}.get(ename)

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Output beyond a cell's share is dropped, and its program interrupted: it would fill our memory."""
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data"):
            before, self.printed = self.printed, self.printed + len(str(msg["content"]))
            if self.printed > OUTPUT_OF_A_CELL:
                if before <= OUTPUT_OF_A_CELL:
                    Run.noted = Run.noted or "output"
                    self.interrupting = asyncio.ensure_future(ensure_async(self.km.interrupt_kernel()))
                return None
        return super().process_message(msg, cell, cell_index)

    async def async_start_new_kernel(self, **words: Any) -> None:
        await super().async_start_new_kernel(**{**words, "cwd": str(WORK)})


class SaveAutoGrades(preprocessors.SaveAutoGrades):  # type: ignore[misc]
    """nbgrader's, for which a score beyond the cell's points is no grade at all; here it is none earned."""

    def _add_score(self, cell: Any, resources: Any) -> None:
        try:
            super()._add_score(cell, resources)
        except (ValueError, KeyError):
            cell.outputs = [failure("BadScore")]
            super()._add_score(cell, resources)


def failure(ename: str) -> NotebookNode:
    """An output that costs a cell its points."""
    return NotebookNode(output_type="error", ename=ename, evalue="", traceback=[])  # type: ignore[no-untyped-call]


def answer(word: dict[str, Any]) -> None:
    os.write(ANSWERS, json.dumps(word).encode() + b"\n")


def configuration() -> Config:
    """Everything said here: nothing is read from a folder that somebody else may write."""
    words = Config()
    words.CourseDirectory.root = str(COURSE)
    words.CourseDirectory.db_url = f"sqlite:///{COURSE}/gradebook.db"
    words.CourseDirectory.assignment_id = ASSIGNMENT
    words.Execute.kernel_name = "pupil"
    words.Execute.iopub_timeout = 3
    words.Execute.startup_timeout = 30
    words.KernelManager.transport = "ipc"
    words.KernelManager.connection_file = str(RUNTIME / "kernel.json")  # sockets lie beside it
    words.Autograde.autograde_preprocessors = [
        Execute,
        preprocessors.IgnorePattern,
        ClearMetadataPreprocessor,
        preprocessors.LimitOutput,
        SaveAutoGrades,
        preprocessors.AssignLatePenalties,
        preprocessors.CheckCellMetadata,
    ]
    return words


def prepare() -> Path:
    """A course folder with the author's notebook alone, and a gradebook; the path of the notebook for
    pupils."""
    for place in (COURSE / "source" / ASSIGNMENT, WORK, RUNTIME):
        place.mkdir(parents=True)
    (COURSE / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb").write_bytes((FILES / "source.ipynb").read_bytes())
    with sqlite3.connect(COURSE / "gradebook.db") as gradebook:
        # Where this table is, nbgrader starts no second program to make it; the gradebook lives for seconds.
        gradebook.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    config = configuration()
    GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
    return COURSE / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"


def prepare_kernel() -> None:
    rights = [*TASK["kernel_rights"], [str(WORK), TASK["write"]], [str(RUNTIME), TASK["write"]]]
    (HOME / "rights.json").write_text(json.dumps(rights))
    argv = [sys.executable, "-I", str(FILES / "grading_kernel.py"), str(HOME / "rights.json")]
    spec = {"argv": [*argv, "-f", "{connection_file}"], "display_name": "pupil", "language": "python"}
    place = HOME / ".local/share/jupyter/kernels/pupil"
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps({**spec, "env": {"HOME": str(WORK), "TMPDIR": str(WORK)}}))


def repaired(submission: dict[str, Any], release: dict[str, Any]) -> dict[str, Any]:
    """The pupil's words in cells as the author made them: nothing else of a submission is believed.

    Cells of the assignment that were deleted, copied, retyped or given other metadata are what they were; a
    deleted one stands after the one before it, unanswered. The pupil's own cells stay where they are, as
    plain cells.
    """
    own = {name: cell for cell in release["cells"] if (name := grade_id(cell))}
    cells: list[dict[str, Any]] = []
    places: dict[str, dict[str, Any]] = {}
    last = {grade_id(cell): number for number, cell in enumerate(submission["cells"])}
    for number, cell in enumerate(submission["cells"]):
        name = grade_id(cell)
        if name in own and number == last[name]:  # of copies the last one counts, as with nbgrader
            cell = places[name] = merged(own[name], cell)
        else:
            cell = plain(cell)
        cells.append(cell)
    before: dict[str, Any] | None = None
    for name, cell in own.items():
        if name not in places:
            at = 0 if before is None else next(n for n, c in enumerate(cells) if c is before) + 1
            places[name] = copy.deepcopy(cell)
            cells.insert(at, places[name])
        before = places[name]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return {**release, "cells": cells}


def merged(own: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    cell = copy.deepcopy(own)
    if own["metadata"]["nbgrader"].get("solution"):
        cell["source"] = text(given)
    return cell


def plain(given: dict[str, Any]) -> dict[str, Any]:
    kind = given.get("cell_type")
    code: dict[str, Any] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {
        "cell_type": kind if kind in ("code", "markdown") else "raw",
        "metadata": {},
        "source": text(given),
        **code,
    }


def text(cell: dict[str, Any]) -> str:
    """Its source as one string; half a surrogate pair, which no message could carry, becomes a question
    mark."""
    source = cell.get("source", "")
    whole = "".join(source) if isinstance(source, list) else source
    return whole.encode("utf-8", "replace").decode("utf-8")


def grade_id(cell: dict[str, Any]) -> str | None:
    """Only an author's cell has one; whatever a pupil made of the metadata, this is text or nothing."""
    about = cell.get("metadata")
    about = about.get("nbgrader") if isinstance(about, dict) else None
    found = about.get("grade_id") if isinstance(about, dict) else None
    return found if isinstance(found, str) else None


def grade(release: Path) -> None:
    submission = json.loads((FILES / "submission.ipynb").read_bytes())
    place = COURSE / "submitted" / PUPIL / ASSIGNMENT
    place.mkdir(parents=True)
    whole = repaired(submission, json.loads(release.read_bytes()))
    (place / f"{NOTEBOOK}.ipynb").write_text(json.dumps(whole))
    config = configuration()
    config.CourseDirectory.student_id = PUPIL
    prepare_kernel()
    Autograde(coursedir=CourseDirectory(config=config), config=config).start()
    answer({"cells": cells_with_grades(config), "trouble": Run.trouble or Run.noted})


def cells_with_grades(config: Config) -> dict[str, dict[str, Any]]:
    """By grade id: what nbgrader's gradebook says, and the first error in the cell's outputs."""
    graded = json.loads((COURSE / "autograded" / PUPIL / ASSIGNMENT / f"{NOTEBOOK}.ipynb").read_bytes())
    found: dict[str, dict[str, Any]] = {}
    for cell in graded["cells"]:
        if name := grade_id(cell):
            errors = [output for output in cell.get("outputs", ()) if output["output_type"] == "error"]
            errors.sort(
                key=lambda output: output["ename"] != "CellTimeoutError"
            )  # it tells why it was interrupted
            error = [str(errors[0]["ename"])[:100], str(errors[0]["evalue"])[:2000]] if errors else None
            found[name] = {"points": None, "needs_manual": False, "error": error}
    with Gradebook(config.CourseDirectory.db_url) as gradebook:
        for row in gradebook.find_submission_notebook(NOTEBOOK, ASSIGNMENT, PUPIL).grades:
            found[row.name].update(points=row.auto_score, needs_manual=row.needs_manual_grade)
    return found


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("traitlets").propagate = True
    warnings.simplefilter("ignore")  # nbgrader's own, about SQLAlchemy
    syscalls = importlib.import_module("cage.syscalls")
    syscalls.prctl(
        syscalls.PR_SET_DUMPABLE, 0
    )  # the pupil's process has our user id and must not look into us
    release = prepare()
    if TASK["role"] == "release":
        answer({"release": release.read_text(encoding="utf-8")})
    else:
        grade(release)


if __name__ == "__main__":
    # Answers go where nobody else can write: whatever is printed from here on goes to standard error.
    ANSWERS = os.dup(1)
    os.dup2(2, 1)
    sys.path.insert(0, str(FILES))
    status = 1
    try:
        main()
        status = 0
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(status)  # no thread that hangs on a broken line is waited for
