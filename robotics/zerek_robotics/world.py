"""A simulated floor with one wall and a robot on two wheels: fixed steps, the same seed gives the same run.

Lengths are centimetres, angles radians (counter-clockwise), times seconds. The constants are frozen on purpose:
another step would give another path in the last digits.
"""

import math
import random
from dataclasses import dataclass, field

STEP = 0.01
FARTHEST = 300.0


@dataclass(frozen=True, slots=True)
class Chassis:
    """What the robot is built like. Speeds are of a wheel at full duty."""

    full_speed: float = 40.0
    track: float = 13.0
    front: float = 8.0  # from the axle to the bumper, where the distance sensor sits
    lag: float = 0.08  # time constant of a motor


@dataclass
class World:
    """The wall is the line x = `wall`. `left` and `right` are motor duties from -1 to 1."""

    seed: int = 1
    x: float = 0.0
    y: float = 0.0
    heading: float = 0.0
    wall: float = 200.0
    noise: float = 0.3  # standard deviation of one distance reading
    battery_mv: float = 7400.0
    chassis: Chassis = field(default_factory=Chassis)
    left: float = 0.0
    right: float = 0.0
    time: float = 0.0
    bumps: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - sensor noise, not a secret
        self._left_speed = self._right_speed = 0.0
        self._touching = False

    def advance(self, seconds: float) -> None:
        """Runs as many whole steps as fit; the rest is the caller's to keep."""
        for _ in range(int(seconds / STEP + 1e-9)):
            self.step()

    def step(self) -> None:
        body = self.chassis
        gain = 1 - math.exp(-STEP / body.lag)
        self._left_speed += (self.left * body.full_speed - self._left_speed) * gain
        self._right_speed += (self.right * body.full_speed - self._right_speed) * gain
        self.heading += (self._right_speed - self._left_speed) / body.track * STEP
        speed = (self._left_speed + self._right_speed) / 2
        self.x += speed * math.cos(self.heading) * STEP
        self.y += speed * math.sin(self.heading) * STEP
        self._keep_out_of_the_wall()
        self.battery_mv = max(
            6000.0, self.battery_mv - (0.2 + 2.0 * abs(self.left) + 2.0 * abs(self.right)) * STEP
        )
        self.time += STEP

    def _keep_out_of_the_wall(self) -> None:
        reach = self.x + self.chassis.front * max(0.0, math.cos(self.heading))
        touching = reach >= self.wall
        if touching:
            self.x -= reach - self.wall
        if touching and not self._touching:
            self.bumps += 1
        self._touching = touching

    def distance(self) -> float:
        """What the sensor says, in centimetres: along the nose to the wall, with noise; FARTHEST when it sees none."""
        ahead = math.cos(self.heading)
        if ahead < 0.05:
            return FARTHEST
        true = (self.wall - self.x) / ahead - self.chassis.front
        return min(FARTHEST, max(0.0, true + self._random.gauss(0.0, self.noise)))
