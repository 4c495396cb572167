"""The pages of results: nothing that a reader of WCAG would object to, in both themes, and room on a telephone."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.test_results import FILES
from tests.support.barriers import barriers_of
from tests.support.kinds import run_kinds
from tests.support.servers import RunningServer
from tests.support.web import FAILING, FIXED, Api, Watched

#: what is opened, and what stands there once all is drawn
_PAGES = {
    "outputs": ("/runs/{files}/outputs", "trips.parquet"),
    "outputs-none": ("/runs/{failed}/outputs", "Nothing has been stored"),
    "lineage": ("/runs/{replay}/lineage", "this run"),
    "compare": ("/compare?before={failed}&after={replay}", "first to differ"),
    "compare-choose": ("/compare?after={replay}", "Choose two runs"),
    "unbegun": ("/runs/{failed}?task=count_rows", "failed before it"),
    "overview": ("/runs/{replay}/overview", "Add label"),
    "found": ("/runs/{failed}/logs?text=ion&around=1", "Only matches"),
    "panel": ("/runs/{files}?task=to_ion", "trips.csv"),
    "table": ("/artifact?name={trips.parquet}", "rows 1 to 200"),
    "columns": ("/artifact?name={trips.parquet}&view=columns", "First values"),
    "tree": ("/artifact?name={report.json}", "regions"),
    "text": ("/artifact?name={notes.txt}", "the first 64 KiB"),
    "uses": ("/artifact?name={trips.ion}&view=uses", "read it"),
    "array": ("/artifact?name={matrix}", "Greatest"),
    "picture": ("/artifact?name={picture}", "Download"),
    "pickled": ("/artifact?name={opaque}", "It is pickled"),
}


@pytest.fixture(scope="module")
def addresses(shared_server: RunningServer) -> dict[str, tuple[str, str]]:
    run_kinds(shared_server.home)
    with Api(shared_server.url, "pages.results") as api:
        api.save(FILES)
        api.save(FAILING)
        names = {"files": api.run("files"), "failed": api.run("rides")}
        api.save(FIXED)
        names["replay"] = api.replay(names["failed"], start=["to_parquet"], revision=2)
        for run in (names["files"], "kinds-1"):
            for each in api.get(f"/runs/{run}/artifacts")["artifacts"]:
                names[each["name"] if each["kind"] == "file" else each["address"]] = each["id"]
    return {name: (_filled(address, names), shown) for name, (address, shown) in _PAGES.items()}


def _filled(address: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        address = address.replace(f"{{{name}}}", value)
    return address


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_results_has_a_barrier(
    browser: Browser, server: RunningServer, addresses: dict[str, tuple[str, str]], theme: str
) -> None:
    context = browser.new_context(base_url=server.url, color_scheme="dark" if theme == "dark" else "light")
    watched = Watched(context)
    page = context.new_page()
    barriers: dict[str, list[str]] = {}
    for name, (address, shown) in addresses.items():
        page.goto(address)
        expect(page.get_by_text(shown, exact=False).first).to_be_visible()
        told = barriers_of(page)
        if told:
            barriers[name] = told
    context.close()
    assert barriers == {}, json.dumps(barriers, indent=1)
    assert watched.wrong == []


def test_the_pages_of_results_have_room_on_a_telephone(page: Page, addresses: dict[str, tuple[str, str]]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for name, (address, shown) in addresses.items():
        page.goto(address)
        expect(page.get_by_text(shown, exact=False).first).to_be_attached()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{name} is {wide} px wide"
