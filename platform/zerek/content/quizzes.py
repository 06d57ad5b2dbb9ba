"""Reads a quiz and a rubric: every question can be answered rightly, every rubric adds up."""

from __future__ import annotations

from zerek.base.text import N_
from zerek.content.shapes import Criterion, Level, Option, Question, QuestionKind, Quiz, Rubric
from zerek.content.tables import Sheet, Table
from zerek.content.yamllines import Node


def quiz(sheet: Sheet, node: Node) -> Quiz:
    """A quiz from its file's tree; what does not fit is written down in the sheet."""
    table = sheet.table(node)
    tables = table.tables("questions")
    read = Quiz(
        questions=tuple(_question(each) for each in tables),
        pass_percent=table.whole("pass_percent", 70, low=1, high=100),
        final=table.yes("final", default=False),
        attempts=table.whole("attempts", 3, high=100),
    )
    table.close()
    no_twins(tables, [question.id for question in read.questions])
    return read


def rubric(sheet: Sheet, node: Node) -> Rubric:
    """A rubric from its file's tree: ``criteria`` with ``id``, ``title``, ``points`` and their ``levels``."""
    table = sheet.table(node)
    tables = table.tables("criteria")
    read = Rubric(tuple(_criterion(each) for each in tables))
    table.close()
    no_twins(tables, [criterion.id for criterion in read.criteria])
    return read


def no_twins(tables: list[Table], ids: list[str]) -> None:
    """A fault at each id that an earlier neighbour has already."""
    seen: set[str] = set()
    for table, name in zip(tables, ids, strict=True):
        if name and name in seen:
            table.fault("id", N_("The id “%(id)s” is used twice."), id=name)
        seen.add(name)


def _question(table: Table) -> Question:
    kind = table.choice("kind", QuestionKind)
    choosing = kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE)
    counting = kind is QuestionKind.NUMBER
    read = Question(
        id=table.name("id"),
        kind=kind or QuestionKind.TEXT,
        text=table.words("text"),
        points=table.whole("points", 1, low=1, high=100),
        code=table.text("code", ""),
        options=_options(table, kind) if choosing else (),
        answer=table.decimal("answer") if counting else None,
        tolerance=table.decimal("tolerance", 0.0) if counting else 0.0,
        answers=_answers(table) if kind is QuestionKind.TEXT else {},
        why=table.optional_words("why"),
    )
    if read.tolerance < 0:
        table.fault("tolerance", N_("The value of “%(key)s” must not be negative."), key="tolerance")
    if kind is None:  # the kind's fault is told; its keys are not to be told as unknown on top
        table.asked.update(("options", "answer", "tolerance", "answers"))
    table.close()
    return read


def _options(table: Table, kind: QuestionKind | None) -> tuple[Option, ...]:
    tables = table.tables("options")
    options = []
    for each in tables:
        options.append(Option(each.name("id"), each.words("text"), each.yes("right", default=False)))
        each.close()
    no_twins(tables, [option.id for option in options])
    right = sum(option.right for option in options)
    if options and not right:
        table.fault("options", N_("The question “%(id)s” has no right answer."), id=table.text("id", ""))
    if kind is QuestionKind.SINGLE and right > 1:
        table.fault(
            "options", N_("The question “%(id)s” has several right answers."), id=table.text("id", "")
        )
    if len(options) == 1:
        table.fault("options", N_("The question “%(id)s” has only one option."), id=table.text("id", ""))
    return tuple(options)


def _answers(table: Table) -> dict[str, tuple[str, ...]]:
    """Right short answers by language; each language of the course needs one."""
    node = table.take("answers")
    if node is None:
        return {}
    inner = table.sheet.table(node)
    answers = {name: inner.texts(name) for name in table.sheet.languages}
    inner.close()
    return answers


def _criterion(table: Table) -> Criterion:
    read = Criterion(
        id=table.name("id"),
        title=table.words("title"),
        points=table.whole("points", low=1, high=1000),
        levels=tuple(_level(each) for each in table.tables("levels", needed=False)),
    )
    if read.levels and max(level.points for level in read.levels) != read.points:
        problem = N_("The best level of “%(id)s” must bring its %(points)s points.")
        table.fault("levels", problem, id=read.id, points=read.points)
    table.close()
    return read


def _level(table: Table) -> Level:
    read = Level(points=table.whole("points"), text=table.words("text"))
    table.close()
    return read
