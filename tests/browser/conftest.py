"""One real `zerek demo` for all browser tests, a browser of the system, signed-in pages, and screenshots."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from looking import PageOf, Shot, chromium
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

PASSWORD = "zerek-demo"
PATIENCE = 90.0  # seconds to the first page, of which a busy machine may need many
PICTURES = Path(__file__).parents[2] / "screenshots"


@dataclass
class House:
    """A running demo: its address without a last slash, its data folder, and who has signed in so far."""

    address: str
    data: Path
    process: subprocess.Popen[bytes]
    signed_in: dict[str, StorageState] = field(default_factory=dict)

    def logs(self, lines: int = 15) -> str:
        """The last lines of everything that runs."""
        files = [self.data.parent / "said.txt", *sorted((self.data / "logs").glob("*"))]
        return "\n".join(
            f"== {file.name}\n" + "\n".join(file.read_text("utf-8", "replace").splitlines()[-lines:])
            for file in files
            if file.is_file()
        )


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, needed: Callable[[str], str]) -> Iterator[House]:
    """The demo on a free port, stopped at the end; whoever asks for it needs a browser, so that comes first."""
    needed("chromium")
    place = tmp_path_factory.mktemp("house")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = {**os.environ, "ZEREK_DATA": str(place / "data"), "PYTHONUNBUFFERED": "1"}
    said = place / "said.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "zerek", "demo", "--port", str(port)],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    made = House(f"http://127.0.0.1:{port}", place / "data", process)
    try:
        _wait(made, said)
        yield made
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait(house: House, said: Path) -> None:
    """Until the demo has said where it is."""
    end = time.monotonic() + PATIENCE
    while house.address not in said.read_text("utf-8"):
        if house.process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"The first page of the demo did not come.\n{house.logs()}", pytrace=False)
        time.sleep(0.1)


@pytest.fixture(scope="module")
def browser(needed: Callable[[str], str]) -> Iterator[Browser]:
    """Of one module: while Playwright is open its event loop runs in this thread, and nobody else may run one."""
    with chromium(needed("chromium")) as made:
        yield made


@pytest.fixture
def page_of(house: House, browser: Browser) -> Iterator[PageOf]:
    """``page_of("teacher", width=360, language="ru")`` is a page of a browser context of its own, signed in.

    ``page_of("")`` is a stranger's. What a page's scripts complain about fails the test at its end.
    """
    with _pages(house, browser) as make:
        yield make


@pytest.fixture(scope="module")
def page_for_all(house: House, browser: Browser) -> Iterator[PageOf]:
    """`page_of` for what a module's tests share."""
    with _pages(house, browser) as make:
        yield make


@contextmanager
def _pages(house: House, browser: Browser) -> Iterator[PageOf]:
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(name: str, width: int = 1280, language: str = "kk") -> Page:
        if name and name not in house.signed_in:
            house.signed_in[name] = _sign_in(browser, house.address, name)
        context = browser.new_context(
            base_url=house.address,
            viewport={"width": width, "height": 800 if width > 600 else 740},
            storage_state=house.signed_in.get(name),
            locale="kk-KZ",
            timezone_id="Asia/Atyrau",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.add_cookies([{"name": "language", "value": language, "url": house.address}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def _sign_in(browser: Browser, address: str, name: str) -> StorageState:
    """Through the form, as a person does; the cookies it leaves."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/people/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(address + "/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def shot() -> Shot:
    """``shot(page, "lesson")`` keeps the whole page as screenshots/lesson-1280.png."""

    def take(page: Page, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        size = page.viewport_size or {"width": 1280, "height": 800}
        # A window as high as the page: in a picture of the whole page a bar that sticks would lie over the text.
        high = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": high})
        page.screenshot(path=PICTURES / f"{name}-{size['width']}.png")
        page.set_viewport_size(size)

    return take
