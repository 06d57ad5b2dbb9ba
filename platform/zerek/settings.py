"""What an operator can set: one frozen value, read once from the environment."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

WEB_THREADS = 48  # of the web process; kits/live.py says how many of them may be held by who waits

# Kept in the data folder, made at the first start: a restart must not sign everybody out.
SECRETS = ("app", "hub_client", "hub_service", "hub_cookie", "proxy", "agent")

ANY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, never listened on


@dataclass(frozen=True)
class Settings:
    """Ports are TCP ports of ``host``; a port of 0 is not yet chosen. URLs end without a slash.

    ``behind_proxy``: a server of the operator's stands before ours, so that what it says of a browser's address
    is believed; without one a browser could say anything.
    """

    data: Path
    database_url: str = ""
    broker_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    web_port: int = 0
    hub_port: int = 0
    proxy_api_port: int = 0
    public_url: str = ""
    behind_proxy: bool = False
    demo: bool = False
    worker_processes: int = 2
    unsafe_no_jail: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data / 'zerek.sqlite'}"

    @property
    def broker(self) -> str:
        return self.broker_url or f"sqla+sqlite:///{self.data / 'queue.sqlite'}"

    @property
    def base_url(self) -> str:
        """Where people and the Hub find us."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def web_url(self) -> str:
        """Where the proxy finds the web process."""
        return f"http://{self.inner_host}:{self.web_port}"

    @property
    def inner_host(self) -> str:
        """The address the inner ports listen on: never all of the machine's."""
        return "127.0.0.1" if self.host in ANY_ADDRESS else self.host

    @property
    def hub_api_url(self) -> str:
        """The Hub's API, asked by the worker behind the proxy's back."""
        return f"http://{self.inner_host}:{self.hub_port}/jupyter/hub/api"

    @property
    def secure(self) -> bool:
        """Whether people come over HTTPS: cookies are then marked so."""
        return self.base_url.startswith("https://")

    def environment(self) -> dict[str, str]:
        """The variables from which a child process reads these same settings."""
        return {
            "ZEREK_DATA": str(self.data),
            "ZEREK_DATABASE": self.database_url,
            "ZEREK_BROKER": self.broker_url,
            "ZEREK_HOST": self.host,
            "ZEREK_PORT": str(self.port),
            "ZEREK_WEB_PORT": str(self.web_port),
            "ZEREK_HUB_PORT": str(self.hub_port),
            "ZEREK_PROXY_API_PORT": str(self.proxy_api_port),
            "ZEREK_PUBLIC_URL": self.public_url,
            "ZEREK_BEHIND_PROXY": "1" if self.behind_proxy else "",
            "ZEREK_DEMO": "1" if self.demo else "",
            "ZEREK_WORKER_PROCESSES": str(self.worker_processes),
            "ZEREK_UNSAFE_NO_JAIL": "1" if self.unsafe_no_jail else "",
        }

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, data: str = "var") -> Settings:
        """Reads ZEREK_…, with ``data`` as the data folder where none is named.

        Raises ValueError that names a variable with a wrong value, OSError where the folder cannot be written.
        """
        folder = Path(environ.get("ZEREK_DATA") or data).absolute()
        return cls(
            data=folder,
            database_url=environ.get("ZEREK_DATABASE", ""),
            broker_url=environ.get("ZEREK_BROKER", ""),
            host=environ.get("ZEREK_HOST", "127.0.0.1"),
            port=_number(environ, "ZEREK_PORT", 8000),
            web_port=_number(environ, "ZEREK_WEB_PORT", 0),
            hub_port=_number(environ, "ZEREK_HUB_PORT", 0),
            proxy_api_port=_number(environ, "ZEREK_PROXY_API_PORT", 0),
            public_url=environ.get("ZEREK_PUBLIC_URL", "").rstrip("/"),
            behind_proxy=environ.get("ZEREK_BEHIND_PROXY") == "1",
            demo=environ.get("ZEREK_DEMO") == "1",
            worker_processes=_number(environ, "ZEREK_WORKER_PROCESSES", 2),
            unsafe_no_jail=environ.get("ZEREK_UNSAFE_NO_JAIL") == "1",
            secrets=load_secrets(folder),
        )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise ValueError(f"{name} must be a number from 0 to 65535, not {text!r}.")
    return int(text)


def load_secrets(data: Path) -> dict[str, str]:
    """The secrets of this installation, made once, readable by their owner only. Raises OSError."""
    data.mkdir(parents=True, exist_ok=True)
    path = data / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in SECRETS if name not in known]
    if missing:
        known.update((name, secrets.token_hex(32)) for name in missing)
        scratch = path.with_suffix(f".{os.getpid()}")
        scratch.touch(mode=0o600)
        scratch.write_text(json.dumps(known, indent=1))
        scratch.replace(path)
    return known
