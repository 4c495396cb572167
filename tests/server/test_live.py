"""Live events: from where one left off, for many at once, and never in the way of a server that stops."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import httpx
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.replay.request import ReplayRequest
from dalsegno.server.live import Live
from dalsegno.service.open import open_service

FLOW = """
id: hello
namespace: company.team
tasks:
  - {id: greet, type: core.debug.Return, value: hello}
  - {id: ask, type: core.flow.Pause}
  - {id: say, type: core.log.Log, message: "{{ outputs.greet.value }}"}
"""
PATIENCE = 30.0


class Stream:
    """An open stream of events, read on a thread of its own. `events` are `(id, kind, data)`; `None` is its end."""

    def __init__(self, url: str, last: str | None = None) -> None:
        self.events: SimpleQueue[tuple[str, str, Any] | None] = SimpleQueue()
        self._headers = {} if last is None else {"Last-Event-ID": last}
        self.opened = threading.Event()
        threading.Thread(target=self._read, args=(url,), daemon=True).start()
        assert self.opened.wait(PATIENCE)

    def _read(self, url: str) -> None:
        place = urlsplit(url)
        connection = HTTPConnection(place.netloc, timeout=PATIENCE)
        with closing(connection), suppress(OSError, HTTPException):
            connection.request("GET", place.path, headers=self._headers)
            answer = connection.getresponse()
            self.opened.set()
            found: dict[str, str] = {}
            for written in answer:
                line = written.decode().rstrip()
                name, _, value = line.partition(": ")
                if line:
                    found[name] = value
                elif "data" in found:
                    self.events.put((found["id"], found["event"], json.loads(found["data"])))
                    found = {}
        self.events.put(None)

    def until(self, state: str) -> list[tuple[str, str, Any]]:
        """Take events to the one that tells of a state of the run, or to the end of the stream."""
        taken: list[tuple[str, str, Any]] = []
        while (event := self.events.get(timeout=PATIENCE)) is not None:
            taken.append(event)
            if event[1] == "run" and event[2]["state"] == state:
                break
        return taken


@contextmanager
def paused(server: RunningServer) -> Generator[tuple[Client, str]]:
    """A run that has come to its pause."""
    with Client(url=server.url) as client:
        run = client.start_run("hello.yaml", ReplayRequest(), text=FLOW)
        httpx.post(f"{server.url}/api/v1/runs/{run.id}/execute")
        yield client, run.id


def test_a_stream_is_taken_up_again_without_a_gap(server: RunningServer) -> None:
    with paused(server) as (_, run):
        url = f"{server.url}/api/v1/runs/{run}/events"
        first = Stream(url).until("PAUSED")
        some, rest = first[:3], first[3:]
        again = Stream(url, some[-1][0]).until("PAUSED")
        assert again == rest
        assert [int(each[0]) for each in first] == list(range(1, len(first) + 1))


def test_who_has_seen_the_last_event_of_a_run_that_is_over_is_told_the_end(server: RunningServer) -> None:
    with paused(server) as (_, run):
        url = f"{server.url}/api/v1/runs/{run}/events"
        httpx.post(f"{server.url}/api/v1/runs/{run}/kill")
        last = Stream(url).until("KILLED")[-1][0]
        again = httpx.get(url, headers={"Last-Event-ID": str(last)}, timeout=20)
        assert [line for line in again.text.splitlines() if line.startswith("event:")] == ["event: end"]


def test_two_hundred_follow_one_run(server: RunningServer) -> None:
    with paused(server) as (_, run):
        url = f"{server.url}/api/v1/runs/{run}/events"
        streams = [Stream(url) for _ in range(200)]
        seen = [stream.until("PAUSED") for stream in streams]
        assert all(each == seen[0] for each in seen)
        httpx.post(f"{server.url}/api/v1/runs/{run}/kill")
        ends = [stream.until("KILLED")[-1] for stream in streams]
        assert all(each == ends[0] for each in ends)
        assert "dalsegno_streams_open 0.0" in _when_closed(server)


def _when_closed(server: RunningServer) -> str:
    """Give the figures once no stream is open any more."""
    figures = ""
    for _ in range(200):
        figures = httpx.get(f"{server.url}/metrics").text
        if "dalsegno_streams_open 0.0" in figures:
            break
    return figures


def test_all_runs_are_followed(server: RunningServer) -> None:
    everything = Stream(f"{server.url}/api/v1/events")
    with paused(server) as (_, run):
        seen = everything.until("PAUSED")
    assert [each[2]["state"] for each in seen] == ["CREATED", "QUEUED", "RUNNING", "PAUSED"]
    assert {each[2]["run"]["id"] for each in seen} == {run}
    again = Stream(f"{server.url}/api/v1/events", seen[0][0]).until("PAUSED")
    assert [(each[0], each[2]["state"]) for each in again] == [(each[0], each[2]["state"]) for each in seen]


def test_open_streams_do_not_hold_up_a_server_that_stops(server: RunningServer) -> None:
    everything = Stream(f"{server.url}/api/v1/events")
    with paused(server) as (_, run):
        one = Stream(f"{server.url}/api/v1/runs/{run}/events")
        one.until("PAUSED")
        assert server.stop() == 0
    assert one.events.get(timeout=PATIENCE) is None
    while everything.events.get(timeout=PATIENCE) is not None:
        pass


def test_a_client_that_goes_away_in_the_middle_leaves_nothing_open(server: RunningServer) -> None:
    with paused(server) as (_, run), httpx.stream("GET", f"{server.url}/api/v1/runs/{run}/events") as answer:
        next(answer.iter_lines())
    assert "dalsegno_streams_open 0.0" in _when_closed(server)


def test_what_others_have_read_before_a_run_was_over_is_read_again(tmp_path: Path) -> None:
    service = open_service(tmp_path)
    flow = "id: quick\nnamespace: company.team\ntasks:\n  - {id: only, type: core.debug.Return}\n"
    created = service.runs.create_fresh("quick.yaml", ReplayRequest(), text=flow)

    async def follow() -> list[str]:
        # it looks for no commits, so that it knows of none
        live = Live(service)
        early = asyncio.ensure_future(anext(live.follow(created.id, 1)))
        while not any(read.done() for _, read in live._pages.values()):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
        await asyncio.to_thread(service.runs.execute, created.id)
        late = [event async for event in live.follow(created.id, 1)]
        early.cancel()
        return [event.event or "" for event in late]

    try:
        assert asyncio.run(follow()) == ["run", "task_run", "task_run", "run", "end"]
    finally:
        service.close()
