"""A server that wants to know who asks: the page asks for it, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect
from tests.support.servers import RunningServer
from tests.support.web import Watched

from dalsegno.client.client import Client


@pytest.fixture
def server(playwright: Playwright, tmp_path: Path) -> Iterator[RunningServer]:
    assert playwright.chromium is not None
    home = tmp_path / "home"
    with Client(home) as client:
        client.users.add("ann", "admin", "correct horse battery")
    with RunningServer(home, "--login") as running:
        yield running


def test_who_is_not_known_logs_in_and_out(page: Page, watched: Watched) -> None:
    watched.expected.append("401 (Unauthorized)")
    page.goto("/runs")
    # the page of runs may be there for a moment, with a field for a namespace
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("ann")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("No run yet")).to_be_visible()
    page.reload()
    expect(page.get_by_text("No run yet")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
