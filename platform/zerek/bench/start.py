"""From nothing to the first page, and from a stopped installation to the first page."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from zerek.base.errors import CannotStart, Unavailable
from zerek.base.text import N_
from zerek.bench.table import Figure

PATIENCE = 300.0  # seconds for one start
PEER = "Kolibri 0.19.5"
HOW = (
    "Wall clock to the first answered page on the loopback address; every package cache empty at the first start, "
    "one run, the peer after us on the same machine. What the operating system has cached is not dropped."
)


def measure(root: Path, *, with_peer: bool) -> list[Figure]:
    """Clone the tree at ``root`` and start its demo twice; ``with_peer`` does the same with Kolibri.

    Raises CannotStart where ``root`` is no git checkout, Unavailable when a page does not come.
    """
    if not (root / ".git").exists():
        raise CannotStart(N_("This measures a fresh clone: run it from the source tree."))
    with tempfile.TemporaryDirectory(prefix="zerek-bench-") as scratch:
        ours = _ours(root, Path(scratch))
        peers = _kolibri(Path(scratch)) if with_peer else (None, None)
    return [
        Figure("first_start", "nothing → first page", ours[0], "s", peers[0], 30),
        Figure("second_start", "second start → first page", ours[1], "s", peers[1], 3),
    ]


def _ours(root: Path, scratch: Path) -> tuple[float, float]:
    clone = scratch / "zerek"
    subprocess.run(["git", "clone", "--quiet", str(root), str(clone)], check=True)
    argv = [str(clone / "zerek"), "demo", "--port"]
    env = {**_clean(scratch), "ZEREK_DATA": str(scratch / "data")}
    return _start(argv, env, "/"), _start(argv, env, "/")


def _kolibri(scratch: Path) -> tuple[float, float]:
    """As its users do it: a virtual environment, pip, start; told not to announce itself or ping home."""
    home = scratch / "kolibri"
    env = {
        **_clean(scratch),
        "KOLIBRI_HOME": str(home / "data"),
        "KOLIBRI_LISTEN_ADDRESS": "127.0.0.1",
        "KOLIBRI_ZEROCONF_ENABLED": "0",
        "DISABLE_PING": "1",
    }
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "venv", str(home / "venv")], check=True, env=env)
    pip = [str(home / "venv/bin/pip"), "install", "--quiet", "--no-cache-dir", "kolibri==0.19.5"]
    subprocess.run(pip, check=True, env=env)
    installed = time.monotonic() - began
    argv = [str(home / "venv/bin/kolibri"), "start", "--foreground", "--port"]
    return installed + _start(argv, env, "/en/setup/"), _start(argv, env, "/en/setup/")


def _clean(scratch: Path) -> dict[str, str]:
    """The environment of a newcomer: no cache of any package client, no environment of ours."""
    left = {
        name: value for name, value in os.environ.items() if not name.startswith(("ZEREK_", "VIRTUAL_ENV"))
    }
    caches = {
        name: str(scratch / "caches" / name) for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR", "NPM_CONFIG_CACHE")
    }
    return {**left, **caches, "XDG_CACHE_HOME": str(scratch / "caches" / "xdg")}


def _start(argv: Sequence[str], env: Mapping[str, str], path: str) -> float:
    """Seconds from the command to its first page; everything it started is stopped again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.monotonic()
    process = subprocess.Popen(
        [*argv, str(port)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _answers(port, path):
            if process.poll() is not None or time.monotonic() - began > PATIENCE:
                raise Unavailable(
                    N_("The first page of %(program)s does not come."), program=Path(argv[0]).name
                )
            time.sleep(0.02)
        return time.monotonic() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _answers(port: int, path: str) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", path, headers={"Accept": "text/html"})
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
