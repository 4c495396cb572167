"""The graph of a flow: a run in it while it executes, a plan in it while it is asked for."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.test_first_walk import row
from tests.support.web import FAILING, FIXED, Api

GROUPED = """
id: grouped
namespace: company.team
tasks:
  - {{id: load, type: core.debug.Return, value: one}}
  - id: each_city
    type: core.flow.ForEach
    values: [paris, rome]
    tasks:
      - {{id: store, type: core.debug.Return, value: "{{{{ taskrun.value }}}}"}}
  - {{id: work, type: scripts.shell.Commands, commands: ["cat {fifo}"]}}
  - {{id: last, type: core.log.Log, message: done}}
errors:
  - {{id: notify, type: core.log.Log, message: failed}}
"""


def box(page: Page, task: str) -> Locator:
    return page.locator(f'[data-box="{task}"]')


def name(page: Page, task: str) -> Locator:
    return page.locator(f'[data-node="{task}"]')


@pytest.fixture
def waiting(api: Api, tmp_path: Path) -> tuple[str, Path]:
    """A run that waits until something is written."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    api.save(GROUPED.format(fifo=fifo))
    return api.run("grouped", ended=False), fifo


def test_the_topology_is_coloured_as_the_run_goes_on(page: Page, waiting: tuple[str, Path]) -> None:
    run, fifo = waiting
    page.goto(f"/runs/{run}")
    page.get_by_role("link", name="Topology").click()
    expect(box(page, "work")).to_have_attribute("data-state", "running")
    expect(box(page, "each_city")).to_contain_text("2 of 2 done")
    expect(box(page, "last")).to_contain_text("waits for its turn")
    expect(box(page, "notify")).to_contain_text("if something fails")
    fifo.write_text("go on\n")
    expect(box(page, "work")).to_have_attribute("data-state", "success")
    expect(box(page, "last")).to_have_attribute("data-state", "success")
    expect(box(page, "notify")).to_contain_text("not reached")


def test_what_is_folded_and_open_in_the_topology_stands_in_the_address(page: Page, waiting: tuple[str, Path]) -> None:
    run, fifo = waiting
    fifo.write_text("go on\n")
    page.goto(f"/runs/{run}/topology")
    name(page, "store").click()
    expect(page.get_by_role("complementary", name="Task each_city[paris].store")).to_be_visible()
    expect(page).to_have_url(re.compile("task=each_city"))
    page.get_by_role("button", name="Fold each_city").click()
    expect(box(page, "store")).to_have_count(0)
    expect(page).to_have_url(re.compile("fold=each_city"))
    page.get_by_role("link", name="Replay from here").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Replay 3 of 5 tasks")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/topology[?]"))
    page.reload()
    expect(box(page, "each_city")).to_contain_text("2 of 2 done")
    expect(box(page, "store")).to_have_count(0)
    expect(page.get_by_role("complementary", name="Task each_city[paris].store")).to_be_visible()


def test_the_graph_is_walked_by_keys(page: Page, waiting: tuple[str, Path]) -> None:
    run, fifo = waiting
    fifo.write_text("go on\n")
    page.goto(f"/runs/{run}/topology")
    name(page, "load").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_attribute("data-node", re.compile("each_city|store"))
    name(page, "each_city").focus()
    page.keyboard.press("Space")
    expect(name(page, "each_city")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("End")
    expect(page.locator(":focus")).to_have_attribute("data-node", "notify")
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Task notify")
    expect(panel).to_contain_text("the run ended before its turn")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_a_start_is_chosen_in_the_graph_and_the_plan_follows(page: Page, api: Api) -> None:
    api.save(FAILING)
    failed = api.run("rides")
    api.save(FIXED)
    page.goto(f"/runs/{failed}?replay=to_parquet")
    sheet = page.get_by_role("dialog")
    expect(box(page, "get_zipfile")).to_have_attribute("data-state", "reused")
    expect(box(page, "to_parquet")).to_have_attribute("data-state", "run")
    expect(name(page, "to_parquet")).to_have_accessible_name(re.compile("to_parquet run .*, start"))
    name(page, "convert").click()
    expect(box(page, "convert")).to_have_attribute("data-state", "run")
    expect(sheet.locator("tr[data-action=RUN]")).to_have_count(3)
    expect(page).to_have_url(re.compile("replay=to_parquet&replay=convert"))
    name(page, "to_parquet").click()
    expect(page).to_have_url(re.compile("replay=convert$"))
    sheet.get_by_role("button", name="Replay 3 of 4 tasks").click()
    expect(page.get_by_role("heading", name="rides-2")).to_be_visible()
    expect(row(page, "convert").locator(".bar")).to_have_attribute("data-state", "success")


def test_what_was_dropped_since_stands_in_the_graph_of_the_plan(page: Page, api: Api) -> None:
    api.save(FIXED)
    ran = api.run("rides")
    api.save(FIXED.replace("count_rows", "tell"))
    page.goto(f"/runs/{ran}?replay=to_parquet")
    expect(box(page, "count_rows")).to_have_attribute("data-state", "drop")
    expect(box(page, "count_rows")).to_contain_text("not in revision 2")
    expect(box(page, "tell")).to_have_attribute("data-state", "run")
    expect(page.locator("tr[data-action=DROP]")).to_contain_text("count_rows")


def test_the_graph_of_a_draft_follows_its_text(page: Page, api: Api) -> None:
    api.save(FAILING)
    failed = api.run("rides")
    page.goto(f"/runs/{failed}/fix")
    expect(box(page, "count_rows")).to_have_attribute("data-state", "run")
    text = FAILING.replace("company.team", api.namespace).replace('"exit 3"', '"echo written"')
    page.get_by_role("textbox", name="Text of the flow").fill(
        f"{text}  - {{id: tell, type: core.log.Log, message: written}}\n"
    )
    expect(box(page, "tell")).to_have_attribute("data-state", "run")
    expect(page.get_by_role("button", name="Save and replay 3 of 5 tasks")).to_be_enabled()
