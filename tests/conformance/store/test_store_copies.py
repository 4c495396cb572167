"""Runs that are copied from one store to another stand there as they did."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.stored import a_revision, a_run, a_task_run, an_artifact

from dalsegno.errors import MoveRefused
from dalsegno.model.run import Attempt, Event, Run
from dalsegno.model.state import State
from dalsegno.store.copies_port import CopyRun
from dalsegno.store.listing import RunFilter
from dalsegno.store.port import CreateRun, SaveRevision, Store


def a_copy(run: Run) -> CopyRun:
    """Give the copy of a run with one of everything."""
    task_run = replace(a_task_run(run.id), state=State.SUCCESS, ended=30.0, outputs={"uri": "x"}, attempts=2, attempt=2)
    attempts = (
        Attempt(task_run.id, 1, State.FAILED, 20.0, 21.0, {"message": "no"}),
        Attempt(task_run.id, 2, State.SUCCESS, 22.0, 30.0),
    )
    events = (
        Event(run.id, 1, 10.0, "run", State.CREATED),
        Event(run.id, 2, 20.0, "task_run", State.RUNNING, "fetch", 1),
        Event(run.id, 3, 50.0, "run", run.state),
    )
    artifact = replace(an_artifact(), run=run.id, task_run=task_run.id)
    return CopyRun(run, b"plan", "graph", (task_run,), attempts, events, (artifact,))


def an_ended_run(name: str, state: State = State.SUCCESS, **rest: object) -> Run:
    return replace(a_run(), name=name, state=state, started=11.0, ended=50.0, outputs={"a": 1}, **rest)


def test_all_of_a_run_is_there(store: Store) -> None:
    write = a_copy(an_ended_run("rides-7"))
    store.commit(None, [SaveRevision(a_revision()), write])
    run = write.run
    assert store.runs.get(run.id) == run
    assert (store.runs.plan(run.id), store.runs.graph(run.id)) == (b"plan", "graph")
    (task_run,) = write.task_runs
    assert store.task_runs.of_run(run.id) == [task_run]
    assert store.task_runs.attempts(task_run.id) == list(write.attempts)
    assert store.events.after(run.id) == list(write.events)
    assert store.artifacts.of_task_run(task_run.id) == list(write.artifacts)


def test_a_name_that_is_taken_is_not_given_twice(store: Store) -> None:
    first, second = an_ended_run("rides-7"), an_ended_run("rides-7")
    for run in (first, second):
        store.commit(None, [a_copy(run)])
    created = a_run()
    store.commit(None, [CreateRun(created, b"")])
    names = [found.name for run in (first, second, created) if (found := store.runs.get(run.id)) is not None]
    assert names == ["rides-7", "rides-8", "rides-9"]


def test_a_run_that_is_there_or_has_not_ended_is_refused_whole(store: Store) -> None:
    write = a_copy(an_ended_run("rides-1"))
    store.commit(None, [write])
    with pytest.raises(MoveRefused):
        store.commit(None, [SaveRevision(a_revision()), write])
    with pytest.raises(MoveRefused):
        store.commit(None, [a_copy(replace(a_run(), name="rides-2", state=State.RUNNING))])
    assert store.flows.all() == []


def test_a_copy_fixes_what_it_replays(store: Store) -> None:
    failed = an_ended_run("rides-1", State.FAILED, error={"message": "no"})
    store.commit(None, [a_copy(failed)])
    fixed = an_ended_run("rides-2", origin=failed.id, root=failed.id, attempt=2)
    store.commit(None, [a_copy(fixed)])
    found = store.runs.get(failed.id)
    assert found is not None
    assert found.fixed_by == fixed.id


def test_a_copy_is_listed_by_all_that_lists_filter_by(store: Store) -> None:
    failed = an_ended_run(
        "rides-1", State.FAILED, error={"message": "no roads", "address": "fetch"}, labels={"env": "dev"}
    )
    fixed = an_ended_run("rides-2", origin=failed.id, root=failed.id, attempt=2)
    gone = an_ended_run("rides-3", deleted=60.0)
    store.commit(None, [a_copy(failed), a_copy(gone)])
    unfixed = RunFilter(failed_task="fetch", text="roads", labels=(("env", "dev"),), fixed=False, replayed=False)
    assert [run.id for run in store.runs.list(unfixed)] == [failed.id]
    store.commit(None, [a_copy(fixed)])
    assert [run.id for run in store.runs.list(replace(unfixed, fixed=True, replayed=True))] == [failed.id]
    assert {run.id for run in store.runs.list(RunFilter())} == {failed.id, fixed.id}
