"""Start a program as another user, or on a poorer kernel: `python without.py [--user N] [--calls 272,444] -- argv`.

The poorer kernel is a seccomp filter that answers "no such call", as an old kernel or a container does.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

from zerek.cage import syscalls

_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _NO_SUCH_CALL = 0x7FFF0000, 0x00050000 | 38


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def take_away(calls: list[int]) -> None:
    instructions = [struct.pack("HBBI", _LOAD, 0, 0, 0)]
    for number in calls:
        instructions.append(struct.pack("HBBI", _JUMP_IF_EQUAL, 0, 1, number))
        instructions.append(struct.pack("HBBI", _RETURN, 0, 0, _NO_SUCH_CALL))
    instructions.append(struct.pack("HBBI", _RETURN, 0, 0, _ALLOW))
    program = _Program(len(instructions), b"".join(instructions))
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    syscalls.checked(syscalls.LIBC.prctl(22, 2, ctypes.byref(program), 0, 0), "seccomp")


def become(user: int) -> None:
    """Root's interpreter may lie in root's home: a view of the files in which everybody may walk to it."""
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.mount("none", "/", None, 0x4000 | 0x40000)
    for prefix in {Path(sys.base_prefix), Path(sys.prefix)}:
        closed = [place for place in reversed(prefix.parents) if not place.stat().st_mode & 0o001]
        if closed:
            tree = syscalls.call(syscalls.OPEN_TREE, "open_tree", -100, os.fsencode(prefix), 1 | 0x8000)
            syscalls.mount("tmpfs", str(closed[0]), "tmpfs", 0, "size=1m,mode=755")
            prefix.mkdir(parents=True)
            syscalls.call(syscalls.MOVE_MOUNT, "move", tree, b"", -100, os.fsencode(prefix), 4)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def main(words: list[str]) -> None:
    divider = words.index("--")
    told = dict(zip(words[:divider:2], words[1:divider:2], strict=True))
    if "--user" in told:
        become(int(told["--user"]))
    if "--calls" in told:
        take_away([int(number) for number in told["--calls"].split(",")])
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    os.execvp(words[divider + 1], words[divider + 1 :])


if __name__ == "__main__":
    main(sys.argv[1:])
