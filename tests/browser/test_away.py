"""The server goes away and comes back, and the page with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect
from tests.browser.test_first_walk import WAITS, row
from tests.support.servers import RunningServer
from tests.support.web import Api, Watched


@pytest.fixture
def server(playwright: Playwright, tmp_path: Path) -> Iterator[RunningServer]:
    """A server of its own, for it is killed."""
    assert playwright.chromium is not None
    with RunningServer(tmp_path / "home") as running:
        yield running


def test_the_page_heals_when_the_server_comes_back(
    page: Page, api: Api, watched: Watched, server: RunningServer, tmp_path: Path
) -> None:
    watched.expected.append("net::ERR_")
    os.mkfifo(tmp_path / "fifo")
    api.save(WAITS.format(fifo=tmp_path / "fifo"))
    run = api.run("waits", ended=False)
    page.goto(f"/runs/{run}")
    expect(row(page, "work").locator(".bar")).to_have_attribute("data-state", "running")
    port = server.port
    server.kill()
    expect(page.get_by_text("The server does not answer.")).to_be_visible()
    expect(page.get_by_role("button", name="Replay")).to_be_disabled()
    with RunningServer(server.home, port=port):
        expect(page.get_by_text("The server does not answer.")).to_have_count(0)
        (tmp_path / "fifo").write_text("go on\n")
        expect(row(page, "last").locator(".bar")).to_have_attribute("data-state", "failed")
        expect(page.get_by_role("button", name="Replay", exact=True)).to_be_enabled()
