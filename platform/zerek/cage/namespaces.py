"""A root file system of its own that holds only what a cage shows, and identities inside a user namespace."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from zerek.cage import paths, syscalls
from zerek.cage.spec import Cage
from zerek.cage.syscalls import FSCONFIG, FSMOUNT, FSOPEN, MOUNT_SETATTR, MOVE_MOUNT, OPEN_TREE, call, mount

BASE = "/tmp"  # noqa: S108 - only a place to mount upon, inside our own mount namespace
_READ_ONLY, _NO_SETUID, _NO_DEVICES, _NO_EXEC = 1, 2, 4, 8
_MS_NO_SETUID, _MS_NO_DEVICES, _MS_NO_EXEC = 2, 4, 8
_MS_RECURSIVE_PRIVATE = 0x4000 | 0x40000
_HERE = -100
_CLONE, _CLOSE_ON_EXEC, _EMPTY_PATH, _RECURSIVE, _FROM_EMPTY_PATH = 1, os.O_CLOEXEC, 0x1000, 0x8000, 4
_SET_STRING, _CREATE = 1, 6


def become_ourselves(user: int, group: int) -> None:
    """In a user namespace just made: the ids are what they were, and nobody else exists."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def no_more_user_namespaces() -> None:
    """None beneath ours, where /proc lets us say so: they are the doorstep of many kernel faults."""
    with contextlib.suppress(OSError):
        Path("/proc/sys/user/max_user_namespaces").write_text("0")


def enter_root(cage: Cage, owner: int) -> None:
    """Make and enter the cage's root: called in a new mount and pid namespace, with the right to mount there.

    Everything is read-only but the private folders (/tmp, /dev/shm, the scratch folder), which belong to
    `owner` and share `limits.disk` bytes, and what is `writable`. Raises OSError; the process is then half
    inside and must end.
    """
    with contextlib.suppress(OSError):
        socket.sethostname("zerek")
    mount("none", "/", None, _MS_RECURSIVE_PRIVATE)
    masks = [(place, _empty_folder()) for place in _masked_folders(cage)]
    trees = [*_trees(cage), *masks]
    mount("tmpfs", BASE, "tmpfs", _MS_NO_SETUID | _MS_NO_DEVICES, "size=1m,mode=755")
    trees += _private_folders(cage, owner)
    for place, tree in sorted(trees, key=lambda entry: len(entry[0].parts)):
        _put(tree, place)
    _links(cage)
    _processes_and_terminals()
    for tree in (*(mask for _, mask in masks), os.open(BASE, os.O_PATH)):
        _attributes(tree, _READ_ONLY, _EMPTY_PATH)
    os.chdir(BASE)
    syscalls.pivot_root(".", ".")
    syscalls.unmount_lazily(".")
    os.chdir("/")


def _masked_folders(cage: Cage) -> Iterator[Path]:
    shown = [place.resolve() for place in cage.read_places()]
    for place in (path.resolve() for path in cage.hidden_places()):
        if place.is_dir() and any(place.is_relative_to(above) for above in shown):
            yield place


def _trees(cage: Cage) -> Iterator[tuple[Path, int]]:
    """Detached copies of what is to be seen, taken while the old root is still there."""
    shown = sorted({place.resolve() for place in cage.read_places() if place.exists()})
    for place in shown:
        yield place, _tree(place, _READ_ONLY | _NO_SETUID | _NO_DEVICES)
    for place in paths.DEVICES:
        yield place, _tree(place, _READ_ONLY | _NO_SETUID | _NO_EXEC)
    for place in (path.resolve() for path in cage.hidden_places() if path.is_file()):
        if any(place.is_relative_to(above) for above in shown):
            yield place, _tree(Path(os.devnull), _READ_ONLY | _NO_SETUID | _NO_EXEC)
    for place in cage.writable:
        yield place.resolve(strict=True), _tree(place, _NO_SETUID | _NO_DEVICES)


def _tree(place: Path, attributes: int) -> int:
    flags = _CLONE | _CLOSE_ON_EXEC | _RECURSIVE
    tree = call(OPEN_TREE, f"open_tree {place}", _HERE, os.fsencode(place), flags)
    _attributes(tree, attributes, _EMPTY_PATH | _RECURSIVE)
    return tree


def _empty_folder() -> int:
    """A file system with nothing in it, mounted nowhere yet; writable until all mounts upon it are made."""
    context = call(FSOPEN, "fsopen tmpfs", b"tmpfs", 1)
    try:
        call(FSCONFIG, "fsconfig", context, _SET_STRING, b"size", b"64k", 0)
        call(FSCONFIG, "fsconfig", context, _CREATE, None, None, 0)
        return call(FSMOUNT, "fsmount", context, 1, _NO_SETUID | _NO_DEVICES | _NO_EXEC)
    finally:
        os.close(context)


def _private_folders(cage: Cage, owner: int) -> list[tuple[Path, int]]:
    """One file system in memory for all that the program writes for itself: one size bounds the sum."""
    store = Path(BASE, ".private")
    store.mkdir()
    size = f"size={cage.limits.disk},nr_inodes=16384,mode=755"
    mount("tmpfs", str(store), "tmpfs", _MS_NO_SETUID | _MS_NO_DEVICES, size)
    places = {"tmp": Path("/tmp"), "shm": Path("/dev/shm")}  # noqa: S108 - inside the cage they are its own
    if cage.scratch:
        places["scratch"] = cage.scratch.resolve()
    made = []
    for name, place in places.items():
        (store / name).mkdir(mode=0o700)
        os.chown(store / name, owner, owner if os.geteuid() == 0 else -1)
        made.append((place, _tree(store / name, _NO_SETUID | _NO_DEVICES)))
    syscalls.unmount_lazily(str(store))
    store.rmdir()
    return made


def _put(tree: int, place: Path) -> None:
    target = Path(BASE, *place.parts[1:])
    if stat.S_ISDIR(os.fstat(tree).st_mode):
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    call(MOVE_MOUNT, f"move_mount {place}", tree, b"", _HERE, os.fsencode(target), _FROM_EMPTY_PATH)


def _links(cage: Cage) -> None:
    """/lib may be a link to usr/lib, an environment be named through a link: both names must lead there."""
    scratch = (cage.scratch,) if cage.scratch else ()
    for place in (*cage.read_places(), *cage.writable, *scratch):
        for link, says in paths.links_on_the_way(place):
            target = Path(BASE, *link.parts[1:])
            if not os.path.lexists(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(says)


def _processes_and_terminals() -> None:
    """/proc of our own pid namespace, and pseudo-terminals of our own; a container may forbid either.

    Nothing is shown then in their place: a cage without /proc is closer, not looser.
    """
    for name in ("proc", "dev/pts"):
        Path(BASE, name).mkdir(parents=True, exist_ok=True)
    for link, says in {"fd": "/proc/self/fd", "ptmx": "pts/ptmx"}.items():
        Path(BASE, "dev", link).symlink_to(says)
    flags = _MS_NO_SETUID | _MS_NO_EXEC
    with contextlib.suppress(OSError):
        mount("proc", f"{BASE}/proc", "proc", flags | _MS_NO_DEVICES)
    with contextlib.suppress(OSError):
        mount("devpts", f"{BASE}/dev/pts", "devpts", flags, "newinstance,ptmxmode=0666,mode=620")


def _attributes(tree: int, attributes: int, flags: int) -> None:
    wanted = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    call(MOUNT_SETATTR, "mount_setattr", tree, b"", flags, ctypes.byref(wanted), ctypes.sizeof(wanted))
