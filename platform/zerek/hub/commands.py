"""The command lines of the Hub and of the proxy before it, for the supervisor: words and environment."""

from __future__ import annotations

import sys
from pathlib import Path

from zerek.hub.config import inner_host
from zerek.settings import Settings

Command = tuple[list[str], dict[str, str]]


def proxy(settings: Settings) -> Command:
    """One port for all: the Hub adds its own routes, everything else is the LMS."""
    argv = [sys.executable, "-m", "zerek.hub.proxy"]
    argv += ["--ip", settings.host, "--port", str(settings.port)]
    argv += ["--api-ip", inner_host(settings), "--api-port", str(settings.proxy_api_port)]
    argv += ["--default-target", settings.web_url, "--error-target", f"{settings.web_url}/notebooks/away"]
    argv += ["--log-level", "warning"]
    return argv, {"CONFIGPROXY_AUTH_TOKEN": settings.secrets["proxy"]}


def hub(settings: Settings) -> Command:
    config = Path(__file__).with_name("jupyterhub_config.py")
    return [sys.executable, "-m", "jupyterhub", "-f", str(config)], settings.environment()
