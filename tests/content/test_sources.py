"""A notebook source is understood without nbgrader, and each fault in it is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zerek.content import sources
from zerek.content.faults import FaultyPackage

Notebook = dict[str, Any]


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps(content, indent=1), "utf-8")
    return path


def test_a_source_says_what_each_of_its_cells_brings(tmp_path: Path, notebook: Notebook) -> None:
    source = sources.read(written(tmp_path, notebook))
    assert source.points == 2
    assert source.graded_by_machine
    assert source.graded == (sources.GradedCell("check", 2.0, sources.CellKind.TESTS),)


def test_an_answer_that_a_teacher_marks_is_told_apart(tmp_path: Path, notebook: Notebook) -> None:
    notebook["cells"][1]["metadata"]["nbgrader"] |= {"grade": True, "points": 3}
    source = sources.read(written(tmp_path, notebook))
    assert [cell.kind for cell in source.graded] == [sources.CellKind.ANSWER, sources.CellKind.TESTS]
    assert (source.points, source.graded_by_machine) == (5, False)


def nbgrader(number: int, **marks: object) -> Callable[[Notebook], None]:
    return lambda notebook: notebook["cells"][number]["metadata"]["nbgrader"].update(marks)


def cell(number: int, **values: object) -> Callable[[Notebook], None]:
    return lambda notebook: notebook["cells"][number].update(values)


def whole(**values: object) -> Callable[[Notebook], None]:
    return lambda notebook: notebook.update(values)


FAULTS: list[tuple[Callable[[Notebook], None], int, str]] = [
    (whole(nbformat_minor=4), 1, "The notebook must be of the format 4.5."),
    (whole(metadata={"kernelspec": {"name": "ir"}}), 1, "The notebook's kernel must be python3."),
    (whole(metadata=[]), 1, "The notebook's kernel must be python3."),
    (whole(cells="x"), 1, "This is not a notebook: it has no cells."),
    (whole(cells=[]), 1, "The notebook has no cell that brings points."),
    (cell(0, outputs=[{"output_type": "stream"}]), 5, "A cell keeps its output: clear all outputs"),
    (cell(0, execution_count=1), 5, "A cell keeps its output: clear all outputs"),
    (cell(0, id=""), 1, "A cell has no id."),
    (cell(1, id="free"), 13, "The id “free” is used twice."),
    (cell(0, source=[1]), 5, "The text of a cell is not text."),
    (cell(0, source="### BEGIN SOLUTION\n1\n### END SOLUTION"), 5, "SOLUTION stands in a cell where pupils"),
    (cell(1, source="### BEGIN SOLUTION\n1"), 13, "BEGIN SOLUTION and END SOLUTION do not come in pairs."),
    (
        cell(2, source="### END HIDDEN TESTS\n### BEGIN HIDDEN TESTS"),
        30,
        "BEGIN HIDDEN TESTS and END HIDDEN TESTS",
    ),
    (cell(1, source="### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS"), 13, "HIDDEN TESTS stands in a cell"),
    (cell(2, cell_type="markdown"), 30, "Tests must stand in a code cell."),
    (nbgrader(1, schema_version=2), 13, "The nbgrader marks of a cell must have schema_version 3."),
    (nbgrader(1, schema_version="3"), 13, "The nbgrader marks of a cell must have schema_version 3."),
    (nbgrader(1, colour="red"), 13, "The key “colour” is not known here."),
    (nbgrader(1, grade_id="жауап"), 13, "A cell with nbgrader marks needs a grade_id of Latin letters"),
    (nbgrader(1, grade_id=7), 13, "A cell with nbgrader marks needs a grade_id of Latin letters"),
    (nbgrader(1, solution="yes"), 13, "The value of “solution” must be true or false."),
    (nbgrader(2, grade_id="answer"), 30, "The id “answer” is used twice."),
    (nbgrader(2, points=-1), 30, "A graded cell must say its points, from 0 to 1000."),
    (nbgrader(2, points=None), 30, "A graded cell must say its points, from 0 to 1000."),
    (nbgrader(2, points=True), 30, "A graded cell must say its points, from 0 to 1000."),
    (nbgrader(2, points=float("nan")), 30, "A graded cell must say its points, from 0 to 1000."),
    (nbgrader(2, points=0), 1, "The notebook has no cell that brings points."),
]


@pytest.mark.parametrize(("spoil", "line", "sentence"), FAULTS)
def test_a_fault_is_named_with_the_line_of_its_cell(
    tmp_path: Path, notebook: Notebook, spoil: Callable[[Notebook], None], line: int, sentence: str
) -> None:
    spoil(notebook)
    _, faults = sources.examine(written(tmp_path, notebook), "book.ipynb")
    found = [(fault.line, fault.sentence) for fault in faults]
    assert any(where == line and said.startswith(sentence) for where, said in found), found
    with pytest.raises(FaultyPackage):
        sources.read(tmp_path / "book.ipynb")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b'{"cells": 1', b"null", b"7"])
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "book.ipynb"
    path.write_bytes(content)
    with pytest.raises(FaultyPackage, match="This is not a notebook"):
        sources.read(path)


def test_a_notebook_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "book.ipynb"
    with path.open("wb") as stream:
        stream.truncate(1_000_000_000)
    with pytest.raises(FaultyPackage, match="too large"):
        sources.read(path)


def test_a_link_to_a_notebook_is_not_followed(tmp_path: Path, notebook: Notebook) -> None:
    (tmp_path / "link.ipynb").symlink_to(written(tmp_path, notebook))
    with pytest.raises(FaultyPackage, match="missing"):
        sources.read(tmp_path / "link.ipynb")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_value_in_any_place_breaks_the_reader(
    tmp_path: Path, notebook: Notebook, data: st.DataObject
) -> None:
    spoiled = json.loads(json.dumps(notebook))
    chosen = data.draw(st.sampled_from(spoiled["cells"]))
    marks = chosen["metadata"].get("nbgrader", chosen)
    place = data.draw(st.sampled_from([spoiled, spoiled["metadata"], chosen, chosen["metadata"], marks]))
    place[data.draw(st.sampled_from(sorted(place) or ["nbgrader"]))] = data.draw(values)
    source, faults = sources.examine(written(tmp_path, spoiled), "book.ipynb")
    assert source
    assert all(fault.line >= 1 and fault.sentence for fault in faults)
