"""The first and only trusted code in a pupil's process: shuts the doors, sets the limits, then runs the program.

Read by `python -I -S`, so it imports the standard library and nothing heavy. Where Linux lets it (user namespaces),
the program gets processes, network and a view of the disk of its own: nothing to write to but a small folder in
memory. Where not, the limits below and the agent's hand on the whole process tree remain.
"""

import ctypes
import json
import os
import signal
import struct
import sys
import traceback
from types import ModuleType
from typing import NoReturn

OUT_OF_MEMORY = 77
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
CAPABILITIES_V3 = 0x20080522


def main() -> NoReturn:
    """argv: the number of the socket to the agent, the limits as JSON. The program comes on standard input."""
    limits = json.loads(sys.argv[1])
    source = sys.stdin.buffer.read()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        walls = _unshare(libc)
        child = os.fork()
        if child:
            _wait(child)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if walls:
            _close_the_disk(libc, os.getcwd(), limits["disk"])
        _drop_powers(libc)
    _limit(limits)
    _run(source)


def _unshare(libc: ctypes.CDLL) -> bool:
    """Own users, processes, network and mounts. False where the system does not let us."""
    user, group = os.getuid(), os.getgid()
    everything = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC
    if libc.unshare(everything) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {user} 1"), ("gid_map", f"1000 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return True


def _close_the_disk(libc: ctypes.CDLL, folder: str, size: int) -> None:
    """All that is mounted becomes read-only; the working folder becomes a little memory; /proc shows our own processes."""
    libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    read_only = struct.pack("QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0)
    libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, read_only, len(read_only))
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    libc.mount(b"tmpfs", folder.encode(), b"tmpfs", flags, f"size={size},nr_inodes=256,mode=700".encode())
    libc.mount(b"proc", b"/proc", b"proc", flags, None)
    os.chdir(folder)


def _drop_powers(libc: ctypes.CDLL) -> None:
    """What the namespaces gave is taken away again, for good."""
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.capset(struct.pack("Ii", CAPABILITIES_V3, 0), struct.pack("IIIIII", *[0] * 6))


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
    """The outer process only waits, and ends as the program ended."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _run(source: bytes) -> NoReturn:
    name = "program.py"
    with open(name, "wb") as file:  # so that a traceback can show the line
        file.write(source)
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv[:] = [name]
    try:
        exec(compile(source, name, "exec"), module.__dict__)  # noqa: S102 - running the pupil's program is the point
    except MemoryError:
        print("MemoryError", file=sys.stderr)
        sys.exit(OUT_OF_MEMORY)
    except Exception as fault:
        trace = fault.__traceback__.tb_next if fault.__traceback__ else None
        traceback.print_exception(type(fault), fault, trace)
        sys.exit(1)
    sys.exit(0)
