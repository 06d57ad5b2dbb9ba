"""Who sees and moves which kit, one press is one run, and a stop that holds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from zerek.base import clock, db
from zerek.base.errors import Conflict, Forbidden, NotFound, Refused, SignInNeeded, TooLarge
from zerek.base.permissions import ANYONE, Actor, Role, school_place
from zerek.base.text import Words
from zerek.modules.kits import api, live
from zerek.modules.kits.models import Command, Kit, Room, Run, Stop
from zerek.modules.schools import api as schools

PROGRAM = "from zerek_robotics import Robot\n\nRobot().forward(50)\n"


def test_a_pupil_sees_only_the_kit_that_is_given_to_her(
    agent, session: Session, room: Room, kit: Kit, kit_word, teacher: Actor, pupil: Actor, classmate: Actor
) -> None:
    agent.say(kits=[kit_word("kit-2")])
    session.commit()
    api.assign(session, kit.id, person_id=pupil.person_id, by=teacher)
    _room, kits = api.see_room(session, room.id, pupil)
    assert [seen.key for seen in kits] == ["kit-1"]
    assert [seen.key for _room, seen in api.movable_kits(session, pupil)] == ["kit-1"]
    with pytest.raises(Forbidden):
        api.see_room(session, room.id, classmate)
    assert len(api.see_room(session, room.id, teacher)[1]) == 2


def test_kits_stand_in_the_order_of_the_alphabet_and_of_numbers(
    agent, session: Session, room: Room, kit_word, teacher: Actor
) -> None:
    names = ["Сұңқар", "Қыран", "Жинақ 10", "Жинақ 2", "7", "Әлди"]
    agent.say(kits=[kit_word(f"kit-{n}", name=name) for n, name in enumerate(names)])
    _room, kits = api.see_room(session, room.id, teacher)
    assert [kit.name for kit in kits] == ["7", "Әлди", "Жинақ 2", "Жинақ 10", "Қыран", "Сұңқар"]


def test_a_kit_given_to_a_class_is_anyones_there(
    session: Session, room: Room, kit: Kit, school, teacher: Actor, pupil: Actor, classmate: Actor
) -> None:
    api.assign(session, kit.id, class_id=school.id, by=teacher)
    for one in (pupil, classmate):
        assert api.movable_kit(session, kit.id, one)[1].id == kit.id


def test_a_pupil_moves_no_kit_that_is_not_hers(
    session: Session, kit: Kit, ask, teacher: Actor, pupil: Actor
) -> None:
    api.assign(session, kit.id, person_id=pupil.person_id, by=teacher)
    assert ask(by=pupil).state == "asked"
    api.assign(session, kit.id, by=teacher)
    for forbidden in (
        lambda: api.stop_kit(session, kit.id, by=pupil, now=clock.now()),
        lambda: ask(by=pupil),
        lambda: api.assign(session, kit.id, person_id=pupil.person_id, by=pupil),
    ):
        with pytest.raises(Forbidden):
            forbidden()


def test_a_teacher_of_another_school_sees_nothing_of_this_room(
    session: Session, room: Room, kit: Kit, new_person, actor_of
) -> None:
    district = schools.open_district(session, "d2", Words("Құлсары"))
    other = schools.open_school(session, "s2", Words("№ 2 мектеп"), district=district, town=True)
    stranger = actor_of(new_person("Бөтен Мұғалім", Role.ROBOTICS_TEACHER, school_place(other.id)))
    assert api.rooms_for(session, stranger) == []
    for forbidden in (
        lambda: api.see_room(session, room.id, stranger),
        lambda: api.movable_kit(session, kit.id, stranger),
        lambda: api.stop_all(session, room.id, by=stranger, now=clock.now()),
        lambda: api.release(session, room.id, by=stranger, now=clock.now()),
    ):
        with pytest.raises(Forbidden):
            forbidden()


def test_an_operator_sees_every_room(session: Session, room: Room, kit: Kit, new_person, actor_of) -> None:
    operator = actor_of(new_person("Оператор", Role.OPERATOR))
    assert [(row.id, row.kits, row.ready, row.stopped) for row in api.rooms_for(session, operator)] == [
        (room.id, 1, 1, False)
    ]


def test_a_schools_operator_sees_the_rooms_of_that_school_alone(
    session: Session, school: schools.ClassRow, room: Room, kit: Kit, new_person, actor_of
) -> None:
    district = schools.open_district(session, "d2", Words("Құлсары"))
    other = schools.open_school(session, "s2", Words("№ 2 мектеп"), district=district, town=True)
    elsewhere = api.open_room(session, other.id, "Басқа кабинет", "o" * 40)
    operator = actor_of(new_person("Мектеп Операторы", Role.OPERATOR, school_place(school.school_id)))
    assert [row.id for row in api.rooms_for(session, operator)] == [room.id]
    with pytest.raises(Forbidden):
        api.see_room(session, elsewhere.id, operator)


def test_a_stranger_is_asked_to_sign_in(session: Session, room: Room, kit: Kit) -> None:
    with pytest.raises(SignInNeeded):
        api.see_room(session, room.id, ANYONE)


@pytest.mark.parametrize("path", ["/kits/rooms/99", "/kits/99", "/kits/runs/nothing", "/kits/rooms/99/state"])
def test_what_is_not_there_is_said_so(sign_in, teacher: Actor, path: str) -> None:
    assert sign_in("Болат Ерланұлы").get(path).status_code == 404


def test_a_kit_is_given_only_to_the_schools_own(
    session: Session, kit: Kit, teacher: Actor, new_person
) -> None:
    with pytest.raises(Refused):
        api.assign(session, kit.id, person_id=new_person("Бөтен Бала"), by=teacher)
    with pytest.raises(Refused):
        api.assign(session, kit.id, class_id=99, by=teacher)
    with pytest.raises(NotFound):
        api.assign(session, 99, by=teacher)


def test_two_presses_are_one_run(session: Session, ask, teacher: Actor) -> None:
    assert ask(by=teacher).id == ask(by=teacher).id
    assert session.query(Run).count() == session.query(Command).count() == 1


def test_two_browsers_in_the_same_instant_start_one_run(
    engine: Engine, session: Session, kit: Kit, teacher: Actor
) -> None:
    together, found = threading.Barrier(4), []

    def press(number: int) -> None:
        together.wait()
        with Session(db.for_writing(engine)) as own, own.begin():
            try:
                api.ask_run(own, kit.id, f"{PROGRAM}# {number}", by=teacher, now=clock.now())
                found.append("run")
            except Conflict:
                found.append("busy")

    threads = [threading.Thread(target=press, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["busy", "busy", "busy", "run"]


def test_another_program_waits_until_the_kit_is_free(
    agent, session: Session, ask, kit_word, teacher: Actor
) -> None:
    run = ask(by=teacher)
    with pytest.raises(Conflict, match="Болат"):
        ask("print(2)", by=teacher)
    agent.say(ended=[{"run": run.id, "reason": "finished", "detail": "", "exit": 0}])
    session.commit()
    session.expire_all()
    assert ask("print(2)", by=teacher).id != run.id


@pytest.mark.parametrize("state", ["booting", "running", "lost", "absent"])
def test_a_kit_that_is_not_ready_runs_nothing(
    agent, session: Session, ask, kit_word, teacher: Actor, state: str
) -> None:
    agent.say(kits=[kit_word(state=state)])
    session.commit()
    session.expire_all()
    with pytest.raises(Conflict):
        ask(by=teacher)


@pytest.mark.parametrize(
    ("source", "error"), [("", Refused), (" \n", Refused), ("a\x00", Refused), ("#" * 64_001, TooLarge)]
)
def test_what_is_no_program_is_not_run(
    session: Session, ask, teacher: Actor, source: str, error: type
) -> None:
    with pytest.raises(error):
        ask(source, by=teacher)
    assert session.query(Run).count() == 0


def test_a_stopped_room_stays_stopped_until_it_is_released(
    agent, session: Session, room: Room, ask, teacher: Actor
) -> None:
    stop = api.stop_all(session, room.id, by=teacher, now=clock.now())
    session.commit()
    with pytest.raises(Conflict, match="stopped"):
        ask(by=teacher)
    session.rollback()
    agent.say(stopped=[{"kit": None, "at": "2026-11-23T09:00:00+00:00"}])
    session.commit()
    session.expire_all()
    assert session.get(Stop, stop.id).heard_at is not None
    api.release(session, room.id, by=teacher, now=clock.now())
    session.commit()
    assert agent.do() == ["stop_all", "release"]
    assert ask(by=teacher).state == "asked"


def test_who_stopped_and_who_released_is_written_down_once(
    session: Session, room: Room, teacher: Actor
) -> None:
    for _ in range(2):
        api.stop_all(session, room.id, by=teacher, now=clock.now())
    api.release(session, room.id, by=teacher, now=clock.now())
    session.commit()
    found = api.stops_of(session, room.id)
    assert [(stop.by, stop.released_by) for stop in found] == [("Болат Ерланұлы", "Болат Ерланұлы")]
    with pytest.raises(Conflict):
        api.release(session, room.id, by=teacher, now=clock.now())


def test_an_agents_farewell_does_not_stop_the_room(agent, session: Session, kit: Kit) -> None:
    agent.say(stopped=[{"kit": None, "at": "2026-11-23T09:00:00+00:00"}])
    assert session.query(Stop).count() == 0


def test_a_pupil_may_not_stop_the_whole_room(
    session: Session, room: Room, kit: Kit, teacher: Actor, pupil: Actor
) -> None:
    api.assign(session, kit.id, person_id=pupil.person_id, by=teacher)
    with pytest.raises(Forbidden):
        api.stop_all(session, room.id, by=pupil, now=clock.now())


def test_a_run_that_was_stopped_before_it_began_never_begins(
    agent, session: Session, ask, kit: Kit, teacher: Actor
) -> None:
    run = ask(by=teacher)
    api.stop_kit(session, kit.id, by=teacher, now=clock.now())
    session.commit()
    assert agent.do() == ["stop"]
    assert session.get(Run, run.id).reason == "stopped"


def test_a_stop_may_be_pressed_again_and_again(agent, session: Session, kit: Kit, teacher: Actor) -> None:
    for _ in range(3):
        api.stop_kit(session, kit.id, by=teacher, now=clock.now())
    session.commit()
    assert agent.do() == ["stop"] * 3


def test_a_run_is_for_its_owner_and_the_teacher(
    agent, session: Session, kit: Kit, ask, school, teacher: Actor, pupil: Actor, classmate: Actor, sign_in
) -> None:
    api.assign(session, kit.id, class_id=school.id, by=teacher)
    run = ask(by=pupil)
    agent.say(output=[{"run": run.id, "seq": 0, "stream": "stdout", "text": "<b>құпия</b>"}])
    seen = {
        name: sign_in(name).get(f"/kits/runs/{run.id}")
        for name in ("Әлия Серікқызы", "Болат Ерланұлы", "Дәулет Асқарұлы")
    }
    assert [answer.status_code for answer in seen.values()] == [200, 200, 403]
    assert "&lt;b&gt;құпия&lt;/b&gt;" in seen["Әлия Серікқызы"].text
    session.commit()
    session.expire_all()
    look = lambda by: api.look(session, kit.room_id, by=by, now=clock.now(), kit_id=kit.id)  # noqa: E731
    assert (len(look(pupil).output), len(look(classmate).output)) == (1, 0)


def pages(browser: FlaskClient, room: Room, kit: Kit) -> dict[str, str]:
    return {
        path: browser.get(path).text for path in ("/kits/", f"/kits/rooms/{room.id}", f"/kits/{kit.id}", "/")
    }


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_pages_of_a_room_say_who_and_what(
    session: Session, room: Room, kit: Kit, ask, teacher: Actor, pupil: Actor, sign_in, language: str
) -> None:
    api.assign(session, kit.id, person_id=pupil.person_id, by=teacher)
    api.stop_all(session, room.id, by=teacher, now=clock.now())
    session.commit()
    browser = sign_in("Болат Ерланұлы")
    browser.set_cookie("language", language)
    found = pages(browser, room, kit)
    assert "Жинақ kit-1" in found[f"/kits/rooms/{room.id}"]
    assert "Әлия Серікқызы" in found[f"/kits/rooms/{room.id}"]
    assert "StandardFirmata" in found[f"/kits/{kit.id}"]
    assert f'<a href="/kits/rooms/{room.id}">Робототехника кабинеті</a>' in found["/"]
    assert "Робототехника кабинеті" in found["/kits/"]


def test_the_buttons_work_without_a_script(
    session: Session, room: Room, kit: Kit, teacher: Actor, pupil: Actor, agent, sign_in
) -> None:
    browser = sign_in("Болат Ерланұлы")
    given = browser.post(
        f"/kits/rooms/{room.id}/assign", data={"kit": kit.id, "to": f"person:{pupil.person_id}"}
    )
    ran = browser.post(f"/kits/{kit.id}/runs", data={"source": PROGRAM.replace("\n", "\r\n")})
    stopped = browser.post(f"/kits/rooms/{room.id}/stop")
    released = browser.post(f"/kits/rooms/{room.id}/release")
    assert {answer.status_code for answer in (given, ran, stopped, released)} == {303}
    session.commit()
    session.expire_all()
    assert session.get(Kit, kit.id).assigned_to == pupil.person_id
    assert session.scalars(select(Run.source)).one() == PROGRAM
    assert agent.do() == ["stop_all", "release"]  # the run was stopped before the agent asked


@pytest.mark.parametrize("to", ["person:x", "pet:3", "person:", "class:99999999999"])
def test_a_kit_is_not_given_to_nonsense(room: Room, kit: Kit, teacher: Actor, sign_in, to: str) -> None:
    answer = sign_in("Болат Ерланұлы").post(f"/kits/rooms/{room.id}/assign", data={"kit": kit.id, "to": to})
    assert answer.status_code == 422


def test_a_stop_in_a_silent_room_sends_people_to_the_switch(
    session: Session, room: Room, kit: Kit, teacher: Actor, sign_in: Callable[[str], FlaskClient]
) -> None:
    live.hub(session).channel(room.id).heard_at = -1000.0
    session.query(Room).update({"last_seen": clock.now() - api.SILENT_AFTER})
    session.commit()
    browser = sign_in("Болат Ерланұлы")
    browser.set_cookie("language", "en")
    answer = browser.post(f"/kits/{kit.id}/stop", headers={"Accept": "application/json"})
    assert "by hand" in answer.json["word"]


def test_a_room_is_on_line_while_its_agent_speaks_to_any_web_process(
    session: Session, room: Room, kit: Kit
) -> None:
    now = clock.now()
    channel = live.hub(session).channel(room.id)
    channel.heard_at = (
        -1000.0
    )  # this process heard it long ago; its frames go to another one, which writes it down
    room.last_seen = now - timedelta(seconds=2)
    assert api.is_online(session, room, now)
    room.last_seen = now - api.SILENT_AFTER
    assert not api.is_online(session, room, now)
    channel.heard()  # to this process, which has not written it down yet
    assert api.is_online(session, room, now)


def test_a_room_of_thirty_kits_takes_no_more_questions_than_a_room_of_one(
    app: Flask, agent, room: Room, kit: Kit, kit_word, teacher: Actor, sign_in
) -> None:
    browser = sign_in("Болат Ерланұлы")

    def questions() -> int:
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        engine = app.extensions["zerek"].engine
        event.listen(engine, "before_cursor_execute", note)
        assert browser.get(f"/kits/rooms/{room.id}").status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    alone = questions()
    agent.say(kits=[kit_word(f"kit-{n}") for n in range(30)])
    assert questions() == alone <= 16
