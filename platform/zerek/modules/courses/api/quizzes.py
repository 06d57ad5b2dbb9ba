"""Quizzes: an attempt is begun, answers are kept one by one, finishing scores them on our side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base.errors import Conflict, NotFound, Refused
from zerek.base.permissions import Actor, signed_in
from zerek.base.text import N_
from zerek.content.packages import ItemKind, Question, Quiz
from zerek.modules.courses.api import access, hours, scoring, stored
from zerek.modules.courses.models import Answer, Attempt, Item
from zerek.modules.courses.queries import learning
from zerek.modules.courses.queries.reading import Learning


@dataclass(frozen=True)
class Tries:
    """A quiz as its learner stands to it, before or between attempts."""

    quiz: Quiz
    attempts: Sequence[Attempt]

    @property
    def open(self) -> Attempt | None:
        return next((each for each in self.attempts if each.finished_at is None), None)

    @property
    def finished(self) -> list[Attempt]:
        return [each for each in self.attempts if each.finished_at is not None]

    @property
    def passed(self) -> bool:
        return any(each.passed for each in self.attempts)

    @property
    def left(self) -> int | None:
        """How many attempts may still be begun; None when there is no limit."""
        return max(0, self.quiz.attempts - len(self.attempts)) if self.quiz.attempts else None

    @property
    def tells_answers(self) -> bool:
        """A final test keeps its answers to itself while there is something to win by them."""
        return not self.quiz.final or self.passed or self.left == 0


@dataclass(frozen=True)
class Reviewed:
    question: Question
    given: list[str]
    right: bool


@dataclass(frozen=True)
class Review:
    item: Item
    attempt: Attempt
    tries: Tries
    questions: list[Reviewed]


def tries(session: Session, item: Item, taking: Learning) -> Tries:
    """The quiz of an item and the reader's attempts at it."""
    mine = learning.attempts(session, taking.enrolment.id, item.id) if taking.enrolment else []
    return Tries(stored.quiz(item.data or {}), mine)


def start(session: Session, item_id: int, *, by: Actor, now: datetime) -> Attempt:
    """A new attempt, or the one that is still open: pressing twice begins once."""
    item, enrolment = access.learn(session, item_id, by=by, now=now)
    if item.kind != ItemKind.QUIZ or item.data is None:
        raise Refused(N_("There are no questions here."))
    so_far = Tries(stored.quiz(item.data), learning.attempts(session, enrolment.id, item.id))
    if so_far.open is not None:
        return so_far.open
    if so_far.left == 0:
        raise Refused(N_("All attempts at this quiz are used up."))
    attempt = Attempt(
        enrolment_id=enrolment.id,
        item_id=item.id,
        number=len(so_far.attempts) + 1,
        began_at=now,
        max_points=so_far.quiz.points,
    )
    session.add(attempt)
    session.flush()
    return attempt


def attempt(session: Session, attempt_id: int, *, by: Actor) -> tuple[Attempt, Item, Quiz]:
    """One's own attempt; another person's is not found."""
    found = learning.attempt(session, attempt_id, signed_in(by))
    if found is None:
        raise NotFound(N_("There is no such attempt of yours."))
    return found[0], found[1], stored.quiz(found[1].data or {})


def answers(session: Session, attempt_id: int) -> dict[str, list[str]]:
    return learning.answers(session, attempt_id)


def save_answer(
    session: Session, attempt_id: int, question_id: str, given: Sequence[str], *, by: Actor, now: datetime
) -> None:
    """Keep the last answer to a question; Conflict once the attempt is finished."""
    own, _, quiz = attempt(session, attempt_id, by=by)
    question = next((each for each in quiz.questions if each.id == question_id), None)
    if question is None:
        raise NotFound(N_("There is no such question."))
    cleaned = scoring.clean(question, given)
    if _locked(session, own).finished_at is not None:
        raise Conflict(N_("This attempt is finished; the answer came too late and was not kept."))
    _keep(session, own, question, cleaned, now)


def finish(
    session: Session, attempt_id: int, given: Mapping[str, Sequence[str]], *, by: Actor, now: datetime
) -> Attempt:
    """Keep the answers that came with the form, score all, count the hours when it is passed; safe to repeat."""
    own, item, quiz = attempt(session, attempt_id, by=by)
    cleaned = [(each, scoring.clean(each, given[each.id])) for each in quiz.questions if each.id in given]
    enrolment = access.locked(session, own.enrolment_id)
    if _locked(session, own).finished_at is not None:
        return own
    for question, answer in cleaned:
        _keep(session, own, question, answer, now)
    session.flush()
    own.points = scoring.points(quiz, learning.answers(session, own.id))
    own.passed = scoring.reaches(own.points, own.max_points, quiz.pass_percent)
    own.finished_at = now
    session.flush()
    if own.passed:
        hours.count(session, enrolment, item, {"attempt": own.id, "points": own.points}, now)
    return own


def review(session: Session, attempt_id: int, *, by: Actor) -> Review:
    """What was answered and what was right; Conflict while the attempt is open."""
    own, item, quiz = attempt(session, attempt_id, by=by)
    if own.finished_at is None:
        raise Conflict(N_("This attempt is not finished yet."))
    given = learning.answers(session, own.id)
    so_far = Tries(quiz, learning.attempts(session, own.enrolment_id, item.id))
    questions = [
        Reviewed(each, given.get(each.id, []), scoring.is_right(each, given.get(each.id, [])))
        for each in quiz.questions
    ]
    return Review(item, own, so_far, questions)


def _locked(session: Session, own: Attempt) -> Attempt:
    """The attempt as it is now, held until the transaction ends: no answer slips in while it is scored."""
    query = select(Attempt).where(Attempt.id == own.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _keep(session: Session, own: Attempt, question: Question, answer: list[str], now: datetime) -> None:
    kept = session.get(Answer, (own.id, question.id))
    if kept is None:
        session.add(Answer(attempt_id=own.id, question=question.id, given=answer, saved_at=now))
    elif kept.given != answer:
        kept.given, kept.saved_at = answer, now
    session.flush()
