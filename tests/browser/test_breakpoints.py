"""Runs that stop: at a breakpoint, at a Pause, and where a person has them paused."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from tests.browser.test_first_walk import WAITS, row
from tests.support.servers import RunningServer
from tests.support.web import FIXED, Api, Watched

from dalsegno import ReplayRequest
from dalsegno.client.client import Client

STEPS = """
id: steps
namespace: company.team
tasks:
  - {id: fetch, type: core.debug.Return, value: [3, 4]}
  - {id: store, type: core.debug.Return, value: "{{ outputs.fetch.value }}"}
  - {id: last, type: core.log.Log, message: "stored {{ outputs.store.value }}"}
"""
ASKS = """
id: asks
namespace: company.team
tasks:
  - id: approval
    type: core.flow.Pause
    onResume:
      - {id: approved, type: BOOLEAN, description: Whether it may go out.}
      - {id: rows, type: INT, defaults: 3}
  - id: tell
    type: core.debug.Return
    value: "{{ outputs.approval.onResume.rows }} of {{ outputs.approval.onResume.approved }}"
"""


def test_a_breakpoint_stops_the_run_and_a_changed_input_is_what_the_task_uses(page: Page, api: Api) -> None:
    api.save(STEPS)
    ran = api.run("steps")
    page.goto(f"/runs/{ran}?replay=store")
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("combobox", name="Breakpoints").fill("store")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("breakpoints"))
    expect(
        sheet.locator("tr", has_text="store").first.get_by_role("img", name="The run stops before it")
    ).to_be_visible()
    sheet.get_by_role("button", name="Replay 2 of 3 tasks").click()

    expect(page.get_by_role("heading", name="steps-2")).to_be_visible()
    expect(page.locator(".badge")).to_have_text("Paused at a breakpoint")
    expect(row(page, "store").locator(".bar")).to_have_attribute("data-state", "paused")
    panel = page.get_by_role("complementary", name="Task store")
    expect(panel.get_by_label("value", exact=True)).to_have_value("[3,4]")
    panel.get_by_label("value", exact=True).fill("[3, 4, 5]")
    expect(panel).to_contain_text("changed by you, was [3,4]")
    panel.get_by_role("button", name="Continue with 1 change").click()

    expect(page.locator(".badge")).to_have_text("Success")
    expect(row(page, "store").locator(".bar")).to_have_attribute("data-state", "success")
    run = page.url.split("/runs/")[1].split("?")[0]
    assert api.get(f"/runs/{run}/outputs")["tasks"]["store"] == {"value": [3, 4, 5]}
    assert api.get(f"/runs/{run}/given")["given"] == {"store": ["properties.value"]}


def test_to_stop_after_a_task_is_to_stop_before_what_follows(page: Page, api: Api) -> None:
    api.save(STEPS)
    ran = api.run("steps")
    page.goto(f"/runs/{ran}?replay=fetch")
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Stop after a task").select_option("fetch")
    expect(page.locator('[data-box="store"] .pip.stop')).to_be_visible()
    sheet.get_by_role("button", name="Replay all 3 tasks").click()
    expect(page.get_by_role("heading", name="steps-2")).to_be_visible()
    expect(row(page, "store").locator(".bar")).to_have_attribute("data-state", "paused")


def test_what_cannot_be_changed_is_refused_in_the_panel_and_the_run_waits_on(
    page: Page, api: Api, watched: Watched
) -> None:
    watched.expected.append("422 (Unprocessable")
    api.save(STEPS)
    run = api.run("steps", ended=False, breakpoints=["store"])
    page.goto(f"/runs/{run}")
    page.get_by_role("button", name="What it waits for").click()
    panel = page.get_by_role("complementary", name="Task store")
    panel.get_by_role("button", name="Render value as an expression").click()
    panel.get_by_label("value", exact=True).fill("{{ outputs.fetch.valeu")
    panel.get_by_role("button", name="Continue with 1 change").click()
    expect(panel.get_by_role("alert")).to_be_visible()
    expect(page.locator(".badge")).to_have_text("Paused at a breakpoint")
    panel.get_by_label("value", exact=True).fill("{{ outputs.fetch.value | first }}")
    panel.get_by_role("button", name="Continue with 1 change").click()
    expect(page.locator(".badge")).to_have_text("Success")
    assert api.get(f"/runs/{run}/outputs")["tasks"]["store"] == {"value": 3}


def test_where_the_run_stops_next_can_be_changed(page: Page, api: Api) -> None:
    api.save(STEPS)
    run = api.run("steps", ended=False, breakpoints=["store"])
    page.goto(f"/runs/{run}?task=store")
    panel = page.get_by_role("complementary", name="Task store")
    panel.get_by_role("combobox", name="Breakpoints from now on").fill("last")
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="Continue", exact=True).click()
    expect(row(page, "last").locator(".bar")).to_have_attribute("data-state", "paused")
    expect(row(page, "store").locator(".bar")).to_have_attribute("data-state", "success")
    page.get_by_role("link", name="Topology").click()
    expect(page.locator('[data-box="last"]')).to_contain_text("waits for you")


def test_an_approval_is_answered_by_the_types_of_what_it_asks(page: Page, api: Api) -> None:
    api.save(ASKS)
    run = api.run("asks", ended=False)
    page.goto(f"/runs/{run}")
    expect(page.locator(".badge")).to_have_text("Waits for you")
    row(page, "approval").click()
    panel = page.get_by_role("complementary", name="Task approval")
    expect(panel.get_by_role("button", name="Answer 1 question first")).to_be_disabled()
    panel.get_by_label("approved").select_option("true")
    panel.get_by_label("rows").fill("7")
    panel.get_by_role("button", name="Continue").click()
    expect(page.locator(".badge")).to_have_text("Success")
    assert api.get(f"/runs/{run}/outputs")["tasks"]["tell"] == {"value": "7 of true"}


def test_a_run_is_paused_resumed_and_killed_by_its_buttons(page: Page, api: Api, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    api.save(WAITS.format(fifo=tmp_path / "fifo"))
    run = api.run("waits", ended=False)
    page.goto(f"/runs/{run}")
    expect(row(page, "work").locator(".bar")).to_have_attribute("data-state", "running")
    with page.expect_response("**/pause"):
        page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Pausing")).to_be_disabled()
    (tmp_path / "fifo").write_text("go on\n")
    expect(page.locator(".badge")).to_have_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".badge")).to_have_text("Failed")

    again = api.run("waits", ended=False)
    page.goto(f"/runs/{again}")
    expect(row(page, "work").locator(".bar")).to_have_attribute("data-state", "running")
    page.get_by_role("button", name="Kill").click()
    expect(page.locator(".badge")).to_have_text("Killed")


def test_a_pin_is_given_in_the_sheet_and_is_what_others_read(page: Page, api: Api) -> None:
    api.save(FIXED)
    ran = api.run("rides")
    page.goto(f"/runs/{ran}?replay=to_parquet")
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Add an override").click()
    new = sheet.get_by_role("group", name="A new override")
    new.get_by_role("button", name="Pin a result").click()
    new.get_by_label("Task").fill("convert")
    new.get_by_role("button", name="Pin its result").click()
    pin = sheet.get_by_role("group", name="Pin of convert")
    expect(pin.get_by_label("value", exact=True)).to_have_value("202608.zip as ion")
    pin.get_by_label("value", exact=True).fill("a sample")
    expect(page.locator('[data-box="convert"]')).to_have_attribute("data-state", "pinned")
    expect(page).to_have_url(re.compile("a\\+sample"))
    page.reload()
    expect(pin.get_by_label("value", exact=True)).to_have_value("a sample")

    sheet.get_by_role("button", name="Replay 2 of 4 tasks").click()
    expect(page.get_by_role("heading", name="rides-2")).to_be_visible()
    expect(page.locator(".badge")).to_have_text("Success")
    run = page.url.split("/runs/")[1].split("?")[0]
    assert api.get(f"/runs/{run}/outputs")["tasks"]["convert"] == {"value": "a sample"}
    page.goto(f"/runs/{run}/logs")
    expect(page.get_by_role("log").get_by_text("a sample")).to_be_visible()


def test_the_result_of_another_run_is_taken_for_a_pin(page: Page, api: Api) -> None:
    api.save(FIXED)
    ran = api.run("rides")
    api.run("rides", inputs={"month": "202607"})
    page.goto(f'/runs/{ran}?replay=to_parquet&ask={{"pins":{{"convert":"mine"}}}}')
    pin = page.get_by_role("group", name="Pin of convert")
    pin.get_by_label("Take the result of convert from another run").select_option("rides-2")
    expect(pin.get_by_label("value", exact=True)).to_have_value("202607.zip as ion")
    pin.get_by_role("button", name="Its old result").click()
    expect(page.locator("tr", has_text="convert").first).to_contain_text("its result is kept")


def test_a_task_input_is_an_expression_in_the_sheet_the_address_and_the_command(
    context: BrowserContext, page: Page, api: Api
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    api.save(FIXED)
    ran = api.run("rides")
    page.goto(f"/runs/{ran}?replay=to_parquet")
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Add an override").click()
    new = sheet.get_by_role("group", name="A new override")
    new.get_by_label("Task").fill("count_rows")
    new.get_by_label("Input").select_option("message")
    new.get_by_role("button", name="Change it").click()
    given = sheet.get_by_role("group", name="Inputs of count_rows")
    expect(given.get_by_label("message", exact=True)).to_have_value("3 rows")
    given.get_by_role("button", name="Render message as an expression").click()
    given.get_by_label("message", exact=True).fill("{{ inputs.rows + 1 }} rows")
    expect(page).to_have_url(re.compile("taskInputs.*inputs.rows"))
    page.reload()
    expect(given.get_by_label("message", exact=True)).to_have_value("{{ inputs.rows + 1 }} rows")
    expect(sheet.get_by_role("button", name="Replay 2 of 4 tasks")).to_be_enabled()
    sheet.get_by_role("button", name="Cop").last.click()
    sheet.get_by_role("menuitem", name="Command").click()
    expect(sheet.get_by_role("button", name="Copied as Command")).to_be_visible()
    said = page.evaluate("navigator.clipboard.readText()")
    assert said.endswith("--task-input-expr 'count_rows.message={{ inputs.rows + 1 }} rows'"), said

    sheet.get_by_role("button", name="Replay 2 of 4 tasks").click()
    expect(page.get_by_role("heading", name="rides-2")).to_be_visible()
    expect(page.locator(".badge")).to_have_text("Success")
    run = page.url.split("/runs/")[1].split("?")[0]
    page.goto(f"/runs/{run}/logs")
    expect(page.get_by_role("log").get_by_text("4 rows")).to_be_visible()


def test_who_may_only_look_cannot_have_a_run_go_on(playwright: Playwright, browser: Browser, tmp_path: Path) -> None:
    assert playwright.chromium is not None
    home = tmp_path / "home"
    with Client(home) as client:
        client.users.add("ann", "admin", "correct horse battery")
        client.users.add("vic", "viewer", "correct horse battery")
        client.save_flow(STEPS)
        run = client.execute(client.start_run("company.team.steps", ReplayRequest(breakpoints=("store",))).id)
    with RunningServer(home, "--login") as server:
        context = browser.new_context(base_url=server.url)
        page = context.new_page()
        page.goto(f"/runs/{run.id}?task=store")
        page.get_by_label("Name", exact=True).fill("vic")
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Log in").click()
        panel = page.get_by_role("complementary", name="Task store")
        expect(panel.get_by_role("button", name="Continue")).to_be_disabled()
        for name in ("Kill", "Replay"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)
        context.close()


def test_a_wrong_override_is_refused_at_its_own_field(page: Page, api: Api) -> None:
    api.save(FIXED)
    ran = api.run("rides")
    ask = '{"taskInputs":{"convert":{"valeu":{"value":"x"}}},"breakpoints":["get_zipfile"]}'
    page.goto(f"/runs/{ran}?replay=to_parquet&ask={ask}")
    sheet = page.get_by_role("dialog")
    given = sheet.get_by_role("group", name="Inputs of convert")
    expect(given.get_by_role("alert")).to_contain_text("has no property valeu; did you mean value")
    expect(sheet.get_by_role("button", name="Replay", exact=False).last).to_be_disabled()
    sheet.get_by_role("button", name="Remove convert.valeu").click()
    expect(sheet.get_by_role("alert")).to_contain_text("get_zipfile")
    expect(sheet.get_by_role("alert").locator("xpath=..")).to_contain_text("Breakpoints")
    sheet.get_by_role("button", name="Everything").click()
    expect(sheet.get_by_role("alert")).to_have_count(0)
    expect(sheet.get_by_role("button", name="Replay all 4 tasks")).to_be_enabled()
