"""The folders a pupil's server needs: a home of the pupil's own, and what all servers read and none may write."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

_KEY = re.compile(r"p[1-9][0-9]{0,17}")
# Root's cages become an ordinary user, and each pupil another one: above all ids that distributions give out.
FIRST_USER = 1_500_000_000
_ROOM = 500_000_000


def user_of(key: str) -> int:
    """The user id that a pupil's cage takes where root builds it. Raises ValueError for what is no person's key."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a person's key: {key!r}")
    return FIRST_USER + int(key[1:]) % _ROOM


def home(data: Path, key: str) -> Path:
    """The pupil's home, made when it is not there; its parent is ours, so nobody can have put a link in its place."""
    user = user_of(key)
    path = data / "homes" / key
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    if not path.exists():
        path.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(path, user, user)
    return path


def shared(data: Path, files: dict[str, dict[str, Any]]) -> Path:
    """The folder of settings that every server reads; ``files`` are relative names and what is in them, as JSON."""
    folder = data / "jupyter"
    for name, content in files.items():
        path, text = folder / name, json.dumps(content, indent=1)
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            scratch = path.with_suffix(f".{os.getpid()}")
            scratch.write_text(text)
            scratch.chmod(0o644)
            scratch.replace(path)
    return folder
