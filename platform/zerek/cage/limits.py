"""How much of the machine a cage may use, and the resource limits that say so to the kernel."""

from __future__ import annotations

import resource
from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """None means no such limit. Seconds and bytes; `processes` counts threads too, as Linux does.

    `memory` bounds one process (its private writable memory), `memory_total` the sum over the cage, looked
    at ten times a second; `disk` bounds the private scratch folder as a whole and needs a mount namespace,
    `file_size` bounds one file everywhere; `output` is what is kept of stdout and of stderr each: a program
    that writes more is ended.
    """

    cpu_seconds: int | None = 60
    wall_seconds: float | None = 90
    memory: int | None = 1024 * MEGABYTE
    memory_total: int | None = 1536 * MEGABYTE
    processes: int | None = 64
    open_files: int | None = 256
    file_size: int | None = 32 * MEGABYTE
    disk: int = 64 * MEGABYTE
    output: int = MEGABYTE

    def apply(self) -> None:
        """Set the limits on this process and all that it starts; a limit can only be made tighter later."""
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_CPU, self.cpu_seconds)
        _limit(resource.RLIMIT_DATA, self.memory)
        # Shared anonymous memory is not "data"; address space bounds it, with room for libraries that only
        # map.
        _limit(resource.RLIMIT_AS, None if self.memory is None else 4 * self.memory)
        _limit(resource.RLIMIT_FSIZE, self.file_size)
        _limit(resource.RLIMIT_NOFILE, self.open_files)
        _limit(resource.RLIMIT_NPROC, self.processes)
        _limit(resource.RLIMIT_MSGQUEUE, 0)
        _limit(resource.RLIMIT_MEMLOCK, 0)


def _limit(which: int, value: int | None) -> None:
    """At the CPU limit comes SIGXCPU, which may be ignored; a second later SIGKILL, which may not."""
    if value is None:
        return
    hard = resource.getrlimit(which)[1]
    ceiling = value + 1 if which == resource.RLIMIT_CPU else value
    if hard != resource.RLIM_INFINITY:
        ceiling = min(ceiling, hard)
    resource.setrlimit(which, (min(value, ceiling), ceiling))
