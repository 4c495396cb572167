"""What a run gave: its outputs as a tree, and a page for each value and file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.support.kinds import run_kinds
from tests.support.servers import RunningServer
from tests.support.web import Api

FILES = """
id: files
namespace: company.team
tasks:
  - id: make
    type: scripts.shell.Commands
    outputFiles: [trips.csv, notes.txt, report.json, lines.jsonl]
    commands:
      - echo 'ride,minutes' > trips.csv
      - for i in $(seq 300); do echo "R$i,$i"; done >> trips.csv
      - seq 20000 > notes.txt
      - echo '{"rows":300,"nested":{"regions":["north","south"],"none":null}}' > report.json
      - echo '{"a":1}' > lines.jsonl
  - {id: to_ion, type: serdes.csv.CsvToIon, from: "{{ outputs.make.outputFiles['trips.csv'] }}"}
  - id: to_parquet
    type: serdes.parquet.IonToParquet
    from: "{{ outputs.to_ion.uri }}"
    schema: '{"type":"record","name":"R","fields":[{"name":"ride","type":"string"},{"name":"minutes","type":"int"}]}'
outputs:
  - {id: table, type: FILE, value: "{{ outputs.to_parquet.uri }}"}
"""


@pytest.fixture(scope="package")
def kinds(shared_server: RunningServer) -> str:
    """A run of Python with a value of each kind."""
    run_kinds(shared_server.home)
    return "kinds-1"


def artifact(api: Api, run: str, name: str) -> dict[str, Any]:
    found = api.get(f"/runs/{run}/artifacts")["artifacts"]
    return next(each for each in found if name in (each["name"], each["address"]))


def opened(page: Page, api: Api, run: str, name: str) -> None:
    page.goto(f"/artifact?name={artifact(api, run, name)['id']}")


def test_the_outputs_of_a_run_lead_to_what_is_stored(page: Page, api: Api) -> None:
    api.save(FILES)
    run = api.run("files")
    page.goto(f"/runs/{run}")
    page.get_by_role("navigation", name="Parts of the run").get_by_role("link", name="Outputs").click()
    expect(page.get_by_text("6 artifacts, 3 tasks with outputs")).to_be_visible()
    flow = page.get_by_role("tree", name="Outputs of the flow")
    expect(flow.get_by_role("link", name="trips.parquet")).to_be_visible()
    page.get_by_label("Filter by task, name or kind").fill("ion")
    expect(page.get_by_text("1 artifact, 1 task with outputs")).to_be_visible()
    assert "filter=ion" in page.url
    page.get_by_role("table").get_by_role("link", name="trips.ion").click()
    expect(page.get_by_role("heading", name="trips.ion")).to_be_visible()
    expect(page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="to_ion")).to_be_visible()


def test_a_table_is_shown_with_types_and_its_rows_whatever_format_it_has(page: Page, api: Api) -> None:
    api.save(FILES)
    run = api.run("files")
    for name, note, kind in (
        ("trips.parquet", "rows 1 to 200 of 300", "int32"),
        ("trips.ion", "the first 200 rows", "string"),
        ("trips.csv", "rows 1 to 200 of 300", "number"),
    ):
        opened(page, api, run, name)
        expect(page.get_by_text(note)).to_be_visible()
        expect(page.get_by_role("columnheader", name="minutes")).to_contain_text(kind)
        expect(page.get_by_role("row").filter(has_text="R7").first).to_be_visible()
    page.get_by_role("button", name="Columns 2").click()
    expect(page.get_by_role("row", name="ride text R1, R2, R3, R4")).to_be_visible()
    assert "view=columns" in page.url


def test_json_is_a_tree_that_folds_and_whose_paths_are_copied(context: BrowserContext, page: Page, api: Api) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    api.save(FILES)
    opened(page, api, api.run("files"), "report.json")
    tree = page.get_by_role("tree", name="report.json")
    regions = tree.get_by_role("treeitem", name=re.compile("^regions"))
    tree.get_by_role("treeitem", name="rows").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(regions).to_have_attribute("aria-expanded", "false")
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    south = tree.get_by_role("treeitem").filter(has_text="south")
    expect(south).to_be_focused()
    south.get_by_role("button", name="Copy the path nested.regions[1]").click()
    assert page.evaluate("navigator.clipboard.readText()") == "nested.regions[1]"
    page.get_by_role("button", name="Text", exact=True).click()
    expect(page.get_by_role("group", name="Text")).to_contain_text('"rows":300')


def test_a_large_text_says_how_much_of_it_is_shown_and_is_downloaded_whole(page: Page, api: Api) -> None:
    api.save(FILES)
    opened(page, api, api.run("files"), "notes.txt")
    expect(page.get_by_text("the first 64 KiB of 109 kB")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download 109 kB").click()
    assert download.value.suggested_filename == "notes.txt"
    assert Path(download.value.path()).read_text().endswith("20000\n")


def test_values_of_python_show_what_they_are_and_pickled_ones_are_left_alone(page: Page, api: Api, kinds: str) -> None:
    opened(page, api, kinds, "trips")
    expect(page.get_by_role("heading", name="trips.output")).to_be_visible()
    expect(page.get_by_text("rows 1 to 200 of 240")).to_be_visible()
    expect(page.get_by_role("columnheader", name="minutes")).to_contain_text("float64")
    opened(page, api, kinds, "stations")
    expect(page.get_by_role("cell", name="Wells St")).to_be_visible()
    opened(page, api, kinds, "matrix")
    expect(page.get_by_role("definition").filter(has_text="240 × 50")).to_be_visible()
    expect(page.get_by_role("group", name="Array").get_by_text("11999.0")).to_be_visible()
    opened(page, api, kinds, "large")
    expect(page.get_by_role("treeitem", name="key-0")).to_be_visible()
    page.get_by_text("2300 more").click()
    expect(page.get_by_role("treeitem", name="key-599", exact=False).first).to_be_attached()
    opened(page, api, kinds, "opaque")
    expect(page.get_by_text("It is pickled")).to_be_visible()
    opened(page, api, kinds, "picture")
    image = page.get_by_role("img", name="as it was stored")
    expect(image).to_be_visible()
    assert image.evaluate("each => each.complete && each.naturalWidth") == 64


def test_what_used_a_file_is_listed_in_replays_too(page: Page, api: Api) -> None:
    api.save(FILES)
    run = api.run("files")
    api.replay(run, start=["to_parquet"])
    opened(page, api, run, "trips.ion")
    expect(page.get_by_role("definition").filter(has_text="2 tasks, kept in 1 replay")).to_be_visible()
    page.get_by_role("button", name="Used by 3").click()
    rows = page.get_by_role("group", name="Used by").get_by_role("row")
    expect(rows.filter(has_text="kept the result")).to_contain_text("files-2")
    expect(rows.filter(has_text="read it")).to_have_count(2)
    rows.filter(has_text="read it").last.get_by_role("link", name="to_parquet").click()
    panel = page.get_by_role("complementary", name="Task to_parquet")
    expect(panel.get_by_role("link", name="trips.parquet")).to_be_visible()
    expect(panel.get_by_text("Parquet, 300 rows")).to_be_visible()
    expect(panel.get_by_role("link", name="to_ion.uri")).to_be_visible()
    expect(page).to_have_url(re.compile("task=to_parquet"))


def test_an_artifact_that_is_not_there_is_said_in_the_servers_words(page: Page, watched: Any) -> None:
    watched.expected.append("404 (Not Found)")
    page.goto("/artifact?name=0123456789abcdef")
    expect(page.get_by_role("alert")).to_contain_text("there is no artifact 0123456789abcdef")
    page.goto("/artifact")
    expect(page.get_by_text("Which artifact?")).to_be_visible()
