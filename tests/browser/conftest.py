"""A browser on a real server: no page may have an error, and no request may leave this machine.

Playwright has a loop of events run in the thread of the tests, so that it ends with this package: other tests have their own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from tests.support.servers import RunningServer
from tests.support.web import Api, Watched

from dalsegno.server.pages import BUILT

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-headless-shell")
#: what Debian's Chromium asks of its makers' servers by itself finds no address
_NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


#: what a page shows late is late on a busy machine alone
expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    if CHROMIUM is None:
        pytest.skip("NOT TESTED: the web UI in a browser. `apt-get install chromium`, or name one in CHROMIUM")
    if not (BUILT / "index.html").exists():
        pytest.skip("NOT TESTED: the web UI in a browser. It was not built: `make ui`")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=[_NOWHERE, "--disable-gpu"])
    yield launched
    launched.close()


@pytest.fixture(scope="package")
def shared_server(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for all tests that leave it in peace: each has a namespace of its own there."""
    assert playwright.chromium is not None
    with RunningServer(tmp_path_factory.mktemp("shared") / "home") as running:
        yield running


@pytest.fixture
def server(shared_server: RunningServer) -> RunningServer:
    return shared_server


@pytest.fixture
def api(server: RunningServer) -> Iterator[Api]:
    with Api(server.url, f"t{uuid4().hex[:8]}") as asking:
        yield asking


@pytest.fixture
def context(browser: Browser, server: RunningServer) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def watched(context: BrowserContext) -> Iterator[Watched]:
    """What goes wrong on the pages of a test, which fails of it."""
    watching = Watched(context)
    yield watching
    assert watching.wrong == []


@pytest.fixture
def page(context: BrowserContext, watched: Watched) -> Page:
    assert watched.wrong == []
    return context.new_page()
