"""Reads the items of a course: lessons, quizzes, tasks, notebooks and programs for a robot."""

from __future__ import annotations

import ast
from dataclasses import replace

from zerek.base.text import N_
from zerek.content import lessons, quizzes, sources
from zerek.content.desk import Desk
from zerek.content.shapes import Item, ItemKind, Quiz, Rubric
from zerek.content.shipped import NAME as NOTEBOOK_NAME
from zerek.content.shipped import place
from zerek.content.tables import Table


def item(desk: Desk, table: Table, default_hours: int | None) -> Item:
    """One item with all the files it names; what does not fit is noted on the desk."""
    kind = table.choice("kind", ItemKind)
    read = Item(
        id=table.name("id"),
        kind=kind or ItemKind.LESSON,
        title=table.words("title"),
        hours=table.whole("hours", default_hours, high=400),
        file=table.text("file"),
    )
    if read.id in desk.item_ids:
        table.fault("id", N_("The id “%(id)s” is used twice."), id=read.id)
    desk.item_ids.add(read.id)
    if kind is ItemKind.QUIZ:
        read = replace(read, quiz=_quiz(desk, table, read.file))
    elif read.file:
        read = replace(read, text=desk.markdown(read.file, table.told("file")))
    if kind is ItemKind.TASK:
        read = _task(desk, table, read)
    elif kind is ItemKind.NOTEBOOK:
        read = _notebook(desk, table, read)
    elif kind is ItemKind.ROBOT:
        read = _robot(desk, table, read)
    if table.has("teacher"):
        read = replace(read, teacher=desk.markdown(table.text("teacher"), table.told("teacher")))
    if kind is None:  # the kind's fault is told; its keys are not to be told as unknown on top
        table.asked.update(("max_points", "accept_points", "notebook", "program"))
    table.close()
    return read


def _quiz(desk: Desk, table: Table, path: str) -> Quiz | None:
    node = desk.tree(path, table.told("file")) if path else None
    return quizzes.quiz(desk.sheet_of(path), node) if node else None


def _task(desk: Desk, table: Table, read: Item) -> Item:
    """A task is marked by a tutor; with a rubric, its criteria add up to the task's points."""
    most = table.whole("max_points", low=1, high=1000)
    accept = table.whole("accept_points", low=1, high=1000)
    if accept > most:
        table.fault("accept_points", N_("A task cannot be accepted from more points than it brings."))
    rubric = _rubric(desk, table, f"{read.file}.rubric.yaml")
    if rubric and most and rubric.points != most:
        problem = N_("The rubric adds up to %(sum)s points, the task brings %(points)s.")
        table.fault("max_points", problem, sum=rubric.points, points=most)
    return replace(read, max_points=most, accept_points=accept, rubric=rubric)


def _rubric(desk: Desk, table: Table, path: str) -> Rubric | None:
    node = desk.tree(path, table.told("file"))
    return quizzes.rubric(desk.sheet_of(path), node) if node else None


def _notebook(desk: Desk, table: Table, read: Item) -> Item:
    """The source lies beside the courses; its faults are told under ``notebooks/…``."""
    name = table.text("notebook")
    if not NOTEBOOK_NAME.fullmatch(name):
        if name:
            table.fault("notebook", N_("A notebook is named like python-and-robot/r7-02."))
        return read
    path = place(desk.sources, name)
    if not path.is_file():
        table.fault("notebook", N_("There is no notebook called %(name)s."), name=name)
        return read
    source, faults = sources.examine(path, f"notebooks/{name}/{path.name}")
    desk.faults.extend(faults)
    for language in desk.sheet.languages[1:]:  # the notebook itself speaks Kazakh, the first of them
        if not (text := sources.translation(path, language)):
            problem = N_("The notebook %(name)s has no words in the language “%(language)s”.")
            table.fault("notebook", problem, name=name, language=language)
        desk.faults.extend(
            lessons.faults(text, f"notebooks/{name}/{path.stem}.{language}.md") if text else ()
        )
    points = source.points if source else 0
    if points != int(points):
        table.fault("notebook", N_("The points of a notebook must add up to a whole number."))
    return replace(read, notebook=name, max_points=int(points))


def _robot(desk: Desk, table: Table, read: Item) -> Item:
    """The program a pupil begins with; it must at least be Python."""
    path = table.text("program")
    text = desk.folder.text(path, table.told("program")) if path else None
    if text is None:
        return read
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        desk.sheet_of(path).fault(
            line, N_("This is not a Python program: %(problem)s."), problem=str(error.args[0])
        )
    return replace(read, program=path, program_text=text)
