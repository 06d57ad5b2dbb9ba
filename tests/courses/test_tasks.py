"""A task goes to the tutor and comes back until it is accepted; nothing is marked twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from zerek.base.errors import Conflict, Forbidden, NotFound, Refused, TooLarge
from zerek.base.files import Files
from zerek.base.permissions import Actor, Role
from zerek.modules.courses import api
from zerek.modules.courses.models import File, HandIn, Hours, Version

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FULL = {"idea": 6, "words": 4}
POOR = {"idea": 3, "words": 2}
MEGABYTE = 1024**2

ItemId = Callable[[Version, str], int]
Rows = Callable[[type], int]
Together = Callable[..., list[object]]
NewPerson = Callable[..., int]
ActorOf = Callable[[int], Actor]


@pytest.fixture
def task(published: Version, item_id: ItemId) -> int:
    return item_id(published, "m2-task")


@pytest.fixture
def handed_in(session: Session, files: Files, learner: Actor, task: int) -> HandIn:
    given = api.hand_in(session, files, task, "Жұмысым", by=learner, now=NOW)
    session.commit()
    return given


def test_a_draft_is_kept_with_its_files_and_handed_in_as_it_stands(
    session: Session, files: Files, learner: Actor, tutor: Actor, task: int
) -> None:
    api.save_draft(
        session, files, task, "Бірінші жол\r\nекінші", [("жоспар.txt", b"plan")], by=learner, now=NOW
    )
    api.save_draft(session, files, task, "Толық мәтін", [("жоспар.txt", b"plan")], by=learner, now=NOW)
    given = api.hand_in(session, files, task, "Толық мәтін", [("код.py", b"print()")], by=learner, now=NOW)
    seen = api.to_mark(session, given.id, by=tutor)
    assert seen.hand_in.text == "Толық мәтін"
    assert [(file.name, files.get(file.digest)) for file in seen.files] == [
        ("жоспар.txt", b"plan"),
        ("код.py", b"print()"),
    ]


def test_a_work_comes_back_with_a_comment_and_is_accepted_the_second_time(
    session: Session, files: Files, learner: Actor, tutor: Actor, task: int, handed_in: HandIn, rows: Rows
) -> None:
    api.mark(session, handed_in.id, POOR, "Мысал жетпейді.", api.Verdict.RETURNED, by=tutor, now=NOW)
    item, learning = api.open_item(session, task, by=learner)
    desk = api.desk(session, item, learning)
    assert desk.open
    assert desk.hand_ins[0].comment == "Мысал жетпейді."
    session.commit()
    assert rows(Hours) == 0
    second = api.hand_in(session, files, task, "Мысалымен", by=learner, now=NOW)
    assert second.number == 2
    api.mark(session, second.id, FULL, "", api.Verdict.ACCEPTED, by=tutor, now=NOW)
    session.commit()
    assert rows(Hours) == 1
    with pytest.raises(Conflict, match="accepted already"):
        api.hand_in(session, files, task, "Тағы", by=learner, now=NOW)


def test_what_the_tutor_has_is_not_changed_under_their_eyes(
    session: Session, files: Files, learner: Actor, task: int, handed_in: HandIn
) -> None:
    with pytest.raises(Conflict, match="with the tutor"):
        api.save_draft(session, files, task, "Жасырын өзгеріс", by=learner, now=NOW)


def test_a_file_taken_out_of_the_draft_stays_with_the_hand_in_that_had_it(
    session: Session, files: Files, learner: Actor, tutor: Actor, task: int
) -> None:
    given = api.hand_in(session, files, task, "", [("код.py", b"1")], by=learner, now=NOW)
    api.mark(session, given.id, POOR, "Қайта", api.Verdict.RETURNED, by=tutor, now=NOW)
    file_id = given.file_ids[0]
    assert api.remove_file(session, file_id, by=learner, now=NOW) == task
    item, learning = api.open_item(session, task, by=learner)
    assert api.desk(session, item, learning).in_draft == []
    assert api.file_to_read(session, file_id, by=tutor).name == "код.py"
    assert [file.id for file in api.to_mark(session, given.id, by=tutor).files] == [file_id]


@pytest.mark.parametrize(
    ("uploads", "refusal"),
    [
        ([("бос.txt", b"")], Refused),
        ([("үлкен.bin", b"0" * (10 * MEGABYTE + 1))], TooLarge),
        ([(f"{n}.txt", b"%d" % n) for n in range(6)], Refused),
    ],
)
def test_an_empty_or_huge_file_and_a_sixth_one_are_refused(
    session: Session,
    files: Files,
    learner: Actor,
    task: int,
    uploads: list[tuple[str, bytes]],
    refusal: type[Exception],
    rows: Rows,
) -> None:
    with pytest.raises(refusal):
        api.save_draft(session, files, task, "", uploads, by=learner, now=NOW)
    session.rollback()
    assert rows(File) == 0


def test_ten_megabytes_fit_and_a_names_folders_are_dropped(
    session: Session, files: Files, learner: Actor, task: int
) -> None:
    name = "C:\\Users\\Әлия\\../есеп\x00" + "ұ" * 200 + ".pdf"
    work = api.save_draft(session, files, task, "", [(name, b"0" * (10 * MEGABYTE))], by=learner, now=NOW)
    item, learning = api.open_item(session, task, by=learner)
    kept = api.desk(session, item, learning).in_draft[0]
    assert kept.work_id == work.id
    assert kept.name.startswith("есепұұ")
    assert kept.name.endswith(".pdf")
    assert len(kept.name) == 150


def test_nothing_is_not_handed_in(session: Session, files: Files, learner: Actor, task: int) -> None:
    with pytest.raises(Refused, match="nothing to hand in"):
        api.hand_in(session, files, task, " \r\n ", by=learner, now=NOW)


def test_files_are_for_their_owner_and_for_tutors(
    session: Session,
    files: Files,
    learner: Actor,
    tutor: Actor,
    task: int,
    new_person: NewPerson,
    actor_of: ActorOf,
) -> None:
    given = api.hand_in(session, files, task, "", [("код.py", b"1")], by=learner, now=NOW)
    session.commit()
    stranger = actor_of(new_person("Бөтен", Role.TEACHER))
    assert api.file_to_read(session, given.file_ids[0], by=learner)
    assert api.file_to_read(session, given.file_ids[0], by=tutor)
    with pytest.raises(NotFound):
        api.file_to_read(session, given.file_ids[0], by=stranger)
    with pytest.raises(NotFound):
        api.remove_file(session, given.file_ids[0], by=stranger, now=NOW)


def test_a_tutor_reads_no_draft(
    session: Session, files: Files, learner: Actor, tutor: Actor, task: int
) -> None:
    work = api.save_draft(session, files, task, "", [("код.py", b"1")], by=learner, now=NOW)
    (draft,) = session.scalars(select(File.id).where(File.work_id == work.id))
    assert api.file_to_read(session, draft, by=learner).name == "код.py"
    with pytest.raises(NotFound):
        api.file_to_read(session, draft, by=tutor)
    api.hand_in(session, files, task, "", by=learner, now=NOW)
    assert api.file_to_read(session, draft, by=tutor).name == "код.py"


def test_the_oldest_work_comes_first_and_ones_own_is_not_in_the_queue(
    session: Session,
    files: Files,
    published: Version,
    handed_in: HandIn,
    tutor: Actor,
    task: int,
    new_person: NewPerson,
    actor_of: ActorOf,
) -> None:
    earlier = actor_of(new_person("Ертерек", Role.TEACHER))
    for learner in (earlier, tutor):
        api.enrol(session, published.course_id, by=learner, now=NOW)
    before = NOW - timedelta(days=1)
    first = api.hand_in(session, files, task, "Ерте", by=earlier, now=before)
    own = api.hand_in(session, files, task, "Өзімдікі", by=tutor, now=before)
    assert [(row.hand_in_id, name) for row, name in api.queue(session, by=tutor)] == [
        (first.id, "Ертерек"),
        (handed_in.id, "Әлия Серікқызы"),
    ]
    waiting = api.waiting(session, by=tutor)
    assert (waiting.waiting, waiting.oldest) == (2, before)
    assert api.next_to_mark(session, by=tutor) == first.id
    with pytest.raises(Forbidden, match="another tutor"):
        api.mark(session, own.id, FULL, "", api.Verdict.ACCEPTED, by=tutor, now=NOW)


@pytest.mark.parametrize(
    ("points", "comment", "verdict", "problem"),
    [
        (POOR, "", "accepted", "accepted from 6"),
        (POOR, " ", "returned", "still missing"),
        ({"idea": 7, "words": 0}, "", "accepted", "between 0 and 6"),
        ({"idea": 6}, "", "accepted", "Every criterion"),
        ({**FULL, "other": 1}, "", "accepted", "Every criterion"),
    ],
)
def test_a_marking_that_makes_no_sense_is_refused(
    session: Session,
    tutor: Actor,
    handed_in: HandIn,
    points: dict[str, int],
    comment: str,
    verdict: str,
    problem: str,
) -> None:
    with pytest.raises(Refused, match=problem):
        api.mark(session, handed_in.id, points, comment, api.Verdict(verdict), by=tutor, now=NOW)
    session.refresh(handed_in)
    assert handed_in.verdict is None


def test_a_learner_does_not_mark(session: Session, learner: Actor, handed_in: HandIn) -> None:
    with pytest.raises(Forbidden):
        api.mark(session, handed_in.id, FULL, "", api.Verdict.ACCEPTED, by=learner, now=NOW)


def test_hand_in_pressed_twice_hands_in_once(
    files: Files, learner: Actor, task: int, together: Together, rows: Rows
) -> None:
    def press(own: Session) -> int:
        return api.hand_in(own, files, task, "Жұмыс", [("код.py", b"1")], by=learner, now=NOW).id

    assert len(set(together(*[press] * 4))) == 1
    assert (rows(HandIn), rows(File)) == (1, 1)


def test_accept_pressed_twice_by_one_tutor_counts_once(
    handed_in: HandIn, tutor: Actor, together: Together, rows: Rows
) -> None:
    def press(own: Session) -> int | None:
        return api.mark(own, handed_in.id, FULL, "", api.Verdict.ACCEPTED, by=tutor, now=NOW).total

    assert together(*[press] * 4) == [10] * 4
    assert rows(Hours) == 1


def test_of_two_tutors_who_mark_at_once_one_is_told_that_the_other_was_first(
    session: Session,
    handed_in: HandIn,
    tutor: Actor,
    together: Together,
    new_person: NewPerson,
    actor_of: ActorOf,
) -> None:
    other = actor_of(new_person("Екінші тьютор", Role.TUTOR))
    results = together(
        lambda own: api.mark(own, handed_in.id, FULL, "", api.Verdict.ACCEPTED, by=tutor, now=NOW).verdict,
        lambda own: api.mark(own, handed_in.id, POOR, "Жоқ", api.Verdict.RETURNED, by=other, now=NOW).verdict,
    )
    assert sum(isinstance(result, Conflict) for result in results) == 1
    session.refresh(handed_in)
    assert [handed_in.verdict] == [result for result in results if not isinstance(result, Conflict)]
