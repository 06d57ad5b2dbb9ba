"""The agent's line to the LMS: frames up, commands down, over HTTP; resends until told that a frame was taken."""

import asyncio
import logging
import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from zerek_robotics import orders
from zerek_robotics.door import Door, DoorClosed, TokenRefused, WordRefused
from zerek_robotics.orders import Order

log = logging.getLogger("zerek_robotics.uplink")

FRAME_EVERY = 0.2
FULL_FRAME_EVERY = 5.0
WAIT = 20
LONGEST_PIECE = 40_000
SHORTEST_WAIT = 0.2
LONGEST_PAUSE = 5.0  # a stop must not wait longer, whatever the LMS asks for
BACK_OFF_FROM, BACK_OFF_TO, BACK_OFF_REFUSED = 0.5, 15.0, 30.0

Snapshot = dict[str, Any]


class Room(Protocol):
    """What the uplink needs of the agent."""

    def snapshots(self) -> list[Snapshot]: ...
    def obey(self, order: Order) -> None: ...


@dataclass
class Outbox:
    """What has happened and is not yet told. Output is bounded by the cap of each run."""

    output: list[Snapshot] = field(default_factory=list)
    ended: list[Snapshot] = field(default_factory=list)
    stopped: list[Snapshot] = field(default_factory=list)

    def say_stopped(self, kit: str | None) -> None:
        self.stopped.append({"kit": kit, "at": datetime.now(UTC).isoformat()})

    def say_output(self, run: str, seq: int, stream: str, text: str) -> int:
        """Joins what is still waiting to be told, so that a talkative program is few pieces. Gives the next number."""
        last = self.output[-1] if self.output else None
        if last and last["run"] == run and last["stream"] == stream and len(last["text"]) < LONGEST_PIECE:
            last["text"] += text
            return seq
        self.output.append({"run": run, "seq": seq, "stream": stream, "text": text})
        return seq + 1

    def take(self) -> Snapshot:
        content = {"output": self.output, "ended": self.ended, "stopped": self.stopped}
        self.output, self.ended, self.stopped = [], [], []
        return content

    def __bool__(self) -> bool:
        return bool(self.output or self.ended or self.stopped)


class Uplink:
    """One session with the LMS, from the agent's start to its end."""

    def __init__(self, base_url: str, token: str, room: Room, outbox: Outbox) -> None:
        self.session = str(uuid.uuid4())
        self._room = room
        self._outbox = outbox
        self._up = Door(base_url, token)
        self._down = Door(base_url, token)
        self._seq = 0
        self._told: dict[str, Snapshot] = {}
        self._full_at = 0.0
        self._unacknowledged: Snapshot | None = None
        self._refused = False

    async def run(self) -> None:
        """Until cancelled. While the LMS is away the room goes on; nothing that happened is lost."""
        try:
            await asyncio.gather(self._send_frames(), self._fetch_commands())
        finally:
            self._down.close()

    async def last_words(self, seconds: float = 1.0) -> None:
        """At the end: one attempt to say what was stopped."""
        try:
            async with asyncio.timeout(seconds):
                if self._unacknowledged:
                    await self._send(self._unacknowledged)
                if frame := self._next_frame(full=True):
                    await self._send(frame)
        except (DoorClosed, TokenRefused, TimeoutError):
            log.warning("The LMS could not be told that this agent ends.")
        finally:
            self._up.close()

    async def _send_frames(self) -> None:
        delay = BACK_OFF_FROM
        while True:
            frame = self._unacknowledged or self._next_frame(full=time.monotonic() >= self._full_at)
            if frame is None:
                await asyncio.sleep(FRAME_EVERY)
                continue
            self._unacknowledged = frame
            started = time.monotonic()
            try:
                await self._send(frame)
            except (DoorClosed, TokenRefused) as fault:
                delay = await self._back_off(fault, delay)
                continue
            self._recover()
            delay = BACK_OFF_FROM
            await asyncio.sleep(max(0.0, FRAME_EVERY - (time.monotonic() - started)))

    def _next_frame(self, *, full: bool) -> Snapshot | None:
        now = {kit["kit"]: kit for kit in self._room.snapshots()}
        changed = [kit for key, kit in now.items() if full or self._told.get(key) != kit]
        if not (changed or full or self._outbox):
            return None
        self._seq += 1
        self._told = now
        if full:
            self._full_at = time.monotonic() + FULL_FRAME_EVERY
        return {"session": self.session, "seq": self._seq, "kits": changed, **self._outbox.take()}

    async def _send(self, frame: Snapshot) -> None:
        """A frame that was not acknowledged goes again as it was: the LMS drops a number that it has."""
        try:
            await self._up.ask("POST", "/kits/agent/frames", frame, seconds=10.0)
        except WordRefused as fault:
            log.error("The LMS refuses what this agent says (%s). That word is left out.", fault)
        self._unacknowledged = None

    async def _fetch_commands(self) -> None:
        after, delay = 0, BACK_OFF_FROM
        while True:
            path = f"/kits/agent/commands?session={self.session}&after={after}&wait={WAIT}"
            asked = time.monotonic()
            try:
                answer = await self._down.ask("GET", path, None, seconds=WAIT + 10.0)
            except (DoorClosed, TokenRefused, WordRefused) as fault:
                delay = await self._back_off(fault, delay)
                continue
            delay = BACK_OFF_FROM
            before = after
            for raw in answer.get("commands") or []:
                after = self._take(raw, after)
            if after == before:
                await asyncio.sleep(_pause(answer.get("pause"), time.monotonic() - asked))

    def _take(self, raw: Any, after: int) -> int:
        """Obeys an order that is new, and gives the number of the last one."""
        number = raw.get("n") if isinstance(raw, dict) else None
        if not isinstance(number, int):
            log.warning("The LMS sent an order without a number.")
            return after
        if number <= after:
            return after
        try:
            self._room.obey(orders.read(raw))
        except ValueError as fault:
            log.warning("%s", fault)
        return number

    def _recover(self) -> None:
        if self._refused:
            log.info("The LMS takes this agent's token again.")
        self._refused = False

    async def _back_off(self, fault: DoorClosed | TokenRefused | WordRefused, delay: float) -> float:
        """Waits, and gives the next delay. Half of it is chance, so that 176 rooms do not come back at once."""
        if isinstance(fault, TokenRefused):
            if not self._refused:
                log.error("The LMS refuses this agent's token. Kits go on; ask the operator for a new token.")
            self._refused = True
            delay = BACK_OFF_REFUSED
        else:
            log.warning("The LMS is away (%s). Kits go on.", fault)
        await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, guards nothing
        return min(BACK_OFF_TO, delay * 2)


def _pause(wanted: Any, took: float) -> float:
    """Seconds to the next question after an answer without orders: as long as the LMS wants us to pause, or none.

    An LMS that does not hold the question (it answered within ``took`` seconds) is not asked in a circle.
    """
    if isinstance(wanted, int | float) and wanted > 0:
        return min(float(wanted), LONGEST_PAUSE)
    return BACK_OFF_FROM if took < SHORTEST_WAIT else 0.0
