"""What waits: task runs that are paused, or held before they begin, and runs of which something else is asked meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.stored import a_task_run, ended, running

from dalsegno.errors import LeaseLost, MoveRefused
from dalsegno.model.run import Attempt, Event
from dalsegno.model.state import State
from dalsegno.store.port import (
    AmendRun,
    LabelRun,
    MoveRun,
    MoveTask,
    NewAttempt,
    NoteEnvironment,
    RecordTask,
    StartTask,
    Store,
)


def test_a_task_run_waits_with_its_attempt_open_and_goes_on(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id, "ask")
    properties = {"delay": "PT1H"}
    store.commit(lease, [StartTask(task_run), MoveTask(task_run.id, State.PAUSED, 21.0, {"inputs.a": "b"}, properties)])
    waiting = replace(task_run, state=State.PAUSED, attempts=1, used={"inputs.a": "b"}, properties=properties)
    assert store.task_runs.get(task_run.id) == waiting
    assert store.task_runs.attempts(task_run.id) == [Attempt(task_run.id, 1, State.RUNNING, 20.5)]
    assert store.events.after(run.id, 3) == [Event(run.id, 4, 21.0, "task_run", State.PAUSED, "ask", 1)]

    store.commit(lease, [MoveTask(task_run.id, State.RUNNING, 22.0)])
    assert store.task_runs.get(task_run.id) == replace(waiting, state=State.RUNNING)
    store.commit(lease, [MoveTask(task_run.id, State.PAUSED, 23.0), ended(task_run.id)])
    found = store.task_runs.get(task_run.id)
    assert found is not None
    assert (found.state, found.started) == (State.SUCCESS, 20.5)


def test_a_task_run_is_held_before_it_begins_and_then_begins_as_something_else(store: Store) -> None:
    run, lease = running(store)
    held = a_task_run(run.id, "load", state=State.PAUSED, started=None, attempt=0)
    store.commit(lease, [RecordTask(held)])
    assert store.task_runs.get(held.id) == held
    assert store.task_runs.attempts(held.id) == []
    assert store.events.after(run.id, 2) == [Event(run.id, 3, held.created, "task_run", State.PAUSED, "load", 0)]

    begin = MoveTask(held.id, State.RUNNING, 25.0, definition="e" * 64, digests={"value": "f" * 64})
    store.commit(lease, [begin, NewAttempt(held.id, 1, 25.0, State.KILLED)])
    assert store.task_runs.get(held.id) == replace(
        held, state=State.RUNNING, started=25.0, attempt=1, attempts=1, definition="e" * 64, digests={"value": "f" * 64}
    )
    assert store.task_runs.attempts(held.id) == [Attempt(held.id, 1, State.RUNNING, 25.0)]


def test_a_task_run_that_has_ended_does_not_wait(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id, "ask")
    store.commit(lease, [StartTask(task_run), ended(task_run.id)])
    for to in (State.PAUSED, State.RUNNING):
        story = f"`ask` cannot move to {to}: it has been through RUNNING -> SUCCESS"
        with pytest.raises(MoveRefused, match=story):
            store.commit(lease, [MoveTask(task_run.id, to, 40.0)])
    with pytest.raises(MoveRefused, match="cannot be moved to FAILED"):
        store.commit(lease, [MoveTask(task_run.id, State.FAILED, 40.0)])
    with pytest.raises(MoveRefused, match="has no task run nothing"):
        store.commit(lease, [MoveTask("nothing", State.PAUSED, 40.0)])


def test_a_run_is_paused_and_goes_on(store: Store) -> None:
    run, lease = running(store)
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.PAUSED, 30.0)])
    found = store.runs.get(run.id)
    assert found is not None
    assert (found.state, found.ended) == (State.PAUSED, None)
    with pytest.raises(MoveRefused, match="it is PAUSED"):
        store.commit(lease, [MoveRun(run.id, State.RUNNING, State.PAUSED, 31.0)])
    store.commit(lease, [MoveRun(run.id, State.PAUSED, State.RUNNING, 40.0)])
    again = store.runs.get(run.id)
    assert again is not None
    assert again == replace(found, state=State.RUNNING)


def test_a_run_gets_labels_beside_those_that_it_has_even_when_it_has_ended(store: Store) -> None:
    run, lease = running(store)
    store.commit(lease, [LabelRun(run.id, {"late": "yes", "team": "a"}), LabelRun(run.id, {"team": "b"})])
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.FAILED, 50.0), LabelRun(run.id, {"more": "1"})])
    found = store.runs.get(run.id)
    assert found is not None
    assert found.labels == {**run.labels, "late": "yes", "team": "b", "more": "1"}
    with pytest.raises(LeaseLost):
        store.commit(None, [LabelRun(run.id, {"late": "no"})])


def test_what_is_asked_of_a_run_is_amended_until_it_ends(store: Store) -> None:
    run, lease = running(store)
    request = {"breakpoints": ["load"], "amendments": [{"task_inputs": {"load": {"value": {"value": [1]}}}}]}
    store.commit(lease, [AmendRun(run.id, request)])
    found = store.runs.get(run.id)
    assert found is not None
    assert found.request == request
    assert found.state is State.RUNNING

    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.FAILED, 50.0)])
    with pytest.raises(MoveRefused, match="has ended already, as FAILED"):
        store.commit(lease, [AmendRun(run.id, {})])
    with pytest.raises(LeaseLost):
        store.commit(None, [AmendRun(run.id, {})])


def test_what_a_run_runs_on_is_noted_until_it_ends(store: Store) -> None:
    run, lease = running(store)
    environment = {**run.environment, "packages": {"numpy": "2.1"}}
    store.commit(lease, [NoteEnvironment(run.id, environment)])
    found = store.runs.get(run.id)
    assert found is not None
    assert found.environment == environment

    store.commit(lease, [NoteEnvironment(run.id, {}), MoveRun(run.id, State.RUNNING, State.FAILED, 50.0)])
    with pytest.raises(MoveRefused, match="has ended already, as FAILED"):
        store.commit(lease, [NoteEnvironment(run.id, environment)])
    with pytest.raises(LeaseLost):
        store.commit(None, [NoteEnvironment(run.id, environment)])
