"""What a store tells of many runs at once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.stored import a_run, a_task_run, ended, running

from dalsegno.model.figures import Tally, TaskCount, took_no_longer
from dalsegno.model.plan import Action
from dalsegno.model.run import Caller, Run
from dalsegno.model.state import State
from dalsegno.store.port import CreateRun, DeleteRun, MoveRun, StartTask, Store


def ran(
    store: Store, end: State | None = State.SUCCESS, seconds: float = 2.0, created: float = 100.0, **rest: Any
) -> Run:
    run = a_run(created=created, **rest)
    store.commit(None, [CreateRun(run, b"{}")])
    lease = store.acquire(run.id, "me")
    store.commit(lease, [MoveRun(run.id, State.CREATED, State.RUNNING, run.created + 1.0)])
    if end is not None:
        store.commit(lease, [MoveRun(run.id, State.RUNNING, end, run.created + 1.0 + seconds)])
    store.release(lease)
    return run


def counted(tallies: list[Tally]) -> dict[State, int]:
    counts: dict[State, int] = {}
    for each in tallies:
        counts[each.state] = counts.get(each.state, 0) + each.count
    return counts


def test_runs_are_counted_by_when_they_were_made_and_what_became_of_them(store: Store) -> None:
    for seconds in (0.0004, 2.0, 2.0, 500.0):
        ran(store, seconds=seconds)
    ran(store, State.FAILED)
    ran(store, None)
    ran(store, created=99.0)
    ran(store, created=200.0)
    ran(store, caller=Caller("above", "task", 1))
    told = store.figures.tally(100.0, 200.0)
    assert counted(told) == {State.SUCCESS: 4, State.FAILED: 1, State.RUNNING: 1}
    assert took_no_longer(told, 0.5) == pytest.approx(2.0)
    assert took_no_longer(told, 1.0) == pytest.approx(500.0)
    assert all(each.step is None for each in told if each.state is not State.SUCCESS)


def test_they_are_counted_by_flow_and_namespace(store: Store) -> None:
    ran(store, namespace="shop", flow="one")
    ran(store, namespace="shop", flow="two")
    ran(store, namespace="shop.eu", flow="one")
    ran(store, namespace="shopping", flow="one")

    def count(**rest: Any) -> int:
        return counted(store.figures.tally(0.0, 1e6, **rest)).get(State.SUCCESS, 0)

    assert (count(), count(namespace="shop"), count(namespace="shop", below=True)) == (4, 2, 3)
    assert (count(flow="one"), count(namespace="shop", flow="one")) == (3, 1)
    assert count(namespace="shop", flow="one", below=True) == 2


def test_flows_that_fail_are_told_until_they_are_fixed(store: Store) -> None:
    first = ran(store, State.FAILED, flow="rides")
    ran(store, State.KILLED, flow="rides", created=300.0)
    ran(store, State.FAILED, flow="weather", created=200.0)
    ran(store, State.SUCCESS, flow="fine")
    last = ran(store, State.FAILED, flow="rides", created=400.0)
    told = store.figures.failing(0.0, 10)
    assert [(each.flow, each.runs, each.first) for each in told] == [("rides", 3, 100.0), ("weather", 1, 200.0)]
    assert told[0].last.id == last.id
    assert [each.flow for each in store.figures.failing(0.0, 1)] == ["rides"]
    assert [(each.flow, each.runs) for each in store.figures.failing(250.0, 10)] == [("rides", 2)]
    ran(store, State.SUCCESS, flow="rides", origin=first.id, root=first.id, created=500.0)
    assert store.figures.failing(0.0, 10)[0].runs == 2
    fixed = [each for each in store.figures.tally(100.0, 101.0, flow="rides") if each.fixed]
    assert [(each.state, each.count) for each in fixed] == [(State.FAILED, 1)]


@pytest.mark.parametrize("others", [0, 12, 60])
def test_task_runs_are_counted_by_decision_and_state(store: Store, others: int) -> None:
    run, lease = running(store)
    for address in ("a", "b", "c"):
        task = a_task_run(run.id, address)
        store.commit(lease, [StartTask(task)])
        if address != "c":
            store.commit(lease, [ended(task.id)])
    more = [ran(store).id for _ in range(others)]
    told = store.figures.task_counts([run.id, *more])
    expected = [TaskCount(Action.RUN, State.SUCCESS, 2), TaskCount(Action.RUN, State.RUNNING, 1)]
    assert told == {run.id: expected, **{each: [] for each in more}}


def test_replays_are_counted_by_the_root_of_their_lineage(store: Store) -> None:
    root, alone = ran(store), ran(store)
    first = ran(store, origin=root.id, root=root.id)
    second = ran(store, origin=first.id, root=root.id)
    assert store.figures.replays([root.id, alone.id]) == {root.id: 2}
    store.commit(None, [DeleteRun(second.id, 900.0)])
    assert store.figures.replays([root.id, alone.id]) == {root.id: 1}
    assert store.figures.replays([]) == {}
