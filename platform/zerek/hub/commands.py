"""The command lines of the Hub and of the proxy before it, for the supervisor: words and environment."""

from __future__ import annotations

import sys
from pathlib import Path

from zerek.settings import Settings

Command = tuple[list[str], dict[str, str]]


def proxy(settings: Settings) -> Command:
    """One port for all: the Hub adds its own routes, everything else is the LMS."""
    return [sys.executable, "-m", "zerek.hub.proxy"], settings.environment()


def hub(settings: Settings) -> Command:
    config = Path(__file__).with_name("jupyterhub_config.py")
    return [sys.executable, "-m", "jupyterhub", "-f", str(config)], settings.environment()
