"""Which kits could be there: the addresses that were named, and the ports that match an allowed pattern."""

import glob
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from serial.tools import list_ports

from zerek_robotics.simulated import options_of


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kit is now. `key` stays the same when the kit comes back at another port, as far as one can know."""

    key: str
    name: str
    url: str


Identify = Callable[[str], str]


def identity_of_port(path: str) -> str:
    """The USB serial number when the chip has one, else the socket it is plugged into, else the port's path."""
    for port in list_ports.comports(include_links=True):
        if port.device == path:
            if port.serial_number:
                return f"usb-{port.serial_number}"
            if port.location:
                return f"socket-{port.location}"
    return "port-" + path.strip("/").replace("/", "-")


def place_of_address(url: str) -> Place:
    """A kit that was named: sim:// with its own name and key, socket://, or a port."""
    if url.startswith("sim:"):
        options = options_of(url)
        key = options.get("key") or "sim-" + options.get("seed", "1")
        return Place(key, options.get("name") or f"Simulated kit {options.get('seed', '1')}", url)
    if "://" in url:
        key = urlsplit(url).netloc.replace(":", "-")
        return Place(f"net-{key}", url, url)
    return Place(identity_of_port(url), url.rpartition("/")[2], url)


def places(patterns: Iterable[str], identify: Identify = identity_of_port) -> list[Place]:
    """Ports that are there now. Nothing outside the patterns is ever touched: a probe resets a board."""
    paths = sorted({path for pattern in patterns for path in glob.glob(pattern)})
    found: dict[str, Place] = {}
    for path in paths:
        key = identify(path)
        if key in found:  # two cheap chips with the same "serial number" are two kits all the same
            key = "port-" + path.strip("/").replace("/", "-")
        found[key] = Place(key, path.rpartition("/")[2], path)
    return list(found.values())
