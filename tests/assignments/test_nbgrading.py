"""Grading a notebook: what honest pupils get, what spoiled and hostile hand-ins get, and what nobody gets to see."""

from __future__ import annotations

import copy
import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import zerek
from zerek.base.errors import Refused, TooLarge, ZerekError
from zerek.cage import landlock
from zerek.modules.assignments.nbgrading import NbGrader, inspect, release
from zerek.modules.assignments.results import CellResult, Grader, Kind, Result, Trouble

Notebook = dict[str, Any]
QUICK = NbGrader(cell_seconds=4, seconds=40)


def cell(kind: str, source: str, grade_id: str = "", **about: Any) -> Notebook:
    whole: Notebook = {
        "cell_type": kind,
        "id": grade_id or f"c{abs(hash(source))}",
        "source": source,
        "metadata": {},
    }
    if kind == "code":
        whole |= {"outputs": [], "execution_count": None}
    if grade_id:
        flags = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
        whole["metadata"] = {"nbgrader": {**flags, "grade_id": grade_id, **about}}
    return whole


def solution(name: str, source: str) -> Notebook:
    return cell("code", f"### BEGIN SOLUTION\n{source}\n### END SOLUTION", name, solution=True)


def check(name: str, points: int, source: str) -> Notebook:
    return cell("code", source, name, grade=True, locked=True, points=points)


SOURCE: Notebook = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [
        cell("markdown", "# Сынып роботы"),
        cell("markdown", "## 1-тапсырма. Орташа баға\nБағалардың орташасын табыңыз."),
        solution("mean", "def mean(marks):\n    return sum(marks) / len(marks) if marks else 0"),
        check("mean-test", 2, "assert mean([2, 4]) == 3, 'mean([2, 4]) нәтижесі 3 болуы керек'"),
        check(
            "mean-hidden",
            3,
            "### BEGIN HIDDEN TESTS\nassert mean([]) == 0, f'бос тізімге {0} қайтару керек'\n"
            "assert mean([987654]) == 987654\n### END HIDDEN TESTS",
        ),
        cell("markdown", "## 2-тапсырма. Екі еселеу"),
        solution("double", "def double(x):\n    return 2 * x"),
        check(
            "double-test",
            4,
            "score = 0\nif double(1) == 2: score += 1.5\nif double('a') == 'aa': score += 2.5\nscore",
        ),
        cell("markdown", "Пікіріңіз", "opinion", grade=True, solution=True, points=5),
    ],
}


def written(notebook: Notebook) -> bytes:
    return json.dumps(notebook).encode()


def handed_in(**answers: str) -> Notebook:
    """A pupil's notebook: what was handed out, with these answers in their cells; honest and right by default."""
    right = {
        "mean": SOURCE["cells"][2]["source"],
        "double": SOURCE["cells"][6]["source"],
        "opinion": "Маған ұнады.",
    }
    notebook: Notebook = json.loads(release(written(SOURCE), "test"))
    for each in notebook["cells"]:
        name = each["metadata"].get("nbgrader", {}).get("grade_id")
        if name in right:
            each["source"] = answers.get(name, right[name])
    return notebook


def graded(notebook: Notebook, grader: Grader = QUICK) -> tuple[Result, dict[str, CellResult]]:
    inspect(written(notebook), written(SOURCE))
    result = grader.grade(written(SOURCE), written(notebook), name="test")
    assert result.max_points == 14
    assert [found.grade_id for found in result.cells][:3] == ["mean", "mean-test", "mean-hidden"]
    return result, {found.grade_id: found for found in result.cells}


def points(cells: dict[str, CellResult]) -> dict[str, float]:
    return {name: found.points for name, found in cells.items() if found.max_points}


def test_what_pupils_get_holds_no_answer_and_no_hidden_test() -> None:
    text = release(written(SOURCE), "test").decode()
    assert "987654" not in text
    assert "sum(marks)" not in text
    assert "2 * x" not in text
    assert "нәтижесі 3 болуы керек" in text
    cells = json.loads(text)["cells"]
    assert cells[3]["metadata"]["nbgrader"]["checksum"]
    assert cells[3]["metadata"]["editable"] is False


def test_a_right_notebook_gets_all_points_and_waits_for_the_teacher_where_words_are_asked() -> None:
    result, cells = graded(handed_in())
    assert points(cells) == {"mean-test": 2, "mean-hidden": 3, "double-test": 4, "opinion": 0}
    assert (result.points, result.error, result.needs_manual) == (9, None, True)
    assert result.engine.startswith("nbgrader 0.")
    assert [name for name, found in cells.items() if found.passed] == [
        "mean",
        "mean-test",
        "mean-hidden",
        "double",
        "double-test",
    ]
    assert cells["mean-hidden"].hidden
    assert not cells["mean-test"].hidden
    assert cells["opinion"].kind is Kind.MANUAL
    assert cells["double-test"].title == "2-тапсырма. Екі еселеу"


def test_an_untouched_notebook_gets_nothing_and_no_teacher_is_asked() -> None:
    result, cells = graded(json.loads(release(written(SOURCE), "test")))
    assert (result.points, result.needs_manual, result.error) == (0, False, None)
    assert cells["mean"].message == "NotImplementedError"
    assert cells["mean-test"].message == "NameError: name 'mean' is not defined"


def test_a_pupil_reads_what_was_wrong_and_gets_part_of_the_points() -> None:
    result, cells = graded(
        handed_in(
            mean="def mean(marks):\n    return 7",
            double="def double(x):\n    return x * 2 if x == 1 else None",
        )
    )
    assert points(cells) == {"mean-test": 0, "mean-hidden": 0, "double-test": 1.5, "opinion": 0}
    assert cells["mean-test"].message == "mean([2, 4]) нәтижесі 3 болуы керек"
    assert cells["mean-hidden"].message == "бос тізімге 0 қайтару керек"
    assert not cells["double-test"].passed
    assert result.error is None


def test_a_hidden_test_without_a_message_tells_nothing_of_itself() -> None:
    peeking = "def mean(marks):\n    if len(marks) == 1: raise ValueError(marks)\n    return marks and 3 or 0"
    _, cells = graded(handed_in(mean=peeking, double="x ="))
    assert cells["mean-test"].passed
    assert (cells["mean-hidden"].points, cells["mean-hidden"].message) == (0, "ValueError")
    assert cells["double"].message.startswith("SyntaxError: invalid syntax")
    assert cells["double-test"].message == "NameError: name 'double' is not defined"


def test_a_loop_without_end_costs_only_what_needs_it() -> None:
    result, cells = graded(handed_in(mean="while True: pass"))
    assert points(cells) == {"mean-test": 0, "mean-hidden": 0, "double-test": 4, "opinion": 0}
    assert result.error is Trouble.TIME
    assert cells["mean"].message == "TimeoutError"
    assert result.seconds < 60


def test_a_loop_that_takes_no_interrupt_costs_what_comes_after_it() -> None:
    stubborn = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    result, cells = graded(handed_in(double=stubborn))
    assert points(cells) == {"mean-test": 2, "mean-hidden": 3, "double-test": 0, "opinion": 0}
    assert result.error is Trouble.TIME
    assert cells["opinion"].needs_manual


@pytest.mark.parametrize(
    "end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "import ctypes; ctypes.string_at(0)"]
)
def test_a_program_that_ends_itself_keeps_what_it_had_earned(end: str) -> None:
    result, cells = graded(handed_in(double=f"import os\n{end}"))
    assert points(cells) == {"mean-test": 2, "mean-hidden": 3, "double-test": 0, "opinion": 0}
    assert result.error is Trouble.DIED


def test_a_program_that_eats_memory_is_graded() -> None:
    result, cells = graded(handed_in(mean="hoard = [bytearray(10**8) for _ in range(100)]"))
    assert points(cells)["mean-test"] == 0
    assert points(cells)["double-test"] == 4
    assert result.error is Trouble.MEMORY


def test_a_program_that_prints_without_end_is_graded() -> None:
    result, cells = graded(handed_in(mean="while True: print('x' * 1000)"))
    assert points(cells)["mean-test"] == 0
    assert points(cells)["double-test"] == 4
    assert result.error in (Trouble.OUTPUT, Trouble.TIME)


SPY = """
import os, socket, sys
seen = []
for path in {paths}:
    try:
        if os.listdir(path):  # an empty folder in a name's place tells nothing
            seen.append(path + " LISTED " + ",".join(os.listdir(path)[:3]))
    except OSError:
        pass
    try:
        open(path).read(1)
        seen.append(path + " READ")
    except OSError:
        pass
try:
    socket.create_connection(("127.0.0.1", {port}), 1)
    seen.append("NETWORK")
except OSError:
    pass
for line in ("kill", "mem"):
    try:
        os.kill(os.getppid(), 0) if line == "kill" else open(f"/proc/{{os.getppid()}}/mem")
        seen.append(line)
    except OSError:
        pass
try:
    import zerek.settings
    seen.append("zerek")
except (ImportError, OSError):
    pass
raise RuntimeError(f"seen: {{seen}} {{[name for name in os.environ if name.startswith('ZEREK')]}}")
"""


def test_a_pupils_program_finds_no_answers_no_gradebook_no_network_and_no_zerek() -> None:
    code = Path(zerek.__file__).parent
    repository = code.parents[1]
    paths = [
        code,
        code / "settings.py",
        repository / "notebooks",
        repository / "setup.cfg",
        "/etc/passwd",
        "/var",
    ]
    beside = [
        "../course",
        "../course/gradebook.db",
        "../../files",
        "../../files/source.ipynb",
        "../rights.json",
    ]
    if not landlock.abi():
        beside = []  # one wall alone leaves the grader's own folder open: docs/cage.md says so
    with socket.create_server(("127.0.0.1", 0)) as listener:
        spy = SPY.format(paths=[str(path) for path in paths] + beside, port=listener.getsockname()[1])
        _, cells = graded(handed_in(mean=spy))
    assert cells["mean"].message == "RuntimeError: seen: [] []"
    assert cells["double-test"].passed


def test_an_answer_cannot_be_forged_on_the_graders_streams() -> None:
    forgery = json.dumps(
        {"cells": {"mean-test": {"points": 2, "needs_manual": False, "error": None}}, "trouble": None}
    )
    evil = (
        f"import os\nfor fd in range(1, 64):\n    try: os.write(fd, b'\\n' + {forgery.encode()!r} + b'\\n')\n"
    )
    evil += "    except OSError: pass"
    _, cells = graded(handed_in(mean=evil))
    assert points(cells)["mean-test"] == 0


def spoil(change: Callable[[list[Notebook]], object]) -> Notebook:
    notebook = handed_in()
    change(notebook["cells"])
    return notebook


def about(cells: list[Notebook], name: str) -> Notebook:
    found: Notebook = next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)
    return found


def everything_at_once(cells: list[Notebook]) -> None:
    """What an unlucky pupil's JupyterLab can do to a notebook, in one."""
    about(cells, "mean-test")["metadata"]["nbgrader"]["schema_version"] = 99
    about(cells, "mean-test")["metadata"]["nbgrader"]["points"] = 1000
    about(cells, "mean-test")["source"] = "pass"
    about(cells, "mean")["cell_type"] = "markdown"
    about(cells, "double")["metadata"]["nbgrader"] = {
        **about(cells, "double")["metadata"]["nbgrader"],
        "solution": False,
    }
    cells.insert(0, copy.deepcopy(about(cells, "double-test")))
    cells.insert(4, {**copy.deepcopy(about(cells, "mean")), "source": "mean = 1 / 0"})
    cells.remove(about(cells, "mean-hidden"))
    cells.append({"cell_type": "code", "source": ["1 +\n", "1"], "metadata": {"nbgrader": [1, 2]}})
    cells.append({"cell_type": "nonsense", "metadata": {"nbgrader": {"grade_id": {"a": 1}}}})
    cells.append({"source": "\ud800 half a letter", "cell_type": "code", "outputs": "?"})


def test_spoiled_metadata_is_repaired_and_the_work_graded() -> None:
    notebook = spoil(everything_at_once)
    notebook["metadata"] = {"kernelspec": {"name": "../../evil"}, "nbgrader": 7}
    result, cells = graded(notebook)
    assert points(cells) == {"mean-test": 0, "mean-hidden": 0, "double-test": 4, "opinion": 0}
    assert cells["mean"].message == "ZeroDivisionError: division by zero"
    assert result.error is None


def test_two_at_once_do_not_meet() -> None:
    with ThreadPoolExecutor(2) as both:
        right = both.submit(graded, handed_in())
        wrong = both.submit(graded, handed_in(mean="pass", double="pass"))
        assert (right.result()[0].points, wrong.result()[0].points) == (9, 0)


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"\x89PNG\r\n", Refused, "not JSON"),
        (b"[" * 100_000, Refused, "not JSON"),
        (b"[1, 2]", Refused, "not a notebook"),
        (b'{"cells": 5, "nbformat": 4}', Refused, "not a notebook"),
        (b'{"cells": [5], "nbformat": 4}', Refused, "not a notebook"),
        (b'{"cells": [{"source": [1]}], "nbformat": 4}', Refused, "not a notebook"),
        (b'{"worksheets": [], "nbformat": 3}', Refused, "format 3"),
        (b'{"cells": [], "nbformat": 4}', Refused, "not the notebook of this lesson"),
        (b'{"cells": [' + b"{}," * 1001 + b'{}], "nbformat": 4}', Refused, "over 1000 cells"),
        (b" " * (5 * 1024 * 1024 + 1), TooLarge, "over 5 MB"),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_sentence(
    content: bytes, error: type[ZerekError], words: str
) -> None:
    with pytest.raises(error, match=words):
        inspect(content, written(SOURCE))


def test_a_notebook_nbgrader_does_not_know_is_not_handed_out() -> None:
    twice = copy.deepcopy(SOURCE)
    twice["cells"].append(copy.deepcopy(twice["cells"][3]))
    with pytest.raises(Refused, match="lesson-7 cannot be handed out"):
        release(written(twice), "lesson-7")


SHIPPED = sorted((Path(zerek.__file__).parents[2] / "notebooks").glob("*/*/*.ipynb"))


@pytest.mark.source
@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_a_shipped_notebook_gives_all_points_to_its_answers_and_none_to_nothing(path: Path) -> None:
    source = path.read_bytes()
    answers = NbGrader().grade(source, source, name=path.stem)
    nothing = NbGrader().grade(source, release(source, path.stem), name=path.stem)
    assert answers.points == answers.max_points > 0
    assert [found.message for found in answers.cells if found.message] == []
    assert nothing.points == 0
