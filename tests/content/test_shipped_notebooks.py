"""Every shipped notebook can be solved for full points, brings nothing untouched, says what went wrong."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from zerek.content import shipped, sources

NOTEBOOKS = {path.stem: path for path in sorted(shipped.notebooks().glob("*/*/*.ipynb"))}

# What a pupil who has missed the point of the lesson writes, and what it is worth.
TYPICAL_MISTAKES: dict[str, tuple[float, dict[str, str]]] = {
    "r7-01": (
        6,
        {
            "parts": "board = 2\nmotor = 1\nwheel = 3\nsensor = 4\nbattery = 5",
            "cases": "cable = False\nstop = True\nwater = True\nwheels = False\nfloor = True",
        },
    ),
    "r7-02": (
        4,
        {
            "hello": 'def hello():\n    print("Сәлем, Атырау")',
            "card": 'def card():\n    print("Робот: Зерек")\n    print("Сынып:7")\n    print("Қала: Атырау")',
            "letters": 'def letters():\n    print("Ә Ғ Қ Ң Ө Ұ Ү Һ I")',
        },
    ),
    "r7-03": (
        4,
        {
            "passport": 'robot_name = "Зерек"\nwheels = 2\nvoltage = "7,4"\nis_ready = True',
            "choose": 'pupils = "int"\ntemperature = "float"\nphone = "int"\ndoor_open = "bool"',
        },
    ),
    "r7-04": (7, {"convert": "def convert():\n    print(float(input()) * 10)"}),
    "r7-05": (
        7,
        {"time": "def split_time(minutes):\n    hours = minutes / 60\n    return hours, minutes % 60"},
    ),
}


@dataclass
class Marks:
    """What nbgrader wrote into its gradebook, and what it left in the pupils' notebooks."""

    folder: Path
    points: dict[tuple[str, str], dict[str, float]]  # (pupil, notebook) -> cell -> points

    def of(self, pupil: str, name: str) -> float:
        return sum(self.points[pupil, name].values())

    def complaints(self, pupil: str, name: str) -> list[str]:
        """The last words of every error in the graded notebook."""
        graded = json.loads((self.folder / "autograded" / pupil / "all" / f"{name}.ipynb").read_text("utf-8"))
        outputs = (output for cell in graded["cells"] for output in cell.get("outputs", ()))
        return [output["evalue"] for output in outputs if output["output_type"] == "error"]


def nbgrader(folder: Path, *words: str) -> None:
    """nbgrader as on a teacher's machine; it looks for alembic on the PATH, so ours comes first there."""
    own = {
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=folder,
        env={**os.environ, **own, "PATH": path},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def handed_in(folder: Path, pupil: str, change: Callable[[str, str], str | None]) -> None:
    """Copies each released notebook to the pupil, with the text that ``change`` gives for an answer."""
    for name in NOTEBOOKS:
        released = json.loads((folder / "release" / "all" / f"{name}.ipynb").read_text("utf-8"))
        for cell in released["cells"]:
            mine = cell["metadata"].get("nbgrader", {})
            if mine.get("solution") and (text := change(name, mine["grade_id"])) is not None:
                cell["source"] = text
        place = folder / "submitted" / pupil / "all" / f"{name}.ipynb"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(released), "utf-8")


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Marks:
    """All notebooks as one assignment, handed in by three pupils and graded by nbgrader itself."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'proof'\n")
    source = folder / "source" / "all"
    source.mkdir(parents=True)
    answers: dict[tuple[str, str], str] = {}
    for name, path in NOTEBOOKS.items():
        (source / path.name).write_bytes(path.read_bytes())
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            mine = cell["metadata"].get("nbgrader", {})
            if mine.get("solution"):
                answers[name, mine["grade_id"]] = "".join(cell["source"])
    nbgrader(folder, "generate_assignment", "all", "--create")
    handed_in(folder, "solved", lambda name, cell: answers[name, cell])
    handed_in(folder, "untouched", lambda name, cell: None)
    handed_in(
        folder,
        "mistaken",
        lambda name, cell: TYPICAL_MISTAKES.get(name, (0, {}))[1].get(cell, answers[name, cell]),
    )
    nbgrader(folder, "autograde", "all", "--create")
    return Marks(folder, points_in(folder / "gradebook.db"))


def ask(gradebook: Path, question: str, *values: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(gradebook)) as connection:
        return connection.execute(question, values).fetchall()


def points_in(gradebook: Path) -> dict[tuple[str, str], dict[str, float]]:
    rows = ask(
        gradebook,
        """
        SELECT assignment.student_id, notebook.name, cell.name,
            coalesce(grade.manual_score, grade.auto_score, 0)
        FROM grade
        JOIN base_cell AS cell ON cell.id = grade.cell_id
        JOIN submitted_notebook AS handed ON handed.id = grade.notebook_id
        JOIN notebook ON notebook.id = handed.notebook_id
        JOIN submitted_assignment AS assignment ON assignment.id = handed.assignment_id
        """,
    )
    points: dict[tuple[str, str], dict[str, float]] = {}
    for pupil, name, cell, score in rows:
        points.setdefault((pupil, name), {})[cell] = score
    return points


def is_kazakh(sentence: str) -> bool:
    return any(letter in sentence.lower() for letter in "әғқңөұүһі")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_authors_own_answer_gets_every_point(marks: Marks, name: str) -> None:
    assert marks.points["solved", name] == {
        cell.grade_id: cell.points for cell in sources.read(NOTEBOOKS[name]).graded
    }, marks.complaints("solved", name)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_that_nobody_touched_gets_nothing(marks: Marks, name: str) -> None:
    assert not any(marks.points["untouched", name].values())


@pytest.mark.parametrize("name", TYPICAL_MISTAKES)
def test_a_typical_mistake_costs_some_points_and_is_explained_in_kazakh(marks: Marks, name: str) -> None:
    assert marks.of("mistaken", name) == TYPICAL_MISTAKES[name][0], marks.points["mistaken", name]
    complaints = marks.complaints("mistaken", name)
    assert complaints
    assert all(is_kazakh(sentence) for sentence in complaints if "could not convert" not in sentence), (
        complaints
    )


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_released_notebook_shows_neither_answers_nor_hidden_tests(marks: Marks, name: str) -> None:
    released = (marks.folder / "release" / "all" / f"{name}.ipynb").read_text("utf-8")
    assert "SOLUTION" not in released
    assert "HIDDEN" not in released


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_reads_the_same_with_and_without_nbgrader(marks: Marks, name: str) -> None:
    rows = ask(
        marks.folder / "gradebook.db",
        "SELECT base_cell.name, grade_cells.max_score FROM grade_cells JOIN base_cell USING (id)"
        " JOIN notebook ON notebook.id = base_cell.notebook_id WHERE notebook.name = ?",
        name,
    )
    assert dict(rows) == {cell.grade_id: cell.points for cell in sources.read(NOTEBOOKS[name]).graded}
