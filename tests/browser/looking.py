"""What browser tests ask of a page: how heavy it is, whether axe finds fault, whether it scrolls sideways."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
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


def weigh(page: Page, address: str, *, cold: bool = True) -> Weight:
    """Open the address and weigh the visit; cold empties the browser's cache first, warm keeps what it has."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    if cold:
        line.send("Network.clearBrowserCache")
    asked: dict[str, str] = {}
    from_cache: set[str] = set()
    arrived: dict[str, int] = {}
    line.on(
        "Network.requestWillBeSent", lambda said: asked.update({said["requestId"]: said["request"]["url"]})
    )
    line.on("Network.requestServedFromCache", lambda said: from_cache.add(said["requestId"]))
    line.on(
        "Network.loadingFinished",
        lambda said: arrived.update({said["requestId"]: int(said["encodedDataLength"])}),
    )
    page.goto(address, wait_until="networkidle")
    line.detach()
    over_the_line = {key: url for key, url in asked.items() if arrived.get(key) and key not in from_cache}
    hosts = frozenset(
        urlsplit(url).netloc for url in asked.values() if not url.startswith(("data:", "blob:"))
    )
    return Weight(sum(arrived[key] for key in over_the_line), len(over_the_line), hosts)


def axe(page: Page) -> list[str]:
    """What axe-core finds on the page as it is: one line a fault, none when all is well."""
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {node['html'][:200]}" for fault in found for node in fault["nodes"]]


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
