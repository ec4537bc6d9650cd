"""The page in a real browser before a real server; what it must never do is watched.

To see what the tests see: ``pytest tests/e2e/page --pictures DIR`` leaves a picture of
the page after each test.
"""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from page_files import read_text
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright
from running import Client, serving
from werkzeug.serving import BaseWSGIServer, make_server

from service.app import create_app
from service.settings import Settings

CHROMIUM = shutil.which("chromium")
# No sandbox: in a container the tests are root. No word to anybody but the server.
ARGUMENTS = [
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# How many milliseconds anything may take to be seen: a busy machine is slow.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
# The browser's own line about an answer that is a refusal.
REFUSAL = re.compile(r"Failed to load resource: .*\b(\d{3}) \(")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: `make test-system` gets it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory, browser) -> Iterator[Client]:
    """The model that ships, as `make run` serves it, with corrections kept."""
    # One worker does for a reader: each takes seconds of a processor to begin.
    settings = {"SENTIMENT_WORKERS": "1", "SENTIMENT_FEEDBACK": "feedback.db"}
    with serving(tmp_path_factory.mktemp("page"), **settings) as (client, _):
        yield client


@pytest.fixture
def serve_here(predictor) -> Iterator[Callable[..., int]]:
    """Serve the application from this process, with settings; return its port."""
    servers: list[BaseWSGIServer] = []

    def serve(**settings: Any) -> int:
        app = create_app(predictor, Settings(**settings))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.port

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@dataclass
class Watch:
    """What went on beside the page's answers, for the end of a test."""

    port: int
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    refusals: set[int] = field(default_factory=set)
    complaint: str | None = None

    def request(self, request: Request) -> None:
        address = urlsplit(request.url)
        own = (address.hostname, address.port) == ("127.0.0.1", self.port)
        if not own and address.scheme != "blob":
            self.elsewhere.append(request.url)

    def console(self, message: Any) -> None:
        refusal = REFUSAL.search(message.text)
        if refusal and int(refusal[1]) in self.refusals:
            return
        if self.complaint and self.complaint in message.text:
            return
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture
def open_page(browser, request) -> Iterator[Callable[..., Page]]:
    """Open the page of a server; at the end, hold it to what it must never do.

    ``refusals`` are the statuses, and ``complaint`` a word of the line, that the
    browser logs of what a test provokes.
    """
    opened: list[tuple[Page, Watch]] = []

    def open_it(
        port: int,
        refusals: set[int] | None = None,
        complaint: str | None = None,
        **look: Any,
    ) -> Page:
        page = browser.new_context(**look).new_page()
        watch = Watch(port, refusals=refusals or set(), complaint=complaint)
        page.on("request", watch.request)
        page.on("console", watch.console)
        page.on("pageerror", lambda error: watch.complaints.append(str(error)))
        page.set_default_timeout(PATIENCE)
        page.goto(f"http://127.0.0.1:{port}/")
        opened.append((page, watch))
        return page

    yield open_it
    for number, (page, watch) in enumerate(opened):
        _picture(page, request, number)
        page.context.close()
        assert watch.elsewhere == []
        # Broken rules of the content's policy are among these.
        assert watch.complaints == []


def _picture(page: Page, request: pytest.FixtureRequest, number: int) -> None:
    folder = request.config.getoption("--pictures")
    if folder is None:
        return
    name = re.sub(r"[^\w.-]+", "-", f"{request.node.name}-{number}.png")
    page.screenshot(path=Path(folder) / name, full_page=True)


@pytest.fixture
def page(open_page, served) -> Page:
    """The page with the first example answered."""
    page = open_page(served.port)
    page.locator("#answer").wait_for()
    return page


@pytest.fixture
def read(page) -> Callable[[str], None]:
    """Put a text in place of what is there, and wait until it is answered."""
    return lambda text: read_text(page, text)
