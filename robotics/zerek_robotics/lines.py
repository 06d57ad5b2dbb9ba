"""Opens a kit's line by its address (a port, socket://, loop:// or sim://) and carries bytes; knows no protocol.

However a cable comes out (end of file, EIO on read or write, a hang-up, pyserial's own error), it is one LineLost,
told once.
"""

import asyncio
import contextlib
import errno
import os
import sys
import threading
from collections.abc import Callable
from typing import Protocol

import serial

from zerek_robotics.errors import LineLost, LineRefused
from zerek_robotics.simulated import Simulation, simulate

if sys.platform != "win32":
    import fcntl
    import termios

Hear = Callable[[bytes], None]
Lose = Callable[[LineLost], None]
MOST_WAITING = 16_384  # bytes that may wait for a slow line before the oldest command is given up


class Line(Protocol):
    """An open line inside a running asyncio loop."""

    url: str

    def listen(self, hear: Hear, lose: Lose) -> None: ...
    def write(self, data: bytes, *, urgent: bool = False) -> None:
        """Sends; an urgent message goes ahead of everything that still waits. Raises LineLost."""

    def close(self) -> None: ...


def open_line(url: str, bauds: int = 57600) -> Line:
    """Opens the line (may take some 0.1 s, so not inside a loop). Raises LineRefused."""
    simulation = simulate(url) if url.startswith("sim:") else None
    try:
        port = _open_port(simulation.port if simulation else url, url, bauds)
    except LineRefused:
        if simulation:
            simulation.close()
        raise
    if _descriptor(port) is None:
        return ThreadLine(url, port)
    return DescriptorLine(url, port, simulation)


def _open_port(address: str, url: str, bauds: int) -> serial.SerialBase:
    try:
        port = serial.serial_for_url(
            address, do_not_open=True, baudrate=bauds, timeout=0.1, write_timeout=1.0
        )
        if "://" not in address and os.name == "posix":
            port.exclusive = True
        port.open()
        _claim(port, True)
    except (OSError, ValueError) as fault:
        raise LineRefused(line=url, reason=_reason(fault)) from fault
    return port


def _reason(fault: Exception) -> str:
    number = getattr(fault, "errno", None)
    return os.strerror(number).lower() if isinstance(number, int) and number else str(fault)


def _descriptor(port: serial.SerialBase) -> int | None:
    """The file descriptor that a selector can watch; None for loop:// and on Windows."""
    if os.name != "posix":
        return None
    try:
        return int(port.fileno())
    except (OSError, AttributeError):
        return None


def _claim(port: serial.SerialBase, claim: bool) -> None:
    """pyserial's lock is only advisory; TIOCEXCL makes the kernel refuse a second opener that is not root."""
    number = _descriptor(port)
    if sys.platform != "win32" and number is not None and os.isatty(number):
        fcntl.ioctl(number, termios.TIOCEXCL if claim else termios.TIOCNXCL)


class DescriptorLine:
    """A line that the loop itself watches: any number of kits in one thread."""

    def __init__(self, url: str, port: serial.SerialBase, simulation: Simulation | None = None) -> None:
        self.url = url
        self._port = port
        self._fd = int(port.fileno())
        self._simulation = simulation
        self._waiting = bytearray()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lose: Lose | None = None
        self._hear: Hear | None = None
        self._open = True

    def listen(self, hear: Hear, lose: Lose) -> None:
        self._hear, self._lose = hear, lose
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
        elif self._hear:
            self._hear(data)

    def write(self, data: bytes, *, urgent: bool = False) -> None:
        if not self._open:
            raise LineLost(line=self.url)
        if urgent or len(self._waiting) > MOST_WAITING:
            # A cut message does no harm: the next command byte starts anew.
            self._waiting.clear()
        self._waiting += data
        self._flush()
        if not self._open:
            raise LineLost(line=self.url)

    def _flush(self) -> None:
        try:
            sent = os.write(self._fd, self._waiting) if self._waiting else 0
        except OSError as fault:
            if fault.errno != errno.EAGAIN:
                self._lost()
                return
            sent = 0
        del self._waiting[:sent]
        if self._loop and self._waiting:
            self._loop.add_writer(self._fd, self._flush)
        elif self._loop:
            self._loop.remove_writer(self._fd)

    def _lost(self) -> None:
        if self._open:
            self.close()
            if self._lose:
                self._lose(LineLost(line=self.url))

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        if self._loop and not self._loop.is_closed():
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
        _close_port(self._port)
        if self._simulation:
            self._simulation.close()


class ThreadLine:
    """A line that no selector can watch: one reader thread posts to the loop."""

    def __init__(self, url: str, port: serial.SerialBase) -> None:
        self.url = url
        self._port = port
        self._open = True
        self._reader: threading.Thread | None = None

    def listen(self, hear: Hear, lose: Lose) -> None:
        loop = asyncio.get_running_loop()

        def post(call: Callable[[], None]) -> None:
            if self._open and not loop.is_closed():
                loop.call_soon_threadsafe(call)

        def read() -> None:
            while self._open:
                try:
                    data = bytes(self._port.read(max(1, getattr(self._port, "in_waiting", 0))))
                except (
                    OSError,
                    TypeError,
                    AttributeError,
                ):  # pyserial closes its handles under a reading thread
                    post(lambda: lose(LineLost(line=self.url)))
                    return
                if data:
                    post(lambda data=data: hear(data))  # type: ignore[misc]

        self._reader = threading.Thread(target=read, name=f"reader of {self.url}", daemon=True)
        self._reader.start()

    def write(self, data: bytes, *, urgent: bool = False) -> None:
        try:
            self._port.write(data)
        except OSError as fault:
            raise LineLost(line=self.url) from fault

    def close(self) -> None:
        if self._open:
            self._open = False
            if self._reader and self._reader is not threading.current_thread():
                self._reader.join(0.5)
            _close_port(self._port)


def _close_port(port: serial.SerialBase) -> None:
    with contextlib.suppress(OSError):  # where the port is gone it cannot be held any more
        _claim(port, False)
    with contextlib.suppress(OSError):
        port.close()
