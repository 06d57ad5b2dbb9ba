"""The pass to a person's own notebook server: given by the LMS, looked at by the proxy, worth nothing to anybody else.

A pupil's server says what its pupil's code wants, at the LMS's own address. A teacher who follows a link to it would
run that code's script as a teacher. So the proxy lets a browser there only with a pass, and the pass holds for one
person in one session of the LMS.
"""

from __future__ import annotations

import hmac

PASS_COOKIE = "zerek-pass"  # noqa: S105 - a name
SESSION_COOKIE = "zerek"


def server_path(key: str) -> str:
    """Where a person's server stands, and the only place the pass is sent to."""
    return f"/jupyter/user/{key}/"


def give(secret: str, key: str, session_token: str) -> str:
    """The pass of the person with this key, in the session with this token."""
    return hmac.digest(secret.encode(), f"server pass|{key}|{session_token}".encode(), "sha256").hex()


def holds(secret: str, key: str, session_token: str, shown: str) -> bool:
    return bool(session_token) and hmac.compare_digest(
        give(secret, key, session_token).encode(), shown.encode()
    )
