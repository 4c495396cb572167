"""The log of a run, and the panel of a task with its attempts."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from tests.support.kinds import run_kinds
from tests.support.servers import RunningServer
from tests.support.web import Api

AGAIN = """
id: again
namespace: company.team
tasks:
  - id: tries
    type: scripts.shell.Commands
    commands: ["echo try {{ taskrun.attemptsCount }}", "exit {{ taskrun.attemptsCount + 3 }}"]
    retry: {type: constant, interval: PT0.1S, maxAttempts: 3}
"""
TALK = """
id: talk
namespace: company.team
tasks:
  - {id: first, type: scripts.shell.Commands, commands: ["for i in $(seq 400); do echo line $i; done"]}
  - {id: second, type: scripts.shell.Commands, commands: ["echo another LINE", "echo done"]}
"""
WAITS = """
id: waits
namespace: company.team
tasks:
  - {{id: early, type: scripts.shell.Commands, commands: ["for i in $(seq 200); do echo early $i; done"]}}
  - {{id: late, type: scripts.shell.Commands, commands: ["cat {fifo}", "echo the end"]}}
"""


def test_each_attempt_has_its_own_error_and_lines(page: Page, api: Api) -> None:
    api.save(AGAIN)
    run = api.run("again")
    page.goto(f"/runs/{run}?task=tries")
    panel = page.get_by_role("complementary", name="Task tries")
    attempts = panel.get_by_role("group", name="Attempts")
    expect(attempts.get_by_role("button")).to_have_count(3)
    expect(attempts.get_by_role("button", name="Attempt 3")).to_have_attribute("aria-pressed", "true")
    last = panel.locator(".error-msg").inner_text()
    attempts.get_by_role("button", name="Attempt 1").click()
    expect(panel.locator(".error-msg")).not_to_have_text(last)
    expect(panel.locator(".log")).to_contain_text("try")
    expect(page).to_have_url(re.compile("attempt=1"))
    history = panel.locator(".passed")
    expect(history.get_by_text("Retrying")).to_have_count(2)
    panel.get_by_role("link", name="All,").click()
    expect(page.get_by_role("combobox", name="Attempt")).to_have_value("1")
    expect(page.get_by_role("log").locator("a").first).to_be_visible()
    page.get_by_role("combobox", name="Attempt").select_option("")
    expect(page).not_to_have_url(re.compile("attempt="))


def test_matches_are_stepped_through_and_lines_around_them_shown(page: Page, api: Api) -> None:
    api.save(TALK)
    run = api.run("talk")
    page.goto(f"/runs/{run}/logs")
    log = page.get_by_role("log")
    search = page.get_by_label("Search in lines")
    search.fill("line 39")
    expect(page.get_by_text("11 matches")).to_be_visible()
    expect(page.get_by_text("11 lines")).to_be_visible()
    search.press("Enter")
    expect(page.get_by_text("1 of 11")).to_be_visible()
    page.get_by_role("button", name="Lines around").click()
    expect(page.get_by_text(re.compile(r"40\d lines"))).to_be_visible()
    expect(log.locator(".found mark")).to_have_text("line 39")
    expect(log.get_by_text("line 38", exact=True)).to_be_visible()
    page.get_by_role("button", name="Next match").click()
    expect(log.locator(".found")).to_contain_text("line 390")
    search.press("Shift+Enter")
    search.press("Shift+Enter")
    expect(page.get_by_text("11 of 11")).to_be_visible()
    page.get_by_label("Task", exact=True).select_option("second")
    expect(page.get_by_text("no match")).to_be_visible()
    search.fill("line")
    expect(log.locator("mark")).to_have_text("LINE")
    assert "around=1" in page.url
    assert "task=second" in page.url


def test_the_end_is_followed_until_one_reads_elsewhere(page: Page, api: Api, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    api.save(WAITS.format(fifo=tmp_path / "fifo"))
    run = api.run("waits", ended=False)
    page.goto(f"/runs/{run}/logs")
    log = page.get_by_role("log")
    expect(log.get_by_text("early 200")).to_be_visible()
    follow = page.get_by_role("button", name="Follow")
    expect(follow).to_have_attribute("aria-pressed", "true")
    log.evaluate("each => each.scrollTo(0, 0)")
    expect(follow).to_have_attribute("aria-pressed", "false")
    (tmp_path / "fifo").write_text("go on\n")
    expect(page.get_by_role("button", name=re.compile(r"\d+ new lines?"))).to_be_visible()
    expect(log.get_by_text("early 1", exact=True)).to_be_visible()
    page.get_by_role("button", name=re.compile(r"\d+ new lines?")).click()
    expect(log.get_by_text("the end", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="To the end")).to_have_attribute("aria-pressed", "true")


def test_a_link_to_a_line_shows_it_among_the_others(page: Page, api: Api) -> None:
    api.save(TALK)
    run = api.run("talk")
    page.goto(f"/runs/{run}/logs#L200")
    expect(page.get_by_role("log").locator(".at")).to_be_in_viewport()


def test_a_log_is_downloaded_as_it_is_filtered(page: Page, api: Api) -> None:
    api.save(TALK)
    run = api.run("talk")
    page.goto(f"/runs/{run}/logs?task=second&text=line")
    expect(page.get_by_role("log").get_by_text("another")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("another LINE")


def test_a_traceback_shows_ones_own_frames_and_folds_those_of_libraries(
    context: BrowserContext, page: Page, server: RunningServer
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    run_kinds(server.home, "broken")
    page.goto("/runs/broken-1?task=parse")
    panel = page.get_by_role("complementary", name="Task parse")
    panel.get_by_text("Traceback", exact=True).click()
    expect(panel.get_by_text("return json.loads(text)")).to_be_visible()
    expect(panel.get_by_text("obj, end = self.scan_once(s, idx)")).to_be_hidden()
    panel.get_by_text("frames of libraries").click()
    expect(panel.get_by_text("obj, end = self.scan_once(s, idx)")).to_be_visible()
    panel.get_by_role("button", name="Copy the traceback").click()
    expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("Traceback (most recent call last)")
