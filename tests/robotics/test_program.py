"""A pupil's program beside its kit: obedient or hostile, it ends when it must, and the kit stands still afterwards."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from zerek_robotics import profiles
from zerek_robotics.chassis import Chassis
from zerek_robotics.kit import Kit
from zerek_robotics.program import End, Limits, Program

ROBOT = "from zerek_robotics import Robot\nrobot = Robot()\n"
RAW = "import os, socket\ns = socket.socket(fileno=int(os.environ['ZEREK_KIT'][6:]))\n"
DEAF = """
import signal, time
for number in range(1, 32):
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass
robot.forward()
while True:
    time.sleep(1)
"""
FLEE = """
import os, time
for n in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        time.sleep(60)
        os._exit(0)
print("fled")
"""
MULTIPLY = """
import os, time
for n in range(40):
    try:
        child = os.fork()
    except OSError:
        break
    if child == 0:
        break
time.sleep(30)
"""


@dataclass
class Bench:
    """A simulated kit, and what the programs on it print."""

    chassis: Chassis
    printed: dict[str, str] = field(default_factory=lambda: {"stdout": "", "stderr": ""})

    def program(
        self, source: str, seconds: float = 10.0, limits: Limits | None = None, language: str = "en"
    ) -> Program:
        def tell(stream: str, text: str) -> None:
            self.printed[stream] += text

        return Program(source, self.chassis, tell, language=language, seconds=seconds, limits=limits)  # type: ignore[arg-type]

    async def run(self, source: str, seconds: float = 10.0, limits: Limits | None = None) -> End:
        return await self.program(source, seconds, limits).run()

    async def is_still(self) -> bool:
        await asyncio.sleep(0.4)
        first = await self.chassis.distance()
        await asyncio.sleep(0.3)
        return (
            abs(await self.chassis.distance() - first) < 2.5 and self.chassis.left == self.chassis.right == 0
        )


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    async with await Kit.open("sim://world?seed=7&wall=300", profiles.load("uno-chassis")) as kit:
        yield Bench(Chassis(kit))


def processes_with(mark: str) -> list[int]:
    """All processes of this computer whose command line holds the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


async def test_a_program_drives_measures_and_prints_kazakh() -> None:
    async with bench() as room:
        end = await room.run(
            ROBOT + "a = robot.distance()\nrobot.forward(cm=10)\nprint('жүрдім', a - robot.distance())"
        )
        assert (end.reason, end.exit) == ("finished", 0)
        word, moved = room.printed["stdout"].split()
        assert word == "жүрдім"
        assert float(moved) == pytest.approx(10, abs=2)
        assert room.printed["stderr"] == ""


async def test_a_program_that_leaves_the_wheels_turning_leaves_a_still_kit() -> None:
    async with bench() as room:
        assert (await room.run(ROBOT + "robot.forward()")).reason == "finished"
        assert await room.is_still()


async def test_a_fault_shows_the_pupils_own_line_and_nothing_of_ours() -> None:
    async with bench() as room:
        end = await room.run("def half(x):\n    return x / 0\nprint(half(4))\n")
        assert (end.reason, end.exit) == ("failed", 1)
        assert end.detail == "ZeroDivisionError: division by zero"
        assert 'File "program.py", line 2, in half' in room.printed["stderr"]
        assert "jail" not in room.printed["stderr"]


async def test_a_syntax_error_is_shown_with_its_line() -> None:
    async with bench() as room:
        end = await room.run("x = 1\nif x = 2:\n    pass\n")
        assert end.reason == "failed"
        assert "line 2" in room.printed["stderr"]
        assert end.detail.startswith("SyntaxError")


async def test_a_robots_fault_is_a_sentence_in_the_language_of_the_run() -> None:
    async with bench() as room:
        end = await room.program(ROBOT + "robot.forward(cm=-5)", language="kk").run()
        assert end == End("failed", "cm мәні жарамсыз: -5. 0 мен 1000 аралығындағы сан керек.", 1)
        assert "line 3" in room.printed["stderr"]


async def test_stop_ends_program_and_motion_at_once() -> None:
    async with bench() as room:
        program = room.program(ROBOT + "robot.forward()\nwhile True: pass")
        running = asyncio.create_task(program.run())
        while not room.chassis.left:
            await asyncio.sleep(0.01)
        started = time.monotonic()
        program.stop()
        assert room.chassis.left == 0
        end = await running
        assert time.monotonic() - started < 0.3
        assert (end.reason, end.detail) == ("stopped", "The program was stopped.")
        assert await room.is_still()


async def test_time_is_up_for_a_program_that_ignores_signals() -> None:
    async with bench() as room:
        end = await room.run(ROBOT + DEAF, seconds=1.0)
        assert (end.reason, end.detail) == ("timeout", "The program's time is up: 1 s.")
        assert await room.is_still()


async def test_children_that_flee_into_sessions_of_their_own_die_with_the_program() -> None:
    async with bench() as room:
        end = await room.run(FLEE)
        assert end.reason == "finished"
        assert "fled" in room.printed["stdout"]
        await asyncio.sleep(0.1)
        assert processes_with("zerek_robotics.jail") == []


async def test_a_program_that_multiplies_is_ended() -> None:
    async with bench() as room:
        end = await room.run(MULTIPLY, seconds=5)
        assert end.reason in ("limit", "timeout")
        await asyncio.sleep(0.1)
        assert processes_with("zerek_robotics.jail") == []


async def test_endless_output_is_cut_and_the_program_ended() -> None:
    async with bench() as room:
        end = await room.run(ROBOT + "robot.forward()\nwhile True: print('ә' * 1000)")
        assert (end.reason, end.detail) == ("limit", "The program printed too much.")
        assert len(room.printed["stdout"].encode()) <= Limits().output
        assert await room.is_still()


async def test_memory_is_limited() -> None:
    async with bench() as room:
        end = await room.run("x = bytearray(2 * 1024 ** 3)")
        assert (end.reason, end.detail) == ("limit", "The program asked for too much memory.")


async def test_processor_time_is_limited() -> None:
    async with bench() as room:
        end = await room.run("while True: pass", limits=Limits(cpu=1))
        assert (end.reason, end.detail) == (
            "limit",
            "The program used too much processor time. Is there an endless loop?",
        )


async def test_a_flood_of_commands_does_not_keep_others_from_the_agent() -> None:
    async with bench() as room:
        running = asyncio.create_task(room.run(ROBOT + "while True: robot.led(True)", seconds=1.0))
        late = 0.0
        while not running.done():
            started = time.monotonic()
            await asyncio.sleep(0.01)
            late = max(late, time.monotonic() - started - 0.01)
        assert (await running).reason == "timeout"
        assert late < 0.3


@pytest.mark.parametrize(
    "words",
    [
        "b'rubbish\\n'",
        "b'[1, 2]\\n'",
        "b'{\"do\": 5}\\n'",
        'b\'{"do": "forward", "with": {"cm": null, "x": 1}}\\n\'',
    ],
)
async def test_rubbish_on_the_way_to_the_agent_is_answered_with_a_sentence(words: str) -> None:
    async with bench() as room:
        source = RAW + f"s.sendall({words})\nprint(s.recv(4096).decode())"
        assert (await room.run(source)).reason == "finished"
        assert "The robot knows no such command" in room.printed["stdout"]


async def test_a_command_without_end_is_not_waited_for() -> None:
    async with bench() as room:
        source = RAW + "while True: s.sendall(b'x' * 4096)"
        assert (await room.run(source, seconds=5)).reason in ("limit", "failed")


async def test_a_program_reaches_no_port_no_network_no_file_and_no_other_process() -> None:
    attempts = """
import os, socket
def attempt(name, do):
    try:
        print(name, "OPEN", do())
    except (OSError, ImportError) as fault:
        print(name, "closed")
attempt("passwd", lambda: open("/etc/passwd").read())
attempt("library", lambda: open(%r).read())
attempt("ports", lambda: os.listdir("/dev"))
attempt("processes", lambda: os.listdir("/proc"))
attempt("write", lambda: open("/var/tmp/pupil", "w"))
attempt("network", lambda: socket.create_connection(("127.0.0.1", %d), 1))
attempt("shell", lambda: os.execv("/bin/sh", ["sh", "-c", "echo OPEN"]))
attempt("kill", lambda: os.kill(%d, 0))
attempt("serial", lambda: __import__("serial"))
open("notes.csv", "w").write("t;cm")
print("own folder", open("notes.csv").read())
"""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        async with bench() as room:
            library = str(Path(profiles.__file__))
            await room.run(attempts % (library, server.getsockname()[1], os.getpid()))
    assert "OPEN" not in room.printed["stdout"]
    assert room.printed["stdout"].count("closed") == 9
    assert room.printed["stdout"].endswith("own folder t;cm\n")


async def test_a_program_cannot_fill_the_disk() -> None:
    async with bench() as room:
        fill = "for n in range(1000):\n    with open(f'f{n}', 'wb') as file: file.write(b'x' * 100_000)\n"
        end = await room.run(fill)
        assert end.reason == "failed"
        assert "No space left" in end.detail


async def test_a_lost_cable_ends_the_run_with_the_reason() -> None:
    async with bench() as room:
        running = asyncio.create_task(room.run(ROBOT + "robot.forward()\nwhile True: pass"))
        while not room.chassis.left:
            await asyncio.sleep(0.01)
        room.chassis.kit.line._simulation.process.kill()  # type: ignore[attr-defined]
        end = await asyncio.wait_for(running, 2.0)
        assert end.reason == "lost"
        assert "Check the cable" in end.detail


async def test_a_run_leaves_no_folder_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    async with bench() as room:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        await room.run("open('x', 'w').write('y')")
        assert list(tmp_path.iterdir()) == []
