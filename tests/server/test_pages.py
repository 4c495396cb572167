"""The files of the web UI, and what is said where it was not built."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.replay.request import ReplayRequest
from dalsegno.server.pages import add_pages


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What a build leaves, in small."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Dal Segno</title>")
    (tmp_path / "theme.js").write_text("// theme")
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "assets" / "index-d1.js").write_text("console.log(1)\n" * 200)
    return tmp_path


def got(built: Path, address: str, accept: str = "*/*") -> httpx.Response:
    app = FastAPI()
    add_pages(app, built)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.get(address, headers={"Accept": accept})

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/runs",
        "/runs/rides-1",
        "/runs/rides-1/logs?level=ERROR",
        "/flows",
        "/flows/a.b",
        "/bulk-replays/new",
        "/settings",
    ],
)
def test_the_page_stands_at_the_addresses_of_pages_and_is_asked_for_each_time(built: Path, address: str) -> None:
    answer = got(built, address)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


def test_what_is_named_by_its_content_is_kept_for_ever_and_sent_packed(built: Path) -> None:
    answer = got(built, "/assets/index-d1.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert got(built, "/theme.js").headers["cache-control"] == "no-cache"


def test_an_asset_that_is_not_there_is_no_page(built: Path) -> None:
    assert got(built, "/assets/index-d2.js", "text/html").status_code == 404


def test_a_server_without_its_pages_says_how_to_build_them(tmp_path: Path) -> None:
    page = got(tmp_path, "/runs", "text/html,*/*")
    assert page.status_code == 404
    assert "<code>make ui</code>" in page.text
    told = got(tmp_path, "/")
    assert told.json()["code"] == "no-ui"
    assert "make ui" in told.json()["message"]


FLOW = """
id: writes
namespace: company.team
tasks:
  - {id: write, type: scripts.shell.Commands, commands: ["echo one; echo two; echo three"]}
"""


def test_lines_are_followed_from_where_a_page_has_read_to(server: RunningServer) -> None:
    with Client(url=server.url) as client:
        run = client.execute(client.start_run("writes.yaml", ReplayRequest(), text=FLOW).id)
    api = f"{server.url}/api/v1/runs/{run.id}/logs"
    lines = httpx.get(api).json()["lines"]
    followed = httpx.get(f"{api}/follow", params={"after": lines[0]["position"]}).text
    assert [each["text"] for each in lines] == ["one", "two", "three"]
    assert [word in followed for word in ('"one"', '"two"', '"three"', "event: end")] == [False, True, True, True]
