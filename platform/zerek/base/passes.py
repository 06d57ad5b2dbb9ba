"""The pass to a person's own notebook server: given by the LMS, looked at by the proxy, worth nothing to anybody else.

A pupil's server says what its pupil's code wants, at the LMS's own address. A teacher who follows a link to it would
run that code's script as a teacher. So the proxy lets a browser there only with a pass, and the pass holds for one
person in one session of the LMS. It ends soon: while the session lasts it is renewed, and when somebody has signed
out, or was locked out, the notebooks close too.
"""

from __future__ import annotations

import hmac

PASS_COOKIE = "zerek-pass"  # noqa: S105 - a name
SESSION_COOKIE = "zerek"
LASTS = 15 * 60  # seconds


def server_path(key: str) -> str:
    """Where a person's server stands, and the only place the pass is sent to."""
    return f"/jupyter/user/{key}/"


def give(secret: str, key: str, session_token: str, now: float) -> str:
    """The pass of the person with this key, in the session with this token; ``now`` is in seconds since 1970."""
    until = str(int(now) + LASTS)
    return f"{until}.{_seal(secret, key, session_token, until)}"


def ends_at(secret: str, key: str, session_token: str, shown: str) -> int:
    """When the pass ends, or ended, in seconds since 1970; 0 for what was never given to this person and session."""
    until, _, seal = shown.partition(".")
    right = hmac.compare_digest(_seal(secret, key, session_token, until).encode(), seal.encode())
    return int(until) if session_token and right else 0


def _seal(secret: str, key: str, session_token: str, until: str) -> str:
    return hmac.digest(secret.encode(), f"server pass|{key}|{session_token}|{until}".encode(), "sha256").hex()
