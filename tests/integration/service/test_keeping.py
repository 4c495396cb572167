"""Runs are deleted and purged, and no replay breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.integration.service.conftest import DAY, FLOW, Home

from dalsegno.errors import NotFound, Refusal
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.store.port import MoveRun, RunFilter


def names(home: Home, **wanted: Any) -> list[str]:
    return [run.name for run in home.runs.list(RunFilter(**wanted))]


def outputs(home: Home, run: Run) -> Any:
    return home.runs.outputs(run.id)["tasks"]


def content(home: Home, run: Run) -> bytes:
    with home.service.artifacts.open(outputs(home, run)["read"]["uri"]) as file:
        return file.read()


# fixed


def test_a_replay_that_went_well_fixes_the_run_that_failed(home: Home) -> None:
    failed = home.run()
    again = home.replay(failed)
    assert names(home, fixed=False) == ["rides-2", "rides-1"]
    well = home.replay(again, inputs={"bad": "false"})
    assert well.state is State.SUCCESS
    assert [home.found(run).fixed_by for run in (failed, again, well)] == [well.id, well.id, None]
    assert home.runs.as_json(failed.id)["fixed_by"] == well.id
    assert names(home, fixed=False) == []


def test_rule_13_a_run_of_one_task_alone_fixes_nothing_and_is_not_the_last(home: Home) -> None:
    failed = home.run()
    part = home.replay(failed, only=("read",))
    assert (part.state, part.whole) == (State.SUCCESS, False)
    assert home.found(failed).fixed_by is None
    assert home.runs.get("last").id == failed.id
    home.replay(failed, start=("read",))
    assert home.runs.get("last").name == "rides-3"


# deleting


def test_a_deleted_run_is_hidden_and_found_by_its_name_and_id(home: Home) -> None:
    first, second = home.run(), home.run()
    home.service.keeping.delete("last")
    assert names(home) == ["rides-1"]
    assert home.runs.get("last").id == home.runs.get("last-failed").id == first.id
    for name in ("rides-2", second.id):
        assert home.runs.get(name).deleted is not None
    assert home.runs.as_json("rides-2")["deleted"].startswith("2024-08-15T12:00")


def test_a_deleted_run_is_neither_replayed_nor_compared_nor_deleted_again(home: Home) -> None:
    run, other = home.run(), home.run()
    home.service.keeping.delete(run.id)
    for attempt in (
        lambda: home.replay(run),
        lambda: home.service.keeping.delete(run.id),
        lambda: home.service.comparing.compare(other.id, run.id),
    ):
        with pytest.raises(Refusal, match="rides-1 was deleted on 2024-08-15") as refused:
            attempt()
        assert refused.value.code == "run-deleted"


def test_rule_07_a_replay_of_a_deleted_run_is_whole_with_logs_outputs_and_replays(home: Home) -> None:
    first = home.run()
    second = home.replay(first)
    before = (outputs(home, second), content(home, second), home.runs.logs(second.id, address="say"))
    home.service.keeping.delete(first.id)
    assert (outputs(home, second), content(home, second), home.runs.logs(second.id, address="say")) == before
    assert [item.address for item in home.runs.task_runs(first.id)] == ["read", "many", "say"]
    assert [run.name for run in home.runs.lineage(second.id)] == ["rides-1", "rides-2"]
    third = home.replay(second, inputs={"bad": "false"})
    assert third.state is State.SUCCESS
    assert [item.action for item in home.runs.task_runs(third.id)][:3] == [Action.REUSE] * 3


def test_a_run_is_not_deleted_while_it_or_its_replay_is_to_be_executed(home: Home) -> None:
    created = home.create()
    with pytest.raises(Refusal, match="`rides-1` has not ended, it is CREATED"):
        home.service.keeping.delete(created.id)
    home.runs.execute(created.id)
    from dalsegno.replay.request import ReplayRequest

    replay = home.runs.create_replay(ReplayRequest(origin=created.id, skip_successful=True))
    with pytest.raises(Refusal, match="`rides-2`, which replays it, has not ended"):
        home.service.keeping.delete(created.id)
    assert home.runs.execute(replay.id).state is State.FAILED


# purging


def test_a_purge_deletes_what_is_old_and_frees_what_nobody_needs(home: Home) -> None:
    home.run(bad="false")
    home.age(40)
    home.trips.write_text("trip,minutes\nB1,5\n")
    young = home.run(bad="false")
    before = {blob.digest for blob in home.artifacts.blobs()}
    purged = home.service.keeping.purge(30 * DAY)
    assert [run.name for run in purged.runs] == ["rides-1"]
    # the file and what was read of it; the large value is that of the later run too
    gone = before - {blob.digest for blob in home.artifacts.blobs()}
    assert (purged.blobs, len(gone)) == (2, 2)
    assert purged.size > 50
    assert names(home) == ["rides-2"]
    assert len(outputs(home, young)["many"]["value"]) > 20_000
    assert b"B1" in content(home, young)


def test_rule_10_a_purge_never_breaks_a_replay(home: Home) -> None:
    first = home.run()
    home.age(40)
    second = home.replay(first)
    home.age(40 / 1440)
    purged = home.service.keeping.purge(30 * DAY)
    assert [run.name for run in purged.runs] == ["rides-1"]
    assert purged.blobs == 0
    assert home.service.artifacts.get(outputs(home, second)["read"]["uri"]).name == "trips.ion"
    third = home.replay(second, start=("read",), inputs={"bad": "false"})
    assert third.state is State.SUCCESS
    assert content(home, third) == content(home, second)


def test_a_dry_run_of_a_purge_tells_what_a_purge_does_and_does_nothing(home: Home) -> None:
    first = home.run()
    home.run(FLOW.replace("6000", "7000"))
    home.age(40)
    home.replay(first)
    before = {blob.digest for blob in home.artifacts.blobs()}
    dry = home.service.keeping.purge(30 * DAY, dry_run=True)
    assert dry.dry
    assert names(home) == ["rides-3", "rides-2", "rides-1"]
    assert {blob.digest for blob in home.artifacts.blobs()} == before
    done = home.service.keeping.purge(30 * DAY)
    assert [run.name for run in done.runs] == ["rides-2", "rides-1"]
    assert (done.blobs, done.size) == (dry.blobs, dry.size)
    assert done.blobs == 1


def test_a_purge_can_leave_alone_what_is_still_to_be_fixed(home: Home) -> None:
    fixed = home.run()
    home.replay(fixed, inputs={"bad": "false"})
    home.run()
    home.age(40)
    purged = home.service.keeping.purge(30 * DAY, keep_failed=True)
    assert [run.name for run in purged.runs] == ["rides-2", "rides-1"]
    assert [(run.name, reason) for run, reason in purged.spared] == [
        ("rides-3", "it failed, and no later replay has fixed it")
    ]
    assert purged.as_json()["spared"][0]["run"]["name"] == "rides-3"


def test_a_purge_leaves_a_run_whose_replay_has_not_ended(home: Home) -> None:
    from dalsegno.replay.request import ReplayRequest

    first = home.run()
    waiting = home.runs.create_replay(ReplayRequest(origin=first.id, skip_successful=True, inputs={"bad": "false"}))
    home.age(40)
    purged = home.service.keeping.purge(30 * DAY)
    assert (purged.runs, purged.blobs) == ((), 0)
    assert [reason for _, reason in purged.spared] == ["rides-2, which replays it, has not ended"]
    assert home.runs.execute(waiting.id).state is State.SUCCESS


def test_a_blob_stays_that_is_younger_than_an_hour(home: Home) -> None:
    home.age(1)
    blob = home.artifacts.put_bytes(b"not on record yet")
    home.age(0)
    home.clock.move(3000)
    purged = home.service.keeping.purge(0)
    assert (purged.blobs, purged.young, purged.young_size) == (0, 1, 17)
    home.clock.move(700)
    assert home.service.keeping.purge(0).blobs == 1
    assert not home.artifacts.exists(blob.digest)


def test_a_blob_stays_that_is_younger_than_a_run_that_is_executing(home: Home) -> None:
    run = home.create()
    lease = home.store.acquire(run.id, "the test")
    home.store.commit(lease, [MoveRun(run.id, State.CREATED, State.RUNNING, home.clock.now())])
    home.artifacts.put_bytes(b"made by an attempt that takes long")
    home.age(2)
    purged = home.service.keeping.purge(0)
    assert (purged.blobs, purged.young, purged.holds and purged.holds.name) == (0, 1, "rides-1")
    home.store.commit(lease, [MoveRun(run.id, State.RUNNING, State.FAILED, home.clock.now())])
    home.store.release(lease)
    assert home.service.keeping.purge(10 * DAY).blobs == 1
    assert home.runs.get("last").state is State.FAILED


def test_the_file_of_a_run_input_stays_as_long_as_the_run(home: Home) -> None:
    run = home.run(
        "id: only\nnamespace: b\ninputs:\n  - {id: trips, type: FILE}\ntasks:\n  - {id: a, type: core.log.Log, message: x}\n"
    )
    home.age(40)
    assert home.service.keeping.purge(60 * DAY).blobs == 0
    assert home.replay(run, start=("a",)).state is State.SUCCESS
    home.age(40)
    assert home.service.keeping.purge(0).blobs == 1


def test_the_files_of_a_purged_run_are_told_to_be_gone(home: Home, tmp_path: Path) -> None:
    uri = outputs(home, home.run())["read"]["uri"]
    home.age(40)
    home.service.keeping.purge(0)
    assert list(home.artifacts.blobs()) == []
    with pytest.raises(NotFound):
        home.service.artifacts.get(uri)
