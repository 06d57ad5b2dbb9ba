"""The agents' door: who may come in, what is taken once, what an agent is told and what it is told no more."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, make_url, select
from sqlalchemy.orm import Session

from zerek.base import clock, db
from zerek.base.errors import Conflict, Refused
from zerek.base.jobs import Job
from zerek.base.permissions import Actor
from zerek.modules.kits import agents, api, live
from zerek.modules.kits.models import Kit, Output, Room, Run
from zerek.settings import WEB_THREADS, Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOKEN = "t" * 40  # the room's, as tests/kits/conftest.py opens it
PROGRAM = "from zerek_robotics import Robot\n\nRobot().forward(50)\n"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ключ"]
)
def test_without_the_rooms_token_nobody_comes_in(app: Flask, room: Room, header: str) -> None:
    browser = app.test_client()
    headers = {"Authorization": header.encode().decode("latin-1")}
    for answer in (
        browser.post("/kits/agent/frames", headers=headers, json={}),
        browser.get("/kits/agent/commands", headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.json["error"]


def test_the_token_itself_is_not_kept(session: Session, room: Room) -> None:
    assert TOKEN not in str(vars(session.get(Room, room.id)))


def test_a_token_that_could_be_guessed_is_refused(session: Session, school) -> None:
    with pytest.raises(Refused):
        api.open_room(session, school.school_id, "Кабинет", "secret")


def test_opening_a_room_twice_gives_the_same_room(session: Session, room: Room, school) -> None:
    assert api.open_room(session, school.school_id, "Робототехника кабинеті", TOKEN).id == room.id


def test_a_kit_that_an_agent_speaks_of_appears_in_its_room(session: Session, kit: Kit) -> None:
    assert (kit.name, kit.state, kit.battery_mv) == ("Жинақ kit-1", "ready", 7400)


def test_a_kit_keeps_its_row_when_it_gets_another_name(agent, session: Session, kit: Kit, kit_word) -> None:
    agent.say(kits=[kit_word(name="Тұлпар")])
    session.commit()
    session.expire_all()
    assert [found.name for found in session.scalars(select(Kit))] == ["Тұлпар"]


def test_no_more_kits_than_a_room_can_hold(agent, session: Session, room: Room, kit_word) -> None:
    for first in (0, 30):
        agent.say(kits=[kit_word(f"kit-{n}") for n in range(first, first + 30)])
    answer = agent.send(kits=[kit_word("one-too-many")])
    assert answer.status_code == 409
    assert session.query(Kit).count() == 60


def test_a_frame_with_a_fault_changes_nothing_and_says_where(
    agent, session: Session, kit: Kit, kit_word
) -> None:
    answer = agent.send(kits=[kit_word("kit-2"), kit_word(state="flying")])
    assert answer.status_code == 422
    assert "kits[1].state" in answer.json["error"]
    assert session.query(Kit).count() == 1


def test_output_that_comes_twice_is_kept_once(agent, session: Session, ask, teacher: Actor) -> None:
    run = ask(by=teacher)
    frame = {"output": [{"run": run.id, "seq": n, "stream": "stdout", "text": f"{n}\n"} for n in range(3)]}
    first = agent.say(**frame)
    agent.seq -= 1
    assert agent.say(**frame) == first  # the answer was lost on the way, so the same frame comes again
    agent.say(**frame)  # and the same pieces under a new number
    assert [piece.seq for piece in session.scalars(select(Output).order_by(Output.seq))] == [0, 1, 2]
    session.commit()
    session.expire_all()
    assert session.get(Run, run.id).state == "running"


def test_of_an_endless_output_only_so_much_is_kept(agent, session: Session, ask, teacher: Actor) -> None:
    run = ask(by=teacher)
    for n in range(3):
        agent.say(output=[{"run": run.id, "seq": n, "stream": "stdout", "text": "я" * 60_000}])
    texts = session.scalars(select(Output.text)).all()
    assert sum(map(len, texts)) == agents.MOST_OUTPUT


def test_another_rooms_agent_has_no_say_about_a_run(
    agent, session: Session, school, ask, teacher: Actor, new_agent
) -> None:
    run = ask(by=teacher)
    api.open_room(session, school.school_id, "Басқа кабинет", "o" * 40)
    session.commit()
    other = new_agent("o" * 40)
    other.say(
        output=[{"run": run.id, "seq": 0, "stream": "stdout", "text": "жалған"}],
        ended=[{"run": run.id, "reason": "finished", "detail": "", "exit": 0}],
    )
    session.commit()
    session.expire_all()
    assert session.get(Run, run.id).state == "asked"
    assert session.query(Output).count() == 0


def test_a_run_ends_once_by_the_agents_first_word(agent, session: Session, ask, teacher: Actor) -> None:
    run = ask(by=teacher)
    agent.say(ended=[{"run": run.id, "reason": "failed", "detail": "NameError: x", "exit": 1}])
    agent.say(ended=[{"run": run.id, "reason": "finished", "detail": "", "exit": 0}])
    session.commit()
    session.expire_all()
    kept = session.get(Run, run.id)
    assert (kept.state, kept.reason, kept.detail, kept.exit_code) == ("ended", "failed", "NameError: x", 1)


def test_the_agent_is_told_to_run_with_all_that_it_needs(agent, ask, kit: Kit, teacher: Actor) -> None:
    run = ask(by=teacher, spoken="ru")
    assert agent.commands() == [
        {
            "n": 1,
            "do": "run",
            "run": run.id,
            "kit": "kit-1",
            "source": PROGRAM,
            "language": "ru",
            "seconds": 60,
        }
    ]
    assert agent.commands(after=1) == []


def test_an_agent_that_waits_hears_a_command_at_once(
    address: str, agent, sign_in: Callable, kit: Kit, teacher: Actor
) -> None:
    heard: list[tuple[float, list]] = []
    waiting = threading.Thread(target=lambda: heard.append((time.monotonic(), agent.commands(wait=20))))
    waiting.start()
    time.sleep(0.3)
    browser = sign_in("Болат Ерланұлы")
    asked = time.monotonic()
    assert browser.post(f"/kits/{kit.id}/stop").status_code == 303
    waiting.join(5)
    assert [command["do"] for command in heard[0][1]] == ["stop"]
    assert time.monotonic() - asked < 2


def test_an_agent_that_waits_hears_within_seconds_what_another_web_process_was_asked(
    agent, settings: Settings, session: Session, kit: Kit, room: Room, teacher: Actor
) -> None:
    heard: list[list] = []
    waiting = threading.Thread(target=lambda: heard.append(agent.commands(wait=20)))
    waiting.start()
    time.sleep(0.3)
    url = make_url(settings.database)
    more = {"timeout": "30"} if url.drivername.startswith("sqlite") else {"application_name": "another"}
    engine = db.engine(url.update_query_dict(more).render_as_string(hide_password=False))
    asked = time.monotonic()
    with Session(engine) as elsewhere:
        assert live.hub(elsewhere) is not live.hub(session)  # what is in memory there wakes nobody here
        api.stop_all(elsewhere, room.id, by=teacher, now=clock.now())
        elsewhere.commit()
    waiting.join(10)
    engine.dispose()
    assert [command["do"] for command in heard[0]] == ["stop_all"]
    assert time.monotonic() - asked < 4


def test_an_agent_that_waits_for_nothing_is_answered_in_the_end(agent, kit: Kit) -> None:
    began = time.monotonic()
    assert agent.commands(wait=1) == []
    assert 0.9 < time.monotonic() - began < 3


def test_one_agent_more_than_may_wait_is_asked_to_come_again_soon_and_then_hears_its_stop(
    address: str, session: Session, school, new_agent, kit_word, sign_in: Callable, teacher: Actor
) -> None:
    agents, rooms = [], []
    for n in range(live.MOST_WAITING + 1):
        token = f"{n:040}"
        rooms.append(api.open_room(session, school.school_id, f"Кабинет {n}", token).id)
        session.commit()
        agents.append(new_agent(token))
        agents[-1].say(kits=[kit_word()])
    waiting = [threading.Thread(target=one.commands, kwargs={"wait": 20}) for one in agents[:-1]]
    for thread in waiting:
        thread.start()
    hub = live.hub(session)
    until = time.monotonic() + 10
    while hub.waiting.acquire(blocking=False) and time.monotonic() < until:
        hub.waiting.release()
        time.sleep(0.05)
    last, began = agents[-1], time.monotonic()
    path = f"/kits/agent/commands?session={last.run}&after=0&wait=20"
    answer = last.browser.get(path, headers=last.headers)
    assert (answer.status_code, answer.json) == (200, {"commands": [], "pause": 1.0})
    assert time.monotonic() - began < 2
    sign_in("Болат Ерланұлы").post(f"/kits/rooms/{rooms[-1]}/stop")
    assert last.do() == ["stop_all"]
    api.end_streams()
    for thread in waiting:
        thread.join(5)


def test_who_waits_and_who_watches_leaves_threads_for_everybody_else() -> None:
    assert WEB_THREADS - live.MOST_STREAMS - live.MOST_WAITING >= 10


def test_a_new_agent_is_not_told_what_the_old_one_was_told(
    agent, session: Session, ask, teacher: Actor, kit_word, new_agent
) -> None:
    run = ask(by=teacher)
    again = new_agent()
    assert again.commands() == []
    again.say(kits=[kit_word()])
    assert again.commands() == []
    session.commit()
    session.expire_all()
    lost = session.get(Run, run.id)
    assert (lost.state, lost.reason) == ("ended", "lost")


def test_a_new_agent_is_told_at_once_that_the_room_is_stopped(
    agent, session: Session, kit: Kit, room: Room, teacher: Actor, kit_word, new_agent
) -> None:
    api.stop_all(session, room.id, by=teacher, now=clock.now())
    session.commit()
    again = new_agent()
    again.say(kits=[kit_word()])
    assert again.do() == ["stop_all"]


def test_a_kit_that_a_new_agent_does_not_see_is_gone(session: Session, kit: Kit, kit_word, new_agent) -> None:
    new_agent().say(kits=[kit_word("kit-2")])
    session.commit()
    session.expire_all()
    assert session.get(Kit, kit.id).state == "absent"


def test_a_run_of_which_nothing_is_heard_is_called_lost_until_the_agent_speaks(
    agent, session: Session, ask, teacher: Actor, do_jobs: Callable[[], int]
) -> None:
    run = ask(by=teacher)
    session.query(Job).update({"due_at": clock.now() - timedelta(seconds=1)})
    session.commit()
    assert do_jobs() == 1
    session.commit()
    session.expire_all()
    assert session.get(Run, run.id).reason == "lost"
    agent.say(ended=[{"run": run.id, "reason": "finished", "detail": "", "exit": 0}])
    session.commit()
    session.expire_all()
    assert session.get(Run, run.id).reason == "finished"


def test_telemetry_alone_asks_the_database_nothing(
    app: Flask, agent, session: Session, room: Room, kit: Kit, kit_word
) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    with closing(live.hub(session).watch(room.id)) as page:
        event.listen(app.extensions["zerek"].engine, "before_cursor_execute", note)
        agent.say(kits=[kit_word(battery_mv=7390, telemetry={"distance_cm": 12.5})])
        assert asked == []
        assert [heard.data["distance_cm"] for heard in page.wait(0)] == [12.5]
        agent.say(kits=[kit_word(state="lost")])
        assert asked
        assert "room" in {heard.kind for heard in page.wait(0)}
    session.expire_all()
    assert session.get(Kit, kit.id).state == "lost"


def test_a_room_that_only_sends_telemetry_is_still_written_down_now_and_then(
    session: Session, room: Room, kit: Kit, kit_word
) -> None:
    body = {"session": "s", "seq": 1, "kits": [kit_word()], "output": [], "ended": [], "stopped": []}
    for second in range(8):
        body["seq"] = second + 1
        now = NOW + timedelta(seconds=second)
        assert api.hear(session, TOKEN, json.dumps(body).encode(), now=now) == second + 1
        session.commit()
    assert session.get(Room, room.id).last_seen == NOW + timedelta(seconds=6)


def test_a_program_is_not_asked_of_a_kit_whose_agent_is_silent(
    session: Session, room: Room, kit: Kit, teacher: Actor
) -> None:
    live.hub(session).channel(room.id).heard_at = None
    later = clock.now() + api.SILENT_AFTER + timedelta(seconds=1)
    with pytest.raises(Conflict):
        api.ask_run(session, kit.id, PROGRAM, by=teacher, now=later)
