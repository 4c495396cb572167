"""The command palette: anywhere, and what the page can do, by the keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.support.web import FAILING, Api


def test_one_goes_anywhere_by_a_few_letters(page: Page, api: Api) -> None:
    api.save(FAILING.replace("id: rides", "id: harbour_tides"))
    failed = api.run("harbour_tides")
    page.goto("/")
    expect(page.get_by_role("heading", name="Failed and not fixed")).to_be_visible()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search or run a command")
    expect(box).to_be_focused()
    options = page.get_by_role("option")
    expect(page.get_by_role("option", name=re.compile("^Runs"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("ht")
    flow = page.get_by_role("option", name=re.compile(f"^{api.namespace}.harbour_tides"))
    expect(flow).to_be_visible()
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.type("harbour")
    run = page.get_by_role("option", name=re.compile("harbour_tides-1"))
    expect(run).to_be_visible()
    for _ in range(12):
        if run.get_attribute("aria-selected") == "true":
            break
        page.keyboard.press("ArrowDown")
    expect(run).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == run.get_attribute("id")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{failed}"))
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_what_the_page_can_do_is_offered_first(page: Page, api: Api) -> None:
    api.save(FAILING)
    failed = api.run("rides")
    page.goto(f"/runs/{failed}")
    expect(page.get_by_role("heading", name="rides-1")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_have_text(re.compile("^Replay"))
    page.keyboard.type("copy for")
    expect(page.get_by_role("option").first).to_have_text("Copy for an assistant")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("replay")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Replay rides-1")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("no such thing anywhere")
    expect(page.get_by_text("Nothing answers to that")).to_be_visible()
    expect(page.get_by_role("option")).to_have_count(0)


def test_the_keys_are_listed(page: Page) -> None:
    page.goto("/flows")
    expect(page.get_by_role("heading", name="Flows")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Ctrl K")
