"""What runs stored, what mentions a value, and what each run of a lineage did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.stored import a_task_run, an_artifact, ended, finished, replay, running

from dalsegno.model.plan import Action
from dalsegno.model.state import State
from dalsegno.store.port import DeleteRun, MoveRun, SaveArtifact, StartTask, Store, Tally

_DIGEST = "c" * 64


def test_the_artifacts_of_a_run_are_those_that_it_made_and_those_that_it_kept(store: Store) -> None:
    run, lease = running(store)
    made, kept = a_task_run(run.id, "made"), a_task_run(run.id, "kept", reused_from="elsewhere", action=Action.REUSE)
    store.commit(lease, [StartTask(made), StartTask(kept)])
    own = [an_artifact(id=name, task_run=made.id) for name in "ba"]
    other = an_artifact(id="c", task_run="elsewhere")
    store.commit(None, [SaveArtifact(each) for each in (other, *own, an_artifact(id="d", task_run=kept.id))])
    assert store.artifacts.of_run(run.id) == [("made", own[0]), ("made", own[1]), ("kept", other)]
    assert store.artifacts.of_run(run.id, limit=1) == [("made", own[0])]


def test_what_mentions_a_value_is_found_in_its_lineage_and_in_what_that_called(store: Store) -> None:
    run, lease = running(store)
    maker = a_task_run(run.id, "load")
    reader = a_task_run(run.id, "store", used={"outputs.load.uri": "x"}, properties={"from": "short"})
    given = a_task_run(run.id, "given", properties={"from": f"dalsegno://{_DIGEST}/a"})
    neither = a_task_run(run.id, "other", used={"inputs.a": "x"})
    store.commit(lease, [StartTask(each) for each in (maker, reader, given, neither)])
    found = store.task_runs.mentions(run.root, maker.id, "outputs.load", _DIGEST, 10)
    assert [(each.address, each.given, dict(each.used)) for each in found] == [
        ("store", False, {"outputs.load.uri": "x"}), ("given", True, {}),
    ]  # fmt: skip
    assert {(each.run, each.run_name, each.state) for each in found} == {(run.id, "rides-1", State.RUNNING)}
    assert len(store.task_runs.mentions(run.root, maker.id, "outputs.load", _DIGEST, 1)) == 1
    assert store.task_runs.mentions("another root", maker.id, "outputs.load", _DIGEST, 10) == []


def test_who_kept_a_result_mentions_it_unless_the_run_was_deleted(store: Store) -> None:
    run, (maker,) = finished(store, "load")
    kept, _ = replay(store, run, [maker])
    (found,) = store.task_runs.mentions(run.id, maker.id, "outputs.load", _DIGEST, 10)
    assert (found.run, found.action, found.reused_from) == (kept.id, Action.REUSE, maker.id)
    lease = store.acquire(kept.id, "the test")
    store.commit(lease, [MoveRun(kept.id, State.CREATED, State.KILLED, 50.0)])
    store.release(lease)
    store.commit(None, [DeleteRun(kept.id, 99.0)])
    assert store.task_runs.mentions(run.id, maker.id, "outputs.load", _DIGEST, 10) == []


def test_task_runs_in_short_lack_only_what_a_list_does_not_show(store: Store) -> None:
    run, lease = running(store)
    odd = {"value": "x", "keys": ("a",), "values": (1,), "metadata": {"rows": 1}, "properties": {"a": 1}}
    store.commit(lease, [StartTask(a_task_run(run.id, "each", used={"inputs.a": "1"}, **odd))])
    (whole,) = store.task_runs.of_run(run.id)
    none: dict[str, Any] = {"digests": {}, "used": {}, "properties": {}, "values": None, "metadata": {}}
    assert store.task_runs.in_short(run.id) == [replace(whole, **none)]


def test_what_runs_of_a_lineage_did_is_counted_by_task_action_and_state(store: Store) -> None:
    run, lease = running(store)
    items = [a_task_run(run.id, f"each[{key}].load", started=20.0) for key in "ab"]
    kept = a_task_run(run.id, "first", action=Action.REUSE, reused_from="x", started=1.0)
    store.commit(lease, [StartTask(each) for each in (*items, kept)])
    store.commit(lease, [replace(ended(items[0].id), at=23.0)])
    found = sorted(store.task_runs.tallies(run.root), key=lambda each: (each.task, each.state))
    assert found == [
        Tally(run.id, "first", Action.REUSE, State.RUNNING, 1, None),
        Tally(run.id, "load", Action.RUN, State.RUNNING, 1, None),
        Tally(run.id, "load", Action.RUN, State.SUCCESS, 1, 3.0),
    ]
    assert store.task_runs.tallies("another root") == []
