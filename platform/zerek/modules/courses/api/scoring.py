"""Whether an answer is right: pure, exact, without a float."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from zerek.base.errors import Refused
from zerek.base.text import N_, fold
from zerek.content.packages import Question, QuestionKind, Quiz

Given = Sequence[str]
"""An answer: the ids of chosen options, or one text as it was typed; nothing is an empty list."""

LONGEST = 200  # characters of a typed answer
NUMBER = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]{1,15})?")
SPACES = dict.fromkeys(map(ord, " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"))


def clean(question: Question, given: Given) -> list[str]:
    """The answer as it may be kept; Refused when the question could not be answered so."""
    if question.kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        chosen = list(dict.fromkeys(given))
        most = 1 if question.kind is QuestionKind.SINGLE else len(question.options)
        if len(chosen) > most or not set(chosen) <= {option.id for option in question.options}:
            raise Refused(N_("This question has no such option."))
        return chosen
    typed = " ".join(" ".join(given).split())
    if len(typed) > LONGEST:
        raise Refused(N_("An answer has at most %(most)s characters."), most=LONGEST)
    return [typed] if typed else []


def is_right(question: Question, given: Given) -> bool:
    """All or nothing: a choice of several is right when exactly the right ones are chosen."""
    if not given:
        return False
    if question.kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        return frozenset(given) == question.right_ids
    if question.kind is QuestionKind.NUMBER:
        number = read_number(given[0])
        # repr of a float is the shortest decimal that means it: 0.1 stays one tenth.
        wanted, tolerance = Fraction(repr(question.answer)), Fraction(repr(question.tolerance))
        return number is not None and abs(number - wanted) <= tolerance
    return fold(given[0]) in {fold(text) for texts in question.answers.values() for text in texts}


def read_number(typed: str) -> Fraction | None:
    """A decimal number as people here type it: comma or point, thousands apart by a space."""
    text = typed.translate(SPACES).replace("\N{MINUS SIGN}", "-").replace(",", ".")
    return Fraction(text) if NUMBER.fullmatch(text) else None


def points(quiz: Quiz, answers: Mapping[str, Given]) -> int:
    """The points of all right answers together."""
    return sum(each.points for each in quiz.questions if is_right(each, answers.get(each.id, ())))


def reaches(points: int, most: int, percent: int) -> bool:
    """Whether so many points of ``most`` are at least that percent."""
    return points * 100 >= percent * most
