"""What a page hears while it stands open: state at once, telemetry, output, and nothing that is not its reader's."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from zerek.base.errors import TooMany
from zerek.base.permissions import Actor
from zerek.modules.kits import api, live
from zerek.modules.kits.live import Hub, Note
from zerek.modules.kits.models import Kit, Room
from zerek.web.shell import SESSION_COOKIE

Event = tuple[str, str, dict]


class Listener:
    """A page's EventSource: gathers ``(event, id, data)`` in a thread of its own."""

    def __init__(self, url: str, browser: FlaskClient, **headers: str) -> None:
        cookie = browser.get_cookie(SESSION_COOKIE)
        self.events: list[Event] = []
        self.status = 0
        self._more = threading.Condition()
        self._client = httpx.Client(
            cookies={SESSION_COOKIE: cookie.value if cookie else ""},
            timeout=httpx.Timeout(5, read=30),
            headers=headers,
        )
        self._thread = threading.Thread(target=self._hear, args=(url,))
        self._thread.start()

    def _hear(self, url: str) -> None:
        try:
            with self._client.stream("GET", url) as answer:
                self.status = answer.status_code
                self._gather(answer.iter_lines())
        except httpx.HTTPError:
            return  # closed by this side

    def _gather(self, lines: Iterator[str]) -> None:
        said: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            said[name] = value
            if not line and "data" in said:
                with self._more:
                    self.events.append((said.get("event", ""), said.get("id", ""), json.loads(said["data"])))
                    self._more.notify_all()
            if not line:
                said = {}

    def wait_for(self, wanted: Callable[[Event], bool], seconds: float = 5) -> Event:
        with self._more:
            found = self._more.wait_for(lambda: next((e for e in self.events if wanted(e)), None), seconds)
        assert found, self.events
        return found

    def named(self, name: str, seconds: float = 5) -> dict:
        return self.wait_for(lambda event: event[0] == name, seconds)[2]

    def wait_gone(self) -> int:
        """The status of an answer that has ended."""
        self._thread.join(5)
        return self.status

    def close(self) -> None:
        self._client.close()
        self._thread.join(15)


@pytest.fixture
def listen(address: str, sign_in: Callable[[str], FlaskClient]) -> Iterator[Callable[..., Listener]]:
    """``listen("Әлия Серікқызы", "/kits/rooms/1/stream")``"""
    made: list[Listener] = []

    def open_(name: str, path: str, **headers: str) -> Listener:
        made.append(Listener(address + path, sign_in(name), **headers))
        return made[-1]

    yield open_
    api.end_streams()
    for listener in made:
        listener.close()


def piece(run: str, seq: int, text: str) -> dict:
    return {"run": run, "seq": seq, "stream": "stdout", "text": text}


def test_a_teachers_page_hears_state_telemetry_and_the_stop(
    listen, agent, kit: Kit, kit_word, room: Room, teacher: Actor, sign_in
) -> None:
    page = listen("Болат Ерланұлы", f"/kits/rooms/{room.id}/stream")
    state = page.named("state")
    assert [(seen["name"], seen["state"]) for seen in state["kits"]] == [("Жинақ kit-1", "ready")]
    began = time.monotonic()
    agent.say(kits=[kit_word(telemetry={"distance_cm": 17.5, "left": 1.0, "right": 1.0})])
    told = page.wait_for(lambda event: event[0] == "telemetry" and event[2]["distance_cm"] == 17.5)
    assert told[2]["kit"] == kit.id
    assert time.monotonic() - began < 1
    assert sign_in("Болат Ерланұлы").post(f"/kits/rooms/{room.id}/stop").status_code == 303
    stop = page.wait_for(lambda event: event[0] == "state" and event[2]["room"]["stop"])[2]["room"]["stop"]
    assert stop["by"] == "Болат Ерланұлы"


def test_output_reaches_the_page_of_the_kit_once_and_in_order(
    listen, agent, kit: Kit, ask, room: Room, teacher: Actor
) -> None:
    run = ask(by=teacher)
    path = f"/kits/rooms/{room.id}/stream?kit={kit.id}"
    agent.say(output=[piece(run.id, 0, "a\n")])
    page = listen("Болат Ерланұлы", path)
    assert [p["text"] for p in page.named("state")["output"]] == ["a\n"]
    agent.say(output=[piece(run.id, 0, "a\n"), piece(run.id, 1, "b\n")])
    event = page.wait_for(lambda event: event[0] == "output")
    assert ([p["text"] for p in event[2]["pieces"]], event[1]) == (["b\n"], f"{run.id}.1")
    agent.say(
        output=[piece(run.id, 2, "c\n")],
        ended=[{"run": run.id, "reason": "finished", "detail": "", "exit": 0}],
    )
    again = listen("Болат Ерланұлы", path, **{"Last-Event-ID": event[1]})
    assert [p["text"] for p in again.named("state")["output"]] == ["c\n"]
    ended = page.wait_for(
        lambda event: event[0] == "state" and event[2]["kits"][0]["run"]["state"] == "ended"
    )
    assert ended[2]["kits"][0]["run"]["reason"] == "finished"


def test_a_pupil_hears_nothing_of_other_kits_and_other_peoples_programs(
    listen,
    agent,
    session: Session,
    kit: Kit,
    kit_word,
    ask,
    school,
    room: Room,
    teacher: Actor,
    pupil: Actor,
    classmate,
) -> None:
    agent.say(kits=[kit_word("kit-2")])
    session.commit()
    api.assign(session, kit.id, class_id=school.id, by=teacher)
    run = ask(by=classmate)
    page = listen("Әлия Серікқызы", f"/kits/rooms/{room.id}/stream?kit={kit.id}")
    assert [seen["id"] for seen in page.named("state")["kits"]] == [kit.id]
    agent.say(output=[piece(run.id, 0, "құпия")], kits=[kit_word("kit-2", telemetry={"distance_cm": 5})])
    agent.say(kits=[kit_word(telemetry={"distance_cm": 6})])
    page.wait_for(lambda event: event[0] == "telemetry" and event[2]["distance_cm"] == 6)
    heard = json.dumps(page.events, ensure_ascii=False)
    assert "құпия" not in heard
    assert '"distance_cm": 5.0' not in heard


def test_a_page_whose_kit_is_taken_back_is_told_no_more(
    listen, agent, session: Session, kit: Kit, kit_word, room: Room, teacher: Actor, pupil: Actor
) -> None:
    api.assign(session, kit.id, person_id=pupil.person_id, by=teacher)
    session.commit()
    page = listen("Әлия Серікқызы", f"/kits/rooms/{room.id}/stream?kit={kit.id}")
    page.named("state")
    api.assign(session, kit.id, by=teacher)
    session.commit()
    assert page.wait_gone() == 200
    assert listen("Әлия Серікқызы", f"/kits/rooms/{room.id}/state").wait_gone() == 403


def test_a_stranger_gets_no_stream_and_holds_no_thread(
    client: FlaskClient, session: Session, room: Room
) -> None:
    answer = client.get(f"/kits/rooms/{room.id}/stream", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401
    assert not live.hub(session).channel(room.id).watchers


def test_who_may_not_see_a_room_leaves_nothing_in_memory(
    session: Session, room: Room, kit: Kit, pupil: Actor, client: FlaskClient, sign_in
) -> None:
    hub = live.hub(session)
    before = len(hub)
    browser = sign_in("Әлия Серікқызы")
    assert browser.get(f"/kits/rooms/{room.id}/stream").status_code == 403
    for number in range(5000, 5050):
        asked = client.get(f"/kits/rooms/{number}/stream", headers={"Accept": "text/event-stream"})
        assert asked.status_code == 401
        assert browser.get(f"/kits/rooms/{number}/stream").status_code == 404
    assert len(hub) == before


def test_a_reader_who_leaves_gives_the_thread_back(
    listen, session: Session, kit: Kit, room: Room, teacher: Actor
) -> None:
    page = listen("Болат Ерланұлы", f"/kits/rooms/{room.id}/stream")
    page.named("state")
    watchers = live.hub(session).channel(room.id).watchers
    assert len(watchers) == 1
    page.close()
    until = time.monotonic() + 10
    while watchers and time.monotonic() < until:
        time.sleep(0.1)
    assert not watchers


def test_when_no_thread_is_left_a_page_is_told_to_poll(
    session: Session, room: Room, kit: Kit, teacher: Actor, sign_in
) -> None:
    browser, hub = sign_in("Болат Ерланұлы"), live.hub(session)
    taken = [hub.watch(room.id) for _ in range(live.MOST_STREAMS)]
    assert browser.get(f"/kits/rooms/{room.id}/stream").status_code == 429
    assert browser.get(f"/kits/rooms/{room.id}/state").json["kits"][0]["name"] == "Жинақ kit-1"
    for watcher in taken:
        watcher.close()
        watcher.close()
    again = [hub.watch(room.id) for _ in range(live.MOST_STREAMS)]
    with pytest.raises(TooMany):
        hub.watch(room.id)
    for watcher in again:
        watcher.close()


def test_a_slow_page_keeps_the_newest_telemetry_and_no_endless_queue() -> None:
    hub = Hub()
    with closing(hub.watch(1)) as watcher:
        for n in range(1000):
            hub.channel(1).tell(Note("telemetry", 7, {"distance_cm": float(n)}))
        assert [note.data["distance_cm"] for note in watcher.wait(0)] == [999.0]
        for _ in range(live.MOST_NOTES + 1):
            hub.channel(1).tell(Note("output", 7, {}))
        assert [note.kind for note in watcher.wait(0)] == ["missed"]
    assert len(hub.channel(1).distances[7]) == live.POINTS


def test_what_is_rolled_back_is_told_to_nobody(
    session: Session, kit: Kit, room: Room, teacher: Actor
) -> None:
    with closing(live.hub(session).watch(room.id)) as watcher:
        api.stop_kit(session, kit.id, by=teacher, now=kit.seen_at)
        session.rollback()
        assert watcher.wait(0.1) == []
        api.stop_kit(session, kit.id, by=teacher, now=kit.seen_at)
        session.commit()
        assert {note.kind for note in watcher.wait(0.1)} == {"room"}


def test_at_a_savepoint_nothing_is_told_and_nothing_is_forgotten(
    session: Session, kit: Kit, room: Room, teacher: Actor
) -> None:
    with closing(live.hub(session).watch(room.id)) as watcher:
        api.stop_kit(session, kit.id, by=teacher, now=kit.seen_at)
        with session.begin_nested():
            session.flush()
        assert watcher.wait(0.1) == []
        session.begin_nested().rollback()
        session.commit()
        assert {note.kind for note in watcher.wait(0.1)} == {"room"}
