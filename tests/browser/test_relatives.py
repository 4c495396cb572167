"""Runs beside each other: two that are compared, and the lineage of one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.test_first_walk import row
from tests.support.web import FAILING, FIXED, Api


@pytest.fixture
def family(api: Api) -> list[str]:
    """Four runs: one that failed, a replay that failed too, one of that which fixed both, and one with another input."""
    api.save(FAILING)
    first = api.run("rides")
    api.save(FIXED)
    second = api.replay(first, start=["to_parquet"], reason="once more")
    third = api.replay(second, start=["to_parquet"], revision=2, reason="the script is fixed")
    return [first, second, third, api.replay(first, inputs={"month": "202609"}, revision=2)]


def test_a_run_is_compared_with_its_origin(page: Page, family: list[str]) -> None:
    page.goto(f"/runs/{family[2]}")
    expect(page.get_by_role("heading", name="rides-3")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_text("2 of 4 tasks differ, from to_parquet on")).to_be_visible()
    expect(page.locator("tr[data-outcome=same]")).to_have_count(2)
    different = page.locator("tr[data-outcome=different]")
    expect(different).to_contain_text("first to differ")
    side = page.get_by_role("complementary", name="What differs")
    expect(side.get_by_role("group", name="What differs in revision 2").locator(".add")).to_contain_text("echo written")
    task = side.get_by_role("region", name="Task to_parquet")
    expect(task).to_contain_text("the script ended with exit code 3")
    expect(task).to_contain_text("Its definition differs in")
    page.get_by_role("button", name="Different 1").click()
    expect(page.locator("tr[data-outcome]")).to_have_count(1)
    page.reload()
    expect(page.locator("tr[data-outcome]")).to_have_count(1)


def test_any_two_runs_are_chosen_and_swapped(page: Page, family: list[str]) -> None:
    page.goto(f"/compare?after={family[3]}")
    picker = page.get_by_role("dialog")
    expect(picker.get_by_role("button", name="rides-2")).to_be_visible()
    picker.get_by_label("Search runs").fill("rides-1")
    picker.get_by_role("button", name="rides-1").first.click()
    expect(page.get_by_text("4 of 4 tasks differ, from get_zipfile on")).to_be_visible()
    side = page.get_by_role("complementary", name="What differs")
    expect(side.get_by_text("202609", exact=True)).to_be_visible()
    expect(side.get_by_text("3 the same")).to_be_visible()
    page.get_by_role("button", name="count_rows").click()
    expect(side.get_by_role("region", name="Task count_rows")).to_contain_text("only in B")
    page.get_by_role("button", name="Swap").click()
    expect(side.get_by_role("region", name="Task count_rows")).to_contain_text("only in A")
    assert f"before={family[3]}" in page.url
    page.get_by_role("link", name="Replay B from get_zipfile").click()
    expect(page.get_by_role("dialog")).to_contain_text("get_zipfile")


def test_rows_of_a_comparison_are_gone_through_by_keyboard(page: Page, family: list[str]) -> None:
    page.goto(f"/compare?before={family[0]}&after={family[3]}")
    expect(page.get_by_role("region", name="Task get_zipfile")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("region", name="Task convert")).to_be_visible()
    expect(page).to_have_url(re.compile("task=convert"))


def test_a_lineage_of_three_is_a_tree_with_what_each_run_did(page: Page, family: list[str]) -> None:
    page.goto(f"/runs/{family[2]}/lineage")
    tree = page.get_by_role("tree", name="Lineage")
    items = tree.get_by_role("treeitem")
    expect(items).to_have_count(4)
    levels = [items.nth(at).get_attribute("aria-level") for at in range(4)]
    assert levels == ["1", "2", "3", "2"]
    expect(items.nth(0)).to_contain_text("fixed by rides-3")
    expect(items.nth(1)).to_contain_text("1 failed, 2 reused")
    expect(items.nth(2)).to_contain_text("this run")
    expect(items.nth(2)).to_contain_text("replayed from to_parquet")
    expect(items.nth(2)).to_contain_text("the script is fixed")
    expect(items.nth(3)).to_contain_text("everything, with input month")
    items.nth(2).focus()
    for key in ("ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    expect(items).to_have_count(3)
    page.keyboard.press("ArrowRight")
    expect(items).to_have_count(4)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="rides-2")).to_be_visible()


CALLER = """
id: calls
namespace: company.team
tasks:
  - {id: child, type: core.flow.Subflow, namespace: company.team, flowId: rides, wait: true, transmitFailed: true}
"""


def test_a_subflow_leads_to_what_called_it_and_back(page: Page, api: Api) -> None:
    api.save(FIXED)
    api.save(CALLER)
    run = api.run("calls")
    page.goto(f"/runs/{run}/lineage")
    expect(page.get_by_role("heading", name="Called subflows")).to_be_visible()
    page.get_by_role("link", name="rides-1").click()
    expect(page.get_by_role("heading", name="rides-1")).to_be_visible()
    page.get_by_role("navigation", name="Parts of the run").get_by_role("link", name="Lineage").click()
    expect(page.get_by_role("heading", name="Called by")).to_be_visible()
    expect(page.get_by_role("link", name="calls-1")).to_be_visible()


def test_what_was_not_reached_names_what_failed_before_it(page: Page, family: list[str]) -> None:
    page.goto(f"/runs/{family[0]}")
    expect(row(page, "count_rows")).to_contain_text("to_parquet failed")
    row(page, "count_rows").click()
    panel = page.get_by_role("complementary", name="Task count_rows")
    expect(panel.get_by_text("failed before it")).to_be_visible()
    panel.get_by_role("button", name="to_parquet").click()
    expect(page.get_by_role("complementary", name="Task to_parquet")).to_be_visible()


def test_labels_are_given_and_taken_away(page: Page, api: Api, family: list[str]) -> None:
    page.goto(f"/runs/{family[2]}/overview")
    expect(page.get_by_role("link", name="from 1 in the origin")).to_be_visible()
    expect(page.get_by_text("from to_parquet", exact=True)).to_be_visible()
    page.get_by_label("New label, as name=value").fill("team")
    page.get_by_role("button", name="Add label").click()
    expect(page.get_by_role("alert")).to_contain_text("A label is name=value")
    page.get_by_label("New label, as name=value").fill("team=bikes")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="team bikes")).to_be_visible()
    assert api.get(f"/runs/{family[2]}")["labels"]["team"] == "bikes"
    page.get_by_role("button", name="Remove the label team").click()
    expect(page.get_by_role("link", name="team bikes")).to_have_count(0)
