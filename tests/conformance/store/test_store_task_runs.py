"""Task runs: start, attempts, loops, end, and the results that a replay keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.stored import a_run, a_task_run, ended, finished, new_id, replay, running

from dalsegno.errors import MoveRefused
from dalsegno.model.plan import Action
from dalsegno.model.run import Attempt, Event, Result
from dalsegno.model.state import State
from dalsegno.store.jsontext import from_text
from dalsegno.store.port import (
    CreateRun,
    EndTask,
    EvaluateLoop,
    KeepTaskRuns,
    Kept,
    MoveRun,
    NewAttempt,
    NewName,
    RecordTask,
    StartTask,
    Store,
)  # fmt: skip


def test_a_started_task_run_is_running_with_its_first_attempt_and_an_event(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id, "each[a].fetch", attempt=4, parent="each", value={"x": [1]}, properties={"a": "b"})
    store.commit(lease, [StartTask(task_run)])
    assert store.task_runs.get(task_run.id) == replace(task_run, attempts=1)
    assert store.task_runs.at(run.id, "each[a].fetch") == replace(task_run, attempts=1)
    assert store.task_runs.attempts(task_run.id) == [Attempt(task_run.id, 4, State.RUNNING, 20.5)]
    expected = Event(run.id, 3, 20.5, "task_run", State.RUNNING, "each[a].fetch", 4)
    assert store.events.after(run.id, 2) == [expected]


def test_an_ended_task_run_has_its_results_and_its_attempt_is_closed(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id)
    store.commit(lease, [StartTask(task_run)])
    store.commit(lease, [ended(task_run.id, State.WARNING, error={"code": "tolerated"})])
    assert store.task_runs.get(task_run.id) == replace(
        task_run, state=State.WARNING, attempts=1, ended=30.0, outputs={"value": 1}, output_digest="f" * 64,
        used={"inputs.date": "c" * 64}, properties={"message": "hello"}, error={"code": "tolerated"},
    )  # fmt: skip
    closed = Attempt(task_run.id, 1, State.WARNING, 20.5, 30.0, {"code": "tolerated"})
    assert store.task_runs.attempts(task_run.id) == [closed]
    assert store.events.after(run.id, 3) == [Event(run.id, 4, 30.0, "task_run", State.WARNING, "fetch", 1)]


def test_a_new_attempt_closes_the_one_before(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id, attempt=3)
    store.commit(lease, [StartTask(task_run)])
    store.commit(lease, [NewAttempt(task_run.id, 4, 25.0, State.FAILED, {"code": "flaky"})])
    found = store.task_runs.get(task_run.id)
    assert found is not None
    assert (found.state, found.attempt, found.attempts) == (State.RUNNING, 4, 2)
    assert store.task_runs.attempts(task_run.id) == [
        Attempt(task_run.id, 3, State.FAILED, 20.5, 25.0, {"code": "flaky"}),
        Attempt(task_run.id, 4, State.RUNNING, 25.0),
    ]
    assert store.events.after(run.id, 3) == [Event(run.id, 4, 25.0, "task_run", State.RUNNING, "fetch", 4)]
    with pytest.raises(MoveRefused, match="attempt 4 already"):
        store.commit(lease, [NewAttempt(task_run.id, 4, 26.0, State.FAILED)])


def test_the_items_of_a_loop_are_kept(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id, "each")
    store.commit(lease, [StartTask(task_run), EvaluateLoop(task_run.id, ("a", "b"), ("a", {"b": None}))])
    found = store.task_runs.get(task_run.id)
    assert found is not None
    assert (found.keys, found.values) == (("a", "b"), ("a", {"b": None}))
    assert store.task_runs.results(run.id)[0].keys == ("a", "b")


def test_a_loop_without_items_differs_from_one_that_was_not_evaluated(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id, "each")
    store.commit(lease, [StartTask(task_run)])
    assert store.task_runs.results(run.id)[0].keys is None
    store.commit(lease, [EvaluateLoop(task_run.id, (), ())])
    assert store.task_runs.results(run.id)[0].keys == ()


def test_a_pin_is_recorded_as_it_is_with_an_event_and_no_attempt(store: Store) -> None:
    run, lease = running(store)
    pin = a_task_run(run.id, action=Action.PIN, state=State.SUCCESS, started=None, ended=21.0, outputs={"value": None})
    store.commit(lease, [RecordTask(pin)])
    assert store.task_runs.get(pin.id) == pin
    assert store.task_runs.attempts(pin.id) == []
    assert store.events.after(run.id, 2) == [Event(run.id, 3, 21.0, "task_run", State.SUCCESS, "fetch", 1)]
    with pytest.raises(MoveRefused, match="only what has ended"):
        store.commit(lease, [RecordTask(a_task_run(run.id, "load"))])


def test_an_address_is_taken_once_in_a_run(store: Store) -> None:
    run, lease = running(store)
    first = a_task_run(run.id)
    store.commit(lease, [StartTask(first), ended(first.id, State.FAILED)])
    with pytest.raises(MoveRefused, match="`fetch` is in the run already: it has been through RUNNING -> FAILED"):
        store.commit(lease, [StartTask(a_task_run(run.id))])
    assert [task_run.id for task_run in store.task_runs.of_run(run.id)] == [first.id]


def test_a_task_run_ends_once(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id)
    store.commit(lease, [StartTask(task_run), ended(task_run.id)])
    story = "`fetch` cannot move to FAILED: it has been through RUNNING -> SUCCESS"
    with pytest.raises(MoveRefused, match=story):
        store.commit(lease, [ended(task_run.id, State.FAILED)])
    with pytest.raises(MoveRefused, match="cannot begin attempt 2, it is not running"):
        store.commit(lease, [NewAttempt(task_run.id, 2, 40.0, State.FAILED)])
    with pytest.raises(MoveRefused, match="cannot be given its items"):
        store.commit(lease, [EvaluateLoop(task_run.id, (), ())])
    with pytest.raises(MoveRefused, match="cannot end as RUNNING"):
        store.commit(lease, [ended(task_run.id, State.RUNNING)])
    assert [event.state for event in store.events.after(run.id, 2)] == [State.RUNNING, State.SUCCESS]


def test_a_task_run_that_is_not_there_cannot_end(store: Store) -> None:
    run, lease = running(store)
    with pytest.raises(MoveRefused, match=f"the run {run.id} has no task run nothing"):
        store.commit(lease, [ended("nothing")])


def test_a_commit_is_kept_whole_or_not_at_all(store: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id)
    move = MoveRun(run.id, State.RUNNING, State.FAILED, 50.0)
    with pytest.raises(MoveRefused):
        store.commit(lease, [StartTask(task_run), move, ended("nothing")])
    assert store.task_runs.of_run(run.id) == []
    assert len(store.events.after(run.id)) == 2
    store.commit(lease, [StartTask(task_run), ended(task_run.id), move])
    assert len(store.events.after(run.id)) == 5


def test_task_runs_are_given_in_the_order_in_which_they_were_added(store: Store) -> None:
    run, _ = finished(store, *"zayb")
    assert [task_run.address for task_run in store.task_runs.of_run(run.id)] == list("zayb")
    assert [result.address for result in store.task_runs.results(run.id)] == list("zayb")


def test_a_result_is_the_light_form_of_a_task_run(store: Store) -> None:
    run, lease = running(store)
    done, open_ = a_task_run(run.id, "done", started=20.5), a_task_run(run.id, "open")
    store.commit(lease, [StartTask(done), ended(done.id, at=22.0), StartTask(open_)])
    first, second = store.task_runs.results(run.id)
    assert first == Result(
        done.id, "done", "done", "core.log.Log", State.SUCCESS, Action.RUN, "d" * 64, 1, 1.5, "f" * 64, None
    )  # fmt: skip
    assert second.seconds is None


def test_a_kept_task_run_is_a_marked_copy_of_the_original(store: Store) -> None:
    origin, originals = finished(store, "b", "a")
    run, copies = replay(store, origin, originals)
    expected = [
        replace(
            original, id=copy.id, run=run.id, action=Action.REUSE, reason=f"kept {original.address}", attempts=0,
            reused_from=original.id,
        )
        for original, copy in zip(originals, copies, strict=True)
    ]  # fmt: skip
    assert copies == expected
    assert store.task_runs.attempts(copies[0].id) == []
    assert [event.kind for event in store.events.after(run.id)] == ["run"]
    assert [result.seconds for result in store.task_runs.results(run.id)] == [9.5, 9.5]


def test_a_replay_of_a_replay_points_at_what_really_executed(store: Store) -> None:
    origin, originals = finished(store, "a")
    second, copies = replay(store, origin, originals)
    _, copies_of_copies = replay(store, second, copies)
    assert copies_of_copies[0].reused_from == originals[0].id


def test_kept_task_runs_stand_in_the_order_that_was_given(store: Store) -> None:
    addresses = [f"t{number}" for number in range(40)]
    origin, originals = finished(store, *addresses)
    _, copies = replay(store, origin, originals[::-1])
    assert [copy.address for copy in copies] == addresses[::-1]


def test_keeping_what_has_no_result_is_refused_and_creates_nothing(store: Store) -> None:
    run, lease = running(store)
    done, open_ = a_task_run(run.id, "done"), a_task_run(run.id, "open")
    store.commit(lease, [StartTask(done), ended(done.id), StartTask(open_)])
    new = a_run()
    kept = (Kept(new_id(), done.id, ""), Kept(new_id(), open_.id, ""), Kept(new_id(), new_id(), ""))
    with pytest.raises(MoveRefused, match=r"of 3 task runs .* 2 have no result"):
        store.commit(None, [CreateRun(new, b""), KeepTaskRuns(new.id, kept)])
    assert store.runs.get(new.id) is None


def test_what_failed_can_be_kept_with_its_error(store: Store) -> None:
    run, lease = running(store)
    failed = a_task_run(run.id, "failed")
    error = {"code": "x", "message": "no"}
    store.commit(lease, [StartTask(failed), EndTask(failed.id, State.FAILED, 9.0, {}, None, {}, {}, error)])
    new = a_run()
    store.commit(None, [CreateRun(new, b""), KeepTaskRuns(new.id, (Kept(new_id(), failed.id, ""),))])

    (kept,) = store.task_runs.of_run(new.id)
    assert (kept.state, kept.action, kept.error, kept.reused_from) == (State.FAILED, Action.REUSE, error, failed.id)


def test_what_is_kept_under_another_name_has_that_name_and_all_else_of_the_original(store: Store) -> None:
    origin, (a, b) = finished(store, "a", "b")
    new = a_run(origin=origin.id, root=origin.root)
    kept = (
        Kept(new_id(), a.id, "kept", NewName("town[rome].b", "b", "town")),
        Kept(new_id(), b.id, "kept", NewName("a", "a", None)),
    )
    store.commit(None, [CreateRun(new, b""), KeepTaskRuns(new.id, kept)])

    found = {made.address: made for made in store.task_runs.of_run(new.id)}
    assert {name: (made.task, made.parent, made.reused_from) for name, made in found.items()} == {
        "town[rome].b": ("b", "town", a.id),
        "a": ("a", None, b.id),
    }
    assert found["a"].outputs == {"value": "b"}


def test_keeping_nothing_is_fine(store: Store) -> None:
    run = a_run()
    store.commit(None, [CreateRun(run, b""), KeepTaskRuns(run.id, ())])
    assert store.task_runs.of_run(run.id) == []


def test_what_is_not_there_is_not_found(store: Store) -> None:
    assert store.task_runs.get(new_id()) is None
    assert store.task_runs.at(new_id(), "a") is None
    assert store.task_runs.attempts(new_id()) == []
    assert store.task_runs.results(new_id()) == []


def test_what_tasks_took_is_told_of_those_that_were_executed_and_succeeded(store: Store) -> None:
    run, lease = running(store)
    items = [
        a_task_run(run.id, f"each[{key}].fetch", task="fetch", started=start) for key, start in (("a", 10), ("b", 20))
    ]
    store.commit(lease, [*(StartTask(item) for item in items), *(ended(item.id) for item in items)])
    failed = a_task_run(run.id, "check", task="check")
    store.commit(lease, [StartTask(failed), ended(failed.id, State.FAILED)])
    store.commit(
        lease, [RecordTask(a_task_run(run.id, "pin", task="pin", action=Action.PIN, state=State.SUCCESS, ended=30.0))]
    )
    assert store.task_runs.took(run.id) == {("fetch", items[0].type): 15.0}


def test_what_ended_in_a_group_begins_again_while_the_group_runs(store: Store) -> None:
    run, lease = running(store)
    group, inner = a_task_run(run.id, "group"), a_task_run(run.id, "inner", parent="group")
    store.commit(lease, [StartTask(group), StartTask(inner), ended(inner.id, State.FAILED)])

    store.commit(lease, [NewAttempt(inner.id, 2, 40.0, State.KILLED, again=True)])

    again = store.task_runs.get(inner.id)
    assert again is not None
    assert (again.state, again.attempt, again.attempts, again.ended, again.outputs) == (State.RUNNING, 2, 2, None, {})
    assert [(made.number, made.state) for made in store.task_runs.attempts(inner.id)] == [
        (1, State.FAILED),
        (2, State.RUNNING),
    ]
    store.commit(lease, [ended(inner.id), ended(group.id)])
    with pytest.raises(MoveRefused, match="cannot begin attempt 3"):
        store.commit(lease, [NewAttempt(inner.id, 3, 50.0, State.KILLED, again=True)])


def test_what_was_looked_up_in_files_of_namespaces_is_found_by_run(store: Store) -> None:
    run, lease = running(store)
    looked, other = a_task_run(run.id, "looked"), a_task_run(run.id, "other")
    used = {"inputs.date": "c" * 64, "file.company/a b.txt": "d" * 64}
    store.commit(lease, [StartTask(looked), StartTask(other)])
    store.commit(lease, [replace(ended(looked.id), used=used), ended(other.id)])
    assert store.task_runs.used_files(run.id) == {looked.id: used}
    assert store.task_runs.used_files("other") == {}


def test_the_digests_of_definitions_are_found_by_run(store: Store) -> None:
    run, lease = running(store)
    one = replace(a_task_run(run.id, "one"), digests={"message": "c" * 64})
    store.commit(lease, [StartTask(one)])
    assert {name: from_text(text) for name, text in store.task_runs.digests(run.id).items()} == {one.id: one.digests}
    assert store.task_runs.digests("other") == {}
