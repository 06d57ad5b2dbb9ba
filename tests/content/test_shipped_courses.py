"""The courses that come with Zerek have no fault, and the examples in the pupils' lessons run."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from unittest.mock import patch

import pytest

from zerek.base.errors import NotFound
from zerek.base.text import LANGUAGES
from zerek.content import shipped
from zerek.content.check import check, report
from zerek.content.lessons import to_html
from zerek.content.packages import ItemKind, read

COURSES = shipped.courses()
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
def test_a_shipped_course_has_no_fault(folder: Path) -> None:
    assert check(folder) == [], report(check(folder))


@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
def test_every_lesson_of_a_shipped_course_can_be_shown_in_every_language(folder: Path) -> None:
    course = read(folder)
    for item in course.items:
        for language in LANGUAGES if item.text else ():
            shown = to_html(item.text.in_language(language), course.pictures.get) if item.text else ""
            assert "<h2" in shown, (item.id, language)


def test_the_pupils_course_has_the_lessons_of_the_plan() -> None:
    course = read(shipped.notebooks().parent / "courses" / "python-and-robot")
    lessons = [item for item in course.items if item.kind is not ItemKind.QUIZ]
    assert [item.id for item in lessons] == [f"r7-0{number}" for number in range(1, 7)]
    assert [item.max_points for item in lessons] == [10, 10, 10, 10, 10, None]
    assert lessons[0].title.kk == "Қауіпсіздік ережелері және роботтар жинағымен танысу"
    assert all(item.teacher for item in lessons)
    assert "robot.forward(cm=50)" in lessons[5].program_text


def examples() -> dict[str, str]:
    """Each different example and where it stands first; the three languages mostly share them."""
    folder = next(folder for folder in COURSES if folder.name == "python-and-robot")
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*/lesson.*.md")):
        for number, code in enumerate(EXAMPLE.findall(path.read_text("utf-8")), start=1):
            found.setdefault(code, f"{path.parent.name}/{path.name}:{number}")
    return found


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for code, name in examples().items()])
def test_an_example_that_a_pupil_types_off_the_page_runs(code: str) -> None:
    screen = io.StringIO()
    with patch("builtins.input", side_effect=["7", "3"]), contextlib.redirect_stdout(screen):
        exec(compile(code, "example", "exec"), {})
    assert screen.getvalue() or "Robot" in code


@pytest.mark.parametrize(
    "name", ["", "r7-02", "../notebooks/python-and-robot/r7-02", "python-and-robot/none", "a/\0"]
)
def test_a_notebook_that_is_not_shipped_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        shipped.notebook(name)


def test_a_shipped_notebook_is_found_by_its_name() -> None:
    assert shipped.notebook("python-and-robot/r7-02").name == "r7-02.ipynb"
