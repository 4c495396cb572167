"""Two people on one run: each sees what the other does, and who comes second is told, not overrun."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect
from tests.browser.test_breakpoints import STEPS
from tests.browser.test_first_walk import row
from tests.support.web import FAILING, FIXED, Api, Watched


def test_what_one_does_the_other_sees(page: Page, context: BrowserContext, watched: Watched, api: Api) -> None:
    api.save(STEPS)
    run = api.run("steps", ended=False, breakpoints=["store"])
    other = context.new_page()
    for each in (page, other):
        each.goto(f"/runs/{run}?task=store")
        expect(each.locator(".badge")).to_have_text("Paused at a breakpoint")

    # the other has begun to change what it would get, when this one lets it go on
    changing = other.get_by_role("complementary", name="Task store").get_by_label("value", exact=True)
    changing.fill("[9]")
    page.get_by_role("complementary", name="Task store").get_by_role("button", name="Continue").click()
    for each in (page, other):
        expect(each.locator(".badge")).to_have_text("Success")
        expect(row(each, "store").locator(".bar")).to_have_attribute("data-state", "success")
        expect(each.get_by_role("button", name="Continue")).to_have_count(0)
    assert api.get(f"/runs/{run}/outputs")["tasks"]["store"] == {"value": [3, 4]}
    assert watched.wrong == []


def test_who_replays_second_sees_that_it_was_replayed(page: Page, context: BrowserContext, api: Api) -> None:
    api.save(FAILING)
    run = api.run("rides")
    api.save(FIXED)
    other = context.new_page()
    for each in (page, other):
        each.goto(f"/runs/{run}?replay=to_parquet")
        expect(each.get_by_role("dialog").get_by_role("button", name="Replay 2 of 4 tasks")).to_be_enabled()
    page.get_by_role("dialog").get_by_role("button", name="Replay 2 of 4 tasks").click()
    expect(page.locator(".badge")).to_have_text("Success")

    other.get_by_role("dialog").get_by_role("button", name="Replay 2 of 4 tasks").click()
    expect(other.get_by_role("heading", name="rides-3")).to_be_visible()
    other.goto(f"/runs/{run}/lineage")
    expect(other.get_by_text("fixed by rides-2")).to_be_visible()
