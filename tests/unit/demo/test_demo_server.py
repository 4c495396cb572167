from __future__ import annotations

import io
import zipfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from dalsegno.demo.server import DemoServer


@pytest.fixture
def server(tmp_path: Path) -> Generator[DemoServer]:
    with DemoServer(tmp_path / "months", rows=2000) as server:
        yield server


def get(server: DemoServer, path: str, method: str = "GET") -> httpx.Response:
    return httpx.request(method, f"{server.url}{path}", trust_env=False)


@pytest.mark.parametrize("month", ["202608", "199912"])
def test_every_month_is_there_with_a_csv_that_bears_it(server: DemoServer, month: str) -> None:
    answer = get(server, f"/{month}-divvy-tripdata.zip")
    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(answer.content))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [f"{month}-divvy-tripdata.csv"]
        assert archive.read(archive.namelist()[0]).count(b"\n") == 2001


def test_the_length_can_be_asked_for_alone(server: DemoServer) -> None:
    answer = get(server, "/202608-divvy-tripdata.zip", "HEAD")
    assert int(answer.headers["content-length"]) == len(get(server, "/202608-divvy-tripdata.zip?again").content)


@pytest.mark.parametrize("path", ["/", "/202613-divvy-tripdata.zip", "/../202608-divvy-tripdata.zip/x", "/x.zip"])
def test_what_is_no_month_is_not_found(server: DemoServer, path: str) -> None:
    assert get(server, path).status_code == 404


def test_a_month_is_made_once_even_if_many_ask_at_once(server: DemoServer, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = [answer.content for answer in pool.map(get, [server] * 8, ["/202608-divvy-tripdata.zip"] * 8)]
    assert len(set(answers)) == 1
    made = list((tmp_path / "months").iterdir())
    assert len(made) == 1
    changed = made[0].stat().st_mtime_ns
    get(server, "/202608-divvy-tripdata.zip")
    assert made[0].stat().st_mtime_ns == changed


def test_it_is_gone_after_the_block(tmp_path: Path) -> None:
    with DemoServer(tmp_path) as server:
        url = server.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/202608-divvy-tripdata.zip", trust_env=False)
