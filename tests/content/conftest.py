"""A small course without fault, written to a folder, for tests to read and to spoil."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COURSE = """\
format: 1
slug: small-course
version: "2026.1"
audience: teachers
title: {kk: Шағын курс, ru: Малый курс, en: A small course}
summary: {kk: Қысқаша, ru: Кратко, en: In short}
licence: CC-BY-4.0
languages: [kk, ru, en]
hours: 6
certificate: {hours_percent: 80, test_percent: 70, task_accepted: true, valid_years: 3}
modules:
  - id: m1
    title: {kk: Бірінші, ru: Первый, en: First}
    hours: 6
    items:
      - {id: intro, kind: lesson, hours: 1, file: one/intro, title: {kk: Кіріспе, ru: Начало, en: Start}}
      - {id: test, kind: quiz, hours: 1, file: one/quiz.yaml, title: {kk: Тест, ru: Тест, en: Test}}
      - id: work
        kind: task
        hours: 2
        file: one/task
        title: {kk: Тапсырма, ru: Задание, en: Task}
        max_points: 5
        accept_points: 3
      - id: book
        kind: notebook
        hours: 1
        file: one/intro
        notebook: small-course/sum
        title: {kk: Дәптер, ru: Тетрадь, en: Notebook}
      - {id: go, kind: robot, hours: 1, file: one/intro, program: one/go.py, title: {kk: Ж, ru: Е, en: G}}
"""

QUIZ = """\
pass_percent: 60
final: true
attempts: 2
questions:
  - id: q1
    kind: single
    text: {kk: "2 + 2?", ru: "2 + 2?", en: "2 + 2?"}
    options:
      - {id: a, text: {kk: 4, ru: 4, en: 4}, right: true}
      - {id: b, text: {kk: 5, ru: 5, en: 5}}
  - id: q2
    kind: number
    points: 2
    text: {kk: Жартысы, ru: Половина, en: A half}
    answer: 0.5
    tolerance: 0.01
    why: {kk: 1 / 2, ru: 1 / 2, en: 1 / 2}
  - id: q3
    kind: text
    text: {kk: Команда, ru: Команда, en: Command}
    code: print(1)
    answers: {kk: [print], ru: [print], en: [print, "print()"]}
"""

RUBRIC = """\
criteria:
  - id: clear
    title: {kk: Түсінікті, ru: Понятно, en: Clear}
    points: 5
    levels:
      - {points: 0, text: {kk: Жоқ, ru: Нет, en: No}}
      - {points: 5, text: {kk: Иә, ru: Да, en: Yes}}
"""

LESSON = """\
## Бірінші тақырып

Мәтін мен ![дөңгелек](pictures/dot.svg).

```python
print("Сәлем")
```
"""

DOT = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 20">\n<circle cx="9" cy="9" r="9"/>\n</svg>\n'


def code_cell(name: str, source: str, **marks: Any) -> dict[str, Any]:
    flags = {"schema_version": 3, "grade": False, "locked": False, "solution": False, "task": False}
    metadata = {"nbgrader": {**flags, "grade_id": name, **marks}} if marks else {}
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata,
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def small_notebook() -> dict[str, Any]:
    solution = "### BEGIN SOLUTION\ntotal = 2 + 2\n### END SOLUTION"
    tests = "assert total\n### BEGIN HIDDEN TESTS\nassert total == 4\n### END HIDDEN TESTS"
    return {
        "cells": [
            code_cell("free", "1 + 1"),
            code_cell("answer", solution, solution=True),
            code_cell("check", tests, grade=True, locked=True, points=2),
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@pytest.fixture
def notebook() -> dict[str, Any]:
    return small_notebook()


@pytest.fixture
def sources_folder(tmp_path: Path) -> Path:
    """A folder of notebook sources with one notebook in three languages."""
    place = tmp_path / "notebooks" / "small-course" / "sum"
    place.mkdir(parents=True)
    (place / "sum.ipynb").write_text(json.dumps(small_notebook(), indent=1), "utf-8")
    (place / "sum.ru.md").write_text("## Сумма\n", "utf-8")
    (place / "sum.en.md").write_text("## Sum\n", "utf-8")
    return tmp_path / "notebooks"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "small-course"
    (folder / "one").mkdir(parents=True)
    (folder / "pictures").mkdir()
    (folder / "course.yaml").write_text(COURSE, "utf-8")
    (folder / "one" / "quiz.yaml").write_text(QUIZ, "utf-8")
    (folder / "one" / "task.rubric.yaml").write_text(RUBRIC, "utf-8")
    (folder / "one" / "go.py").write_text("from zerek_robotics import Robot\n", "utf-8")
    (folder / "pictures" / "dot.svg").write_text(DOT, "utf-8")
    for language in ("kk", "ru", "en"):
        (folder / "one" / f"intro.{language}.md").write_text(LESSON, "utf-8")
        (folder / "one" / f"task.{language}.md").write_text("## Тапсырма\n", "utf-8")
    return folder


@pytest.fixture
def spoil(package: Path) -> Callable[[str, str, str], None]:
    """``spoil("course.yaml", "hours: 6", "hours: 7")`` changes the first such place of a file."""

    def change(file: str, old: str, new: str) -> None:
        path = package / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return change
