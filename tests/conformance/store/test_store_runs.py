"""Runs: creation, moves, names, lists, kill requests, events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.stored import a_run, new_id, running

from dalsegno.errors import LeaseLost, MoveRefused, NotFound
from dalsegno.model.run import Event
from dalsegno.model.state import State
from dalsegno.store.port import CreateRun, LabelRun, MoveRun, RequestKill, RequestPause, RunFilter, Store, Wishes


def test_a_run_comes_back_as_it_was_created_but_for_its_name(store: Store) -> None:
    run = a_run(
        inputs={"date": "2024-05", "deep": {"é": [1, None, 2.5]}}, labels={"a": "b"}, request={"start": ["x"]},
        plan_digest="p", reason="a try", author="ann", environment={"python": "3.11"}, origin="o", outputs={"x": "\ud800"},
    )  # fmt: skip
    store.commit(None, [CreateRun(run, b"\x00plan\xff")])
    assert store.runs.get(run.id) == replace(run, name="rides-1")
    assert store.runs.plan(run.id) == b"\x00plan\xff"


def test_names_are_counted_for_each_namespace_and_flow(store: Store) -> None:
    places = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"), ("a", "x")]
    runs = [a_run(namespace=namespace, flow=flow) for namespace, flow in places]
    for run in runs:
        store.commit(None, [CreateRun(run, b"")])
    assert [getattr(store.runs.get(run.id), "name", None) for run in runs] == ["x-1", "x-2", "y-1", "x-1", "x-3"]


def test_a_refused_creation_uses_up_no_number(store: Store) -> None:
    run = a_run()
    store.commit(None, [CreateRun(run, b"")])
    with pytest.raises(MoveRefused, match="already"):
        store.commit(None, [CreateRun(run, b"other")])
    after = a_run()
    store.commit(None, [CreateRun(after, b"")])
    found = store.runs.get(after.id)
    assert found is not None
    assert found.name == "rides-2"
    assert store.runs.plan(run.id) == b""


def test_a_run_moves_with_its_times_outputs_and_events(store: Store) -> None:
    run, lease = running(store)
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.SUCCESS, 60.0, outputs={"x": 1})])
    found = store.runs.get(run.id)
    assert found is not None
    assert (found.state, found.started, found.ended, found.outputs) == (State.SUCCESS, 11.0, 60.0, {"x": 1})
    assert store.events.after(run.id) == [
        Event(run.id, 1, 10.0, "run", State.CREATED),
        Event(run.id, 2, 11.0, "run", State.RUNNING),
        Event(run.id, 3, 60.0, "run", State.SUCCESS),
    ]


def test_a_run_that_goes_on_after_a_pause_keeps_when_it_started(store: Store) -> None:
    run, lease = running(store)
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.PAUSED, 12.0)])
    store.commit(lease, [MoveRun(run.id, State.PAUSED, State.RUNNING, 13.0)])
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.FAILED, 14.0, error={"code": "x"})])
    found = store.runs.get(run.id)
    assert found is not None
    assert (found.started, found.ended, found.error) == (11.0, 14.0, {"code": "x"})


@pytest.mark.parametrize(
    ("expected", "to", "message"),
    [
        (State.CREATED, State.RUNNING, "`rides-1` cannot move from CREATED to RUNNING: it is FAILED"),
        (
            State.FAILED,
            State.RUNNING,
            "`rides-1` cannot move to RUNNING: it has been through CREATED -> RUNNING -> FAILED",
        ),
    ],
)
def test_a_refused_move_of_a_run_tells_its_story(store: Store, expected: State, to: State, message: str) -> None:
    run, lease = running(store)
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.FAILED, 12.0)])
    with pytest.raises(MoveRefused) as refused:
        store.commit(lease, [MoveRun(run.id, expected, to, 13.0)])
    assert message in str(refused.value)
    assert "CREATED -> RUNNING -> FAILED" in str(refused.value)
    assert len(store.events.after(run.id)) == 3


def test_events_are_given_after_a_number_and_up_to_a_limit(store: Store) -> None:
    run, lease = running(store)
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.KILLED, 12.0)])
    assert [event.number for event in store.events.after(run.id, 1)] == [2, 3]
    assert [event.number for event in store.events.after(run.id, 0, limit=2)] == [1, 2]


def test_a_run_is_found_by_its_name_and_by_the_beginning_of_its_id(store: Store) -> None:
    ids = ["aa-1", "aa-2", "ab_1", "abx1", "a%", "A-up"]
    for number, name in enumerate(ids):
        store.commit(None, [CreateRun(a_run(name, flow=f"f{number}", created=float(number)), b"")])
    assert [run.id for run in store.runs.find("f2-1")] == ["ab_1"]
    assert [run.id for run in store.runs.find("aa")] == ["aa-2", "aa-1"]
    assert [run.id for run in store.runs.find("ab_")] == ["ab_1"]
    assert [run.id for run in store.runs.find("a%")] == ["a%"]
    assert [run.id for run in store.runs.find("a", limit=2)] == ["a%", "abx1"]
    assert store.runs.find("zz") == []


def test_a_name_that_several_flows_share_gives_all_newest_first(store: Store) -> None:
    for number, namespace in enumerate("abc"):
        store.commit(None, [CreateRun(a_run(namespace=namespace, created=float(number)), b"")])
    assert [run.namespace for run in store.runs.find("rides-1")] == ["c", "b", "a"]


def test_a_list_of_runs_is_filtered_newest_first_and_limited(store: Store) -> None:
    first, lease = running(store, created=1.0)
    store.commit(lease, [MoveRun(first.id, State.RUNNING, State.FAILED, 12.0)])
    second = a_run(created=2.0, origin=first.id, root=first.id)
    third = a_run(created=3.0, namespace="cars", flow="rides")
    fourth = a_run(created=4.0, flow="other")
    for run in (second, third, fourth):
        store.commit(None, [CreateRun(run, b"")])

    def listed(**parts: object) -> list[str]:
        return [run.id for run in store.runs.list(RunFilter(**parts))]  # pyright: ignore[reportArgumentType]

    assert listed() == [fourth.id, third.id, second.id, first.id]
    assert listed(limit=2) == [fourth.id, third.id]
    assert listed(limit=0, namespace="bikes") == [fourth.id, second.id, first.id]
    assert listed(flow="rides", namespace="bikes") == [second.id, first.id]
    assert listed(states=(State.FAILED, State.KILLED)) == [first.id]
    assert listed(states=(State.CREATED, State.FAILED), flow="rides") == [third.id, second.id, first.id]
    assert listed(origin=first.id) == [second.id]
    assert listed(root=first.id) == [second.id, first.id]


def test_anybody_may_ask_a_run_to_stop_until_it_has_ended(store: Store, other: Store) -> None:
    run, lease = running(store)
    assert store.runs.wishes(run.id) == Wishes()
    other.commit(None, [RequestKill(run.id)])
    other.commit(None, [RequestKill(run.id)])
    assert store.runs.wishes(run.id) == Wishes(kill=True)
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.KILLED, 12.0)])
    with pytest.raises(MoveRefused, match="`rides-1` has ended already, as KILLED"):
        other.commit(None, [RequestKill(run.id)])


def test_anybody_may_ask_a_run_to_pause_and_take_that_back(store: Store, other: Store) -> None:
    run, lease = running(store)
    other.commit(None, [RequestPause(run.id), RequestPause(run.id)])
    assert store.runs.wishes(run.id) == Wishes(pause=True)
    other.commit(None, [RequestKill(run.id)])
    assert store.runs.wishes(run.id) == Wishes(kill=True, pause=True)
    other.commit(None, [RequestPause(run.id, wanted=False)])
    assert store.runs.wishes(run.id) == Wishes(kill=True)
    store.commit(lease, [MoveRun(run.id, State.RUNNING, State.KILLED, 12.0)])
    with pytest.raises(MoveRefused, match="`rides-1` has ended already, as KILLED: there is nothing to pause"):
        other.commit(None, [RequestPause(run.id)])


def test_a_run_that_is_not_there_is_not_found(store: Store) -> None:
    assert store.runs.get(new_id()) is None
    assert store.runs.plan(new_id()) is None
    assert store.runs.wishes(new_id()) == Wishes()
    with pytest.raises(NotFound, match="no run"):
        store.commit(None, [RequestKill(new_id())])


def test_runs_are_counted_by_flow_state_and_time(store: Store) -> None:
    for flow, created in (("a", 10.0), ("a", 20.0), ("b", 20.0), ("b", 30.0)):
        store.commit(None, [CreateRun(a_run(flow=flow, created=created), b"")])
    assert store.runs.counts(10.0, 30.0, frozenset()) == {("bikes", "a"): 2, ("bikes", "b"): 1}
    assert store.runs.counts(0.0, 99.0, frozenset({State.FAILED})) == {}
    assert store.runs.counts(20.0, 99.0, frozenset({State.CREATED, State.FAILED})) == {
        ("bikes", "a"): 1, ("bikes", "b"): 2,
    }  # fmt: skip


def test_the_holder_of_its_lease_gives_a_run_labels_beside_those_it_has(store: Store) -> None:
    run, lease = running(store, labels={"a": "1"})
    store.commit(lease, [LabelRun(run.id, {"b": "2"})])
    found = store.runs.get(run.id)
    assert found is not None
    assert found.labels == {"a": "1", "b": "2"}
    assert [each.id for each in store.runs.list(RunFilter(labels=(("b", "2"),)))] == [run.id]
    with pytest.raises(LeaseLost):
        store.commit(None, [LabelRun(run.id, {})])
