"""A program for the tests: real StandardFirmata on a simulated ATmega328P behind a pseudo-terminal, in a small world.

`python atmega.py HEX LINK`. Its firmware is the one that schools have on their boards; nothing of ours answers here.
Pins drive the wheels of a World, the World feeds A0 (distance) and A1 (battery). It ends with its standard input.
yasimavr is GPL, so it stays in this process and out of the product.
"""

import os
import select
import sys
import time
import tty
from pathlib import Path

import yasimavr.lib.core as core
from yasimavr.device_library import load_device
from yasimavr.utils.uart import UART_IO

from zerek_robotics.world import World

HERTZ = 16_000_000
SLICE = 0.002  # seconds of the chip's time between two looks at the outside
PORTB, PORTD, TCCR0A, OCR0A, OCR0B = 0x25, 0x2B, 0x44, 0x47, 0x48
SUPPLY, CM_PER_STEP, MV_PER_STEP = 5.0, 0.3, 10


def flash_of(hex_file: Path) -> bytes:
    """The image inside an Intel hex file of at most 64 kB."""
    image = bytearray()
    for line in hex_file.read_text().split():
        count, address, kind = int(line[1:3], 16), int(line[3:7], 16), int(line[7:9], 16)
        if kind == 0:
            image.extend(b"\xff" * (address + count - len(image)))
            image[address : address + count] = bytes.fromhex(line[9 : 9 + 2 * count])
    return bytes(image)


class Chip:
    """An Uno's processor running the image."""

    def __init__(self, image: bytes) -> None:
        firmware = core.Firmware()
        block = core.Firmware.block_view_t()
        block.bytes = image
        block.base = 0
        firmware.add_block(core.Firmware.Area.Flash, block)
        firmware.frequency, firmware.vcc, firmware.aref = HERTZ, SUPPLY, 1.0
        self.device = load_device("atmega328p")
        self.loop = core.SimLoop(self.device)
        self.loop.set_fast_mode(True)
        self.device.load_firmware(firmware)
        self.uart = UART_IO(self.device, 0)
        self.probe = core.DeviceDebugProbe(self.device)
        self.pins = [self.device.find_pin(name) for name in ("PC0", "PC1")]

    def register(self, address: int) -> int:
        return bytes(self.probe.read_data(address, 1))[0]

    def duty(self, bit: int, compare: int, com: int) -> float:
        """Of a PWM pin of port D: by the timer when it is joined to the pin, else by the port."""
        if self.register(TCCR0A) & com:
            return self.register(compare) / 255
        return float(self.register(PORTD) >> bit & 1)

    def wheels(self) -> tuple[float, float]:
        low, high = self.register(PORTD), self.register(PORTB)
        left = self.duty(5, OCR0B, 0x20) * ((low >> 4 & 1) - (low >> 2 & 1))
        right = self.duty(6, OCR0A, 0x80) * ((low >> 7 & 1) - (high & 1))
        return left, right

    def feel(self, volts_of_full: tuple[float, float]) -> None:
        for pin, share in zip(self.pins, volts_of_full, strict=True):
            pin.set_external_state("A", min(1.0, share))


def main() -> None:
    chip, world = Chip(flash_of(Path(sys.argv[1]))), World(seed=7)
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    Path(sys.argv[2]).symlink_to(os.ttyname(slave))
    started, ran = time.monotonic(), 0.0
    while True:
        ahead = max(0.0, ran - (time.monotonic() - started))
        ready = select.select([master, sys.stdin], [], [], ahead)[0]
        if sys.stdin in ready and not sys.stdin.buffer.raw.read(1):  # type: ignore[attr-defined]
            return
        if master in ready:
            chip.uart.write(os.read(master, 4096))
        if ran - (time.monotonic() - started) > 0:
            continue
        chip.loop.run(int(SLICE * HERTZ))
        ran += SLICE
        world.left, world.right = chip.wheels()
        # The world goes by the clock on the wall, as real wheels do, even where this computer is slower than the chip.
        while world.time < time.monotonic() - started:
            world.step()
            chip.feel((world.distance() / CM_PER_STEP / 1024, world.battery_mv / MV_PER_STEP / 1024))
        if chip.uart.available():
            os.write(master, chip.uart.read(4096))


if __name__ == "__main__":
    main()
