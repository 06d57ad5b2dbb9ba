"""Who may learn what: a teacher enrols, a class is given a course, and what is done is counted once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from zerek.base import events
from zerek.base.errors import Forbidden, NotFound, Refused, SignInNeeded
from zerek.base.files import Files
from zerek.base.permissions import ANYONE, Actor, Role, class_place, school_place
from zerek.content.packages import ItemKind
from zerek.modules.courses import api
from zerek.modules.courses.models import Enrolment, Given, Hours, Version
from zerek.modules.schools import api as schools

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

ItemId = Callable[[Version, str], int]
Rows = Callable[[type], int]
Together = Callable[..., list[object]]
NewPerson = Callable[..., int]
ActorOf = Callable[[int], Actor]


@pytest.fixture
def pupil(new_person: NewPerson, actor_of: ActorOf, class_id: int) -> Actor:
    return actor_of(new_person("Ержан", Role.PUPIL, class_place(class_id)))


@pytest.fixture
def given(session: Session, for_pupils: Version, class_id: int) -> Version:
    """The pupils' course, given to the class."""
    api.give_to_class(session, for_pupils.course_id, class_id)
    session.commit()
    return for_pupils


@pytest.fixture
def heard() -> Iterator[list[api.ItemDone]]:
    """What the module told the others."""
    told: list[api.ItemDone] = []

    def note(_session: Session, event: api.ItemDone) -> None:
        told.append(event)

    events.hears(api.ItemDone)(note)
    yield told
    events._listeners[api.ItemDone].remove(note)


def test_enrol_pressed_twice_enrols_once(
    published: Version, teacher: Actor, together: Together, rows: Rows
) -> None:
    results = together(*[lambda own: api.enrol(own, published.course_id, by=teacher, now=NOW).id] * 4)
    assert len(set(results)) == 1, results
    assert rows(Enrolment) == 1


def test_a_pupil_does_not_enrol_in_a_teachers_course(
    session: Session, published: Version, pupil: Actor
) -> None:
    with pytest.raises(Forbidden):
        api.enrol(session, published.course_id, by=pupil, now=NOW)
    with pytest.raises(SignInNeeded):
        api.enrol(session, published.course_id, by=ANYONE, now=NOW)


def test_a_teacher_does_not_enrol_in_a_pupils_course(
    session: Session, for_pupils: Version, teacher: Actor
) -> None:
    with pytest.raises(Refused, match="given to classes"):
        api.enrol(session, for_pupils.course_id, by=teacher, now=NOW)


def test_there_is_no_such_course(session: Session, teacher: Actor) -> None:
    with pytest.raises(NotFound):
        api.enrol(session, 404, by=teacher, now=NOW)
    with pytest.raises(NotFound):
        api.course(session, "no-such", by=teacher)
    with pytest.raises(NotFound):
        api.open_item(session, 404, by=teacher)


def test_lessons_are_opened_by_those_who_learn_them(
    session: Session, published: Version, teacher: Actor, tutor: Actor, pupil: Actor, item_id: ItemId
) -> None:
    lesson = item_id(published, "m1-read")
    with pytest.raises(Forbidden, match="enrol"):
        api.open_item(session, lesson, by=teacher)
    with pytest.raises(SignInNeeded):
        api.open_item(session, lesson, by=ANYONE)
    with pytest.raises(Forbidden):
        api.open_item(session, lesson, by=pupil)
    assert api.open_item(session, lesson, by=tutor)
    api.enrol(session, published.course_id, by=teacher, now=NOW)
    assert api.open_item(session, lesson, by=teacher)


def test_a_class_has_its_course_and_another_class_has_not(
    session: Session,
    given: Version,
    class_id: int,
    pupil: Actor,
    item_id: ItemId,
    new_person: NewPerson,
    actor_of: ActorOf,
) -> None:
    school_id = schools.school_of_class(session, class_id)
    assert school_id is not None
    other = schools.open_class(session, school_id, year=2026, grade=8, letter="Б").id
    session.commit()
    stranger = actor_of(new_person("Басқа", Role.PUPIL, class_place(other)))
    assert [card.mine for card in api.cards(session, by=pupil)] == [True]
    assert [course.slug for course in api.courses_of_class(session, class_id)] == ["robot-course"]
    lesson = item_id(given, "r1")
    assert api.open_item(session, lesson, by=pupil)
    with pytest.raises(Forbidden, match="class"):
        api.open_item(session, lesson, by=stranger)


def test_the_teachers_notes_are_not_for_pupils(
    session: Session, given: Version, pupil: Actor, teacher: Actor
) -> None:
    assert not api.may_read_notes(api.course(session, "robot-course", by=pupil), pupil)
    assert api.may_read_notes(api.course(session, "robot-course", by=teacher), teacher)


def test_a_teacher_gives_a_course_to_classes_of_their_own_school_only(
    session: Session,
    for_pupils: Version,
    published: Version,
    class_id: int,
    rows: Rows,
    new_person: NewPerson,
    actor_of: ActorOf,
) -> None:
    school_id = schools.school_of_class(session, class_id)
    assert school_id is not None
    own = actor_of(new_person("Өз мұғалімі", Role.TEACHER, school_place(school_id)))
    foreign = actor_of(new_person("Бөтен мұғалім", Role.TEACHER, school_place(school_id + 1)))
    with pytest.raises(Forbidden):
        api.give_to_class(session, for_pupils.course_id, class_id, by=foreign)
    with pytest.raises(Refused, match="for pupils"):
        api.give_to_class(session, published.course_id, class_id, by=own)
    for _ in range(2):
        api.give_to_class(session, for_pupils.course_id, class_id, by=own)
    session.commit()
    assert rows(Given) == 1


def test_a_class_goes_on_with_the_version_it_was_given(
    session: Session, files: Files, given: Version, pupil: Actor, class_id: int, pupils_package: Path
) -> None:
    course = pupils_package / "course.yaml"
    course.write_text(course.read_text().replace('version: "1"', 'version: "2"'))
    newer = api.publish(session, files, pupils_package, now=NOW)
    api.give_to_class(session, given.course_id, class_id)
    assert newer.id != given.id
    assert api.course(session, "robot-course", by=pupil).version.id == given.id


def test_reading_is_counted_once_whatever_device_tells_of_it(
    learner: Actor,
    published: Version,
    item_id: ItemId,
    together: Together,
    rows: Rows,
    heard: list[api.ItemDone],
) -> None:
    lesson = item_id(published, "m1-read")
    together(*[lambda own: api.mark_read(own, lesson, by=learner, now=NOW).id] * 4)
    assert rows(Hours) == 1
    assert [(event.person_id, event.item_id) for event in heard] == [(learner.person_id, lesson)]


def test_a_quiz_is_not_marked_as_read(
    session: Session, learner: Actor, published: Version, item_id: ItemId
) -> None:
    with pytest.raises(Refused):
        api.mark_read(session, item_id(published, "m1-quiz"), by=learner, now=NOW)


def test_a_pupil_begins_with_the_first_thing_they_do(
    given: Version, pupil: Actor, item_id: ItemId, together: Together, rows: Rows
) -> None:
    lesson = item_id(given, "r1")
    results = together(*[lambda own: api.mark_read(own, lesson, by=pupil, now=NOW).id] * 4)
    assert results == [lesson] * 4
    assert (rows(Enrolment), rows(Hours)) == (1, 1)


def test_another_module_tells_that_the_robot_ran(
    session: Session, given: Version, pupil: Actor, teacher: Actor, item_id: ItemId, rows: Rows
) -> None:
    robot, lesson = item_id(given, "r2"), item_id(given, "r1")
    assert pupil.person_id is not None
    assert teacher.person_id is not None
    assert api.record_done(session, pupil.person_id, robot, {"run": 7}, NOW, kind=ItemKind.ROBOT) is True
    assert api.record_done(session, pupil.person_id, robot, {"run": 8}, NOW, kind=ItemKind.ROBOT) is False
    assert (
        api.record_done(session, teacher.person_id, robot, {"run": 9}, NOW, kind=ItemKind.ROBOT) is False
    ), "a teacher tries it out"
    with pytest.raises(Refused):
        api.record_done(session, pupil.person_id, lesson, {}, NOW, kind=ItemKind.LESSON)
    for kind, other in ((ItemKind.NOTEBOOK, robot), (ItemKind.ROBOT, lesson)):
        with pytest.raises(Refused):
            api.record_done(session, pupil.person_id, other, {"run": 10}, NOW, kind=kind)
    session.commit()
    assert rows(Hours) == 1
    assert api.item(session, robot).program_text.endswith("robot.forward(cm=10)\n")


def test_a_result_that_comes_after_the_pupil_left_the_class_is_no_error(
    session: Session,
    given: Version,
    item_id: ItemId,
    rows: Rows,
    new_person: NewPerson,
) -> None:
    robot, stranger = item_id(given, "r2"), new_person("Көшіп кеткен")
    assert api.record_done(session, stranger, robot, {"run": 1}, NOW, kind=ItemKind.ROBOT) is False
    with pytest.raises(NotFound):
        api.record_done(session, stranger, 404, {}, NOW, kind=ItemKind.ROBOT)
    session.commit()
    assert rows(Hours) == 0


def test_what_is_next_passes_over_what_is_done_or_with_the_tutor(
    session: Session, files: Files, learner: Actor, published: Version, item_id: ItemId
) -> None:
    def following() -> str | None:
        card = api.cards(session, by=learner, only_mine=True)[0]
        return card.next.title.en if card.next else None

    assert following() == "Reading"
    for slug in ("m1-read", "m1-more"):
        api.mark_read(session, item_id(published, slug), by=learner, now=NOW)
    api.hand_in(session, files, item_id(published, "m2-task"), "Жұмыс", by=learner, now=NOW)
    assert following() == "Quiz"
    plan = api.modules(session, published.id, api.course(session, "small-course", by=learner).enrolment.id)  # type: ignore[union-attr]
    done = [item.slug for module in plan for item in module.items if item.done]
    assert done == ["m1-read", "m1-more"]
