"""What browser tests ask of a page: how heavy it is, whether axe finds fault, whether it scrolls sideways."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

PageOf = Callable[..., Page]  # the fixture `page_of`
Shot = Callable[[Page, str], None]  # the fixture `shot`


@dataclass(frozen=True)
class Weight:
    """One visit: bytes as they went over the line (heads of answers too), requests, and the hosts asked."""

    bytes: int
    requests: int
    hosts: frozenset[str]


# Root may not have the sandbox, which CI is; the rest keeps the browser from asking other hosts or for a GPU.
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-gpu", "--disable-dev-shm-usage"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A browser of the system; `path` is what the fixture `program("chromium")` says."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of requests: a test's output is for what failed."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app on a free port of the loopback address, in this process; gives the address without a last slash."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class _Traffic:
    """What one page asks for, request by request, as the browser's own line tells it."""

    asked: dict[str, str] = field(default_factory=dict)
    arrived: dict[str, int] = field(default_factory=dict)
    aside: set[str] = field(default_factory=set)  # lost, from the cache, or a stream that never ends

    def heard_of(self, line: CDPSession) -> None:
        line.send("Network.enable")
        line.on("Network.requestWillBeSent", self._sent)
        line.on("Network.requestServedFromCache", lambda said: self.aside.add(said["requestId"]))
        line.on("Network.loadingFailed", lambda said: self.aside.add(said["requestId"]))
        line.on("Network.loadingFinished", self._finished)

    def _sent(self, said: dict[str, Any]) -> None:
        self.asked[said["requestId"]] = said["request"]["url"]
        if said.get("type") == "EventSource":
            self.aside.add(said["requestId"])

    def _finished(self, said: dict[str, Any]) -> None:
        self.arrived[said["requestId"]] = int(said["encodedDataLength"])

    def is_over(self) -> bool:
        return set(self.asked) <= set(self.arrived) | self.aside

    def weight(self) -> Weight:
        over_the_line = [size for key, size in self.arrived.items() if size and key not in self.aside]
        hosts = {
            urlsplit(url).netloc for url in self.asked.values() if not url.startswith(("data:", "blob:"))
        }
        return Weight(sum(over_the_line), len(over_the_line), frozenset(hosts))


def weigh(page: Page, address: str, *, cold: bool = True) -> Weight:
    """Open the address and weigh the visit; cold empties the browser's cache first, warm keeps what it has."""
    line, traffic = page.context.new_cdp_session(page), _Traffic()
    traffic.heard_of(line)
    if cold:
        line.send("Network.clearBrowserCache")
    page.goto(address)
    for _ in range(50):
        page.wait_for_timeout(100)  # a script may ask for more once the page is there
        if traffic.is_over():
            break
    line.detach()
    return traffic.weight()


def axe(page: Page) -> list[str]:
    """What axe-core finds on the page as it is: one line a fault, none when all is well."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    # Only what is wrong comes over: all that axe found right would be megabytes.
    found: list[str] = page.evaluate(
        """async () => {
          const told = await axe.run(document, { resultTypes: ["violations"] });
          const line = (fault) => fault.nodes.map((node) => `${fault.id}: ${node.html.slice(0, 200)}`);
          return told.violations.flatMap(line);
        }"""
    )
    return found


def sideways(page: Page, width: int = 320) -> list[str]:
    """At this width, the elements that make the page scroll sideways; none when it does not scroll."""
    size = page.viewport_size
    page.set_viewport_size({"width": width, "height": 640})
    too_wide: list[str] = page.evaluate(
        """() => {
          const room = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= room) return [];
          const over = (one) => one.getBoundingClientRect().right > room + 1;
          return [...document.body.querySelectorAll("*")].filter(over).map((one) => one.outerHTML.slice(0, 160));
        }"""
    )
    if size:
        page.set_viewport_size(size)
    return too_wide
