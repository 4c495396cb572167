"""What goes wrong around a server: uploads that break off, a disk that is full, floods of lines, files of gigabytes."""

from __future__ import annotations

import os
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from blake3 import blake3
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest

MIB = 1 << 20
#: how large a large file is, in MiB; `make soak` takes 2 GiB
LARGE = int(os.environ.get("DALSEGNO_LARGE_FILE_MIB", "512"))
CONTENT = os.urandom(6 * MIB)
DIGEST = blake3(CONTENT).hexdigest()
BLOB, FILE = f"blobs/{DIGEST}", "namespaces/a/files/b.bin"

FLOOD = """
id: flood
namespace: a
tasks:
  - {id: pour, type: scripts.shell.Commands, commands: ["yes SAID | head -c AMOUNT", "echo the end"]}
"""


def within(seconds: float, holds: Callable[[], bool]) -> None:
    """Wait until something holds that no signal tells of."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until


def begin_upload(server: RunningServer, path: str) -> socket.socket:
    """Send half of an upload, and wait until the server has written some of it."""
    sent = socket.create_connection(("127.0.0.1", server.port))
    head = f"PUT /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(CONTENT)}\r\n"
    sent.sendall(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + CONTENT[: len(CONTENT) // 2])
    within(30, lambda: any(path.stat().st_size > MIB for path in being_made(server.home)))
    return sent


def being_made(home: Path) -> list[Path]:
    """Give the files that are being made in the artifact store."""
    found: list[Path] = []
    # folders go while they are looked at, which a walk takes for empty ones
    for folder, _, names in os.walk(home / "artifacts" / "tmp"):
        for path in (Path(folder, name) for name in names):
            with suppress(FileNotFoundError):
                found += [path] if path.stat().st_size else []
    return found


def stored(home: Path) -> list[Path]:
    return list((home / "artifacts" / "blobs").rglob("*/*"))


def peak(server: RunningServer) -> float:
    """Give the most memory that the server has used, in MiB."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def looked_for(api: httpx.Client, path: str, text: str) -> list[str]:
    """Give the lines of a run with a text in them; each request looks at part of them."""
    found: list[str] = []
    after: int | None = 0
    while after is not None:
        part = api.get(path, params={"text": text, "after": after}).json()
        found += [each["text"] for each in part["lines"]]
        after = part["next"]
    return found


@pytest.fixture
def api(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/api/v1/", timeout=120) as http:
        yield http


@pytest.mark.parametrize("path", [BLOB, FILE], ids=["blob", "file"])
def test_an_upload_that_breaks_off_leaves_nothing(server: RunningServer, api: httpx.Client, path: str) -> None:
    begin_upload(server, path).close()
    within(30, lambda: not being_made(server.home))
    assert stored(server.home) == []
    assert api.get(path).status_code == 404
    assert api.put(path, content=CONTENT).status_code == 201
    assert api.get(path).content == CONTENT


@pytest.mark.parametrize("path", [BLOB, FILE], ids=["blob", "file"])
def test_a_server_that_is_killed_in_an_upload_has_nothing_of_it(tmp_path: Path, path: str) -> None:
    with RunningServer(tmp_path / "home") as server:
        with begin_upload(server, path):
            server.kill()
        assert stored(server.home) == []
    with RunningServer(tmp_path / "home") as server:
        assert httpx.get(f"{server.url}/api/v1/{path}").status_code == 404
        assert httpx.put(f"{server.url}/api/v1/{path}", content=CONTENT).status_code == 201
        # what the process left that died is swept by the next one
        assert being_made(server.home) == []


@pytest.mark.parametrize("path", [BLOB, FILE], ids=["blob", "file"])
def test_a_full_disk_is_told_and_the_server_goes_on_when_there_is_room_again(
    server: RunningServer, api: httpx.Client, path: str
) -> None:
    with Client(url=server.url) as client:
        client.save_flow(FLOOD.replace("SAID", "hello").replace("AMOUNT", "9000000"))
        before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (2 * MIB, before[1]))
        refused = api.put(path, content=CONTENT)
        assert (refused.status_code, refused.json()["code"]) == (503, "disk-full")
        assert stored(server.home) == being_made(server.home) == []
        # neither is there room for what a run has to write: it is left as it is, and goes on later
        created = client.start_run("flood", ReplayRequest())
        api.post(f"runs/{created.id}/execute")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
        assert api.put(path, content=CONTENT).status_code == 201
        assert client.execute(created.id).state is State.SUCCESS
        assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_a_flood_of_lines_ends_and_is_looked_at_like_any_other(server: RunningServer, api: httpx.Client) -> None:
    with Client(url=server.url) as client:
        client.save_flow(FLOOD.replace("SAID", "x" * 99).replace("AMOUNT", str(100 * MIB)))
        before = peak(server)
        run = client.execute(client.start_run("flood", ReplayRequest()).id)
        assert run.state is State.SUCCESS
        assert looked_for(api, f"runs/{run.id}/logs", "the end") == ["the end"]
        with api.stream("GET", f"runs/{run.id}/logs/follow") as stream:
            assert "x" * 99 in next(line for line in stream.iter_lines() if line.startswith("data:"))
        with api.stream("GET", f"runs/{run.id}/logs/download") as stream:
            # what an attempt keeps of its beginning and of its end, and a time, a level and a name for each line
            assert sum(len(piece) for piece in stream.iter_raw()) > 50 * MIB
        assert peak(server) - before < 300


def test_a_large_file_costs_no_memory(server: RunningServer, api: httpx.Client) -> None:
    size, piece = LARGE * MIB, os.urandom(MIB)
    hasher = blake3()
    for _ in range(size // MIB):
        hasher.update(piece)
    path = f"blobs/{hasher.hexdigest()}"
    before = peak(server)
    headers = {"Content-Length": str(size)}
    assert api.put(path, content=(piece for _ in range(size // MIB)), headers=headers).json()["size"] == size
    part = api.get(path, headers={"Range": f"bytes={size - 7}-"})
    assert (part.status_code, part.content) == (206, piece[-7:])
    middle = api.get(path, headers={"Range": f"bytes={300 * MIB - 2}-{300 * MIB + 1}"})
    assert middle.content == piece[-2:] + piece[:2]
    with api.stream("GET", path) as stream:
        assert sum(len(chunk) for chunk in stream.iter_raw()) == size
    assert peak(server) - before < 64
