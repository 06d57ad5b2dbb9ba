"""The agent on the classroom computer: all kits of a room in one loop, joined to the LMS; kits work on without it."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zerek_robotics import ports
from zerek_robotics.errors import KitNotReady, Language, RobotError
from zerek_robotics.keeper import Keeper
from zerek_robotics.orders import Order, Release, Run, Stop, StopAll
from zerek_robotics.ports import Identify, Place
from zerek_robotics.profiles import Profile
from zerek_robotics.program import End, standing_walls
from zerek_robotics.uplink import Outbox, Uplink

log = logging.getLogger("zerek_robotics.agent")
SCAN_EVERY = 0.5
REMEMBERED_RUNS = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """What this agent may touch, and whom it talks to. Without an LMS it only keeps the kits."""

    kits: Sequence[Place]
    patterns: Sequence[str]
    profile: Profile
    language: Language = "kk"
    lms: str | None = None
    token: str = ""
    identify: Identify = ports.identity_of_port


class Agent:
    """`await agent.run()` until cancelled; then every kit is stopped, reset and let go."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.keepers: dict[str, Keeper] = {}
        self.outbox = Outbox()
        self.held = False
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._walls: asyncio.Task[None]
        self._runs: dict[str, int] = {}  # run -> number of the next piece of output
        self.uplink = Uplink(plan.lms, plan.token, self, self.outbox) if plan.lms else None

    async def run(self) -> None:
        for place in self.plan.kits:
            self._take_in(place)
        self._walls = asyncio.create_task(self._look_at_walls())
        duties = [asyncio.create_task(self._scan())]
        if self.uplink:
            duties.append(asyncio.create_task(self.uplink.run()))
        try:
            await asyncio.gather(*duties)
        finally:
            await self._end(duties)

    async def _look_at_walls(self) -> None:
        """Says once what this computer cannot keep pupils' programs from."""
        missing = [name for name, stands in (await standing_walls()).items() if not stands]
        if missing:
            log.warning(
                "Pupils' programs run with limits only: this computer offers no %s.", ", ".join(missing)
            )

    async def _end(self, duties: list[asyncio.Task[None]]) -> None:
        self.stop_all()
        tasks = [self._walls, *duties, *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.uplink:
            await self.uplink.last_words()

    def _take_in(self, place: Place) -> None:
        if place.key in self.keepers:
            log.error("Two kits have the key %s; %s is left out.", place.key, place.url)
            return
        keeper = Keeper(place, self.plan.profile, self.plan.language)
        keeper.held = self.held
        self.keepers[place.key] = keeper
        self._tasks[place.key] = asyncio.create_task(keeper.keep(), name=f"kit {place.key}")

    async def _scan(self) -> None:
        """A port that comes becomes a kit; a kit whose port is gone waits for it, or for itself at another port."""
        named = {place.key for place in self.plan.kits}
        while True:
            there = {place.key: place for place in ports.places(self.plan.patterns, self.plan.identify)}
            for key, place in there.items():
                if key not in self.keepers:
                    self._take_in(place)
            for key, keeper in self.keepers.items():
                if key not in named:
                    keeper.seen_at(there.get(key))
            await asyncio.sleep(SCAN_EVERY)

    def snapshots(self) -> list[dict[str, Any]]:
        return [keeper.snapshot() for keeper in self.keepers.values()]

    def obey(self, order: Order) -> None:
        match order:
            case Run():
                self._start(order)
            case Stop(kit):
                self._stop(kit)
            case StopAll():
                self.stop_all()
            case Release():
                self.release()

    def stop_all(self) -> None:
        """All kits stop now and refuse to move until released."""
        self.held = True
        for keeper in self.keepers.values():
            keeper.hold()
        self.outbox.say_stopped(None)

    def release(self) -> None:
        self.held = False
        for keeper in self.keepers.values():
            keeper.release()

    def _stop(self, key: str) -> None:
        if keeper := self.keepers.get(key):
            keeper.stop()
            self.outbox.say_stopped(key)

    def _start(self, order: Run) -> None:
        run = order.run
        if run in self._runs:
            return  # the LMS repeats an order that it thinks was lost
        if len(self._runs) >= REMEMBERED_RUNS:
            self._runs.pop(next(iter(self._runs)))
        self._runs[run] = 0

        def tell(stream: str, text: str) -> None:
            self._runs[run] = self.outbox.say_output(run, self._runs[run], stream, text)

        def ended(end: End) -> None:
            self.outbox.ended.append(
                {"run": run, "reason": end.reason, "detail": end.detail, "exit": end.exit}
            )

        keeper = self.keepers.get(order.kit)
        try:
            if keeper is None:
                raise KitNotReady(state="absent")
            keeper.start(order.source, order.language, order.seconds, tell, ended)
        except RobotError as fault:
            ended(End("failed", fault.in_language(order.language)))
