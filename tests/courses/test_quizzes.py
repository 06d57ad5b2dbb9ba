"""A teacher takes a quiz: answers are kept one by one, scored by us, and counted once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from zerek.base.errors import Conflict, Forbidden, NotFound, Refused
from zerek.base.permissions import Actor
from zerek.modules.courses import api
from zerek.modules.courses.models import Answer, Attempt, Hours, Version

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
Answers = dict[str, list[str]]
ItemId = Callable[[Version, str], int]
Rows = Callable[[type], int]
Together = Callable[..., list[object]]


@pytest.fixture
def quiz(published: Version, item_id: ItemId) -> int:
    return item_id(published, "m1-quiz")


def test_answers_are_kept_at_once_and_the_last_one_stands(
    session: Session, learner: Actor, quiz: int
) -> None:
    attempt = api.start(session, quiz, by=learner, now=NOW)
    for chosen in (["b"], ["a"], ["a"]):
        api.save_answer(session, attempt.id, "q1", chosen, by=learner, now=NOW)
    api.save_answer(session, attempt.id, "q2", ["a", "c"], by=learner, now=NOW)
    session.commit()
    assert api.answers(session, attempt.id) == {"q1": ["a"], "q2": ["a", "c"]}
    done = api.finish(session, attempt.id, {}, by=learner, now=NOW)
    assert (done.points, done.max_points, done.passed) == (2, 4, True)


def test_finishing_keeps_the_answers_that_came_with_the_form(
    session: Session, learner: Actor, quiz: int, right: Answers
) -> None:
    attempt = api.start(session, quiz, by=learner, now=NOW)
    api.save_answer(session, attempt.id, "q1", ["b"], by=learner, now=NOW)
    assert api.finish(session, attempt.id, right, by=learner, now=NOW).points == 4
    assert api.answers(session, attempt.id)["q3"] == ["0,33"]


def test_a_passed_quiz_counts_its_hours_once_and_a_failed_one_none(
    session: Session, learner: Actor, quiz: int, right: Answers, rows: Rows
) -> None:
    first = api.start(session, quiz, by=learner, now=NOW)
    assert api.finish(session, first.id, {"q1": ["a"]}, by=learner, now=NOW).passed is False
    session.commit()
    assert rows(Hours) == 0
    second = api.start(session, quiz, by=learner, now=NOW)
    api.finish(session, second.id, right, by=learner, now=NOW)
    session.commit()
    assert rows(Hours) == 1
    with pytest.raises(Refused, match="used up"):
        api.start(session, quiz, by=learner, now=NOW)


def test_an_answer_after_the_end_is_told_to_be_late_and_changes_nothing(
    session: Session, learner: Actor, quiz: int, right: Answers
) -> None:
    attempt = api.start(session, quiz, by=learner, now=NOW)
    api.finish(session, attempt.id, {}, by=learner, now=NOW)
    with pytest.raises(Conflict, match="too late"):
        api.save_answer(session, attempt.id, "q1", ["a"], by=learner, now=NOW)
    assert api.answers(session, attempt.id) == {}
    assert api.finish(session, attempt.id, right, by=learner, now=NOW).points == 0


def test_another_persons_attempt_is_not_found_and_stays_as_it_was(
    session: Session, learner: Actor, tutor: Actor, quiz: int, right: Answers
) -> None:
    attempt = api.start(session, quiz, by=learner, now=NOW)
    with pytest.raises(NotFound):
        api.save_answer(session, attempt.id, "q1", ["a"], by=tutor, now=NOW)
    with pytest.raises(NotFound):
        api.finish(session, attempt.id, right, by=tutor, now=NOW)
    with pytest.raises(NotFound):
        api.review(session, attempt.id, by=tutor)
    assert attempt.finished_at is None
    assert api.answers(session, attempt.id) == {}


def test_a_tutor_who_only_reads_the_course_begins_no_attempt(
    session: Session, tutor: Actor, quiz: int
) -> None:
    with pytest.raises(Forbidden, match="without taking it"):
        api.start(session, quiz, by=tutor, now=NOW)


def test_a_question_or_option_that_is_not_there(session: Session, learner: Actor, quiz: int) -> None:
    attempt = api.start(session, quiz, by=learner, now=NOW)
    with pytest.raises(NotFound):
        api.save_answer(session, attempt.id, "q9", ["a"], by=learner, now=NOW)
    with pytest.raises(Refused):
        api.save_answer(session, attempt.id, "q1", ["a", "b"], by=learner, now=NOW)


def test_a_lesson_has_no_attempts(
    session: Session, learner: Actor, published: Version, item_id: ItemId
) -> None:
    with pytest.raises(Refused, match="no questions"):
        api.start(session, item_id(published, "m1-read"), by=learner, now=NOW)


def test_the_final_test_keeps_its_answers_to_itself_until_nothing_is_won_by_them(
    session: Session, learner: Actor, published: Version, item_id: ItemId, right: Answers
) -> None:
    final = item_id(published, "m2-final")
    first = api.start(session, final, by=learner, now=NOW)
    api.finish(session, first.id, {}, by=learner, now=NOW)
    assert not api.review(session, first.id, by=learner).tries.tells_answers
    second = api.start(session, final, by=learner, now=NOW)
    api.finish(session, second.id, right, by=learner, now=NOW)
    assert api.review(session, second.id, by=learner).tries.tells_answers


def test_begin_pressed_in_two_windows_begins_once(
    learner: Actor, quiz: int, together: Together, rows: Rows
) -> None:
    def press(own: Session) -> int:
        return api.start(own, quiz, by=learner, now=NOW).id

    results = together(*[press] * 4)
    assert len(set(results)) == 1, results
    assert rows(Attempt) == 1


def test_finish_pressed_twice_scores_and_counts_once(
    session: Session, learner: Actor, quiz: int, right: Answers, together: Together, rows: Rows
) -> None:
    attempt = api.start(session, quiz, by=learner, now=NOW)
    session.commit()

    def press(own: Session) -> int | None:
        return api.finish(own, attempt.id, right, by=learner, now=NOW).points

    assert together(*[press] * 4) == [4] * 4
    assert rows(Hours) == 1
    assert rows(Answer) == 4


def test_an_answer_that_meets_the_finish_is_either_scored_or_told_to_be_late(
    session: Session, learner: Actor, quiz: int, together: Together
) -> None:
    attempt = api.start(session, quiz, by=learner, now=NOW)
    session.commit()
    late, done = together(
        lambda own: api.save_answer(own, attempt.id, "q1", ["a"], by=learner, now=NOW),
        lambda own: api.finish(own, attempt.id, {}, by=learner, now=NOW).points,
    )
    session.expire_all()
    kept = api.answers(session, attempt.id)
    assert (late, done, kept) in [(None, 1, {"q1": ["a"]})] or (isinstance(late, Conflict), done, kept) == (
        True,
        0,
        {},
    )
