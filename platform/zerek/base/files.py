"""Files kept by the hash of what is in them: written whole or not at all, stored once however often handed in."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from zerek.base.errors import NotFound
from zerek.base.text import N_


class Files:
    """A folder of blobs; the name of a blob is its SHA-256 in hex."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: str) -> Path:
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise NotFound(N_("There is no such file."))
        return self.root / digest[:2] / digest

    def put(self, content: bytes) -> str:
        """Keep the bytes; returns their digest. Safe to repeat and against a crash at any line."""
        digest = hashlib.sha256(content).hexdigest()
        target = self.path(digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(scratch, target)
        except BaseException:
            os.unlink(scratch)
            raise
        _sync_folder(target.parent)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes, or NotFound."""
        try:
            return self.path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(N_("There is no such file.")) from None


def _sync_folder(folder: Path) -> None:
    """A name that is not on the disk yet would be lost with the power, and leave its row without a file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
