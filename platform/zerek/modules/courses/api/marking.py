"""Marking: a tutor takes the oldest work, gives points by the rubric, accepts it or sends it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base.errors import Conflict, Forbidden, NotFound, Refused
from zerek.base.permissions import Actor, require, signed_in
from zerek.base.text import N_
from zerek.content.packages import Rubric
from zerek.modules.courses.api import access, hours, stored
from zerek.modules.courses.models import File, HandIn, Item, Verdict, Version, Work, WorkState
from zerek.modules.courses.queries import learning
from zerek.modules.courses.queries import marking as queues
from zerek.modules.people import api as people

LONGEST_COMMENT = 5_000  # characters


@dataclass(frozen=True)
class ToMark:
    """One hand-in with all that a tutor needs to see."""

    hand_in: HandIn
    work: Work
    item: Item
    version: Version
    rubric: Rubric
    name: str
    files: Sequence[File]
    earlier: Sequence[HandIn]


def queue(session: Session, *, by: Actor) -> list[tuple[queues.Waiting, str]]:
    """What waits, the oldest first, each with the learner's name."""
    require(by, "courses.mark")
    rows = queues.queue(session, signed_in(by))
    names = people.names(session, {row.person_id for row in rows})
    return [(row, names[row.person_id]) for row in rows]


def waiting(session: Session, *, by: Actor) -> queues.Count:
    """How many works wait for this tutor, and since when."""
    require(by, "courses.mark")
    return queues.count(session, signed_in(by))


def next_to_mark(session: Session, *, by: Actor) -> int | None:
    """The oldest hand-in that waits for this tutor."""
    require(by, "courses.mark")
    return next((row.hand_in_id for row in queues.queue(session, signed_in(by), limit=1)), None)


def to_mark(session: Session, hand_in_id: int, *, by: Actor) -> ToMark:
    """A hand-in as the tutor sees it; one's own work is another tutor's to mark."""
    require(by, "courses.mark")
    found = queues.hand_in(session, hand_in_id)
    if found is None:
        raise NotFound(N_("There is no such work."))
    given, work, item, version = found
    if work.person_id == signed_in(by):
        raise Forbidden(N_("Your own work is marked by another tutor."))
    before = [each for each in learning.hand_ins(session, work.id) if each.number < given.number]
    files = [file for file in learning.files(session, work.id) if file.id in given.file_ids]
    name = people.names(session, [work.person_id])[work.person_id]
    return ToMark(given, work, item, version, stored.rubric(item.data or {}), name, files, before)


def mark(
    session: Session,
    hand_in_id: int,
    points: Mapping[str, int],
    comment: str,
    verdict: Verdict,
    *,
    by: Actor,
    now: datetime,
) -> HandIn:
    """Write down points for every criterion, the comment and the verdict, and count the hours when accepted.

    The same press again changes nothing; Conflict when the work was marked otherwise meanwhile.
    """
    seen = to_mark(session, hand_in_id, by=by)
    words = comment.replace("\r\n", "\n").replace("\0", "").strip()
    total = _total(seen.rubric, points)
    _require_sense(seen.item, total, words, verdict)
    enrolment = access.locked(session, seen.work.enrolment_id)
    given = _locked(session, hand_in_id)
    if given.verdict is not None:
        _require_same(given, dict(points), words, verdict, by)
        return given
    given.verdict, given.points, given.total, given.comment = verdict.value, dict(points), total, words
    given.marked_by, given.marked_at = by.person_id, now
    accepted = verdict is Verdict.ACCEPTED
    seen.work.state = WorkState.ACCEPTED if accepted else WorkState.RETURNED
    session.flush()
    if accepted:
        hours.count(session, enrolment, seen.item, {"hand_in": given.id, "points": total}, now)
    return given


def _total(rubric: Rubric, points: Mapping[str, int]) -> int:
    if points.keys() != {criterion.id for criterion in rubric.criteria}:
        raise Refused(N_("Every criterion needs its points."))
    for criterion in rubric.criteria:
        if not 0 <= points[criterion.id] <= criterion.points:
            raise Refused(N_("Points of a criterion lie between 0 and %(most)s."), most=criterion.points)
    return sum(points.values())


def _require_sense(item: Item, total: int, comment: str, verdict: Verdict) -> None:
    if len(comment) > LONGEST_COMMENT:
        raise Refused(N_("A comment has at most %(most)s characters."), most=LONGEST_COMMENT)
    if verdict is Verdict.ACCEPTED and total < (item.accept_points or 0):
        raise Refused(
            N_("The work has %(total)s points; it is accepted from %(least)s on."),
            total=total,
            least=item.accept_points,
        )
    if verdict is Verdict.RETURNED and not comment:
        raise Refused(N_("Say in the comment what is still missing."))


def _locked(session: Session, hand_in_id: int) -> HandIn:
    query = select(HandIn).where(HandIn.id == hand_in_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _require_same(given: HandIn, points: dict[str, int], comment: str, verdict: Verdict, by: Actor) -> None:
    same = (given.verdict, given.points, given.comment, given.marked_by)
    if same != (verdict.value, points, comment, by.person_id):
        raise Conflict(N_("This work was marked meanwhile; your marking was not kept."))
