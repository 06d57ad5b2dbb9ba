"""Builds a cage and becomes the program in it: `python -I -m zerek.cage.enter SPEC [STATUS_FD] -- program …`.

Three processes. The keeper (this one) stays outside: it holds the clock and the memory limit, passes
signals on, and reports. The first process inside is init of its pid namespace: when it ends, the kernel
ends all that is left there. The third gives up every privilege, is closed in, and becomes the program.
Without namespaces the keeper adopts orphans and ends them itself. The program gets the environment of the
keeper and its open stdin, stdout, stderr only.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from zerek.cage import landlock, namespaces, syscalls
from zerek.cage.keeper import END_NOW, Report, keep
from zerek.cage.rules import landlock_rights
from zerek.cage.spec import Cage, Layer, from_json

PASSED_ON = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2}
CANNOT_ENTER = 125


def main(words: list[str]) -> int:
    """The program's exit status, 128 + n after signal n, 125 when it could not be put into the cage."""
    divider = words.index("--")
    cage, layers = from_json(words[0])
    status_fd = int(words[1]) if divider > 1 else None
    signal.pthread_sigmask(signal.SIG_BLOCK, {*PASSED_ON, END_NOW, signal.SIGCHLD})
    told, tell = os.pipe2(os.O_CLOEXEC)
    try:
        first = _start(cage, layers, words[divider + 1 :], tell)
    except OSError as error:
        report = Report(failed=str(error))
    else:
        os.close(tell)
        report = keep(first, told, cage.limits, PASSED_ON)
    if status_fd is not None:
        os.write(status_fd, json.dumps(report.as_dict()).encode())
    elif report.failed:
        print(f"The cage could not be entered: {report.failed}", file=sys.stderr)
    return CANNOT_ENTER if report.failed else 128 + report.signal if report.signal else report.exit or 0


def _start(cage: Cage, layers: tuple[Layer, ...], argv: list[str], tell: int) -> int:
    """Fork the first process of the cage and return its id; it never returns from here."""
    syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
    privileged = os.geteuid() == 0
    user, group = (cage.user, cage.user) if privileged else (os.geteuid(), os.getegid())
    if Layer.NAMESPACES in layers:
        syscalls.unshare(syscalls.CLONE_NEWPID | (0 if privileged else syscalls.CLONE_NEWUSER))
        if not privileged:
            namespaces.become_ourselves(user, group)

    def inside() -> NoReturn:
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")  # when memory runs out, pupils' programs end first
        if Layer.NAMESPACES in layers:
            _new_world(cage, user)
        if privileged:
            os.setgroups([])
            os.setresgid(group, group, group)
            os.setresuid(user, user, user)
            syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user clears it
        if Layer.NAMESPACES not in layers:
            _become(cage, layers, argv, tell)
        # The program will have our user id, and must not look into us.
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
        target = _fork(lambda: _become(cage, layers, argv, tell), tell)
        _be_init(target, tell)

    return _fork(inside, tell)


def _new_world(cage: Cage, user: int) -> None:
    flags = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS
    syscalls.unshare(flags | (0 if cage.network else syscalls.CLONE_NEWNET))
    if os.geteuid():
        namespaces.no_more_user_namespaces()
    namespaces.enter_root(cage, user)


def _become(cage: Cage, layers: tuple[Layer, ...], argv: list[str], tell: int) -> NoReturn:
    """The last step: whatever is given up here cannot be taken back, and then there is the program."""
    os.setsid()
    if Layer.NAMESPACES in layers:
        with contextlib.suppress(OSError):  # for root's cage: counts of processes then are this cage's alone
            user, group = os.getuid(), os.getgid()
            syscalls.unshare(syscalls.CLONE_NEWUSER)
            namespaces.become_ourselves(user, group)
            namespaces.no_more_user_namespaces()
    os.chdir(cage.scratch or (cage.writable[0] if cage.writable else "/"))
    rights = landlock_rights(cage, own_root=Layer.NAMESPACES in layers) if Layer.LANDLOCK in layers else None
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    syscalls.drop_capabilities()
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    cage.limits.apply()
    if rights is not None:
        network = cage.network
        landlock.restrict(
            rights, connect=network.connect if network else (), bind=network.bind if network else ()
        )
    os.umask(0o077)
    os.closerange(3, tell)
    os.closerange(tell + 1, 1 << 20)  # `tell` itself closes when the program begins
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.execvp(argv[0], argv)  # noqa: S606 - no shell, on purpose


def _fork(act: Callable[[], NoReturn], tell: int) -> int:
    """The child's id; what stops the child before it became the program is told to the keeper."""
    child = os.fork()
    if child:
        return child
    try:
        act()
    except BaseException as error:
        _tell(tell, {"failed": f"{type(error).__name__}: {error}"})
    finally:
        os._exit(CANNOT_ENTER)


def _be_init(target: int, tell: int) -> NoReturn:
    """Reap whoever ends, pass signals on, and end with the program."""
    while True:
        number = signal.sigwait({*PASSED_ON, signal.SIGCHLD})
        if number != signal.SIGCHLD:
            with contextlib.suppress(ProcessLookupError):
                os.kill(target, number)
            continue
        while (ended := _reap()) is not None:
            if ended[0] == target:
                _tell(tell, {"status": ended[1]})
                os._exit(0)


def _tell(tell: int, word: dict[str, object]) -> None:
    """A line for the keeper; the first one counts."""
    os.write(tell, json.dumps(word).encode() + b"\n")


def _reap() -> tuple[int, int] | None:
    try:
        child, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (child, status) if child else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
