"""Bulk replays as jobs: on a server, from the command line, and over the death of whoever drives them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.conformance.store import conftest as of_store
from tests.support.desk import Desk
from tests.support.servers import RunningServer

from dalsegno.client.client import Client
from dalsegno.engine.bulk_request import BulkRequest
from dalsegno.errors import Refusal
from dalsegno.model.bulk import BulkJob, BulkState, Pace, RowState
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import RunFilter
from dalsegno.wire.bulk import bulk_body
from dalsegno.wire.bulk_answers import BulkPreview, BulkReplay, BulkReplays, BulkRows

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


new_database = of_store.new_database


@pytest.fixture(params=["embedded", "http", "postgres"])
def client(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of each transport, on a store with 6 runs that failed and a flow that was fixed; and on PostgreSQL."""
    home = tmp_path / "home"
    if request.param == "postgres":
        monkeypatch.setenv("DALSEGNO_STORE", request.getfixturevalue("new_database")())
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


def test_only_what_was_made_since_then_is_chosen(client: Client) -> None:
    third = client.get_run("demo-3")
    assert FAILED.filter is not None
    asked = replace(FAILED, filter=replace(FAILED.filter, created_from=third.created))
    assert client.preview_bulk_replay(asked).runs == tuple(client.get_run(f"demo-{n}").id for n in (3, 4, 5, 6))
    job = client.start_bulk_replay(asked)
    assert (job.tally.total, "since" in job.selection) == (4, True)


def test_a_flow_is_named_as_everywhere_else(client: Client) -> None:
    for name in ("demo", "company.team.demo"):
        asked = replace(FAILED, filter=RunFilter(flow=name, states=(State.FAILED,), limit=0))
        assert len(client.preview_bulk_replay(asked).runs) == 6
    with pytest.raises(Refusal, match=r"there is no flow `company\.team\.demi`; did you mean `company\.team\.demo`"):
        client.preview_bulk_replay(replace(FAILED, filter=RunFilter(flow="company.team.demi", limit=0)))


def test_an_origin_is_left_out_where_a_later_replay_is_chosen_also_by_name(client: Client) -> None:
    again = client.execute(client.start_replay(ReplayRequest("demo-1", start=("convert",), revision=1)).id)
    asked = BulkRequest(runs=("demo-1", "demo-2", again.id), request=FAILED.request)
    preview = client.preview_bulk_replay(asked)
    assert [(each.code, each.example) for each in preview.skipped] == [("replayed-in-this-job", "demo-1")]
    done = client.drive_bulk_replay(client.start_bulk_replay(replace(asked, runs=preview.runs)).id)
    assert (done.tally.succeeded, done.tally.skipped) == (2, 1)


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


def test_an_effect_that_would_happen_again_is_refused_for_each_run(client: Client) -> None:
    twice = FIXED.replace("value: hello}", "value: hello, effects: external}")
    client.save_flow(twice)
    asked = BulkRequest(filter=FAILED.filter, request=ReplayRequest(revision="latest"))
    job = client.drive_bulk_replay(client.start_bulk_replay(asked).id)
    assert (job.state, job.tally.refused) == (BulkState.DONE, 6)
    rows = client.bulk_rows(job.id)
    assert {row.code for row in rows} == {"effects"}
    assert all("load" in (row.why or "") and row.replay is None for row in rows)
    agreed = BulkRequest(filter=FAILED.filter, request=ReplayRequest(revision="latest", acknowledge=("*",)))
    assert client.drive_bulk_replay(client.start_bulk_replay(agreed).id).tally.succeeded == 6


def test_a_command_line_that_was_killed_is_taken_up_again_by_another(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    failing(desk.home, 6)
    with Client(desk.home) as local:
        local.save_flow(SLOW)
    words = ("bulk-replay", "--state", "FAILED", "--from", "convert", "--revision", "latest", "--at-once", "2", "--yes")
    with desk.start(*words) as process, Client(desk.home) as local:
        process.wait_for("bulk-1")
        until = time.monotonic() + 30
        while local.get_bulk_replay("bulk-1").tally.succeeded < 1 and time.monotonic() < until:
            pass
        process.kill9()
        left = local.get_bulk_replay("bulk-1")
    assert left.state is BulkState.RUNNING
    assert 0 < left.tally.succeeded < 6
    desk.do("bulk", "resume", "bulk-1")
    assert desk.ask("bulk", "show", "bulk-1")["counts"]["succeeded"] == 6
    origins = replays_of(desk.home)
    assert len(origins) == len(set(origins)) == 6


def test_a_server_answers_as_its_document_says(tmp_path: Path) -> None:
    home = tmp_path / "home"
    failing(home, 2)
    with Client(home) as local:
        local.save_flow(FIXED)
    with RunningServer(home) as server, Client(url=server.url) as client:
        body = bulk_body(FAILED, Pace())
        job = client.drive_bulk_replay(client.start_bulk_replay(FAILED).id)
        with httpx.Client(base_url=f"{server.url}/api/v1") as http:
            assert BulkReplay.model_validate(http.get(f"bulk-replays/{job.id}").json()).counts.succeeded == 2
            assert len(BulkReplays.model_validate(http.get("bulk-replays").json()).bulk_replays) == 1
            rows = BulkRows.model_validate(http.get(f"bulk-replays/{job.id}/rows").json()).rows
            assert [row.replay is not None for row in rows] == [True, True]
            preview = BulkPreview.model_validate(http.post("bulk-replays/preview", json=body).json())
            assert [(each.code, each.count) for each in preview.skipped] == [("fixed-already", 2)]
