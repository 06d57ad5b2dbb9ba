"""Landlock: this process and what it starts may touch only the files and ports on a list.

Standard library only, so that it can be handed into a cage. Needs no privilege and cannot be undone. Rules
are for whole hierarchies: what is beneath a listed folder is allowed, and nothing beneath it can be taken
out again (`paths.without` splits folders for that). Rights by version of the interface (ABI): 1 files
(Linux 5.13), 2 rename across folders (5.19), 3 truncate (6.2), 4 TCP ports (6.7), 5 device ioctl (6.10),
6 abstract sockets and signals to outsiders (6.12).
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

# Relative: a copy of this file and of syscalls.py is handed into cages as a package of another name.
from .syscalls import LANDLOCK_ADD, LANDLOCK_CREATE, LANDLOCK_RESTRICT, PR_SET_NO_NEW_PRIVS, call, prctl

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
REFER, TRUNCATE, IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
# Remove a folder, a file; make a folder, a file, a socket, a pipe, a link. Device nodes (6, 11): nobody.
ENTRIES = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 12
ALL_OF_ABI_1 = (1 << 13) - 1
ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
READ = EXECUTE | READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | ENTRIES | REFER | TRUNCATE
DEVICE = READ_FILE | WRITE_FILE | READ_DIR | TRUNCATE | IOCTL_DEVICE

BIND_TCP, CONNECT_TCP = 1, 2
_NO_ABSTRACT_SOCKETS, _NO_SIGNALS = 1, 2
_PATH_BENEATH, _NET_PORT = 1, 2


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _NetPort(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def abi() -> int:
    """The version of the kernel's Landlock, 0 where there is none or it is switched off."""
    try:
        return call(LANDLOCK_CREATE, "landlock version", None, 0, 1)
    except OSError:
        return 0


def restrict(
    rights: Iterable[tuple[str, int]],
    *,
    connect: Iterable[int] | None = (),
    bind: Iterable[int] | None = (),
) -> None:
    """Close the calling thread in for good. Call it with one thread alive, just before exec.

    `rights` are paths with READ, WRITE, DEVICE or any union of rights; a path that does not exist is passed
    over, for nothing can be reached through it. `connect` and `bind` are the only TCP ports; None leaves
    that free. Rights this kernel does not know are left out: ask `abi()` what then holds. Raises OSError.
    """
    version = abi()
    known = (
        ALL_OF_ABI_1
        | _from(version, 2, REFER)
        | _from(version, 3, TRUNCATE)
        | _from(version, 5, IOCTL_DEVICE)
    )
    net = 0 if version < 4 else (connect is not None) * CONNECT_TCP | (bind is not None) * BIND_TCP
    scoped = _from(version, 6, _NO_ABSTRACT_SOCKETS | _NO_SIGNALS)
    size = 8 if version < 4 else 16 if version < 6 else 24
    wanted = _Ruleset(known, net, scoped)
    ruleset = call(LANDLOCK_CREATE, "landlock ruleset", ctypes.byref(wanted), size, 0)
    try:
        for path, allowed in rights:
            _allow_path(ruleset, path, allowed & known)
        for port in (connect or ()) if net & CONNECT_TCP else ():
            _allow_port(ruleset, port, CONNECT_TCP)
        for port in (bind or ()) if net & BIND_TCP else ():
            _allow_port(ruleset, port, BIND_TCP)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        call(LANDLOCK_RESTRICT, "landlock restrict", ruleset, 0)
    finally:
        os.close(ruleset)


def _from(version: int, since: int, rights: int) -> int:
    return rights if version >= since else 0


def _allow_path(ruleset: int, path: str, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            allowed &= ON_A_FILE
        rule = _PathBeneath(allowed, place)
        call(LANDLOCK_ADD, f"landlock rule for {path}", ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)


def _allow_port(ruleset: int, port: int, allowed: int) -> None:
    rule = _NetPort(allowed, port)
    call(LANDLOCK_ADD, f"landlock rule for port {port}", ruleset, _NET_PORT, ctypes.byref(rule), 0)
