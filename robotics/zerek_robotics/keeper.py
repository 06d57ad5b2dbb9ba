"""Keeps one kit through a lesson: finds it, wakes it, runs programs on it, and takes it back when its cable returns."""

import asyncio
import logging
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from zerek_robotics.chassis import Chassis
from zerek_robotics.errors import KitNotReady, Language, LineRefused, RobotError, Stopped
from zerek_robotics.kit import Kit
from zerek_robotics.ports import Place
from zerek_robotics.profiles import Profile
from zerek_robotics.program import End, Program

log = logging.getLogger("zerek_robotics.keeper")
BACK_OFF = (0.5, 1.0, 2.0)
LONGEST_NAME = 120  # characters; a board can claim any name


class State(StrEnum):
    ABSENT = "absent"
    SEEN = "seen"
    BOOTING = "booting"
    READY = "ready"
    RUNNING = "running"
    LOST = "lost"


MOVES = {
    State.ABSENT: {State.SEEN},
    State.SEEN: {State.BOOTING, State.ABSENT},
    State.BOOTING: {State.READY, State.LOST, State.ABSENT},
    State.READY: {State.RUNNING, State.LOST},
    State.RUNNING: {State.READY, State.LOST},
    State.LOST: {State.SEEN, State.ABSENT},
}


class Keeper:
    """One kit, named by its key. `place` moves with the kit; None while it is nowhere."""

    def __init__(self, place: Place, profile: Profile, language: Language) -> None:
        self.key, self.name, self.profile = place.key, place.name, profile
        self.state = State.ABSENT
        self.last_word = ""
        self.held = False
        self.losses = 0
        self._language = language
        self._place: Place | None = place
        self._moved = asyncio.Event()
        self._chassis: Chassis | None = None
        self._firmware = ""
        self._program: Program | None = None
        self._run: asyncio.Task[None] | None = None

    def seen_at(self, place: Place | None) -> None:
        """What the port scan says: where the kit is now, or that it is nowhere."""
        self._place = place
        self._moved.set()

    async def keep(self) -> None:
        """Until cancelled; then the kit is stopped and let go."""
        failures = 0
        while True:
            if self._place is None:
                self._become(State.ABSENT)
                self._moved.clear()
                await self._moved.wait()
                continue
            self._become(State.SEEN)
            failures = 0 if await self._attend(self._place) else failures + 1
            await asyncio.sleep(BACK_OFF[min(max(0, failures - 1), len(BACK_OFF) - 1)])

    async def _attend(self, place: Place) -> bool:
        """From the opening of the line to its loss. True when the kit was ready in between."""
        self._become(State.BOOTING)
        try:
            kit = await Kit.open(place.url, self.profile)
        except RobotError as fault:
            self._complain(fault)
            gone = isinstance(fault, LineRefused)
            self._become(State.ABSENT if gone else State.LOST)
            return False
        self._chassis = Chassis(kit)
        self._chassis.held = self.held
        self._firmware = str(kit.firmware or "")[:LONGEST_NAME]
        self.last_word = ""
        self._become(State.READY)
        try:
            self._complain(await asyncio.shield(kit.lost))
            self.losses += 1
            self._become(State.LOST)
        finally:
            self.stop()
            kit.close()
            if self._run:
                await asyncio.wait({self._run})
            self._chassis = None
        return True

    def _become(self, state: State) -> None:
        if state is self.state:
            return
        if state not in MOVES[self.state]:
            raise RuntimeError(f"a kit does not go from {self.state} to {state}")
        log.info("%s: %s", self.name, state)
        self.state = state

    def _complain(self, fault: RobotError) -> None:
        self.last_word = fault.in_language(self._language)
        log.warning("%s: %s", self.name, fault.in_language("en"))

    def start(
        self,
        source: str,
        language: Language,
        seconds: float,
        tell: Callable[[str, str], None],
        ended: Callable[[End], None],
    ) -> None:
        """Starts a program on this kit. Raises KitNotReady or Stopped."""
        if self.held:
            raise Stopped()
        if self.state is not State.READY or self._chassis is None:
            raise KitNotReady(state=self.state)
        self._become(State.RUNNING)
        program = Program(source, self._chassis, tell, language=language, seconds=seconds)
        self._program = program

        async def run() -> None:
            try:
                end = await program.run()
                ended(end)
                self.last_word = end.detail
            finally:
                self._program = self._run = None
                if self.state is State.RUNNING:
                    self._become(State.READY)

        self._run = asyncio.create_task(run())

    def stop(self) -> None:
        """Wheels first, then the program; both are done when this returns."""
        if self._chassis:
            self._chassis.halt()
        if self._program:
            self._program.stop()

    def hold(self) -> None:
        """Stop, and no motion until `release`."""
        self.held = True
        if self._chassis:
            self._chassis.held = True
        self.stop()

    def release(self) -> None:
        self.held = False
        if self._chassis:
            self._chassis.held = False

    def snapshot(self) -> dict[str, Any]:
        """The kit as the LMS is told of it."""
        chassis = self._chassis
        state = State.BOOTING if self.state is State.SEEN else self.state
        return {
            "kit": self.key,
            "name": self.name,
            "profile": self.profile.name,
            "state": str(state),
            "firmware": self._firmware,
            # StandardFirmata never stops a motor by itself, and this agent knows no firmware yet that does.
            "on_board_stop": False,
            "battery_mv": chassis.last_battery() if chassis else None,
            "supply": self.profile.supply,
            "last_word": self.last_word,
            "telemetry": {
                "distance_cm": chassis.last_distance(),
                "left": round(chassis.left, 2),
                "right": round(chassis.right, 2),
                "led": chassis.lit,
            }
            if chassis
            else {},
        }
