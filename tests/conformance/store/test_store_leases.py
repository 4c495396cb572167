"""Leases: who may write to a run, and who may not any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.stored import a_run, a_task_run, an_artifact, ended, new_id, running

from dalsegno.errors import LeaseLost, NotFound, RunIsLive
from dalsegno.model.state import State
from dalsegno.store.port import (
    CreateRun,
    EvaluateLoop,
    KeepTaskRuns,
    Kept,
    Lease,
    MoveRun,
    NewAttempt,
    RecordTask,
    SaveArtifact,
    StartTask,
    Store,
    Write,
)  # fmt: skip


def test_a_lease_excludes_others_and_tells_who_holds_it(store: Store, other: Store) -> None:
    run, _ = running(store)
    for somebody in (store, other):
        with pytest.raises(RunIsLive, match=f"{run.id} is being executed by the test"):
            somebody.acquire(run.id, "another")


def test_the_number_grows_with_each_holder(store: Store, other: Store) -> None:
    run, lease = running(store)
    assert lease == Lease(run.id, 1, "the test")
    store.release(lease)
    assert other.acquire(run.id, "another") == Lease(run.id, 2, "another")


def test_a_stale_lease_writes_nothing(store: Store, other: Store) -> None:
    run, stale = running(store)
    store.release(stale)
    current = other.acquire(run.id, "another engine")
    task_run, artifact = a_task_run(run.id), an_artifact()
    with pytest.raises(LeaseLost, match=r"taken over by another engine \(lease 2, this was 1\)"):
        store.commit(stale, [SaveArtifact(artifact), StartTask(task_run)])
    with pytest.raises(LeaseLost):
        store.beat(stale)
    assert store.artifacts.get(artifact.id) is None
    assert store.task_runs.of_run(run.id) == []
    other.commit(current, [StartTask(task_run)])
    assert len(store.task_runs.of_run(run.id)) == 1


def test_a_lease_that_was_given_back_writes_nothing(store: Store) -> None:
    run, lease = running(store)
    store.release(lease)
    store.release(lease)
    with pytest.raises(LeaseLost, match="given back"):
        store.commit(lease, [MoveRun(run.id, State.RUNNING, State.SUCCESS, 12.0)])
    with pytest.raises(LeaseLost, match="given back"):
        store.beat(lease)


def test_giving_back_a_stale_lease_leaves_the_current_one_alone(store: Store, other: Store) -> None:
    run, stale = running(store)
    store.release(stale)
    current = other.acquire(run.id, "another")
    store.release(stale)
    other.beat(current)
    with pytest.raises(RunIsLive):
        store.acquire(run.id, "a third")


def test_closing_a_store_gives_its_leases_back(store: Store, address: str, opened: Callable[..., Store]) -> None:
    second = opened(address)
    run, _ = running(second)
    second.close()
    assert store.acquire(run.id, "another").number == 2


def test_there_is_no_lease_of_a_run_that_is_not_there(store: Store) -> None:
    for _ in range(2):
        with pytest.raises(NotFound, match="no run"):
            store.acquire(new_id(), "the test")
    with pytest.raises(LeaseLost, match="no longer in the store"):
        store.commit(Lease(new_id(), 1, "the test"), [])


def writes_to(run: str, task_run: str) -> list[Write]:
    return [
        StartTask(a_task_run(run, "another")),
        RecordTask(a_task_run(run, "another", state=State.SUCCESS)),
        NewAttempt(task_run, 2, 25.0, State.FAILED),
        EvaluateLoop(task_run, (), ()),
        ended(task_run),
        MoveRun(run, State.RUNNING, State.SUCCESS, 12.0),
        KeepTaskRuns(run, (Kept(new_id(), task_run, ""),)),
    ]


def test_nothing_is_written_to_a_run_without_its_lease(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id)
    store.commit(lease, [StartTask(task_run)])
    for write in writes_to(run.id, task_run.id):
        with pytest.raises(LeaseLost, match="lease"):
            store.commit(None, [write])
    assert len(store.events.after(run.id)) == 3


def test_the_lease_of_one_run_does_not_write_to_another(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id)
    store.commit(lease, [StartTask(task_run)])
    _, wrong = running(store)
    for write in writes_to(run.id, task_run.id):
        with pytest.raises(Exception, match=r"lease|has no task run"):
            store.commit(wrong, [write])
    assert len(store.events.after(run.id)) == 3


def test_a_run_that_the_commit_itself_creates_needs_no_lease(store: Store) -> None:
    run = a_run()
    pin = a_task_run(run.id, state=State.SUCCESS)
    store.commit(None, [CreateRun(run, b""), RecordTask(pin)])
    assert [task_run.id for task_run in store.task_runs.of_run(run.id)] == [pin.id]
