"""The first and only trusted code in a pupil's process: puts up the walls, sets the limits, then runs the program.

Started by `python -I -S`, so it uses the standard library alone. Where the system has no walls to offer, the limits
below and the agent's hand on the whole process tree remain.
"""

import json
import os
import sys
import traceback
from types import ModuleType
from typing import NoReturn

from zerek_robotics import walls

# What a program may use is loaded before the walls stand: after that the library's own files cannot be read.
from zerek_robotics.errors import RobotError
from zerek_robotics.pipe import PipeWay
from zerek_robotics.processes import kill_descendants

OUT_OF_MEMORY = 77
NAME = "program.py"
READY = (PipeWay,)


def main() -> NoReturn:
    """argv: the limits as JSON. The program comes on standard input; its socket to the agent is inherited."""
    limits = json.loads(sys.argv[1])
    source = sys.stdin.buffer.read()
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    if sys.platform == "linux":
        c = walls.libc()
        walls.die_with_parent(c)
        walls.adopt_orphans(c)
        apart = walls.unshare(c)
        child = os.fork()
        if child:
            _wait(child)
        walls.die_with_parent(c)
        if apart:
            walls.close_the_disk(c, os.getcwd(), limits["disk"])
        walls.drop_powers(c)
        walls.hide_files(c, os.getcwd())
    _limit(limits)
    _run(source)


def _limit(limits: dict[str, int]) -> None:
    if sys.platform == "win32":
        return
    import resource

    wanted = {
        resource.RLIMIT_CPU: (limits["cpu"], limits["cpu"] + 1),
        resource.RLIMIT_AS: (limits["memory"], limits["memory"]),
        resource.RLIMIT_FSIZE: (limits["disk"], limits["disk"]),
        resource.RLIMIT_NOFILE: (64, 64),
        resource.RLIMIT_NPROC: (limits["processes"], limits["processes"]),
        resource.RLIMIT_CORE: (0, 0),
    }
    for kind, pair in wanted.items():
        resource.setrlimit(kind, pair)


def _wait(child: int) -> NoReturn:
    """The outer process only waits, takes everyone with it, and ends as the program ended."""
    while True:
        pid, status = os.wait()
        if pid == child:
            kill_descendants(os.getpid())
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _run(source: bytes) -> NoReturn:
    with open(NAME, "wb") as file:  # so that a traceback can show the line
        file.write(source)
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv[:] = [NAME]
    try:
        exec(compile(source, NAME, "exec"), module.__dict__)  # noqa: S102 - running the pupil's program is the point
    except MemoryError:
        print("MemoryError", file=sys.stderr)
        sys.exit(OUT_OF_MEMORY)
    except Exception as fault:
        print(explain(fault), file=sys.stderr)
        sys.exit(1)
    sys.exit(0)


def explain(fault: Exception) -> str:
    """The traceback of the pupil's own lines; the last line of a robot's fault is its sentence alone."""
    told = traceback.TracebackException.from_exception(fault)
    told.stack = traceback.StackSummary.from_list([frame for frame in told.stack if frame.filename == NAME])
    lines = list(told.format(chain=False))
    if isinstance(fault, RobotError):
        lines[-1] = str(fault)
    return "".join(lines).rstrip()
