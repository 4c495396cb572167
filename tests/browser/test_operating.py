"""What an operator does: many runs at once, lineages, bulk replays, and the page that tells what is broken."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from tests.support.barriers import barriers_by_theme
from tests.support.web import FAILING, FIXED, Api, Watched

SLOW = """
id: sleeps
namespace: company.team
tasks:
  - {id: wait, type: core.flow.Sleep, duration: PT300S}
"""


@pytest.fixture
def failed(api: Api) -> list[str]:
    """Four runs that failed, of a flow that is mended."""
    api.save(FAILING)
    runs = [api.run("rides") for _ in range(4)]
    api.save(FIXED)
    return runs


def listed(page: Page, name: str) -> None:
    expect(page.locator("tr", has_text=name).first).to_be_visible()


def test_all_that_match_a_filter_are_replayed_canaries_first(page: Page, api: Api, failed: list[str]) -> None:
    assert failed
    page.goto(f"/runs?namespace={api.namespace}&state=FAILED")
    page.get_by_label("Select rides-4").check()
    page.get_by_role("button", name="Select all 4 that match").click()
    expect(page.get_by_role("region", name="Selected runs")).to_contain_text("4 selected, all that match")
    page.goto(f"/bulk-replays/new?namespace={api.namespace}&state=FAILED")
    expect(page.get_by_role("heading", name="Replay 4 runs")).to_be_visible()
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text(f"{api.namespace}.rides")
    expect(preview.get_by_text("Replays").first).to_be_visible()
    assert barriers_by_theme(page) == {}
    page.get_by_label("Canaries", exact=True).fill("1")
    page.get_by_label("Reason").fill("the upstream is back")
    page.get_by_role("button", name="Replay 1 of 4 first").click()
    page.get_by_role("button", name="Approve the other 3").click()
    expect(page.get_by_text("4 of 4", exact=True)).to_be_visible()
    expect(page.locator(".badge")).to_contain_text("Done")
    expect(page.get_by_text("the upstream is back")).to_be_visible()
    page.get_by_role("group", name="Results").get_by_role("button", name="Success 4").click()
    expect(page).to_have_url(re.compile("result=SUCCEEDED"))
    expect(page.get_by_role("link", name=re.compile(r"rides-[5-8]")).first).to_be_visible()
    assert barriers_by_theme(page) == {}
    with page.expect_download() as download:
        page.get_by_role("button", name="Results", exact=True).click()
    assert download.value.path().read_text().count("SUCCEEDED") == 4
    job = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="Bulk replays").first.click()
    expect(page.locator("tr", has_text=job)).to_contain_text("4 of 4")
    assert barriers_by_theme(page) == {}


def test_runs_that_cannot_be_replayed_are_told_before_and_a_wrong_pace_stands_at_the_form(
    page: Page, watched: Watched, api: Api, failed: list[str]
) -> None:
    watched.expected.append("422 (Unprocessable")
    assert api
    page.goto("/bulk-replays/new?" + "&".join(f"run={run}" for run in failed[:2]))
    expect(page.get_by_role("heading", name="Replay 2 runs")).to_be_visible()
    page.get_by_role("button", name="A task", exact=True).click()
    page.get_by_role("combobox", name="Tasks to start from").fill("convrt")
    page.keyboard.press("Enter")
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("Refused")
    expect(preview).to_contain_text("did you mean")
    expect(page.get_by_role("button", name="Nothing to replay")).to_be_disabled()
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.get_by_role("button", name="Replay 2 runs")).to_be_enabled()
    page.get_by_label("Stop above, in per cent").fill("500")
    expect(page.get_by_role("form", name="Request").get_by_role("alert")).to_contain_text("500")


def test_a_job_is_paused_goes_on_and_is_aborted(page: Page, api: Api, failed: list[str]) -> None:
    assert failed
    page.goto(f"/bulk-replays/new?namespace={api.namespace}&state=FAILED")
    page.get_by_label("Canaries", exact=True).fill("0")
    page.get_by_label("Replays begun").fill("1")
    page.get_by_role("button", name="Replay 4 runs").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".badge")).to_contain_text("Paused")
    page.get_by_role("button", name="Go on with").click()
    expect(page.locator(".badge")).to_contain_text("Running")
    page.get_by_role("button", name="Abort").click()
    page.get_by_role("menuitem", name="what runs ends by itself").click()
    expect(page.locator(".badge")).to_contain_text("Aborted")
    expect(page.get_by_role("button", name="Abort")).to_have_count(0)


@pytest.fixture
def mixed(api: Api) -> list[str]:
    """A run that failed, and two that go on until they are stopped."""
    api.save(FAILING)
    api.save(SLOW)
    return [api.run("rides"), api.run("sleeps", ended=False), api.run("sleeps", ended=False)]


def test_runs_are_labelled_and_killed_together_and_what_is_refused_is_told(
    page: Page, watched: Watched, api: Api, mixed: list[str]
) -> None:
    # what is executed takes no labels
    watched.expected.append("409 (Conflict)")
    page.goto(f"/runs?namespace={api.namespace}")
    expect(page.locator("tr", has_text="sleeps-2").get_by_text("Running")).to_be_visible()
    page.get_by_label("Select all that are shown").check()
    bar, dialog = page.get_by_role("region", name="Selected runs"), page.get_by_role("dialog")
    bar.get_by_role("button", name="Label").click()
    dialog.get_by_label("Name of the label").fill("env")
    dialog.get_by_label("Value of the label").fill("prod")
    assert barriers_by_theme(page) == {}
    dialog.get_by_role("button", name="Label 3").click()
    expect(dialog.get_by_role("status")).to_contain_text("1 of 3 done, 2 refused")
    expect(dialog.get_by_role("list", name="Refused")).to_contain_text("sleeps-1")
    dialog.get_by_role("button", name="Close, and keep the 2 selected").click()
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Kill 2").click()
    dialog.get_by_role("button", name="Kill 2").click()
    expect(dialog.get_by_role("status")).to_contain_text("2 of 2 done")
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    for run in mixed[1:]:
        assert api.wait(run) == "KILLED"
    page.goto(f"/runs?namespace={api.namespace}&label=env%3Dprod")
    listed(page, "rides-1")
    page.get_by_label("Select rides-1").check()
    bar.get_by_role("button", name="Label").click()
    dialog.get_by_label(re.compile("^env")).check()
    dialog.get_by_role("button", name="Label 1").click()
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(page.get_by_text("No run matches")).to_be_visible()


def test_runs_are_deleted_together(page: Page, api: Api, failed: list[str]) -> None:
    page.goto(f"/runs?namespace={api.namespace}")
    page.get_by_label("Select all that are shown").check()
    page.get_by_label("Select rides-1").uncheck()
    page.get_by_role("region", name="Selected runs").get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete 3").click()
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(page.locator("tr", has_text="rides-2")).to_have_count(0)
    assert [run["id"] for run in api.get(f"/runs?namespace={api.namespace}")["runs"]] == failed[:1]


def test_a_lineage_is_one_row_that_opens_and_rows_are_selected_by_keys(page: Page, api: Api, failed: list[str]) -> None:
    again = api.replay(failed[0], start=["convert"])
    api.replay(again, start=["to_parquet"], revision=2)
    page.goto(f"/runs?namespace={api.namespace}")
    root = page.locator("tr", has_text="rides-1").first
    expect(root).to_contain_text("2 replays")
    expect(page.locator("tr", has_text="rides-6")).to_have_count(0)
    expect(page.get_by_role("img", name="3 tasks: 2 success, 1 failed").first).to_be_visible()
    page.get_by_role("button", name="Unfold the replays of rides-1").click()
    expect(page.locator("tr", has_text="rides-6")).to_be_visible()
    expect(root).to_contain_text("fixed by -6")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("tr", has_text="rides-6")).to_have_count(0)
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    bar = page.get_by_role("region", name="Selected runs")
    expect(bar).to_contain_text("3 selected; 1 is fixed already")
    assert barriers_by_theme(page) == {}
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    # what matches is a replay alone: its root stands over it
    page.goto(f"/runs?namespace={api.namespace}&state=SUCCESS")
    expect(page.locator("tr.beside", has_text="rides-1")).to_be_visible()
    expect(page.locator("tr", has_text="rides-6")).to_be_visible()
    page.get_by_role("button", name="Each run").click()
    expect(page).to_have_url(re.compile("flat=true"))
    expect(page.locator("tr.beside")).to_have_count(0)


def test_every_filter_is_set_from_the_menu_and_columns_are_chosen(page: Page, api: Api, failed: list[str]) -> None:
    assert failed
    page.goto(f"/runs?namespace={api.namespace}")
    listed(page, "rides-1")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("menuitem", name="Failed task").click()
    page.get_by_label("Failed task", exact=True).fill("to_parquet")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("failed_task=to_parquet"))
    listed(page, "rides-1")
    page.get_by_role("button", name="Failed task to_parquet").click()
    page.get_by_label("Failed task", exact=True).fill("convert")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No run matches")).to_be_visible()
    page.get_by_role("button", name="Remove filter Failed task").click()
    listed(page, "rides-1")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Failed task").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="Failed task")).to_be_visible()
    page.reload()
    expect(page.locator("tr", has_text="rides-1")).to_contain_text("to_parquet")


def test_home_tells_which_flows_fail_until_they_are_fixed_and_how_it_went(page: Page, api: Api) -> None:
    name = f"rides_{uuid4().hex[:6]}"
    api.save(FAILING.replace("id: rides", f"id: {name}"))
    runs = [api.run(name) for _ in range(2)]
    api.save(FIXED.replace("id: rides", f"id: {name}"))
    page.goto("/")
    flow = page.get_by_role("listitem").filter(has_text=name).first
    expect(flow).to_contain_text("to_parquet")
    expect(flow.get_by_role("link", name="Replay 2")).to_be_visible()
    expect(flow.get_by_role("img", name=re.compile("Last 2 runs: 2 failed"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile(r"^Runs a day: .* failed"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Duration of runs"))).to_be_visible()
    assert barriers_by_theme(page) == {}
    page.get_by_role("button", name="Table").click()
    expect(page).to_have_url(re.compile("table=true"))
    expect(page.get_by_role("group", name="Figures").get_by_role("row")).not_to_have_count(0)
    page.get_by_role("button", name="24 h").click()
    expect(page.get_by_role("heading", name="Last 24 hours")).to_be_visible()
    assert barriers_by_theme(page) == {}
    for run in runs:
        api.replay(run, start=["to_parquet"], revision=2)
    expect(flow).to_contain_text("Fixed; leaves this list when you do")
    page.reload()
    expect(page.get_by_text(f"{name}-4")).to_be_visible()
    expect(page.get_by_text("Fixed; leaves")).to_have_count(0)


def test_single_letters_are_keys_until_they_are_switched_off(page: Page) -> None:
    page.goto("/settings")
    expect(page.get_by_label("Single letters are keys")).to_be_checked()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Select the run")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_label("Single letters are keys").uncheck()
    page.reload()
    expect(page.get_by_label("Single letters are keys")).not_to_be_checked()
    page.keyboard.press("?")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.get_by_role("button", name="Keyboard and help").click()
    expect(dialog).to_have_count(1)
    expect(page).to_have_url(re.compile("/settings$"))
