"""Pictures of the web UI, of a real server with something on it: `make screenshots`.

python -m tests.support.pictures                 the pictures of the documentation, to docs/pictures/
python -m tests.support.pictures --every FOLDER  every page, full and empty, in both themes and two widths
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright
from tests.support.kinds import run_kinds
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.demo.server import DemoServer
from dalsegno.demo.story import ARCHIVE, flow_text
from dalsegno.replay.request import Expression, ReplayRequest

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "pictures"
_WIDTHS = {1440: 900, 390: 844}

_NIGHTLY = """
id: nightly
namespace: shop
labels: {team: data}
inputs:
  - {id: day, type: STRING, defaults: "2026-11-28"}
tasks:
  - {id: orders, type: core.debug.Return, value: [lyon, oslo, porto, turin, ghent, malmo]}
  - id: each
    type: core.flow.ForEach
    values: "{{ outputs.orders.value }}"
    tasks:
      - id: load
        type: scripts.shell.Commands
        commands: ["sleep 0.0{{ taskrun.iteration + 2 }}", "echo loaded {{ taskrun.value }}"]
      - {id: check, type: core.execution.Fail, condition: "{{ taskrun.value == 'turin' and inputs.day == '2026-11-28' }}",
         errorMessage: "turin has no orders of {{ inputs.day }}"}
  - {id: report, type: core.log.Log, message: "done for {{ inputs.day }}"}
"""
_RELEASE = """
id: release
namespace: shop
tasks:
  - {id: build, type: core.debug.Return, value: {version: 12, notes: twelve}}
  - {id: publish, type: core.debug.Return, value: "{{ outputs.build.value.version }}"}
"""


def _fill(home: Path, url: str) -> Mapping[str, str]:
    """Have runs of all sorts, and give their ids by what they are for."""
    made: dict[str, str] = {}
    with Client(home) as client:
        override = {"get_zipfile": {"uri": Expression(f"{url}/{ARCHIVE}")}}
        client.save_flow(flow_text("failing"))
        flow = "company.team.divvy_tripdata"
        failed = client.execute(client.start_run(flow, ReplayRequest(task_inputs=override, reason="the demo")).id)
        client.save_flow(flow_text("corrected"))
        again = ReplayRequest(origin=failed.id, start=("to_parquet",), revision="latest", reason="fixed the pattern")
        made["failed"], made["fixed"] = failed.id, client.execute(client.start_replay(again).id).id
        client.save_flow(_NIGHTLY)
        nightly = [client.execute(client.start_run("shop.nightly", ReplayRequest()).id) for _ in range(4)]
        made["loop"] = nightly[-1].id
        other = ReplayRequest(origin=nightly[0].id, skip_successful=True, inputs={"day": "2026-11-27"})
        made["other"] = client.execute(client.start_replay(other).id).id
        client.save_flow(_RELEASE)
        stopped = client.start_run("shop.release", ReplayRequest(breakpoints=("publish",)))
        made["paused"] = client.execute(stopped.id).id
        made["parquet"] = client.task_run(made["fixed"], "to_parquet").outputs["uri"]
    run_kinds(home)
    with Client(home) as client:
        made["kinds"] = client.get_run("last").id
    return made


def _pages(made: Mapping[str, str], job: str) -> dict[str, str]:
    failed, fixed, loop = made["failed"], made["fixed"], made["loop"]
    return {
        "home": "/",
        "runs": "/runs",
        "gantt": f"/runs/{failed}?task=to_parquet",
        "gantt-loop": f"/runs/{loop}",
        "gantt-replay": f"/runs/{fixed}",
        "overview": f"/runs/{fixed}/overview",
        "logs": f"/runs/{failed}/logs",
        "topology": f"/runs/{loop}/topology",
        "outputs": f"/runs/{fixed}/outputs",
        "lineage": f"/runs/{fixed}/lineage",
        "artifact": f"/artifact?name={made['parquet']}",
        "compare": f"/compare?before={failed}&after={fixed}",
        "replay": f"/runs/{failed}?task=to_parquet&replay=to_parquet",
        "fix": f"/runs/{failed}/fix?task=to_parquet",
        "paused": f"/runs/{made['paused']}?task=publish",
        "python": f"/runs/{made['kinds']}",
        "flows": "/flows",
        "flow": "/flows/company.team.divvy_tripdata",
        "flow-editor": "/flows/company.team.divvy_tripdata/editor",
        "flow-revisions": "/flows/company.team.divvy_tripdata/revisions",
        "bulk": "/bulk-replays",
        "bulk-job": f"/bulk-replays/{job}",
        "bulk-new": "/bulk-replays/new?flow=shop.nightly&state=FAILED",
        "settings": "/settings",
        "tokens": "/settings/tokens",
        "users": "/settings/users",
        "audit": "/settings/audit",
    }


#: what a new data directory shows
_EMPTY = {"home": "/", "runs": "/runs", "flows": "/flows", "bulk": "/bulk-replays", "tokens": "/settings/tokens"}
#: the pictures of the documentation: page and theme
_SHOWN = {
    "gantt": "light", "replay": "light", "fix": "dark", "compare": "light", "flow-editor": "light", "home": "light",
    "bulk-job": "light", "artifact": "light",
}  # fmt: skip


def _bulk(url: str) -> str:
    """Make a bulk replay whose canaries wait for approval."""
    body = {
        "filter": {"flow": "shop.nightly", "states": ["FAILED"]},
        "request": {
            "skip_successful": True,
            "inputs": {"day": "2026-11-27"},
            "reason": "the day before has all orders",
        },
        "pace": {"canary": 1},
    }
    answer = httpx.post(f"{url}/api/v1/bulk-replays", json=body, timeout=60)
    assert answer.is_success, answer.text
    return answer.json()["id"]


@contextmanager
def _served(*, full: bool) -> Generator[tuple[RunningServer, Mapping[str, str]]]:
    with tempfile.TemporaryDirectory() as folder, DemoServer(Path(folder), rows=20_000) as trips:
        home = Path(folder) / "home"
        made = _fill(home, trips.url) if full else {}
        with RunningServer(home) as server:
            yield server, _pages(made, _bulk(server.url)) if full else _EMPTY


def _take(page: Page, address: str, to: Path) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    # a page follows what happens, so that it is never quite idle: what is drawn late is given a moment
    page.wait_for_timeout(700)
    to.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=to)


def _opened(browser: Browser, server: RunningServer, theme: str, width: int) -> Page:
    context = browser.new_context(
        base_url=server.url, viewport={"width": width, "height": _WIDTHS[width]},
        color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce",
    )  # fmt: skip
    return context.new_page()


def _document(browser: Browser) -> None:
    with _served(full=True) as (server, pages):
        for name, theme in _SHOWN.items():
            _take(_opened(browser, server, theme, 1440), pages[name], DOCUMENTATION / f"{name}.png")


def _every(browser: Browser, folder: Path) -> None:
    for full in (True, False):
        with _served(full=full) as (server, pages):
            for theme in ("light", "dark"):
                for width in _WIDTHS:
                    page = _opened(browser, server, theme, width)
                    for name, address in pages.items():
                        _take(page, address, folder / f"{name}{'' if full else '-empty'}-{theme}-{width}.png")
                    page.context.close()


def main() -> None:
    """Take the pictures."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-headless-shell")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--disable-gpu"])
        if sys.argv[1:2] == ["--every"]:
            _every(browser, Path(sys.argv[2]))
        else:
            _document(browser)
        browser.close()


if __name__ == "__main__":
    main()
