"""The device program of a simulated kit: StandardFirmata's conversation on a pseudo-terminal, wheels in a small world.

`python -m zerek_robotics.simulator --pty-link PATH` makes PATH a link to a port that pyserial can open. It is a
process of its own, so that a line to it is a real line: it can be slow, be killed and be unplugged.
"""

import argparse
import contextlib
import errno
import json
import math
import os
import select
import signal
import sys
import time
import tty
from pathlib import Path
from types import FrameType

from zerek_robotics import profiles
from zerek_robotics.board import Board, uno_pins
from zerek_robotics.errors import ProfileFault
from zerek_robotics.profiles import Gauge, Profile
from zerek_robotics.world import STEP, Chassis, World

RECORD_EVERY = 0.05


class Device:
    """Board and world together: pins drive the wheels, the world feeds the analog inputs."""

    def __init__(self, profile: Profile, world: World) -> None:
        self.profile = profile
        self.world = world
        self.board = Board(uno_pins(), self._read_analog)
        self._behind = 0.0

    def advance(self, seconds: float) -> None:
        """Lets the world run on with the outputs as they are."""
        self._behind += seconds
        steps = int(self._behind / STEP)
        self._behind -= steps * STEP
        for _ in range(steps):
            self.world.step()

    def receive(self, data: bytes) -> bytes:
        answer = self.board.receive(data)
        if drive := self.profile.drive:
            values = self.board.values
            self.world.left, self.world.right = (
                values[motor.pwm] / 255 * (values[motor.forward] - values[motor.backward])
                for motor in (drive.left, drive.right)
            )
        return answer

    def _read_analog(self, channel: int) -> int:
        pin = channel + 14
        for gauge, value in (
            (self.profile.distance, self.world.distance),
            (self.profile.battery, self._battery),
        ):
            if gauge and gauge.pin == pin:
                return _to_steps(value(), gauge)
        return 0

    def _battery(self) -> float:
        return self.world.battery_mv

    def state(self) -> dict[str, float | bool | int]:
        """One line of a recording: cm, degrees, duties."""
        world = self.world
        lit = self.profile.led is not None and bool(self.board.values[self.profile.led])
        return {
            "t": round(world.time, 3), "x": round(world.x, 2), "y": round(world.y, 2),
            "heading": round(math.degrees(world.heading), 2), "left": round(world.left, 3),
            "right": round(world.right, 3), "led": lit, "bumps": world.bumps,
        }  # fmt: skip


def _to_steps(value: float, gauge: Gauge) -> int:
    return max(0, min(1023, round(value / gauge.per_step)))


def serve(device: Device, master: int, leash: int | None, boot: float, record: Path | None) -> None:
    """Runs until the leash (a pipe held by whoever started the kit) is let go, or the process is told to end."""
    last = time.monotonic()
    next_sample = next_record = last + boot
    booting = True
    recording = record.open("a", buffering=1) if record else None
    watched = [master] if leash is None else [master, leash]
    while True:
        now = time.monotonic()
        wake = min(next_sample, next_record) if recording else next_sample
        ready = select.select(watched, [], [], max(0.0, wake - now))[0]
        now, elapsed = time.monotonic(), time.monotonic() - last
        last = now
        if leash in ready and not os.read(leash or 0, 1024):
            return
        device.advance(elapsed)
        heard = _read(master) if master in ready else b""
        if booting and now >= next_sample:
            booting = False
            _say(master, device.board.greeting())
        if heard and not booting:
            _say(master, device.receive(heard))
        if now >= next_sample:
            next_sample = max(next_sample + device.board.interval, now)
            _say(master, device.board.sample())
        if recording and now >= next_record:
            next_record = now + RECORD_EVERY
            recording.write(json.dumps(device.state()) + "\n")


def _read(master: int) -> bytes:
    try:
        return os.read(master, 4096)
    except OSError as fault:
        if fault.errno in (errno.EIO, errno.EAGAIN):
            return b""
        raise


def _say(master: int, data: bytes) -> None:
    """A UART does not wait for its listener: what the host does not take in time is gone."""
    try:
        if data:
            os.write(master, data)
    except BlockingIOError:
        pass


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m zerek_robotics.simulator", description=__doc__)
    parser.add_argument("--pty-link", type=Path, required=True, help="where to put the link to the port")
    parser.add_argument("--profile", default="uno-chassis")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", default="0,0,0", help="x cm, y cm, heading in degrees")
    parser.add_argument("--wall", type=float, default=200.0, help="x of the wall in cm")
    parser.add_argument("--noise", type=float, default=0.3, help="of the distance sensor, cm")
    parser.add_argument("--boot", type=float, default=0.05, help="seconds before it answers")
    parser.add_argument("--record", type=Path, help="append the path driven, as JSON lines")
    parser.add_argument("--leashed", action="store_true", help="end when standard input is closed")
    return parser.parse_args(words)


def _device(options: argparse.Namespace) -> Device:
    profile = profiles.load(options.profile)
    x, y, degrees = (float(number) for number in options.start.split(","))
    drive = profile.drive
    chassis = Chassis(drive.full_speed, drive.track) if drive else Chassis()
    world = World(options.seed, x, y, math.radians(degrees), options.wall, options.noise, chassis=chassis)
    return Device(profile, world)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def main(words: list[str] | None = None) -> int:
    options = _arguments(words)
    try:
        device = _device(options)
    except (ProfileFault, ValueError) as fault:
        print(fault, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    # The slave side stays open here, else the master would read EIO whenever no host is connected.
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    link: Path = options.pty_link
    link.symlink_to(os.ttyname(slave))
    try:
        serve(device, master, sys.stdin.fileno() if options.leashed else None, options.boot, options.record)
    finally:
        link.unlink(missing_ok=True)
        if options.leashed:
            with contextlib.suppress(OSError):  # made for this link; whoever made it may be gone
                link.parent.rmdir()
        os.close(slave)
    return 0


if __name__ == "__main__":
    sys.exit(main())
