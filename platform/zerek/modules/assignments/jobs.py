"""Fetching a hand-in from the pupil's home and grading it; both safe to run twice."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zerek.base import clock
from zerek.base.errors import Unavailable, ZerekError
from zerek.base.jobs import Work, given_up, job, put
from zerek.base.text import N_
from zerek.content import shipped
from zerek.modules.assignments import api, nbgrading, queries
from zerek.modules.assignments.models import State
from zerek.modules.courses import api as courses
from zerek.modules.notebooks import api as notebooks
from zerek.modules.people import api as people

BROKEN = N_(
    "Your work could not be checked, which is a fault of ours. Please hand in again, or tell your teacher."
)


@job("assignments.release")
def make_release(work: Work, name: str) -> None:
    """Make what pupils get of an author's notebook."""
    source = shipped.notebook(name).read_bytes()
    made = nbgrading.release(source, name.rpartition("/")[2], work.settings.unsafe_no_jail)
    with work.transaction() as session:
        api.keep_release(session, source, work.files.put(made))


@job("assignments.fetch")
def fetch(work: Work, submission_id: int) -> None:
    """Bring the notebook from the pupil's home. A Hub that is away is asked again; no notebook is a refusal."""
    with work.transaction() as session:
        row = queries.submission(session, submission_id)
        if row is None or row.state != State.FETCHING:
            return
        path = api.home_path(courses.item(session, row.item_id).notebook or "")
    try:
        content = notebooks.read_file(work.settings, people.key_of(row.person_id), path)
        with work.transaction() as session:
            api.keep_notebook(session, work.files, submission_id, content)
    except Unavailable:
        raise
    except ZerekError as error:
        _refuse(work, submission_id, error)


@job("assignments.grade")
def grade(work: Work, submission_id: int) -> None:
    """Grade outside any transaction, then write the result in a short one."""
    with work.transaction() as session:
        row = queries.submission(session, submission_id)
        if row is None or row.state != State.WAITING or row.digest is None:
            return
        name = courses.item(session, row.item_id).notebook or ""
    try:
        source = shipped.notebook(name).read_bytes()
        submission = work.files.get(row.digest)
        nbgrading.inspect(submission, source)
        result = nbgrading.grader(work.settings).grade(source, submission, name=name.rpartition("/")[2])
    except Unavailable:
        raise
    except ZerekError as error:
        _refuse(work, submission_id, error)
        return
    with work.transaction() as session:
        api.keep_result(session, submission_id, result, clock.now())


@given_up("assignments.fetch")
def not_fetched(session: Session, error: Exception, submission_id: int) -> None:
    """The notebook stays safe in the pupil's home; the pupil may press again."""
    api.refuse(session, submission_id, error if isinstance(error, ZerekError) else ZerekError(BROKEN))


@given_up("assignments.grade")
def not_graded(session: Session, error: Exception, submission_id: int) -> None:
    """A grader that does not work is no fault of the pupil's: the hand-in waits for it."""
    if isinstance(error, Unavailable):
        put(session, "assignments.grade", due=clock.now() + api.TRY_AGAIN, submission_id=submission_id)
    else:
        api.refuse(session, submission_id, ZerekError(BROKEN))


def _refuse(work: Work, submission_id: int, error: ZerekError) -> None:
    with work.transaction() as session:
        api.refuse(session, submission_id, error)
