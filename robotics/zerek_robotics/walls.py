"""The walls that Linux can put around a pupil's program: own namespaces, a list of what may be read, no powers.

Called in the pupil's process before a line of hers is run, by ctypes and plain system calls. Each wall stands by
itself; which of them this computer has, `around` tells.
"""

import ctypes
import os
import signal
import struct
import sys

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x0002_0000, 0x0800_0000, 0x1000_0000
CLONE_NEWPID, CLONE_NEWNET = 0x2000_0000, 0x4000_0000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
SYS_LANDLOCK_CREATE, SYS_LANDLOCK_ADD, SYS_LANDLOCK_RESTRICT, LANDLOCK_BENEATH = 444, 445, 446, 1
CAPABILITIES_V3 = 0x2008_0522

# Landlock's rights, first edition: 13 bits. Files may have fewer than folders.
ALL_RIGHTS, EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER = (1 << 13) - 1, 1, 2, 4, 8
READABLE = ("/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def unshare(c: ctypes.CDLL) -> bool:
    """Own users, processes, network and mounts for the children of this process. False where we may not."""
    user, group = os.getuid(), os.getgid()
    if c.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {user} 1"), ("gid_map", f"1000 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return True


def adopt_orphans(c: ctypes.CDLL) -> None:
    """Grandchildren whose parents die become ours, so that none gets out of sight."""
    c.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(c: ctypes.CDLL) -> None:
    c.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def close_the_disk(c: ctypes.CDLL, folder: str, size: int) -> None:
    """Needs `unshare`: every mount read-only, `folder` a little memory of `size` bytes, /proc only our own."""
    c.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    read_only = struct.pack("QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0)
    c.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, read_only, len(read_only))
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    c.mount(b"tmpfs", folder.encode(), b"tmpfs", flags, f"size={size},nr_inodes=256,mode=700".encode())
    c.mount(b"proc", b"/proc", b"proc", flags, None)
    os.chdir(folder)


def drop_powers(c: ctypes.CDLL) -> None:
    """What the namespaces gave is taken away again, for good."""
    c.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    c.capset(struct.pack("Ii", CAPABILITIES_V3, 0), struct.pack("IIIIII", *[0] * 6))


def hide_files(c: ctypes.CDLL, folder: str) -> bool:
    """Landlock: only the standard library and shared libraries can be read, only `folder` written.

    Needs `drop_powers`. False where the kernel has no Landlock.
    """
    rules = c.syscall(SYS_LANDLOCK_CREATE, struct.pack("Q", ALL_RIGHTS), ctypes.c_size_t(8), 0)
    if rules < 0:
        return False
    for path in (*READABLE, *_standard_library()):
        _allow(c, rules, path, READ_FILE | READ_FOLDER)
    for path in DEVICES:
        _allow(c, rules, path, READ_FILE | WRITE_FILE)
    _allow(c, rules, folder, ALL_RIGHTS & ~EXECUTE)
    standing = bool(c.syscall(SYS_LANDLOCK_RESTRICT, rules, 0) == 0)
    os.close(rules)
    return standing


def _standard_library() -> list[str]:
    """Entry by entry, without what was installed into it: that may be the platform itself, answers and all."""
    folder = os.path.dirname(os.__file__)
    return [entry.path for entry in os.scandir(folder) if not entry.name.endswith("-packages")]


def _allow(c: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):
        rights &= EXECUTE | WRITE_FILE | READ_FILE
    c.syscall(SYS_LANDLOCK_ADD, rules, LANDLOCK_BENEATH, struct.pack("=Qi", rights, place), 0)
    os.close(place)


def around() -> dict[str, bool]:
    """Tries the walls on this very process, which is of no more use afterwards: call it in a child."""
    if sys.platform != "linux":
        return {"namespaces": False, "files": False}
    c = libc()
    namespaces = unshare(c)
    drop_powers(c)
    return {"namespaces": namespaces, "files": hide_files(c, os.getcwd())}
