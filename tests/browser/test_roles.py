"""A server with a login: each sees what he may do, and an admin who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect
from tests.support.barriers import barriers_by_theme
from tests.support.people import PASSWORD, People, settle
from tests.support.servers import RunningServer
from tests.support.web import FAILING, FIXED, Api, Watched

#: notes which headings a reader has seen, frame by frame
_SEEN = """
window.seen = [];
const look = () => {
  for (const each of document.querySelectorAll('h1'))
    if (each.checkVisibility({ visibilityProperty: true })) window.seen.push(each.textContent);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@pytest.fixture
def people(tmp_path: Path) -> People:
    return settle(tmp_path / "home")


@pytest.fixture
def server(playwright: Playwright, tmp_path: Path, people: People) -> Iterator[RunningServer]:
    assert playwright.chromium is not None
    assert people.tokens
    with RunningServer(tmp_path / "home", "--login") as running:
        yield running


@pytest.fixture
def failed(server: RunningServer, people: People) -> Iterator[str]:
    with Api(server.url, headers=people.headers("admin")) as asking:
        asking.save(FAILING)
        run = asking.run("rides")
        asking.save(FIXED)
        yield run


def log_in(page: Page, watched: Watched, name: str, path: str = "/runs") -> None:
    watched.expected.append("401 (Unauthorized)")
    page.goto(path)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out").first).to_be_visible()


def test_no_page_is_seen_before_the_login(page: Page, watched: Watched) -> None:
    watched.expected.append("401 (Unauthorized)")
    page.add_init_script(_SEEN)
    page.goto("/runs")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert set(page.evaluate("window.seen")) == {"Log in"}
    assert barriers_by_theme(page) == {}


def test_a_viewer_sees_nothing_that_acts(page: Page, watched: Watched, failed: str) -> None:
    log_in(page, watched, "viewer")
    page.get_by_label("Select rides-1").check()
    bar = page.get_by_role("region", name="Selected runs")
    expect(bar.get_by_role("button")).to_have_text(["Clear"])
    page.goto(f"/runs/{failed}?task=to_parquet")
    expect(page.get_by_role("complementary", name="Task to_parquet")).to_contain_text("exit code 3")
    for name in ("Replay", "Fix", "Kill"):
        expect(page.get_by_role("button", name=re.compile(f"^{name}"))).to_have_count(0)
        expect(page.get_by_role("link", name=re.compile(f"^{name}"))).to_have_count(0)
    page.keyboard.press("r")
    expect(page).not_to_have_url(re.compile("replay="))
    page.goto("/bulk-replays/new?state=FAILED")
    expect(page.get_by_text("Only an operator replays runs")).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("to_parquet").first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Replay"))).to_have_count(0)
    page.goto("/settings/users")
    expect(page.get_by_text("Only an admin sees this")).to_be_visible()
    expect(page.get_by_role("link", name="Users")).to_have_count(0)
    page.goto("/settings")
    expect(page.get_by_text("Signed in as viewer, viewer")).to_be_visible()


def test_an_operator_replays_and_deletes_nothing(page: Page, watched: Watched, failed: str) -> None:
    assert failed
    log_in(page, watched, "operator")
    page.get_by_label("Select rides-1").check()
    bar = page.get_by_role("region", name="Selected runs")
    expect(bar.get_by_role("button", name="Delete")).to_have_count(0)
    bar.get_by_role("button", name="Replay 1").click()
    page.get_by_label("Canaries", exact=True).fill("0")
    page.get_by_role("button", name="Replay 1 run").click()
    expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
    expect(page.locator(".badge")).to_contain_text("Done")


def test_a_token_is_shown_once_and_revoked(page: Page, watched: Watched) -> None:
    log_in(page, watched, "editor", "/settings/tokens")
    page.get_by_label("What it is for").fill("for CI")
    page.get_by_label("May be at most").select_option("operator")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("status").filter(has_text="Made for CI")).to_contain_text("dst_")
    assert barriers_by_theme(page) == {}
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_text("dst_")).to_have_count(0)
    made = page.locator("tr", has_text="for CI")
    expect(made).to_contain_text("operator")
    made.get_by_role("button", name="Revoke for CI").click()
    made.get_by_role("button", name="Revoke for good").click()
    expect(page.locator("tr", has_text="for CI")).to_have_count(0)


def test_an_admin_adds_changes_and_removes_users_and_reads_who_did_what(page: Page, watched: Watched) -> None:
    watched.expected.append("422 (Unprocessable")
    log_in(page, watched, "admin", "/settings/users")
    page.get_by_label("Name", exact=True).fill("bob")
    page.get_by_label("Password, at least 10 characters").fill("short")
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_role("alert")).to_contain_text("10 to 1000 characters")
    page.get_by_label("Password, at least 10 characters").fill(PASSWORD)
    page.get_by_role("button", name="Add user").click()
    bob = page.locator("tr", has_text="bob")
    expect(bob).to_be_visible()
    bob.get_by_label("Role of bob").select_option("operator")
    page.reload()
    expect(bob.get_by_label("Role of bob")).to_have_value("operator")
    page.locator("tr", has_text="admin").get_by_label("Role of admin").select_option("viewer")
    expect(page.get_by_role("alert")).to_contain_text("last admin")
    bob.get_by_role("button", name="Set password of bob").click()
    page.get_by_role("dialog").get_by_label("New password").fill("another password")
    page.get_by_role("dialog").get_by_role("button", name="Set password").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert barriers_by_theme(page) == {}
    bob.get_by_role("button", name="Remove bob").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove bob").click()
    expect(bob).to_have_count(0)
    page.get_by_role("link", name="Audit log").click()
    expect(page.locator("tr", has_text="DELETE /users/bob")).to_contain_text("200")
    page.get_by_label("What this user did").select_option("viewer")
    expect(page.get_by_text("Nothing yet")).to_be_visible()
    assert "user=viewer" in page.url
    page.get_by_label("What this user did").select_option("admin")
    expect(page.locator("tr", has_text="POST /users").first).to_be_visible()
    assert barriers_by_theme(page) == {}


def test_ones_own_password_is_changed(page: Page, watched: Watched) -> None:
    watched.expected += ["422 (Unprocessable", "403 (Forbidden"]
    log_in(page, watched, "viewer", "/settings")
    page.get_by_label("Present password").fill("wrong password")
    page.get_by_label("New password, at least 10 characters").fill("another password")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
