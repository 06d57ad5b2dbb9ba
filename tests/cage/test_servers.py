"""A cage for a notebook server: a home, the Hub's port, one port of its own, and an end when the Hub says so."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from zerek.cage import landlock
from zerek.cage.limits import Limits
from zerek.cage.run import clean_environment, enter_command
from zerek.cage.spec import NOBODY, Cage, Network

SERVER = """
import socket, sys
port, hub, other = map(int, sys.argv[1:])
with open("notebook.txt", "w") as file:
    file.write("saved")
def attempt(deed):
    try:
        deed()
        return "reached"
    except OSError:
        return "denied"
words = [attempt(lambda: socket.create_connection(("127.0.0.1", p), 5)) for p in (hub, other)]
words.append(attempt(lambda: socket.socket().bind(("127.0.0.1", other + 1))))
server = socket.create_server(("127.0.0.1", port))
print("ready", *words, flush=True)
while True:
    server.accept()[0].sendall(b"hello")
"""

NO_LIMIT = Limits(cpu_seconds=None, wall_seconds=None, memory_total=None)


@pytest.fixture
def home(street: Path) -> Path:
    place = street / "p1042"
    place.mkdir()
    if os.geteuid() == 0:
        os.chown(place, NOBODY, NOBODY)
    return place


@pytest.fixture
def hub() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def start(home: Path, port: int, hub: int, other: int) -> subprocess.Popen[str]:
    cage = Cage(writable=(home,), network=Network(connect=(hub,), bind=(port,)), limits=NO_LIMIT)
    command = enter_command(cage, ["python", "-I", "-c", SERVER, str(port), str(hub), str(other)])
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment(home))


def test_a_server_reaches_the_hub_and_is_reached_and_nothing_else(home: Path, hub: socket.socket) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = start(home, port, hub.getsockname()[1], other.getsockname()[1])
        try:
            assert server.stdout is not None
            words = server.stdout.readline().split()
            assert words[:2] == ["ready", "reached"]
            if landlock.abi() >= 4:
                assert words[2:] == ["denied", "denied"]
            with socket.create_connection(("127.0.0.1", port), 5) as line:
                assert line.recv(5) == b"hello"
            assert (home / "notebook.txt").read_text() == "saved"
        finally:
            server.terminate()
            assert server.wait(10) == 128 + signal.SIGTERM
            server.communicate()
    assert not listening(port)


def test_a_server_whose_keeper_is_killed_does_not_live_on(home: Path, hub: socket.socket) -> None:
    port = free_port()
    server = start(home, port, hub.getsockname()[1], port)
    assert server.stdout is not None
    assert server.stdout.readline().startswith("ready")
    server.kill()
    server.communicate()
    deadline = time.monotonic() + 5
    while listening(port) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not listening(port)


def test_a_program_that_is_not_there_is_told_of(home: Path) -> None:
    command = enter_command(Cage(writable=(home,)), ["/no/such/program"])
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 125
    assert "The cage could not be entered: FileNotFoundError" in done.stderr


def listening(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
