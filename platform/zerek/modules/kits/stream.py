"""What pages of a room hear: server-sent events. Whole state at the start and whenever rows change, telemetry between.

A browser that comes back sends the last piece of output that it has (Last-Event-ID) and gets what it missed. Every
few seconds the rows are read anew anyway: roles may have changed, and another process may have written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from zerek.base import clock
from zerek.base.errors import ZerekError
from zerek.base.permissions import Actor
from zerek.modules.kits import api, live
from zerek.modules.kits.live import Note
from zerek.web.languages import moment
from zerek.web.shell import shell

BEAT_EVERY = 10.0  # seconds
LOOK_EVERY = 2.0  # seconds: how soon a page notices that a room fell silent, or that its reader has gone
LASTS = 300.0  # seconds; then the browser comes anew, so that no thread is held by a forgotten page for ever


def as_json(room: api.RoomView) -> dict[str, Any]:
    """The room for the page's script; times are words already."""
    stop = room.stop
    return {
        "room": {
            "id": room.id,
            "online": room.online,
            "stop": {"at": moment(stop.at), "by": stop.by, "heard": stop.heard} if stop else None,
        },
        "kits": [_kit(kit) for kit in room.kits],
        "output": [{"run": o.run_id, "seq": o.seq, "stream": o.stream, "text": o.text} for o in room.output],
    }


def _kit(kit: api.KitView) -> dict[str, Any]:
    told = asdict(kit)
    if kit.run:
        told["run"]["asked_at"] = moment(kit.run.asked_at)
    return told


class Stream:
    """One page's stream: who looks at which room, at which kit, and what was last sent."""

    def __init__(self, room_id: int, kit_id: int | None, after: str, token: str) -> None:
        self.room_id, self.kit_id, self.after, self.token = room_id, kit_id, after, token
        self.shown: dict[int, int | None] = {}  # kit → whose run it does
        self.me: int | None = None
        self.leads = self.online = False

    def state(self) -> str:
        """The whole state as an event; reads rows in a session of its own. Raises ZerekError."""
        house = shell()
        with Session(house.engine) as session:
            who: Actor = house.identify(session, self.token).actor
            room = api.look(
                session, self.room_id, by=who, now=clock.now(), kit_id=self.kit_id, after=self.after
            )
        self.me, self.leads, self.online = who.person_id, room.leads, room.online
        self.shown = {kit.id: kit.run.person_id if kit.run else None for kit in room.kits}
        if room.output:
            self.after = f"{room.output[-1].run_id}.{room.output[-1].seq}"
        return event("state", as_json(room), self.after)

    def events(self, notes: Sequence[Note]) -> Iterator[str]:
        """The notes as events, in order; rows that changed are read once, at the end."""
        if any(note.kind in ("room", "missed") for note in notes):
            yield self.state()
        for note in notes:
            if note.kit_id not in self.shown:
                continue
            if note.kind == "telemetry":
                yield event("telemetry", {"kit": note.kit_id, **note.data})
            elif note.kind == "output" and (self.leads or note.data["person_id"] == self.me):
                yield from self._output(note)

    def _output(self, note: Note) -> Iterator[str]:
        pieces = [
            {**{k: p[k] for k in ("seq", "stream", "text")}, "run": p["run_id"]} for p in note.data["pieces"]
        ]
        if self.kit_id is not None:
            self.after = f"{pieces[-1]['run']}.{pieces[-1]['seq']}"
            yield event("output", {"kit": note.kit_id, "pieces": pieces}, self.after)


def event(name: str, data: object, event_id: str = "") -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    number = f"id: {event_id}\n" if event_id else ""
    return f"event: {name}\n{number}data: {text}\n\n"


def run(stream: Stream, channel: live.Channel, watcher: live.Watcher, first: str) -> Iterator[str]:
    """The stream's text, until the reader goes, loses the right to look, or the process ends."""
    yield f"retry: 2000\n\n{first}"
    began = beaten = time.monotonic()
    spoke = stream.online
    while not channel.closed and time.monotonic() - began < LASTS:
        notes = watcher.wait(LOOK_EVERY)
        silent = channel.silent_for()
        if silent is not None and spoke != (silent < api.SILENT_AFTER.total_seconds()):
            spoke = not spoke
            notes.append(Note("room"))  # whether it is silent everywhere, the rows know
        if time.monotonic() - beaten >= BEAT_EVERY:
            beaten = time.monotonic()
            notes.append(Note("room"))
        try:
            yield from stream.events(notes)
        except ZerekError:
            return  # signed out, or the kit was taken back: the browser asks again and is told why
        if not notes:
            yield ":\n\n"  # a reader who has gone is noticed by writing
