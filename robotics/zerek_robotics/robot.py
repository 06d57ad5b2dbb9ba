"""What a pupil writes: `robot = Robot()`, `robot.forward(cm=50)`. Which kit that is, is not hers to say.

ZEREK_KIT says it: `agent:3` (a pipe to the classroom agent, set by the agent itself), or the address of a line.
Without it the robot is a simulated one.
"""

import os
import time
from types import TracebackType
from typing import Protocol, Self

from zerek_robotics.errors import NoKit

SIMULATED = "sim://world?seed=1"


class Way(Protocol):
    """The way from the program to its kit."""

    def call(self, verb: str, **arguments: object) -> float | bool | str | None: ...
    def close(self) -> None: ...


class Robot:
    """Blocking commands: each returns when it is done. Distances are centimetres, angles degrees clockwise."""

    def __init__(self) -> None:
        self._way = _way(os.environ.get("ZEREK_KIT", SIMULATED))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def forward(self, cm: float | None = None) -> None:
        """Drives forward so many centimetres. Without a distance it drives on until `stop()`."""
        self._way.call("forward", cm=cm)

    def backward(self, cm: float | None = None) -> None:
        """Drives backward; as `forward`."""
        self._way.call("backward", cm=cm)

    def turn(self, degrees: float) -> None:
        """Turns on the spot: 90 is a quarter to the right, -90 to the left."""
        self._way.call("turn", degrees=degrees)

    def motors(self, left: float, right: float) -> None:
        """Each wheel by itself, -100 to 100 percent, until told otherwise."""
        self._way.call("motors", left=left, right=right)

    def stop(self) -> None:
        """Stops the wheels."""
        self._way.call("stop")

    def distance(self) -> float:
        """Centimetres to the nearest thing ahead."""
        return float(self._way.call("distance") or 0.0)

    def led(self, on: bool = True) -> None:
        """Lights the LED, or puts it out."""
        self._way.call("led", on=bool(on))

    def battery(self) -> float:
        """The battery's volts."""
        return float(self._way.call("battery") or 0.0)

    def wait(self, seconds: float) -> None:
        """Lets time pass."""
        time.sleep(seconds)

    def close(self) -> None:
        """Stops the wheels and lets the kit go."""
        self._way.close()


def _way(address: str) -> Way:
    kind, _, rest = address.partition(":")
    if kind == "agent":
        from zerek_robotics.pipe import PipeWay

        if not rest.isdigit():
            raise NoKit(value=address)
        return PipeWay(int(rest))
    if not address:
        raise NoKit(value=address)
    from zerek_robotics.direct import DirectWay

    return DirectWay(address)
