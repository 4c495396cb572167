"""The seed's own story, by a person who has nothing but the address that the demo prints."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.test_first_walk import row
from tests.support.web import Watched


@pytest.fixture
def address(tmp_path: Path, browser: Browser) -> Iterator[str]:
    """What `dalsegno demo --serve` prints."""
    assert browser.is_connected()
    environ = {**os.environ, "HOME": str(tmp_path), "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
    command = [str(Path(sys.executable).with_name("dalsegno")), "demo", "--serve", "--rows", "300"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        found = ""
        for line in process.stdout:
            found = found or "".join(re.findall(r"http://127\.0\.0\.1:\d+/runs/\S+", line))
            if "Dal Segno serves" in line:
                break
        assert found
        yield found
        process.send_signal(signal.SIGINT)
        process.stdout.read()


def test_a_stranger_gets_from_the_red_bar_to_the_green_one(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    watched, page = Watched(context), context.new_page()
    page.goto(address)
    expect(row(page, "to_parquet").locator(".bar")).to_have_attribute("data-state", "failed")
    panel = page.get_by_role("complementary", name="Task to_parquet")
    expect(panel).to_contain_text('set datetimeFormat: "yyyy-MM-dd HH:mm:ss.SSS"')
    panel.get_by_role("link", name="Fix").click()

    # the cursor stands at the end of the line that is wrong
    editor = page.get_by_role("textbox", name="Text of the flow")
    expect(page.locator(".cm-activeLine")).to_contain_text("datetimeFormat")
    expect(editor).to_be_focused()
    page.keyboard.press("Shift+Home")
    page.keyboard.type('datetimeFormat: "yyyy-MM-dd HH:mm:ss.SSS')
    expect(page.get_by_role("group", name="Difference").locator(".add")).to_contain_text("yyyy-MM-dd HH:mm:ss.SSS")
    page.get_by_role("button", name="Save and replay 1 of 4 tasks").click()

    expect(page.get_by_role("heading", name="divvy_tripdata-2")).to_be_visible()
    expect(row(page, "to_parquet").locator(".bar")).to_have_attribute("data-state", "success")
    expect(row(page, "convert").locator(".bar")).to_have_attribute("data-state", "reused")
    expect(page.locator(".badge")).to_have_text("Success")
    expect(page.locator(".facts")).to_contain_text("Time saved")
    assert watched.wrong == []
    context.close()
