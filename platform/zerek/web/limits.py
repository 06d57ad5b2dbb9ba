"""How often one may try: by account and by address, since a whole school shares one address."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from zerek.base.text import fold
from zerek.settings import Settings

limiter = Limiter(get_remote_address, default_limits=[], headers_enabled=False)

# Thirty pupils sign in at one bell, from one address, some of them twice.
BY_ADDRESS = "300 per minute"
# Only failures count. A stranger elsewhere must not keep a teacher out by guessing in the teacher's name.
BY_ACCOUNT_HERE = "10 per minute"
BY_ACCOUNT = "100 per minute"


def account() -> str:
    """The account that is tried, as it is compared."""
    return f"account:{fold(request.form.get('name', ''))[:80]}"


def account_here() -> str:
    """The account that is tried, from this address."""
    return f"{account()} {get_remote_address()}"


def has_failed(response: Response) -> bool:
    return response.status_code == 401


def init(app: Flask, settings: Settings) -> None:
    redis = settings.broker.startswith("redis")
    app.config.setdefault("RATELIMIT_STORAGE_URI", settings.broker if redis else "memory://")
    # Not a fixed window: twice as many tries would pass around its edge.
    app.config.setdefault("RATELIMIT_STRATEGY", "moving-window")
    limiter.init_app(app)
