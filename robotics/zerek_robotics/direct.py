"""The way of a program that holds the line itself (a notebook, a teacher's own computer): a loop in a thread."""

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from zerek_robotics import profiles
from zerek_robotics.chassis import Chassis
from zerek_robotics.kit import Kit

Result = TypeVar("Result")


class DirectWay:
    """Opens the kit at `url`; ZEREK_PROFILE names its profile. The kit is stopped when the program ends, too."""

    def __init__(self, url: str) -> None:
        profile = profiles.load(os.environ.get("ZEREK_PROFILE", "uno-chassis"))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="robot", daemon=True)
        self._thread.start()
        self._open = True
        try:
            self._chassis = Chassis(self._do(Kit.open(url, profile)))
        except BaseException:
            self._end()
            raise
        atexit.register(self.close)

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C while driving: the command ends, and with it the motion
            raise

    def call(self, verb: str, **arguments: object) -> float | bool | str | None:
        return self._do(self._chassis.obey(verb, arguments))

    def close(self) -> None:
        if self._open:
            atexit.unregister(self.close)
            self._do(self._close())
            self._end()

    async def _close(self) -> None:
        self._chassis.kit.close()

    def _end(self) -> None:
        self._open = False
        self._do(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
