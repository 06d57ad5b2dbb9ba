"""Tasks: a draft with files, handed in, and again until it is accepted."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zerek.base.errors import Conflict, NotFound, Refused, TooLarge
from zerek.base.files import Files
from zerek.base.permissions import Actor, may, signed_in
from zerek.base.text import N_
from zerek.content.packages import ItemKind, Rubric
from zerek.modules.courses.api import access, stored
from zerek.modules.courses.models import File, HandIn, Item, Work, WorkState
from zerek.modules.courses.queries import learning
from zerek.modules.courses.queries.reading import Learning

LONGEST_TEXT = 20_000  # characters
LARGEST_FILE = 10 * 1024 * 1024  # bytes
MOST_FILES = 5
LONGEST_NAME = 150

Upload = tuple[str, bytes]
"""A file's name, as the browser says it, and its content."""

# Where the learner may still change the draft.
OPEN = frozenset({WorkState.DRAFT, WorkState.RETURNED})


@dataclass(frozen=True)
class Desk:
    """A task as its learner finds it: the draft, its files, what was handed in before."""

    work: Work | None
    files: Sequence[File]
    hand_ins: Sequence[HandIn]  # the newest first

    @property
    def open(self) -> bool:
        return self.work is None or self.work.state in OPEN

    @property
    def in_draft(self) -> list[File]:
        return [file for file in self.files if file.in_draft]

    def files_of(self, hand_in: HandIn) -> list[File]:
        return [file for file in self.files if file.id in hand_in.file_ids]


def desk(session: Session, item: Item, taking: Learning) -> Desk:
    """What the reader has of this task; nothing for one who only reads."""
    work = learning.work(session, taking.enrolment.id, item.id) if taking.enrolment else None
    if work is None:
        return Desk(None, (), ())
    return Desk(work, learning.files(session, work.id), learning.hand_ins(session, work.id))


def rubric(item: Item) -> Rubric:
    """What the task's points are given for."""
    return stored.rubric(item.data or {})


def save_draft(
    session: Session,
    files: Files,
    item_id: int,
    text: str,
    uploads: Sequence[Upload] = (),
    *,
    by: Actor,
    now: datetime,
) -> Work:
    """Keep the text as it is so far, and put files to it; the same file again changes nothing."""
    work = _open_work(session, item_id, by, now)
    _write(session, files, work, text, uploads, now)
    return work


def remove_file(session: Session, file_id: int, *, by: Actor, now: datetime) -> int:
    """Take a file out of one's own draft; safe to repeat. Returns the task's item id."""
    file, work = _file(session, file_id)
    if work.person_id != signed_in(by):
        raise NotFound(N_("There is no such file."))
    _open_work(session, work.item_id, by, now)
    file.in_draft = False
    session.flush()
    return work.item_id


def hand_in(
    session: Session,
    files: Files,
    item_id: int,
    text: str,
    uploads: Sequence[Upload] = (),
    *,
    by: Actor,
    now: datetime,
) -> HandIn:
    """Give the work to the tutor as it is now; pressing twice hands in once.

    Refused when there is neither a text nor a file, Conflict when the work is accepted already.
    """
    work = _work(session, item_id, by, now)
    if work.state == WorkState.HANDED_IN:
        return learning.hand_ins(session, work.id)[0]
    _require_open(work)
    _write(session, files, work, text, uploads, now)
    file_ids = [file.id for file in learning.files(session, work.id) if file.in_draft]
    if not work.text and not file_ids:
        raise Refused(N_("There is nothing to hand in yet: write a text or add a file."))
    so_far = session.scalar(select(func.count(HandIn.id)).where(HandIn.work_id == work.id)) or 0
    given = HandIn(work_id=work.id, number=so_far + 1, text=work.text, file_ids=file_ids, handed_in_at=now)
    work.state = WorkState.HANDED_IN
    session.add(given)
    session.flush()
    return given


def file_to_read(session: Session, file_id: int, *, by: Actor) -> File:
    """The file, for its owner, and for tutors once it was handed in; for others there is none."""
    person_id = signed_in(by)
    file, work = _file(session, file_id)
    if work.person_id == person_id:
        return file
    handed_in = {given for one in learning.hand_ins(session, work.id) for given in one.file_ids}
    if file.id not in handed_in or not may(by, "courses.mark"):
        raise NotFound(N_("There is no such file."))
    return file


def _file(session: Session, file_id: int) -> tuple[File, Work]:
    found = session.execute(
        select(File, Work).join(Work, Work.id == File.work_id).where(File.id == file_id)
    ).first()
    if found is None:
        raise NotFound(N_("There is no such file."))
    return found[0], found[1]


def _work(session: Session, item_id: int, by: Actor, now: datetime) -> Work:
    """The learner's work on the task, begun if it is not; the enrolment is locked."""
    item, enrolment = access.learn(session, item_id, by=by, now=now)
    if item.kind != ItemKind.TASK:
        raise Refused(N_("There is nothing to hand in here."))
    query = select(Work).where(Work.enrolment_id == enrolment.id, Work.item_id == item.id)
    work = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if work is None:
        work = Work(
            enrolment_id=enrolment.id,
            item_id=item.id,
            person_id=enrolment.person_id,
            state=WorkState.DRAFT,
            saved_at=now,
        )
        session.add(work)
        session.flush()
    return work


def _open_work(session: Session, item_id: int, by: Actor, now: datetime) -> Work:
    work = _work(session, item_id, by, now)
    _require_open(work)
    return work


def _require_open(work: Work) -> None:
    if work.state == WorkState.HANDED_IN:
        raise Conflict(N_("The work is with the tutor; it can be changed again when it comes back."))
    if work.state == WorkState.ACCEPTED:
        raise Conflict(N_("The work is accepted already."))


def _write(
    session: Session, files: Files, work: Work, text: str, uploads: Sequence[Upload], now: datetime
) -> None:
    plain = text.replace("\r\n", "\n").replace("\0", "").strip()
    if len(plain) > LONGEST_TEXT:
        raise Refused(N_("A text has at most %(most)s characters."), most=LONGEST_TEXT)
    work.text, work.saved_at = plain, now
    for name, content in uploads:
        _add_file(session, files, work, _tidy(name), content, now)
    session.flush()


def _add_file(session: Session, files: Files, work: Work, name: str, content: bytes, now: datetime) -> None:
    if not content:
        raise Refused(N_("The file %(name)s is empty."), name=name)
    if len(content) > LARGEST_FILE:
        raise TooLarge(N_("A file has at most %(most)s MB."), most=LARGEST_FILE // 1024**2)
    digest = hashlib.sha256(content).hexdigest()
    there = [file for file in learning.files(session, work.id) if file.in_draft]
    if any((file.digest, file.name) == (digest, name) for file in there):
        return
    if len(there) >= MOST_FILES:
        raise Refused(N_("A task takes at most %(most)s files."), most=MOST_FILES)
    files.put(content)
    session.add(File(work_id=work.id, digest=digest, name=name, size=len(content), added_at=now))
    session.flush()


def _tidy(name: str) -> str:
    """A file's name without folders and control characters, its ending kept when it is too long."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if letter.isprintable()).strip() or "file"
    stem, dot, ending = shown.rpartition(".")
    if len(shown) <= LONGEST_NAME or not dot or len(ending) > 10:
        return shown[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
