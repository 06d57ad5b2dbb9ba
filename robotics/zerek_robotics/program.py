"""Runs a pupil's program beside its kit: a process in a jail, a socket for its commands, a stop at any end."""

import asyncio
import codecs
import json
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from zerek_robotics.chassis import Chassis
from zerek_robotics.endings import SENTENCES
from zerek_robotics.errors import Language, LineLost, RobotError, UnknownCommand
from zerek_robotics.jail import OUT_OF_MEMORY
from zerek_robotics.processes import descendants, kill_tree

_START = "import sys; sys.path.append(sys.argv.pop(1)); from zerek_robotics.jail import main; main()"
PACKAGE_FOLDER = str(Path(__file__).resolve().parent.parent)
LONGEST_COMMAND = 4096
LONGEST_SOURCE = 100_000
OUT_OF_PROCESSOR = (128 + 24, 128 + 9)  # SIGXCPU, or SIGKILL when the program ignored it


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, processor seconds, processes."""

    cpu: int = 20
    memory: int = 512 * 1024 * 1024
    disk: int = 4 * 1024 * 1024
    processes: int = 16
    output: int = 100_000


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended. `reason`: finished, stopped, failed, timeout, lost or limit."""

    reason: str
    detail: str
    exit: int | None = None


class Program:
    """One run. `tell(stream, text)` is called with the program's output as it comes."""

    def __init__(
        self,
        source: str,
        chassis: Chassis,
        tell: Callable[[str, str], None],
        *,
        language: Language = "kk",
        seconds: float = 60.0,
        limits: Limits | None = None,
    ) -> None:
        self._source = source
        self._chassis = chassis
        self._tell = tell
        self._language = language
        self._seconds = seconds
        self._limits = limits or Limits()
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._process: asyncio.subprocess.Process | None = None
        self._printed = 0
        self._last_complaint = ""

    def stop(self) -> None:
        """The kit first, then the program: both before this returns."""
        self._finish("stopped", "stopped")

    async def run(self) -> End:
        """Runs to whatever end. Whatever that is, the kit is stopped."""
        if len(self._source.encode()) > LONGEST_SOURCE:
            return End("limit", SENTENCES["size"][self._language])
        folder = tempfile.mkdtemp(prefix="zerek-run-")
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = await self._start(theirs, folder)
            return await self._watch(self._process, ours)
        finally:
            self._chassis.halt()
            if self._process:
                kill_tree(self._process.pid)
                await self._process.wait()
            ours.close()
            shutil.rmtree(folder, ignore_errors=True)

    async def _start(self, theirs: socket.socket, folder: str) -> asyncio.subprocess.Process:
        environment = {
            "ZEREK_KIT": f"agent:{theirs.fileno()}",
            "ZEREK_LANGUAGE": self._language,
            "LANG": "C.UTF-8",
            "HOME": folder,
        }
        limits = json.dumps(asdict(self._limits))
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-u", "-X", "utf8", "-c", _START, PACKAGE_FOLDER, limits),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=(theirs.fileno(),),
            cwd=folder,
            env=environment,
            start_new_session=True,
        )

    async def _watch(self, process: asyncio.subprocess.Process, ours: socket.socket) -> End:
        if not (process.stdin and process.stdout and process.stderr):
            raise RuntimeError("all three were asked for as pipes")
        process.stdin.write(self._source.encode())
        process.stdin.close()
        outputs = [
            asyncio.create_task(self._pass_on("stdout", process.stdout)),
            asyncio.create_task(self._pass_on("stderr", process.stderr)),
        ]
        helpers = [
            asyncio.create_task(self._serve(ours)),
            asyncio.create_task(self._count_processes(process.pid)),
            asyncio.create_task(self._wait(process, outputs)),
        ]
        lost = self._chassis.kit.lost
        lost.add_done_callback(self._line_lost)
        try:
            await asyncio.wait({self._end}, timeout=self._seconds)
            self._finish("timeout", "timeout")
            await asyncio.wait(outputs, timeout=1.0)
            return self._end.result()
        finally:
            lost.remove_done_callback(self._line_lost)
            for task in (*helpers, *outputs):
                task.cancel()
            await asyncio.gather(*helpers, *outputs, return_exceptions=True)

    def _finish(self, reason: str, sentence: str, code: int | None = None) -> None:
        """The first end counts. The kit is stopped before the program is, and both before anything else happens."""
        if self._end.done():
            return
        detail = SENTENCES[sentence][self._language].format(seconds=f"{self._seconds:g}")
        self._conclude(End(reason, detail, code))

    def _line_lost(self, lost: asyncio.Future[LineLost]) -> None:
        if not lost.cancelled():
            self._conclude(End("lost", lost.result().in_language(self._language)))

    def _conclude(self, end: End) -> None:
        if self._end.done():
            return
        self._end.set_result(end)
        self._chassis.halt()
        if self._process:
            kill_tree(self._process.pid)

    async def _wait(self, process: asyncio.subprocess.Process, outputs: Sequence[asyncio.Task[None]]) -> None:
        """When the program ends by itself: its last words first, then the end."""
        code = await process.wait()
        kill_tree(process.pid)
        await asyncio.wait(outputs, timeout=1.0)
        if code == 0:
            self._finish("finished", "finished", code)
        elif code == OUT_OF_MEMORY:
            self._finish("limit", "memory", code)
        elif code in OUT_OF_PROCESSOR:
            self._finish("limit", "cpu", code)
        else:
            self._conclude(End("failed", self._last_complaint, code))

    async def _pass_on(self, stream: str, source: asyncio.StreamReader) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while data := await source.read(16_384):
            room = self._limits.output - self._printed
            self._printed += len(data)
            text = decoder.decode(data[:room])
            if text and room > 0:
                self._tell(stream, text)
            if stream == "stderr":
                self._last_complaint = (text.strip().rpartition("\n")[2] or self._last_complaint)[:500]
            if self._printed > self._limits.output:
                self._finish("limit", "output")
                return

    async def _count_processes(self, pid: int) -> None:
        """The system's own limit does not bind a program whose agent runs as root."""
        while not self._end.done():
            if len(descendants(pid)) > self._limits.processes:
                self._finish("limit", "processes")
            await asyncio.sleep(0.2)

    async def _serve(self, ours: socket.socket) -> None:
        """Obeys the program's commands one by one; it cannot ask faster than it is answered."""
        reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST_COMMAND)
        try:
            while not self._end.done():
                answer = await self._answer(await reader.readuntil(b"\n"))
                writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
                await writer.drain()
        except asyncio.LimitOverrunError:
            self._finish("limit", "output")
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the program has closed its end: its commands are over
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            try:
                command = json.loads(line)
                verb, arguments = command["do"], command.get("with", {})
            except (ValueError, KeyError, TypeError, AttributeError) as fault:
                raise UnknownCommand(command=line.decode(errors="replace").strip()[:60]) from fault
            if not isinstance(verb, str) or not isinstance(arguments, dict):
                raise UnknownCommand(command=str(verb)[:60])
            return {"value": await self._chassis.obey(verb, arguments)}
        except RobotError as fault:
            return {"error": fault.in_language(self._language)}


async def standing_walls() -> dict[str, bool]:
    """Which walls this computer can put around a program; tried in a process of its own."""
    look = (
        "import json, sys; sys.path.append(sys.argv[1]); "
        "from zerek_robotics import walls; print(json.dumps(walls.around()))"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-c", look, PACKAGE_FOLDER),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    walls: dict[str, bool] = json.loads(said or b"{}")
    return walls
