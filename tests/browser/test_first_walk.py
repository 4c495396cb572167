"""From a red bar to a green one, as a person walks it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect
from tests.support.web import FAILING, FIXED, Api, Watched


def row(page: Page, address: str) -> Locator:
    return page.locator(f'[role=row][data-address="{address}"]')


def test_from_the_red_bar_to_the_green_one(page: Page, api: Api) -> None:
    api.save(FAILING)
    failed = api.run("rides")
    api.save(FIXED)

    page.goto(f"/runs?namespace={api.namespace}")
    page.get_by_role("link", name="rides-1").click()
    expect(page.get_by_role("heading", name="rides-1")).to_be_visible()
    row(page, "to_parquet").click()

    panel = page.get_by_role("complementary", name="Task to_parquet")
    expect(panel.get_by_text("the script ended with exit code 3").first).to_be_visible()
    expect(panel.get_by_text("Line 12 of revision 1")).to_be_visible()
    panel.get_by_role("link", name="Replay from here").click()

    sheet = page.get_by_role("dialog", name="Replay rides-1")
    expect(sheet.get_by_role("button", name="Latest, 2")).to_have_attribute("aria-pressed", "true")
    expect(sheet.locator(".diff .add")).to_contain_text("echo written")
    expect(sheet.locator("tr[data-action=REUSE]")).to_have_count(2)
    expect(sheet.locator("tr[data-action=RUN]")).to_have_count(2)
    sheet.get_by_label("Reason").fill("the script is fixed")
    sheet.get_by_role("button", name="Replay 2 of 4 tasks").click()

    expect(page.get_by_role("heading", name="rides-2")).to_be_visible()
    expect(page.locator(".badge")).to_have_text("Success")
    expect(row(page, "to_parquet").locator(".bar")).to_have_attribute("data-state", "success")
    expect(row(page, "convert").locator(".bar")).to_have_attribute("data-state", "reused")
    expect(page.get_by_text("the script is fixed").first).to_be_visible()

    row(page, "convert").click()
    page.get_by_role("complementary").get_by_role("link", name="rides-1").click()
    expect(page.get_by_role("heading", name="rides-1")).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="rides-2")).to_be_visible()
    assert api.get(f"/runs/{failed}")["fixed_by"] is not None


def test_a_refusal_stands_at_the_field_with_the_name_that_was_meant(page: Page, api: Api) -> None:
    api.save(FAILING)
    failed = api.run("rides")
    page.goto(f"/runs/{failed}?replay=to_parquett")
    sheet = page.get_by_role("dialog")
    form = sheet.get_by_role("form", name="Request")
    expect(form.get_by_role("alert")).to_contain_text("there is no task to_parquett")
    expect(sheet.get_by_role("button", name="Replay", exact=False).last).to_be_disabled()
    form.get_by_role("button", name="Use to_parquet").click()
    expect(form.get_by_role("alert")).to_have_count(0)
    expect(sheet.get_by_role("button", name="Replay 2 of 4 tasks")).to_be_enabled()


def test_inputs_are_a_form_by_their_types_and_the_plan_follows(page: Page, api: Api, watched: Watched) -> None:
    watched.expected.append("422 (Unprocessable")
    api.save(FAILING)
    failed = api.run("rides")
    page.goto(f"/runs/{failed}?replay=to_parquet")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_label("strict")).to_be_checked()
    expect(sheet.get_by_label("kind")).to_have_value("all")
    sheet.get_by_label("month").fill("202609")
    expect(sheet.locator("tr", has_text="get_zipfile").first).to_contain_text("input month is overridden")
    expect(sheet.get_by_role("button", name="Replay all 4 tasks")).to_be_enabled()
    sheet.get_by_label("rows").fill("many")
    expect(sheet.get_by_role("alert")).to_contain_text("must be a whole number")
    sheet.get_by_label("rows").fill("3")
    sheet.get_by_label("month").fill("202608")
    expect(sheet.get_by_text("carried over from the origin")).to_be_visible()


WAITS = """
id: waits
namespace: company.team
tasks:
  - {{id: first, type: core.debug.Return, value: one}}
  - {{id: work, type: scripts.shell.Commands, commands: ["cat {fifo}"]}}
  - {{id: last, type: scripts.shell.Commands, commands: ["exit 1"]}}
"""


def test_a_plan_that_has_moved_is_shown_and_not_carried_out(
    page: Page, api: Api, watched: Watched, tmp_path: Path
) -> None:
    watched.expected.append("409 (Conflict)")
    os.mkfifo(tmp_path / "fifo")
    api.save(WAITS.format(fifo=tmp_path / "fifo"))
    run = api.run("waits", ended=False)
    page.goto(f"/runs/{run}")
    expect(row(page, "work").locator(".bar")).to_have_attribute("data-state", "running")
    page.goto(f"/runs/{run}?replay=*")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="Replay 2 of 3 tasks")).to_be_enabled()
    (tmp_path / "fifo").write_text("go on\n")
    assert api.wait(run) == "FAILED"
    sheet.get_by_role("button", name="Replay 2 of 3 tasks").click()
    expect(sheet.get_by_role("alert")).to_contain_text("The plan has moved since it was drawn.")
    expect(sheet.locator("tr", has_text="work").first).to_contain_text("was Run, now Reuse")
    sheet.get_by_role("button", name="Replay 1 of 3 tasks").click()
    expect(page.get_by_role("heading", name="waits-2")).to_be_visible()
    expect(page.locator(".badge")).to_have_text("Failed")


def test_bars_move_while_the_run_does(page: Page, api: Api, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    api.save(WAITS.format(fifo=tmp_path / "fifo"))
    run = api.run("waits", ended=False)
    page.goto(f"/runs/{run}")
    expect(row(page, "work").locator(".bar")).to_have_attribute("data-state", "running")
    expect(page.get_by_role("row", name="last")).to_contain_text("last")
    (tmp_path / "fifo").write_text("go on\n")
    expect(row(page, "work").locator(".bar")).to_have_attribute("data-state", "success")
    expect(row(page, "last").locator(".bar")).to_have_attribute("data-state", "failed")
    expect(page.locator(".badge")).to_have_text("Failed")


def test_a_request_can_be_copied_as_a_command_python_and_json(context: BrowserContext, page: Page, api: Api) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    api.save(FAILING)
    failed = api.run("rides")
    page.goto(f"/runs/{failed}?replay=to_parquet")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name=re.compile("Replay 2 of 4"))).to_be_enabled()
    said = {}
    for name in ("Command", "Python", "JSON"):
        sheet.get_by_role("button", name="Cop").last.click()
        sheet.get_by_role("menuitem", name=name).click()
        expect(sheet.get_by_role("button", name=f"Copied as {name}")).to_be_visible()
        said[name] = page.evaluate("navigator.clipboard.readText()")
    assert said["Command"] == "dalsegno replay rides-1 --from to_parquet --revision 1"
    assert 'ReplayRequest(origin="rides-1", revision=1, start=("to_parquet",))' in said["Python"]
    assert '"start": [' in said["JSON"]


def test_the_way_by_keyboard_alone(page: Page, api: Api) -> None:
    api.save(FAILING)
    failed = api.run("rides")
    api.save(FIXED)
    page.goto(f"/runs/{failed}")
    expect(row(page, "to_parquet")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_role("complementary", name="Task to_parquet")).to_be_visible()
    page.keyboard.press("r")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="Replay 2 of 4 tasks")).to_be_enabled()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="rides-2")).to_be_visible()
    expect(page.locator(".badge")).to_have_text("Success")


def test_a_failure_can_be_copied_as_one_text(context: BrowserContext, page: Page, api: Api) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    api.save(FAILING)
    failed = api.run("rides")
    page.goto(f"/runs/{failed}?task=to_parquet")
    page.get_by_role("button", name="Copy for an assistant").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    said = page.evaluate("navigator.clipboard.readText()")
    assert "the script ended with exit code 3" in said
    assert "rides-1" in said
