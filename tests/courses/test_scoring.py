"""Which answers are right: exactly, and however a person here types a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zerek.base.errors import Refused
from zerek.base.text import Words
from zerek.content.packages import Option, Question, QuestionKind, Quiz
from zerek.modules.courses.api import scoring, stored

TEXT = Words("Сұрақ")
OPTIONS = tuple(Option(name, Words(name), right=name in "ac") for name in "abcd")
SINGLE = Question("q", QuestionKind.SINGLE, TEXT, options=OPTIONS[:2])
SEVERAL = Question("q", QuestionKind.MULTIPLE, TEXT, options=OPTIONS)
NUMBER = Question("q", QuestionKind.NUMBER, TEXT, answer=0.3, tolerance=0.1)
TYPED = Question("q", QuestionKind.TEXT, TEXT, answers={"kk": ("Қайтару",), "ru": ("вернуть",)})


@pytest.mark.parametrize("typed", ["0.3", "0,3", "0,2", "0.4", "+0,30", "\N{NO-BREAK SPACE}0,3 "])
def test_a_number_within_the_tolerance_is_right_to_its_very_edge(typed: str) -> None:
    assert scoring.is_right(NUMBER, scoring.clean(NUMBER, [typed]))


@pytest.mark.parametrize("typed", ["0.19999", "0.40001", "-0.3", "", "үш", "0.3.1", "1e-1", "nan", "٣"])
def test_a_number_outside_it_or_no_number_is_wrong(typed: str) -> None:
    assert not scoring.is_right(NUMBER, scoring.clean(NUMBER, [typed]))


def test_thousands_may_be_set_apart_as_they_are_printed_here() -> None:
    assert scoring.read_number("1\N{NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567,5") * 2 == 2469135
    assert scoring.read_number("\N{MINUS SIGN}7") == -7


@pytest.mark.parametrize("typed", ["қайтару", " ҚАЙТАРУ ", "кайтару", "Вернуть"])
def test_a_short_answer_is_compared_without_case_and_with_plain_letters(typed: str) -> None:
    assert scoring.is_right(TYPED, scoring.clean(TYPED, [typed]))


@pytest.mark.parametrize(
    ("chosen", "right"), [("ac", True), ("ca", True), ("a", False), ("abc", False), ("", False)]
)
def test_a_choice_of_several_is_right_only_when_exactly_the_right_ones_are_chosen(
    chosen: str, right: bool
) -> None:
    assert scoring.is_right(SEVERAL, list(chosen)) is right


@pytest.mark.parametrize(("question", "chosen"), [(SINGLE, "ab"), (SINGLE, "z"), (SEVERAL, "az")])
def test_an_option_that_the_question_has_not_is_refused(question: Question, chosen: str) -> None:
    with pytest.raises(Refused):
        scoring.clean(question, list(chosen))


def test_an_essay_is_not_a_short_answer() -> None:
    with pytest.raises(Refused, match="200"):
        scoring.clean(TYPED, ["а" * 201])


@given(points=st.integers(0, 1000), most=st.integers(1, 1000), percent=st.integers(1, 100))
def test_a_percent_is_reached_by_the_share_itself_not_by_a_rounded_one(
    points: int, most: int, percent: int
) -> None:
    assert scoring.reaches(points, most, percent) == (points / most * 100 >= percent - 1e-9)


words = st.builds(Words, kk=st.text(min_size=1), ru=st.text(), en=st.text())
options = st.lists(st.builds(Option, id=st.text(), text=words, right=st.booleans())).map(tuple)
questions = st.builds(
    Question,
    id=st.text(min_size=1),
    kind=st.sampled_from(QuestionKind),
    text=words,
    options=options,
    answer=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    tolerance=st.floats(0, 1e6),
    answers=st.dictionaries(st.sampled_from(["kk", "ru"]), st.lists(st.text()).map(tuple)),
    why=st.none() | words,
)


@given(st.builds(Quiz, questions=st.lists(questions, max_size=4).map(tuple)))
def test_a_quiz_comes_back_from_the_database_as_it_went_in(quiz: Quiz) -> None:
    assert stored.quiz(stored.to_data(quiz)) == quiz
