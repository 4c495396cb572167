"""Each page: nothing that a reader of WCAG would object to, in both themes, and room on a telephone."""

from __future__ import annotations

import gzip
import json
import re
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Response, expect
from tests.browser.test_first_walk import row
from tests.support.barriers import barriers_of
from tests.support.servers import RunningServer
from tests.support.web import FAILING, FIXED, Api, Watched

_ASK = json.dumps(
    {
        "pins": {"convert": {"$origin": True}},
        "taskInputs": {"to_parquet": {"commands": {"value": ["echo"]}}},
        "breakpoints": ["count_rows"],
    }
)
#: what is opened, and what stands there once all is drawn
_PAGES = {
    "home": ("/", "Failed and not fixed"),
    "runs": ("/runs", "rides-1"),
    "runs-none": ("/runs?text=nothinghasthis", "No run matches"),
    "gantt": ("/runs/{run}", "to_parquet"),
    "panel": ("/runs/{run}?task=to_parquet", "Replay from here"),
    "sheet": ("/runs/{run}?task=to_parquet&replay=to_parquet", "nothing that it depends on runs"),
    "sheet-overrides": ("/runs/{run}?replay=to_parquet&ask=" + quote(_ASK), "keeps its result"),
    "topology": ("/runs/{run}/topology?task=to_parquet", "not reached"),
    "breakpoint": ("/runs/{paused}?task=convert", "Inputs it would get"),
    "overview": ("/runs/{run}/overview", "Lineage"),
    "logs": ("/runs/{run}/logs", "202608.zip as ion"),
    "fix": ("/runs/{run}/fix", "Draft of revision 2"),
    "flows": ("/flows", "rides"),
    "home-table": ("/?table=true", "Half took"),
    "bulk": ("/bulk-replays", "Bulk replays"),
    "bulk-new": ("/bulk-replays/new?run={run}", "On which revision"),
    "settings": ("/settings", "Who you are"),
    "tokens": ("/settings/tokens", "Tokens belong to users"),
    "users": ("/settings/users", "Add a user"),
    "audit": ("/settings/audit", "POST /runs"),
    "flows-texts": ("/flows?text=rides&sources=yes", "rides"),
    "flow": ("/flows/{namespace}.rides", "Latest revision"),
    "flow-editor": ("/flows/{namespace}.rides/editor", "no problem"),
    "flow-revisions": ("/flows/{namespace}.rides/revisions", "echo written"),
    "flow-inline": ("/flows/{namespace}.rides/revisions?view=inline", "echo written"),
    "flow-text": ("/flows/{namespace}.rides/revisions?view=text", "core.debug.Return"),
    "flow-runs": ("/flows/{namespace}.rides/runs", "rides-1"),
    "flow-run": ("/flows/{namespace}.rides?run=new", "Reason"),
    "flow-new": ("/flows/new", "no problem"),
}


@pytest.fixture
def failed(api: Api) -> str:
    api.save(FAILING)
    run = api.run("rides")
    api.save(FIXED)
    return run


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier(browser: Browser, server: RunningServer, api: Api, failed: str, theme: str) -> None:
    context = browser.new_context(base_url=server.url, color_scheme="dark" if theme == "dark" else "light")
    watched = Watched(context)
    page = context.new_page()
    barriers: dict[str, list[str]] = {}
    paused = api.run("rides", ended=False, breakpoints=["convert"])
    for name, (address, shown) in _PAGES.items():
        page.goto(address.format(run=failed, paused=paused, namespace=api.namespace))
        expect(page.get_by_text(shown, exact=False).first).to_be_visible()
        told = barriers_of(page)
        if told:
            barriers[name] = told
    context.close()
    assert barriers == {}
    assert watched.wrong == []


def test_the_pages_have_room_on_a_telephone(page: Page, api: Api, failed: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    paused = api.run("rides", ended=False, breakpoints=["convert"])
    for name, (address, shown) in _PAGES.items():
        page.goto(address.format(run=failed, paused=paused, namespace=api.namespace))
        expect(page.get_by_text(shown, exact=False).first).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{name} is {wide} px wide"


def test_the_first_load_of_a_run_has_at_most_180_kb_of_script(page: Page, failed: str) -> None:
    scripts: dict[str, int] = {}

    def answered(response: Response) -> None:
        if response.url.split("?")[0].endswith(".js"):
            scripts[response.url] = len(gzip.compress(response.body(), 6))

    page.on("response", answered)
    page.goto(f"/runs/{failed}")
    expect(row(page, "to_parquet")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert scripts
    assert sum(scripts.values()) <= 180_000, scripts


def test_filters_stand_in_the_address_and_can_be_taken_off(page: Page, api: Api, failed: str) -> None:
    assert failed
    page.goto(f"/runs?namespace={api.namespace}")
    expect(page.locator("tr", has_text="rides-1")).to_be_visible()
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("menuitem", name="Success").click()
    expect(page.get_by_text("No run matches")).to_be_visible()
    assert "state=SUCCESS" in page.url
    page.reload()
    expect(page.get_by_text("No run matches")).to_be_visible()
    page.get_by_role("button", name="Remove filter State").click()
    expect(page.locator("tr", has_text="rides-1")).to_be_visible()
    page.get_by_placeholder("Name, label or error text").fill("exit code 3")
    expect(page).to_have_url(re.compile("text=exit"))
    expect(page.get_by_text("1 match")).to_be_visible()


def test_new_runs_wait_until_they_are_asked_for(page: Page, api: Api, failed: str) -> None:
    assert failed
    page.goto(f"/runs?namespace={api.namespace}")
    expect(page.locator("tr", has_text="rides-1")).to_be_visible()
    api.run("rides")
    page.get_by_role("button", name="1 new run").click()
    expect(page.locator("tr", has_text="rides-2").get_by_text("Success")).to_be_visible()


LOOP = """
id: cities
namespace: company.team
tasks:
  - id: each_city
    type: core.flow.ForEach
    values: {values}
    concurrencyLimit: 16
    tasks:
      - {{id: load, type: core.debug.Return, value: "{{{{ taskrun.value }}}}"}}
      - {{id: store, type: core.debug.Return, value: "{{{{ taskrun.value }}}} stored"}}
  - {{id: last, type: core.log.Log, message: done}}
"""


def test_a_long_loop_folds_and_unfolds_and_only_what_is_seen_is_drawn(page: Page, api: Api) -> None:
    api.save(LOOP.format(values=json.dumps([f"city-{number}" for number in range(150)])))
    run = api.run("cities")
    page.goto(f"/runs/{run}")
    expect(page.get_by_text("142 more")).to_be_visible()
    expect(page.get_by_role("button", name="All 301")).to_be_visible()
    page.get_by_role("button", name="Unfold all").click()
    expect(page.get_by_role("treegrid")).to_have_attribute("aria-rowcount", "453")
    assert page.get_by_role("row").count() < 80
    page.get_by_placeholder("Filter tasks").fill("city-77")
    expect(row(page, "each_city[city-77].store")).to_be_visible()
    expect(page.get_by_role("treegrid")).to_have_attribute("aria-rowcount", "4")


def test_lines_are_found_by_text_and_level_and_a_link_leads_to_one(page: Page, failed: str) -> None:
    page.goto(f"/runs/{failed}/logs")
    log = page.get_by_role("log")
    expect(log.get_by_text("202608.zip as ion")).to_be_visible()
    page.get_by_role("button", name="Error", exact=True).click()
    expect(log.get_by_text("202608.zip as ion")).to_have_count(0)
    expect(log.get_by_text("the script ended with exit code 3")).to_be_visible()
    assert "level=ERROR" in page.url
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_label("Search in lines").fill("ion")
    expect(log.locator("a")).to_have_count(1)
    log.locator("a").click()
    assert "#L" in page.url


def test_times_are_those_of_the_readers_zone_and_exact_on_hover(
    browser: Browser, server: RunningServer, failed: str
) -> None:
    context = browser.new_context(base_url=server.url, timezone_id="Asia/Kolkata")
    page = context.new_page()
    page.goto(f"/runs/{failed}")
    moment = page.locator(".facts time").first
    zone = r"\+05:30 \(Asia/(Kolkata|Calcutta)\)"
    expect(moment).to_have_attribute("title", re.compile(rf"^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}{zone}$"))
    at, shown = moment.get_attribute("datetime") or "", moment.inner_text()
    assert shown.endswith(datetime.fromisoformat(at).astimezone(ZoneInfo("Asia/Kolkata")).strftime("%H:%M:%S"))
    context.close()


AGAIN = """
id: again
namespace: company.team
tasks:
  - id: tries
    type: scripts.shell.Commands
    commands: ["exit 1"]
    retry: {type: constant, interval: PT0.1S, maxAttempts: 3}
"""


def test_a_task_that_was_tried_again_unfolds_into_its_attempts(page: Page, api: Api) -> None:
    api.save(AGAIN)
    run = api.run("again")
    page.goto(f"/runs/{run}")
    expect(row(page, "tries")).to_contain_text("3 attempts")
    page.get_by_role("button", name="Unfold tries").click()
    expect(page.get_by_role("row", name=re.compile(r"Attempt \d"))).to_have_count(3)
    page.get_by_role("row", name="Attempt 2").click()
    expect(page.get_by_role("complementary", name="Task tries")).to_contain_text("Attempt 3")
