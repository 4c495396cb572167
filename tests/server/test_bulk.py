"""Bulk replays as jobs: on a server, from the command line, and over the death of whoever drives them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.engine.bulk_request import BulkRequest
from dalsegno.errors import Refusal
from dalsegno.model.bulk import BulkJob, BulkState, Pace, RowState
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import RunFilter

FLOW = """
id: demo
namespace: company.team
tasks:
  - {id: load, type: core.debug.Return, value: hello}
  - {id: convert, type: core.execution.Fail}
  - {id: store, type: core.debug.Return, value: "{{ outputs.load.value }}"}
"""
FIXED = FLOW.replace("core.execution.Fail", "core.debug.Return, value: ok")
SLOW = FLOW.replace("core.execution.Fail", "core.flow.Sleep, duration: PT0.3S")
FAILED = BulkRequest(
    filter=RunFilter(states=(State.FAILED,), limit=0),
    request=ReplayRequest(start=("convert",), revision="latest"),
)


def failing(home: Path, count: int) -> None:
    with Client(home) as client:
        for _ in range(count):
            run = client.start_run("demo.yaml", ReplayRequest(), text=FLOW)
            assert client.execute(run.id).state is State.FAILED


@pytest.fixture(params=["embedded", "http"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """A client of each transport, on a store with 6 runs that failed and a flow that was fixed."""
    home = tmp_path / "home"
    failing(home, 6)
    with Client(home) as local:
        local.save_flow(FIXED)
    if request.param == "embedded":
        with Client(home) as local:
            yield local
        return
    with RunningServer(home) as server, Client(url=server.url) as remote:
        yield remote


def replays_of(home: Path) -> list[str]:
    with Client(home) as local:
        return [run.origin for run in local.list_runs(RunFilter(limit=0)) if run.origin]


def test_canaries_go_first_and_the_others_when_they_are_approved(client: Client) -> None:
    preview = client.preview_bulk_replay(FAILED)
    assert (preview.replays, preview.tasks_run, preview.tasks_reused) == (6, 12, 6)
    job = client.start_bulk_replay(FAILED, Pace(canary=2))
    waiting = client.drive_bulk_replay(job.id)
    assert (waiting.state, waiting.tally.succeeded, waiting.tally.waiting) == (BulkState.WAITING, 2, 4)
    client.approve_bulk_replay(job.id)
    done = client.drive_bulk_replay(job.id)
    assert (done.state, done.tally.succeeded) == (BulkState.DONE, 6)
    with pytest.raises(Refusal, match="fixed already"):
        client.start_bulk_replay(FAILED_OF(client))
    assert client.preview_bulk_replay(FAILED).skipped[0].count == 6


def FAILED_OF(client: Client) -> BulkRequest:  # noqa: N802 - the same runs, by name
    return BulkRequest(runs=tuple(row.origin for row in client.bulk_rows("last")), request=FAILED.request)


def test_what_cannot_be_replayed_is_one_line_and_a_row_each(client: Client) -> None:
    asked = BulkRequest(filter=FAILED.filter, request=ReplayRequest(start=("convrt",), revision="latest"))
    (refusal,) = client.preview_bulk_replay(asked).refusals
    assert (refusal.count, refusal.example) == (6, "demo-1")
    job = client.start_bulk_replay(asked)
    done = client.drive_bulk_replay(job.id)
    assert (done.state, done.tally.refused) == (BulkState.DONE, 6)
    assert all("convert" in (row.why or "") for row in client.bulk_rows(job.id, states=(RowState.REFUSED,)))


def test_it_waits_goes_on_and_is_aborted(client: Client) -> None:
    job = client.start_bulk_replay(FAILED, Pace(rate=0.5))
    assert client.pause_bulk_replay(job.id).state is BulkState.PAUSED
    paused = client.drive_bulk_replay(job.id)
    assert (paused.state, paused.tally.running) == (BulkState.PAUSED, 0)
    assert client.resume_bulk_replay(job.id).state is BulkState.RUNNING
    assert client.abort_bulk_replay(job.id).state is BulkState.ABORTED
    with pytest.raises(Refusal, match="ended already: ABORTED"):
        client.resume_bulk_replay(job.id)


def test_it_begins_at_the_task_that_failed_first(client: Client) -> None:
    asked = BulkRequest(filter=FAILED.filter, request=ReplayRequest(revision="latest"), first_failed=True)
    job = client.start_bulk_replay(asked)
    assert client.drive_bulk_replay(job.id).tally.succeeded == 6
    replay = client.bulk_rows(job.id)[0].replay
    assert replay is not None
    assert client.get_run(replay).request["start"] == ["convert"]


def test_a_server_that_is_killed_forgets_no_run_and_replays_none_twice(tmp_path: Path) -> None:
    home = tmp_path / "home"
    failing(home, 12)
    with Client(home) as local:
        local.save_flow(SLOW)
    with RunningServer(home) as server, Client(url=server.url) as client:
        job = client.start_bulk_replay(FAILED, Pace(at_once=3))
        seen: list[BulkJob] = []
        until = time.monotonic() + 30
        while time.monotonic() < until:
            seen.append(client.get_bulk_replay(job.id))
            if seen[-1].tally.succeeded >= 2:
                break
        server.kill()
    assert seen[-1].state is BulkState.RUNNING
    with RunningServer(home) as server, Client(url=server.url) as client:
        done = client.drive_bulk_replay(job.id)
        assert (done.state, done.tally.succeeded) == (BulkState.DONE, 12)
    origins = replays_of(home)
    assert len(origins) == len(set(origins)) == 12
