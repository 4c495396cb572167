"""What was fixed, what is listed, what is deleted, and what is in use."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.stored import (
    a_flow,
    a_revision,
    a_run,
    a_task_run,
    an_artifact,
    ended,
    finished,
    new_id,
    replay,
    running,
)

from dalsegno.errors import MoveRefused, NotFound
from dalsegno.model.run import LogLine, Run, TaskRun
from dalsegno.model.state import State
from dalsegno.store.port import (
    AppendLogs,
    CreateRun,
    DeleteRun,
    KeepTaskRuns,
    Kept,
    MoveRun,
    RunFilter,
    SaveArtifact,
    SaveRevision,
    StartTask,
    Store,
    Write,
)

ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64


def a_replay(store: Store, origin: Run | None, state: State, **rest: Any) -> Run:
    """Make a run, a replay if there is an origin, that ends as `state`."""
    lineage: dict[str, Any] = {} if origin is None else {"origin": origin.id, "root": origin.root}
    run, lease = running(store, **lineage, **rest)
    if state.ended:
        store.commit(lease, [MoveRun(run.id, State.RUNNING, state, 50.0)])
    store.release(lease)
    return run


def fixed_by(store: Store, run: Run) -> str | None:
    found = store.runs.get(run.id)
    assert found is not None
    return found.fixed_by


# fixed


@pytest.mark.parametrize("end", [State.SUCCESS, State.WARNING])
def test_a_whole_replay_that_ends_well_fixes_all_that_failed_above_it(store: Store, end: State) -> None:
    first = a_replay(store, None, State.FAILED)
    second = a_replay(store, first, State.KILLED)
    sibling = a_replay(store, first, State.FAILED)
    third = a_replay(store, second, end)
    assert [fixed_by(store, run) for run in (first, second, sibling, third)] == [third.id, third.id, None, None]


@pytest.mark.parametrize("end", [State.FAILED, State.KILLED, State.RUNNING])
def test_a_replay_that_does_not_end_well_fixes_nothing(store: Store, end: State) -> None:
    first = a_replay(store, None, State.FAILED)
    a_replay(store, first, end)
    assert fixed_by(store, first) is None


def test_a_replay_of_some_tasks_alone_fixes_nothing_but_a_whole_one_below_it_does(store: Store) -> None:
    first = a_replay(store, None, State.FAILED)
    part = a_replay(store, first, State.SUCCESS, whole=False)
    assert fixed_by(store, first) is None
    whole = a_replay(store, part, State.SUCCESS)
    assert fixed_by(store, first) == whole.id


def test_the_first_that_fixed_a_run_stays_the_one(store: Store) -> None:
    first = a_replay(store, None, State.FAILED)
    fixing = a_replay(store, first, State.SUCCESS)
    a_replay(store, first, State.SUCCESS)
    a_replay(store, fixing, State.SUCCESS)
    assert fixed_by(store, first) == fixing.id


def test_a_run_that_went_well_is_not_said_to_be_fixed(store: Store) -> None:
    first = a_replay(store, None, State.SUCCESS)
    a_replay(store, first, State.SUCCESS)
    assert fixed_by(store, first) is None


def test_a_run_that_fails_after_its_replay_went_well_is_fixed(store: Store) -> None:
    first, lease = running(store)
    fixing = a_replay(store, first, State.SUCCESS)
    assert fixed_by(store, first) is None
    store.commit(lease, [MoveRun(first.id, State.RUNNING, State.FAILED, 60.0)])
    assert fixed_by(store, first) == fixing.id


# lists


def names(store: Store, **wanted: Any) -> list[str]:
    return [run.name for run in store.runs.list(RunFilter(**wanted))]


def test_lists_tell_what_was_fixed_from_what_was_not(store: Store) -> None:
    first = a_replay(store, None, State.FAILED, created=1.0)
    a_replay(store, first, State.SUCCESS, created=2.0)
    a_replay(store, None, State.KILLED, created=3.0)
    assert names(store, fixed=False) == ["rides-3"]
    assert names(store, fixed=True) == ["rides-1"]


def test_lists_by_labels_compare_names_and_values_to_the_letter(store: Store) -> None:
    given = [{"a": "x", "b": "y"}, {"a": "X"}, {"a": "xx"}, {"c": '"a":"x"'}, {}, {"é": 'q"\\%_'}]
    for number, labels in enumerate(given):
        a_replay(store, None, State.SUCCESS, labels=labels, created=float(number))
    assert names(store, labels=(("a", "x"),)) == ["rides-1"]
    assert names(store, labels=(("b", "y"), ("a", "x"))) == ["rides-1"]
    assert names(store, labels=(("b", "y"), ("a", "X"))) == []
    assert names(store, labels=(("é", 'q"\\%_'),)) == ["rides-6"]


def test_lists_may_be_of_whole_runs_and_of_what_ended_before_a_time(store: Store) -> None:
    a_replay(store, None, State.SUCCESS, created=1.0)
    a_replay(store, None, State.SUCCESS, created=2.0, whole=False)
    a_replay(store, None, State.RUNNING, created=3.0)
    assert names(store, whole=True) == ["rides-3", "rides-1"]
    assert names(store, ended_before=50.0) == []
    assert names(store, ended_before=50.5) == ["rides-2", "rides-1"]


# deleting


def delete(store: Store, run: Run) -> None:
    store.commit(None, [DeleteRun(run.id, 99.0)])


def left(store: Store, run: Run) -> list[str]:
    return [item.address for item in store.task_runs.of_run(run.id)]


def with_traces(store: Store) -> tuple[Run, list[TaskRun]]:
    """Make a run of two tasks that wrote logs, made artifacts and had attempts, and was given something."""
    run, lease = running(store, inputs={"date": "x"}, request={"outputs": {}}, environment={"host": "h"})
    for address in ("fetch", "load"):
        task_run = a_task_run(run.id, address)
        artifact = an_artifact(run=run.id, task_run=task_run.id)
        store.commit(lease, [StartTask(task_run), ended(task_run.id), SaveArtifact(artifact)])
        store.commit(lease, [AppendLogs(run.id, task_run.id, 1, (LogLine(1.0, "INFO", address),))])
    given = an_artifact(run=run.id, mark="override")
    store.commit(lease, [SaveArtifact(given), MoveRun(run.id, State.RUNNING, State.SUCCESS, 40.0, outputs={"x": 1})])
    store.release(lease)
    return run, store.task_runs.of_run(run.id)


def test_a_deleted_run_is_hidden_and_what_was_in_it_is_gone(store: Store) -> None:
    run, task_runs = with_traces(store)
    delete(store, run)
    found = store.runs.get(run.id)
    assert found is not None
    assert (found.deleted, found.name, found.state) == (99.0, "rides-1", State.SUCCESS)
    assert (found.inputs, found.request, found.outputs, found.environment) == ({}, {}, {}, {})
    assert names(store) == []
    assert names(store, deleted=True) == ["rides-1"]
    assert [each.id for each in store.runs.find("rides-1")] == [run.id]
    assert (left(store, run), store.events.after(run.id), store.runs.plan(run.id)) == ([], [], None)
    assert store.logs.of_run(run.id) == []
    for task_run in task_runs:
        assert store.task_runs.attempts(task_run.id) == store.artifacts.of_task_run(task_run.id) == []
    assert store.artifacts.find("a" * 64) == []


def test_what_another_run_reuses_of_a_deleted_one_stays_with_logs_attempts_and_artifacts(store: Store) -> None:
    run, task_runs = with_traces(store)
    second, copies = replay(store, run, task_runs[:1])
    _end(store, second)
    delete(store, run)
    assert left(store, run) == ["fetch"]
    reused = task_runs[0].id
    assert [line.line.text for line in store.logs.of_task_run(reused)] == ["fetch"]
    assert len(store.task_runs.attempts(reused)) == len(store.artifacts.of_task_run(reused)) == 1
    assert store.task_runs.of_run(second.id) == copies
    marked = [artifact for artifact in store.artifacts.find("a" * 64) if artifact.mark]
    assert [artifact.run for artifact in marked] == [run.id]


def _end(store: Store, run: Run) -> None:
    lease = store.acquire(run.id, "the test")
    store.commit(lease, [MoveRun(run.id, State.CREATED, State.SUCCESS, 45.0)])
    store.release(lease)


def test_what_a_deleted_run_left_goes_with_the_last_that_reuses_it(store: Store) -> None:
    run, task_runs = with_traces(store)
    second, copies = replay(store, run, task_runs)
    _end(store, second)
    third, _ = replay(store, second, copies[:1])
    _end(store, third)
    delete(store, run)
    assert left(store, run) == ["fetch", "load"]
    delete(store, second)
    assert (left(store, run), left(store, second), left(store, third)) == (["fetch"], [], ["fetch"])
    delete(store, third)
    assert left(store, run) == left(store, third) == []
    assert store.artifacts.find("a" * 64) == []


def test_deleting_a_run_leaves_other_lineages_alone(store: Store) -> None:
    run, _ = finished(store, "fetch")
    other, _ = finished(store, "fetch")
    delete(store, run)
    assert left(store, other) == ["fetch"]
    assert names(store) == ["rides-2"]


def test_a_run_that_has_not_ended_or_whose_replay_has_not_is_not_deleted(store: Store) -> None:
    run, lease = running(store)
    with pytest.raises(MoveRefused, match="`rides-1` has not ended, it is RUNNING"):
        delete(store, run)
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.FAILED, 12.0)])
    second, second_lease = running(store, origin=run.id, root=run.root)
    with pytest.raises(MoveRefused, match="`rides-1` cannot be deleted: `rides-2`, which replays it, has not ended"):
        delete(store, run)
    store.commit(second_lease, [MoveRun(second.id, State.RUNNING, State.KILLED, 12.0)])
    delete(store, run)
    with pytest.raises(MoveRefused, match="`rides-1` has been deleted already"):
        delete(store, run)
    with pytest.raises(NotFound):
        store.commit(None, [DeleteRun(new_id(), 99.0)])


def test_a_run_that_was_deleted_meanwhile_is_not_replayed(store: Store) -> None:
    run, (fetch,) = finished(store, "fetch")
    delete(store, run)
    second = a_run(origin=run.id, root=run.root)
    kept = KeepTaskRuns(second.id, (Kept(new_id(), fetch.id, "kept"),))
    with pytest.raises(MoveRefused, match="has been deleted meanwhile"):
        store.commit(None, [CreateRun(second, b""), kept])
    assert store.runs.get(second.id) is None


def test_a_run_that_fixed_others_has_fixed_them_still_when_it_is_deleted(store: Store) -> None:
    first = a_replay(store, None, State.FAILED)
    fixing = a_replay(store, first, State.SUCCESS)
    delete(store, fixing)
    assert fixed_by(store, first) == fixing.id


# what is in use


def uri(digest: str) -> str:
    return f"dalsegno://{digest}/x.csv"


ALL = frozenset({ONE, TWO, THREE})


@pytest.mark.parametrize("where", ["inputs", "request"])
def test_what_a_run_was_given_is_in_use_until_it_is_deleted(store: Store, where: str) -> None:
    run = a_replay(store, None, State.FAILED, **{where: {"deep": [{"file": uri(ONE)}]}})
    assert store.artifacts.in_use(ALL) == {ONE}
    assert store.artifacts.in_use(ALL, frozenset({run.id})) == set()
    delete(store, run)
    assert store.artifacts.in_use(ALL) == set()


def test_what_a_task_run_gave_and_what_the_run_gave_are_in_use(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id, value=[uri(THREE)])
    outputs = {"file": uri(ONE), "large": {"$artifact": "id", "digest": TWO, "size": 9}}
    store.commit(lease, [StartTask(task_run), ended(task_run.id, outputs=outputs)])
    assert store.artifacts.in_use(ALL) == ALL
    assert store.artifacts.in_use(frozenset({TWO, "9" * 64})) == {TWO}


def test_what_is_reused_is_in_use_and_the_rest_of_a_deleted_run_is_not(store: Store) -> None:
    run, lease = running(store)
    for address, digest in (("fetch", ONE), ("load", TWO)):
        task_run = a_task_run(run.id, address)
        store.commit(lease, [StartTask(task_run), ended(task_run.id, outputs={"file": uri(digest)})])
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.FAILED, 40.0)])
    fetch, _ = store.task_runs.of_run(run.id)
    second, _ = replay(store, run, [fetch])
    _end(store, second)
    gone = frozenset({run.id})
    assert store.artifacts.in_use(ALL, gone) == {ONE}
    delete(store, run)
    assert store.artifacts.in_use(ALL) == {ONE}
    assert store.artifacts.in_use(ALL, frozenset({second.id})) == set()


def test_given_values_are_in_use_while_a_run_of_the_lineage_is_left(store: Store) -> None:
    run, _ = finished(store, "fetch")
    store.commit(None, [SaveArtifact(an_artifact(digest=ONE, run=run.id, mark="pin"))])
    second = a_replay(store, run, State.SUCCESS)
    assert store.artifacts.in_use(ALL, frozenset({run.id})) == {ONE}
    assert store.artifacts.in_use(ALL, frozenset({run.id, second.id})) == set()


def test_a_file_that_a_flow_names_is_in_use(store: Store) -> None:
    revision = a_revision(flow=a_flow(), digest=TWO)
    store.commit(None, [SaveRevision(type(revision)(revision.flow, 1, TWO, f"uri: {uri(ONE)}"))])
    assert store.artifacts.in_use(ALL - {TWO}) == {ONE}


def test_uses_are_found_in_any_number_of_task_runs(store: Store) -> None:
    run, lease = running(store)
    writes: list[Write] = []
    for number in range(1203):
        task_run = a_task_run(run.id, f"t{number}")
        writes += [StartTask(task_run), ended(task_run.id, outputs={"n": f"{number:064x}"})]
    store.commit(lease, writes)
    every = frozenset(f"{number:064x}" for number in range(1300))
    assert store.artifacts.in_use(every) == {f"{number:064x}" for number in range(1203)}
