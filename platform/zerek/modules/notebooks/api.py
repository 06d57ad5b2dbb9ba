"""The rules of opening a file on the Hub: asked for by a press, done by a job, never twice at once.

Only jobs may talk to the Hub: `read_file` and `has_server` are for them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from zerek.base.errors import NotFound, Refused, ZerekError
from zerek.base.jobs import put
from zerek.base.permissions import Actor, signed_in
from zerek.base.text import N_
from zerek.modules.notebooks.hub import read_file
from zerek.modules.notebooks.models import STARTABLE, Opening, State
from zerek.modules.people import api as people

TOO_LONG = timedelta(
    seconds=90
)  # longer than the Hub lets a server take; then the worker must have died, or the Hub


def request_opening(session: Session, person_id: int, path: str, digest: str, now: datetime) -> Opening:
    """The person wants that file of their home open; where it is not there it will begin with those bytes of Files.

    Pressing again is the same row. Send the browser to `way_in(opening)` next. Refused for a path out of the home.
    """
    _check(path)
    wanted = (Opening.person_id == person_id) & (Opening.path == path)
    found = session.scalar(select(Opening).where(wanted))
    if found is None:
        found = Opening(person_id=person_id, path=path, digest=digest, changed_at=now)
        session.add(found)
    elif found.state != State.STARTING or found.changed_at < now - TOO_LONG:
        found.state, found.digest, found.changed_at = State.ASKED.value, digest, now
    session.flush()
    return found


def was_asked_for(session: Session, person_id: int, path: str) -> bool:
    """Whether the person has ever had that file of their home opened: if not, there is none."""
    asked = select(Opening.id).where(Opening.person_id == person_id, Opening.path == path)
    return session.scalar(asked) is not None


def way_in(opening: Opening) -> str:
    """Where to send the browser: through the Hub's sign-in, which is the LMS's own, to the page that waits.

    Each time, not only the first: at a school's computer the one before may still be known to the Hub.
    """
    return f"/jupyter/hub/oauth_login?next={quote(f'/notebooks/openings/{opening.id}', safe='')}"


def opening(session: Session, opening_id: int, *, by: Actor) -> Opening:
    """One's own opening; another's is not found."""
    person_id = signed_in(by)
    found = session.get(Opening, opening_id)
    if found is None or found.person_id != person_id:
        raise NotFound(N_("There is no such notebook here."))
    return found


def begin(session: Session, opening_id: int, *, by: Actor, now: datetime) -> Opening:
    """Let a worker start the server and put the file there, once however often the page asks."""
    found = opening(session, opening_id, by=by)
    late = (Opening.state == State.STARTING.value) & (Opening.changed_at < now - TOO_LONG)
    begun = session.execute(
        update(Opening)
        .where(Opening.id == opening_id, or_(Opening.state.in_(STARTABLE), late))
        .values(state=State.STARTING.value, reason=None, reason_values={}, changed_at=now)
        .returning(Opening.id)
    ).first()
    if begun:
        put(session, "notebooks.open", opening_id=opening_id)
        session.refresh(found)
    return found


def settle(session: Session, opening_id: int, failure: ZerekError | None, now: datetime) -> None:
    """What came of it. A failure's sentence is kept for the page, as it is shown in the reader's language."""
    values = {name: str(value) for name, value in failure.values.items()} if failure else {}
    session.execute(
        update(Opening)
        .where(Opening.id == opening_id, Opening.state == State.STARTING.value)
        .values(
            state=(State.FAILED if failure else State.READY).value,
            reason=failure.sentence if failure else None,
            reason_values=values,
            changed_at=now,
        )
    )


def takes_too_long(found: Opening, now: datetime) -> bool:
    """Whether a start has been given up, since nobody has said what came of it."""
    return found.state == State.STARTING and found.changed_at < now - TOO_LONG


def lab_address(found: Opening) -> str:
    """The file, open in JupyterLab."""
    return f"/jupyter/user/{people.key_of(found.person_id)}/lab/tree/{quote(found.path)}"


def _check(path: str) -> None:
    parts = path.split("/")
    hidden = any(part.startswith(".") or not part.strip() or not part.isprintable() for part in parts)
    if hidden or "\\" in path or len(path) > 300:
        raise Refused(N_("%(path)s cannot be the name of a file in a pupil's folder."), path=path)


__all__ = [
    "Opening",
    "State",
    "begin",
    "lab_address",
    "opening",
    "read_file",
    "request_opening",
    "settle",
    "takes_too_long",
    "was_asked_for",
    "way_in",
]
