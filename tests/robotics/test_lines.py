"""The line: opened by its address, and however it goes, it is one LineLost."""

import asyncio
import contextlib
import os
import socket
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zerek_robotics.errors import LineLost, LineRefused
from zerek_robotics.lines import Line, open_line


class Cable:
    """A pseudo-terminal whose far end the test holds."""

    def __init__(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        self._ends = [self.master, slave]

    def unplug(self) -> None:
        while self._ends:
            os.close(self._ends.pop())


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable()
    yield cable
    cable.unplug()


class Ear:
    """Listens to a line and remembers."""

    def __init__(self, line: Line) -> None:
        self.heard = b""
        self.losses: list[LineLost] = []
        line.listen(self._hear, self.losses.append)

    def _hear(self, data: bytes) -> None:
        self.heard += data

    async def until(self, what: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not what():
                await asyncio.sleep(0.005)


async def test_bytes_go_both_ways_over_a_port(cable: Cable) -> None:
    line = open_line(cable.port)
    ear = Ear(line)
    line.write(b"\xf9")
    os.write(cable.master, b"\xf9\x02\x05")
    await ear.until(lambda: ear.heard == b"\xf9\x02\x05")
    assert os.read(cable.master, 10) == b"\xf9"
    line.close()


async def test_a_cable_pulled_while_listening_is_told_once(cable: Cable) -> None:
    line = open_line(cable.port)
    ear = Ear(line)
    cable.unplug()
    await ear.until(lambda: ear.losses)
    with pytest.raises(LineLost):
        line.write(b"\xff")
    await asyncio.sleep(0.05)
    assert len(ear.losses) == 1
    assert cable.port in ear.losses[0].in_language("kk")
    line.close()


async def test_a_cable_pulled_before_a_write_is_the_same_loss(cable: Cable) -> None:
    line = open_line(cable.port)
    ear = Ear(line)
    cable.unplug()
    with pytest.raises(LineLost):  # the loop has had no chance to see it yet
        line.write(b"\xff")
    await asyncio.sleep(0.05)
    assert len(ear.losses) == 1


async def test_a_cable_pulled_with_words_still_waiting_to_be_sent_is_the_same_loss(cable: Cable) -> None:
    line = open_line(cable.port)
    ear = Ear(line)
    for _ in range(40):
        line.write(b"\x90\x01\x00" * 300)  # nobody reads at the other end
    cable.unplug()
    await ear.until(lambda: ear.losses)
    assert len(ear.losses) == 1


async def test_a_device_that_does_not_read_cannot_hold_up_a_stop(cable: Cable) -> None:
    line = open_line(cable.port)
    ear = Ear(line)
    for _ in range(40):
        line.write(b"\x90\x01\x00" * 300)
    line.write(b"\xe5\x00\x00", urgent=True)
    received = b""
    os.set_blocking(cable.master, False)
    async with asyncio.timeout(5):
        while not received.endswith(b"\xe5\x00\x00"):
            with contextlib.suppress(BlockingIOError):
                received += os.read(cable.master, 65536)
            await asyncio.sleep(0)
    assert len(received) < 30_000  # what the system had taken already, and then the stop
    assert not ear.losses
    line.close()


async def test_a_socket_is_a_line_too_and_its_end_a_loss() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(peer.recv(10)[::-1])
                peer.recv(10)

        thread = threading.Thread(target=serve)
        thread.start()
        line = await asyncio.to_thread(open_line, f"socket://127.0.0.1:{server.getsockname()[1]}")
        ear = Ear(line)
        line.write(b"ab")
        await ear.until(lambda: ear.heard == b"ba")
        line.write(b"bye")
        await ear.until(lambda: ear.losses)
        thread.join()
        line.close()
    assert len(ear.losses) == 1


async def test_loop_gives_back_what_was_written() -> None:
    line = open_line("loop://")
    ear = Ear(line)
    line.write(b"\xf9\x02\x05")
    await ear.until(lambda: ear.heard == b"\xf9\x02\x05")
    line.close()
    assert not ear.losses


async def test_a_port_in_use_is_refused_to_a_second_program_and_free_afterwards(cable: Cable) -> None:
    line = open_line(cable.port)
    with pytest.raises(LineRefused):
        open_line(cable.port)
    line.close()
    open_line(cable.port).close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("/dev/no-such-port", "no such file or directory"),
        ("socket://127.0.0.1:1", "refused"),
        ("carrier-pigeon://roof", "carrier-pigeon"),
        ("sim://moon", "moon?"),
        ("sim://world?sead=7", "sead?"),
        ("sim://world?profile=none", "no such profile"),
        ("sim://world?start=here", "here"),
        ("sim://world?seed=lots", "lots"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_with_its_reason(url: str, said: str) -> None:
    with pytest.raises(LineRefused) as refused:
        open_line(url)
    assert said in refused.value.in_language("en").lower()


async def test_a_simulated_kit_leaves_no_process_and_no_file_behind() -> None:
    line = await asyncio.to_thread(open_line, "sim://world?seed=7")
    ear = Ear(line)
    line.write(b"\xf9")
    await ear.until(lambda: b"\xf9\x02\x05" in ear.heard)
    simulation = line._simulation  # type: ignore[attr-defined]
    line.close()
    assert simulation.process.returncode is not None
    assert not Path(simulation.port).parent.exists()
