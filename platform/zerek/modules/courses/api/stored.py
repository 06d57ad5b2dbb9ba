"""Quizzes and rubrics as they lie in the database: plain data, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from zerek.base.text import Words
from zerek.content.packages import Criterion, Level, Option, Question, QuestionKind, Quiz, Rubric

Data = dict[str, Any]


def to_data(thing: Quiz | Rubric) -> Data:
    """Numbers, texts, lists and mappings only; texts by language."""
    return asdict(thing)


def quiz(data: Data) -> Quiz:
    return Quiz(
        questions=tuple(_question(each) for each in data["questions"]),
        pass_percent=data["pass_percent"],
        final=data["final"],
        attempts=data["attempts"],
    )


def rubric(data: Data) -> Rubric:
    return Rubric(
        tuple(
            Criterion(
                id=each["id"],
                title=Words.of(each["title"]),
                points=each["points"],
                levels=tuple(Level(level["points"], Words.of(level["text"])) for level in each["levels"]),
            )
            for each in data["criteria"]
        )
    )


def _question(data: Data) -> Question:
    return Question(
        id=data["id"],
        kind=QuestionKind(data["kind"]),
        text=Words.of(data["text"]),
        points=data["points"],
        code=data["code"],
        options=tuple(Option(each["id"], Words.of(each["text"]), each["right"]) for each in data["options"]),
        answer=data["answer"],
        tolerance=data["tolerance"],
        answers={language: tuple(texts) for language, texts in data["answers"].items()},
        why=Words.of(data["why"]) if data["why"] else None,
    )
