"""Flows in the browser: their list, the editor, revisions, pipelines in Python, and a run from a form."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.support.barriers import barriers_of
from tests.support.servers import RunningServer
from tests.support.web import FAILING, FIXED, Api, Watched

_OLD = """
id: old
namespace: company.team
tasks:
  - id: fetch
    type: io.kestra.plugin.core.http.Download
    uri: "https://example.org/{{ execution.startDate | date('yyyy') }}.zip"
  - id: tell
    type: io.kestra.core.tasks.log.Log
    message: "{{ outputs.fetch.uri }}"
"""
_PIPELINE = '''
from dalsegno import pipeline, step


@step
def load(rows: int) -> list[int]:
    """Give some numbers."""
    return list(range(rows))


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


@pipeline
def sums(rows: int = 3):
    return total(load(rows))
'''


@pytest.fixture
def flow(api: Api) -> str:
    api.save(FAILING)
    return f"{api.namespace}.rides"


def text_of(api: Api, text: str) -> str:
    """A flow's text in the namespace of a test."""
    return text.replace("company.team", api.namespace)


def editor_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Text of the flow")


def write(page: Page, text: str) -> None:
    """Put a text into the editor at once, as pasting does, with the cursor at its end."""
    editor_of(page).fill(text)
    page.keyboard.press("Control+End")


def test_what_is_wrong_is_underlined_and_the_proposal_is_taken_by_a_key(page: Page, api: Api, flow: str) -> None:
    page.goto(f"/flows/{flow}/editor")
    expect(page.get_by_text("no problem")).to_be_visible()
    write(page, text_of(api, FAILING).rstrip().replace("message:", "mesage:"))
    expect(page.locator(".cm-lintRange-error", has_text="mesage")).to_be_visible()
    expect(page.get_by_text("2 errors")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^13:5.*needs message"))).to_be_visible()
    wrong = page.get_by_role("group", name="Tasks of the draft").locator('[data-box="count_rows"]')
    expect(wrong).to_have_attribute("data-state", "failed")
    page.keyboard.press("Control+.")
    expect(editor_of(page)).to_contain_text("message:")
    expect(page.get_by_text("no problem")).to_be_visible()
    expect(wrong).not_to_have_attribute("data-state", "failed")


def test_properties_types_and_names_in_expressions_are_completed(page: Page, api: Api, flow: str) -> None:
    page.goto(f"/flows/{flow}/editor")
    write(page, text_of(api, FAILING).rstrip() + "\n  - id: again\n    ")
    offered = page.locator(".cm-tooltip-autocomplete")

    def take(word: str, option: str) -> None:
        page.keyboard.type(word)
        expect(offered.get_by_role("option").first).to_contain_text(option)
        offered.get_by_role("option").first.click()
        expect(offered).to_have_count(0)

    take("ty", "type")
    take("Downl", "core.http.Download")
    page.keyboard.type("\nheade")
    expect(offered.get_by_role("option").first).to_contain_text("headers")
    expect(page.locator(".cm-completionInfo")).to_contain_text("Headers to send")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Backspace")
    page.keyboard.type("uri: {{ ")
    take("outputs.con", "convert")
    take(".", "value")
    take(" | upp", "upper")
    expect(page.locator(".cm-activeLine")).to_have_text(re.compile(r"uri: \{\{ outputs\.convert\.value \| upper ?\}\}"))


def test_words_are_explained_also_those_of_old_kestra(page: Page, api: Api, watched: Watched) -> None:
    assert watched.wrong == []
    api.save(_OLD)
    page.goto(f"/flows/{api.namespace}.old/editor")
    said = page.locator(".cm-said")

    def hover(word: str) -> None:
        page.mouse.move(0, 0)
        expect(said).to_have_count(0)
        page.locator(".cm-line span", has_text=re.compile(rf"^{re.escape(word)}$")).first.hover()

    expect(page.get_by_text("no problem").or_(page.get_by_text("warning"))).to_be_visible()
    hover("uri")
    expect(said).to_contain_text("The address, http:// or https://")
    hover("message")
    expect(said).to_contain_text("required")
    page.mouse.move(0, 0)
    line = page.locator(".cm-line", has_text="io.kestra.core.tasks.log.Log")
    line.hover(position={"x": 180, "y": 8})
    expect(said).to_contain_text("here: core.log.Log")
    page.mouse.move(0, 0)
    expect(said).to_have_count(0)
    page.locator(".cm-expression", has_text="outputs.fetch").hover(position={"x": 90, "y": 8})
    expect(said).to_contain_text("Download a file")


def test_a_save_shows_the_difference_first(page: Page, api: Api, flow: str) -> None:
    page.goto(f"/flows/{flow}/editor")
    save = page.get_by_role("button", name="See the difference and save")
    expect(save).to_be_disabled()
    write(page, text_of(api, FIXED))
    expect(page.get_by_text("draft, 2 lines changed")).to_be_visible()
    # a draft outlives the page
    page.reload()
    expect(page.get_by_text("draft, 2 lines changed")).to_be_visible()
    editor_of(page).focus()
    page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog", name="Save as revision 2")
    expect(dialog.locator(".pair .del mark")).to_have_text("exit 3")
    expect(dialog.locator(".pair .add mark")).to_have_text("echo written")
    dialog.get_by_role("button", name="Inline").click()
    expect(dialog.locator(".column .add")).to_have_count(1)
    dialog.get_by_role("button", name=re.compile("Save as revision 2")).click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("revision 2", exact=True)).to_be_visible()
    expect(save).to_be_disabled()
    assert api.get(f"/flows/{flow}")["source"] == text_of(api, FIXED)


def test_who_saves_second_sees_what_the_first_has_saved(page: Page, api: Api, watched: Watched, flow: str) -> None:
    watched.expected.append("409 (Conflict")
    page.goto(f"/flows/{flow}/editor")
    write(page, text_of(api, FAILING).replace("{{ inputs.rows }} rows", "{{ inputs.rows }} rides"))
    api.save(FIXED)
    page.get_by_role("button", name="See the difference and save").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile("Save as revision 2")).click()
    expect(dialog.get_by_role("alert")).to_contain_text("has saved revision 2 meanwhile")
    # what would be lost of theirs is seen
    expect(dialog.locator(".pair .del", has_text="echo written")).to_be_visible()
    assert api.get(f"/flows/{flow}")["revision"] == 2
    dialog.get_by_role("button", name=re.compile("Save as revision 3")).click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("revision 3", exact=True)).to_be_visible()
    assert "rides" in api.get(f"/flows/{flow}")["source"]


def test_a_refused_text_stays_and_says_why(page: Page, api: Api, watched: Watched, flow: str) -> None:
    watched.expected.append("422 (Unprocessable")
    page.goto(f"/flows/{flow}/editor")
    write(page, text_of(api, FAILING).replace("core.log.Log", "core.log.Lug"))
    page.get_by_role("button", name="See the difference and save").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile("Save as revision 2")).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Line 13")
    dialog.get_by_role("button", name="Go on writing").click()
    expect(editor_of(page)).to_contain_text("core.log.Lug")


def test_a_new_flow_is_written_saved_and_run_with_a_typed_form(page: Page, api: Api) -> None:
    page.goto("/flows")
    page.get_by_role("link", name="New flow").click()
    expect(page.get_by_text("no problem")).to_be_visible()
    write(page, text_of(api, FIXED))
    page.get_by_role("button", name="See it and save").click()
    page.get_by_role("dialog", name="Save a new flow").get_by_role("button", name=re.compile("^Save")).click()
    expect(page.get_by_role("heading", name="rides")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    form = page.get_by_role("dialog", name="Run rides")
    form.get_by_label("month").fill("202609")
    form.get_by_label("rows").fill("7")
    form.get_by_label("kind").select_option("members")
    form.get_by_label("strict").uncheck()
    form.get_by_role("button", name=re.compile("^Run")).click()
    expect(page.get_by_role("heading", name="rides-1")).to_be_visible()
    run = api.get(f"/runs?flow={api.namespace}.rides")["runs"][0]
    assert run["inputs"] == {"month": "202609", "rows": 7, "kind": "members", "strict": False}


def test_an_input_that_is_refused_says_so_at_its_field(page: Page, api: Api, watched: Watched) -> None:
    watched.expected.append("422 (Unprocessable")
    api.save(FIXED.replace('type: STRING, defaults: "202608"', "type: STRING"))
    page.goto(f"/flows/{api.namespace}.rides?run=new")
    form = page.get_by_role("dialog", name="Run rides")
    form.get_by_label("rows").fill("many")
    form.get_by_role("button", name=re.compile("^Run")).click()
    expect(form.locator(".run-field", has=page.get_by_label("month")).get_by_role("alert")).to_contain_text("month")


def test_a_file_is_stored_and_given_to_a_run(page: Page, api: Api, tmp_path: Path) -> None:
    api.save("""
id: reads
namespace: company.team
inputs: [{id: notes, type: FILE}]
tasks: [{id: say, type: core.debug.Return, value: "{{ read(inputs.notes) }}"}]
""")
    notes = tmp_path / "my notes.txt"
    notes.write_text("hello from a file")
    page.goto(f"/flows/{api.namespace}.reads?run=new")
    form = page.get_by_role("dialog", name="Run reads")
    form.locator("input[type=file]").set_input_files(notes)
    expect(form.get_by_label("notes")).to_have_value(re.compile("^dalsegno://"))
    form.get_by_role("button", name=re.compile("^Run")).click()
    expect(page.get_by_role("heading", name="reads-1")).to_be_visible()
    run = api.get(f"/runs?flow={api.namespace}.reads")["runs"][0]["id"]
    assert api.wait(run) == "SUCCESS"
    assert api.get(f"/runs/{run}/outputs")["tasks"]["say"]["value"] == "hello from a file"


def test_any_two_revisions_are_compared_and_an_earlier_one_is_restored(page: Page, api: Api, flow: str) -> None:
    api.run("rides")
    api.save(FIXED)
    api.save(FIXED.replace("{{ inputs.rows }} rows", "{{ inputs.rows }} rides"))
    page.goto(f"/flows/{flow}/revisions")
    difference = page.get_by_role("group", name="Difference")
    expect(difference.locator(".pair .add mark")).to_have_text("rides")
    first = page.locator(".rev", has_text="Revision 1")
    expect(first.get_by_role("img", name="1 failed")).to_be_visible()
    first.get_by_role("button", name="Compare with").click()
    expect(page.get_by_role("heading", name="Revision 1 to 3")).to_be_visible()
    expect(difference.locator(".pair .del mark")).to_have_text(["exit 3", "rows"])
    page.get_by_role("button", name="Inline").click()
    expect(difference.locator(".column .add mark")).to_have_text(["echo written", "rides"])
    assert {"a=1", "b=3", "view=inline"} <= set(page.url.partition("?")[2].split("&"))
    page.get_by_role("button", name="Restore as revision 4").click()
    asked = page.get_by_role("dialog", name="Restore revision 1")
    assert api.get(f"/flows/{flow}")["revision"] == 3
    asked.get_by_role("button", name="Restore as revision 4").click()
    expect(page.get_by_role("heading", name="Revision 3 to 4")).to_be_visible()
    expect(page.locator(".rev", has_text="Revision 4")).to_contain_text("the text of revision 1 again")
    assert api.get(f"/flows/{flow}")["revision"] == 4
    page.get_by_role("link", name="1 run").click()
    expect(page.locator("tr", has_text="rides-1")).to_be_visible()


def test_flows_are_found_by_name_and_by_text_and_switched_off(page: Page, api: Api, flow: str) -> None:
    api.run("rides")
    api.save("id: other\nnamespace: company.team\ntasks: [{id: say, type: core.log.Log, message: unheard-of}]\n")
    page.goto("/flows")
    row = page.locator("tr", has_text=flow)
    expect(row.get_by_role("img", name="Last 1 run: 1 failed")).to_be_visible()
    page.get_by_label("Search in names").fill(api.namespace)
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("checkbox", name="In their texts").check()
    page.get_by_label("Search in the texts").fill("UNHEARD")
    expect(page.locator(".found mark").get_by_text("unheard")).to_be_visible()
    assert "sources=yes" in page.url
    page.get_by_role("checkbox", name="In their texts").uncheck()
    page.get_by_label("Search in names").fill(flow)
    row.get_by_role("button", name="More for rides").click()
    page.get_by_role("menuitem", name="Switch off").click()
    expect(row).to_contain_text("switched off")
    assert api.get(f"/flows?namespace={api.namespace}")["flows"][1]["disabled"] is True
    row.get_by_role("button", name="More for rides").click()
    page.get_by_role("menuitem", name="Switch on").click()
    expect(row).not_to_contain_text("switched off")
    row.get_by_role("button", name="More for rides").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_a_pipeline_shows_each_step_as_it_was_written_at_a_revision(
    page: Page, api: Api, server: RunningServer, tmp_path: Path
) -> None:
    name = f"sums_{api.namespace}"
    for numbers in ("range(rows)", "range(rows + 1)"):
        (tmp_path / "sums.py").write_text(_PIPELINE.replace("range(rows)", numbers).replace("def sums", f"def {name}"))
        command = [str(Path(sys.executable).with_name("dalsegno")), "deploy", f"sums.py:{name}", "--server", server.url]
        environ = {**os.environ, "DALSEGNO_HOME": str(tmp_path / "home")}
        subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True)
    page.goto(f"/flows/default.{name}")
    page.get_by_role("link", name="Code").click()
    code = page.get_by_role("group", name="Code of load")
    expect(code).to_contain_text("range(rows + 1)")
    page.get_by_role("group", name="Steps of the pipeline").get_by_role("button", name=re.compile("^total")).click()
    expect(page.get_by_role("group", name="Code of total")).to_contain_text("return sum(numbers)")
    page.get_by_label("Revision").select_option("1")
    page.get_by_role("group", name="Steps of the pipeline").get_by_role("button", name=re.compile("^load")).click()
    expect(code).to_contain_text("list(range(rows))")
    page.get_by_role("button", name="All modules").click()
    expect(page.get_by_role("group", name="Code of the pipeline")).to_contain_text("@pipeline")
    expect(page.get_by_role("link", name="Editor")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_over_a_flow_has_no_barrier(browser: Browser, server: RunningServer, api: Api, theme: str) -> None:
    api.save(FAILING)
    api.save(FIXED)
    context = browser.new_context(base_url=server.url, color_scheme="dark" if theme == "dark" else "light")
    page, flow = context.new_page(), f"{api.namespace}.rides"
    barriers: dict[str, list[str]] = {}
    page.goto(f"/flows/{flow}/editor")
    expect(page.get_by_text("no problem")).to_be_visible()
    write(page, text_of(api, FAILING).rstrip().replace("core.log.Log, message", "core.log.Log, mesage"))
    expect(page.get_by_text("2 errors")).to_be_visible()
    page.keyboard.press("F8")
    barriers["errors"] = barriers_of(page)
    page.keyboard.press("Control+End")
    page.keyboard.type("\n- {id: x, ty")
    expect(page.locator(".cm-tooltip-autocomplete").get_by_role("option").first).to_be_visible()
    barriers["completion"] = barriers_of(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Task types").click()
    page.get_by_role("button", name="core.http.Download").click()
    expect(page.get_by_role("region", name="Type core.http.Download")).to_be_visible()
    barriers["types"] = barriers_of(page)
    page.get_by_role("button", name="See the difference and save").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    barriers["save"] = barriers_of(page)
    page.goto(f"/flows/{flow}/revisions")
    page.get_by_role("button", name="Restore as revision 3").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    barriers["restore"] = barriers_of(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.type("rides")
    barriers["palette"] = barriers_of(page)
    context.close()
    assert {name: told for name, told in barriers.items() if told} == {}
