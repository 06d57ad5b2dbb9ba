"""The provider's signing keys: kept in the data folder, made when first needed, renewed by themselves twice a year."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc.jwk import KeySet, RSAKey

ALGORITHM = "RS256"  # the one that every client must understand (OpenID Connect Core, 15.1)
RENEWED_AFTER = timedelta(days=180)
KEPT = 2  # the newest signs; the one before is shown as long as a client may hold a token of it


def signing_key(data: Path, now: datetime) -> RSAKey:
    """The newest key, with its ``kid``; a new one is made when there is none or it has grown old."""
    entries = _read(data)
    if not entries or datetime.fromisoformat(entries[0]["made"]) < now - RENEWED_AFTER:
        entries = rotate(data, now)
    return RSAKey.import_key(entries[0]["key"])


def public_keys(data: Path, now: datetime) -> dict[str, Any]:
    """The JSON Web Key Set for clients: no private part of any key."""
    signing_key(data, now)
    keys = KeySet([RSAKey.import_key(entry["key"]) for entry in _read(data)])
    shown: dict[str, Any] = dict(keys.as_dict(private=False))
    return shown


def rotate(data: Path, now: datetime) -> list[dict[str, Any]]:
    """Put a new key in front of the old one; of two processes that do so at once, one's key stays."""
    before = _read(data)
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    entries = [{"made": now.isoformat(), "key": key.as_dict(private=True)}, *before][:KEPT]
    handle, scratch = tempfile.mkstemp(dir=data, prefix=".openid-keys-")  # readable by its owner only
    with os.fdopen(handle, "w") as file:
        json.dump(entries, file)
    try:
        if before:
            os.replace(scratch, _path(data))
        else:
            os.link(scratch, _path(data))
            os.unlink(scratch)
    except FileExistsError:
        os.unlink(scratch)
    return _read(data)


def _read(data: Path) -> list[dict[str, Any]]:
    try:
        entries: list[dict[str, Any]] = json.loads(_path(data).read_text())
    except FileNotFoundError:
        return []
    return entries


def _path(data: Path) -> Path:
    return data / "openid-keys.json"
