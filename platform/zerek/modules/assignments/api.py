"""The rules of handing in: once however often one presses, kept whatever dies, graded once."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zerek.base.errors import Conflict, NotFound, Refused, Unavailable, ZerekError
from zerek.base.events import tell
from zerek.base.files import Files
from zerek.base.jobs import Job, put
from zerek.base.permissions import (
    REGION,
    Actor,
    Role,
    allow,
    class_place,
    may,
    require,
    school_place,
    signed_in,
)
from zerek.base.text import N_
from zerek.content.packages import ItemKind
from zerek.modules.assignments import queries
from zerek.modules.assignments.models import MOVES, OPEN, Outcome, Release, State, Submission
from zerek.modules.assignments.queries import Best, Row, ahead_of, best, of_person
from zerek.modules.assignments.results import Result
from zerek.modules.courses import api as courses
from zerek.modules.notebooks import api as notebooks
from zerek.modules.schools import api as schools

LARGEST = 5 * 1024 * 1024  # bytes of a notebook, pictures in its outputs included
LONGEST_PRESS = 40
TRY_AGAIN = timedelta(minutes=5)  # between two rounds of tries, where the grader does not work

OLD_FORM = N_("This form has grown old. Please open the page again and repeat.")

allow("assignments.see_class", Role.OPERATOR, Role.TEACHER, Role.ROBOTICS_TEACHER)


@dataclass(frozen=True)
class Graded:
    """A submission has its points."""

    submission_id: int
    person_id: int
    item_id: int


def home_path(notebook: str) -> str:
    """Where the notebook ``python-and-robot/r7-02`` lies in a pupil's home."""
    return f"{notebook}.ipynb"


def notebook_of(session: Session, item_id: int, *, by: Actor) -> str:
    """The name of the lesson's notebook, for one who may read the lesson."""
    item, _ = courses.open_item(session, item_id, by=by)
    if item.notebook is None:
        raise NotFound(N_("This lesson has no notebook."))
    return item.notebook


def release(session: Session, source: bytes, name: str, now: datetime) -> str | None:
    """The digest of what pupils get of that author's notebook; None while it is still being made.

    Raises Unavailable where it could not be made; a few minutes later it is tried anew.
    """
    digest = hashlib.sha256(source).hexdigest()
    found = session.get(Release, digest)
    if found is not None:
        return found.digest
    asked = (Job.name == "assignments.release") & (Job.created_at > now - TRY_AGAIN)
    tried = select(Job).where(asked).order_by(Job.id.desc())
    newest = next((job for job in session.scalars(tried) if job.payload == {"name": name}), None)
    if newest is None or newest.state == "done":  # done: of what the notebook was before
        put(session, "assignments.release", name=name)
    elif newest.state == "failed":
        raise Unavailable(N_("The notebook of this lesson cannot be opened now. Please tell your teacher."))
    return None


def keep_release(session: Session, source: bytes, digest: str) -> None:
    """The notebook for pupils is made; safe to repeat."""
    session.merge(Release(source=hashlib.sha256(source).hexdigest(), digest=digest))
    session.flush()


def hand_in(
    session: Session,
    item_id: int,
    *,
    by: Actor,
    press: str | None = None,
    digest: str | None = None,
    now: datetime,
) -> Submission:
    """Hand in the notebook that lies in one's home, or, with ``digest``, the file that was just uploaded.

    Pressed again while a hand-in is open, or sent again after a lost line, it gives that same hand-in.
    """
    name = notebook_of(session, item_id, by=by)
    courses.learn(session, item_id, by=by, now=now)
    person_id = signed_in(by)
    if press and len(press) > LONGEST_PRESS:
        raise Conflict(OLD_FORM)
    if not digest and not notebooks.was_asked_for(session, person_id, home_path(name)):
        raise Refused(N_("There is nothing to hand in yet: please open the notebook first."))
    made = Submission(
        person_id=person_id,
        item_id=item_id,
        press=press or None,
        state=State.WAITING if digest else State.FETCHING,
        digest=digest,
        handed_in_at=now,
    )
    return _same(session, made) or _added(session, made)


def _same(session: Session, made: Submission) -> Submission | None:
    """The hand-in that this one repeats."""
    if made.press:
        known = session.scalar(select(Submission).where(Submission.press == made.press))
        if known is not None:
            if (known.person_id, known.item_id) != (made.person_id, made.item_id):
                raise Conflict(OLD_FORM)
            return known
    waits = session.scalar(
        select(Submission).where(
            Submission.person_id == made.person_id,
            Submission.item_id == made.item_id,
            Submission.state.in_(OPEN),
        )
    )
    if waits is not None and made.digest not in (None, waits.digest):
        raise Conflict(N_("Your earlier hand-in is still being checked. Please wait for its points."))
    return waits


def _added(session: Session, made: Submission) -> Submission:
    last = select(func.max(Submission.number)).where(
        Submission.person_id == made.person_id, Submission.item_id == made.item_id
    )
    made.number = (session.scalar(last) or 0) + 1
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # the same press, a moment earlier, at another window
        other = _same(session, made)
        if other is None:
            raise
        return other
    put(session, "assignments.grade" if made.digest else "assignments.fetch", submission_id=made.id)
    return made


def keep_notebook(session: Session, files: Files, submission_id: int, notebook: bytes) -> None:
    """The notebook has come from the pupil's home; it waits for the grader from now on. Safe to repeat."""
    if len(notebook) > LARGEST:
        raise Refused(N_("The notebook is over %(n)s MB. Please clear its outputs."), n=LARGEST // 2**20)
    if _moved(session, submission_id, State.WAITING, digest=files.put(notebook)):
        put(session, "assignments.grade", submission_id=submission_id)


def refuse(session: Session, submission_id: int, error: ZerekError) -> None:
    """The hand-in ends with a sentence instead of points."""
    values = {name: str(value) for name, value in error.values.items()}
    _moved(session, submission_id, State.REFUSED, reason={"sentence": error.sentence, "values": values})


def keep_result(session: Session, submission_id: int, result: Result, now: datetime) -> bool:
    """Write the points, once: False when another worker was first."""
    if not _moved(session, submission_id, State.GRADED):
        return False
    row = session.get_one(Submission, submission_id)
    session.add(
        Outcome(
            submission_id=submission_id,
            points=result.points,
            max_points=result.max_points,
            cells=[asdict(cell) for cell in result.cells],
            error=result.error,
            engine=result.engine,
            seconds=result.seconds,
            graded_at=now,
        )
    )
    session.flush()
    evidence = {"submission": submission_id}
    courses.record_done(session, row.person_id, row.item_id, evidence, now, kind=ItemKind.NOTEBOOK)
    tell(session, Graded(submission_id, row.person_id, row.item_id))
    return True


def _moved(session: Session, submission_id: int, to: State, **values: Any) -> bool:
    """Whether this call moved it there; the database decides between two that try at once."""
    before = [state for state, after in MOVES.items() if to in after]
    moved = session.execute(
        update(Submission)
        .where(Submission.id == submission_id, Submission.state.in_(before))
        .values(state=to, **values)
        .returning(Submission.id)
    ).first()
    session.expire_all()
    return moved is not None


def submission(session: Session, submission_id: int, *, by: Actor) -> Row:
    """One's own hand-in, or one of a class that the actor teaches; for others it is not there."""
    found = queries.submission(session, submission_id)
    if found is None or not (found.person_id == by.person_id or _teaches(session, found.person_id, by)):
        raise NotFound(N_("There is no such hand-in."))
    return found


def _teaches(session: Session, person_id: int, by: Actor) -> bool:
    if REGION in by.places(Role.OPERATOR):
        return True
    overseen = schools.classes_of_schools(session, schools.schools_of(by, [Role.OPERATOR]))
    rows = [*taught_classes(session, by), *overseen]
    return any(person_id in schools.pupils(session, row.id) for row in rows)


def taught_classes(session: Session, by: Actor) -> list[schools.ClassRow]:
    """The classes whose points the actor may see."""
    return [
        row
        for row in schools.own_classes(session, by)
        if may(by, "assignments.see_class", class_place(row.id), school_place(row.school_id))
    ]


@dataclass(frozen=True)
class ClassTable:
    """Points of a class: one line a pupil, one column a lesson with a notebook."""

    title: str
    school: Any
    items: list[Any]
    pupils: dict[int, str]
    best: dict[tuple[int, int], Best]

    def total(self, person_id: int) -> float:
        return sum(found.points for item in self.items if (found := self.best.get((person_id, item.id))))


def class_table(session: Session, class_id: int, *, by: Actor) -> ClassTable:
    row = schools.class_row(session, class_id)
    require(by, "assignments.see_class", *schools.places_of_class(session, class_id))
    pupils = schools.pupils(session, class_id)
    items = courses.notebook_items_of_class(session, class_id)
    found = best(session, pupils, [item.id for item in items])
    return ClassTable(row.title, row.school, items, pupils, found)


__all__ = [
    "LARGEST",
    "Best",
    "ClassTable",
    "Graded",
    "Row",
    "Submission",
    "ahead_of",
    "best",
    "class_table",
    "hand_in",
    "home_path",
    "keep_notebook",
    "keep_release",
    "keep_result",
    "notebook_of",
    "of_person",
    "refuse",
    "release",
    "submission",
    "taught_classes",
]
