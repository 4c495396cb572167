"""Fix and replay: the error, the text, the difference and the plan on one page."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.browser.test_first_walk import row
from tests.support.web import FAILING, Api, Watched


def test_a_flow_is_fixed_saved_and_replayed_on_one_page(page: Page, api: Api, watched: Watched) -> None:
    watched.expected.append("422 (Unprocessable")
    api.save(FAILING)
    failed = api.run("rides")
    page.goto(f"/runs/{failed}?task=to_parquet")
    page.get_by_role("complementary").get_by_role("link", name="Fix").click()

    expect(page.get_by_text("the script ended with exit code 3").first).to_be_visible()
    editor = page.get_by_role("textbox", name="Text of the flow")
    expect(page.locator(".cm-activeLine")).to_contain_text("to_parquet")
    expect(page.get_by_role("button", name="Replay 2 of 4 tasks")).to_be_enabled()

    text = FAILING.replace("company.team", api.namespace)
    editor.fill(text.replace("scripts.shell.Commands", "scripts.shell.Comands"))
    expect(page.get_by_role("alert")).to_contain_text("Line 12")
    expect(page.get_by_role("alert")).to_contain_text("did you mean scripts.shell.Commands")
    expect(page.locator(".cm-lintRange-error")).to_be_visible()
    expect(page.get_by_role("button", name="Save and replay")).to_be_disabled()

    editor.fill(text.replace('"exit 3"', '"echo written"'))
    expect(page.get_by_role("group", name="Difference").locator(".add")).to_contain_text("echo written")
    expect(page.get_by_text("Draft of revision 2")).to_be_visible()
    page.get_by_label("Reason").fill("wrote nothing")
    page.get_by_role("button", name="Save and replay 2 of 4 tasks").click()

    expect(page.get_by_role("heading", name="rides-2")).to_be_visible()
    expect(page.locator(".badge")).to_have_text("Success")
    expect(row(page, "to_parquet").locator(".bar")).to_have_attribute("data-state", "success")
    assert api.get(f"/flows/{api.namespace}.rides")["revision"] == 2
