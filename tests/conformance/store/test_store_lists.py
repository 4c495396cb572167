"""Lists of runs: filters that combine, parts that follow each other, and words."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from dalsegno.model.run import Caller, Run
from dalsegno.model.state import State
from dalsegno.store import lists
from dalsegno.store.port import CreateRun, DeleteRun, LabelRun, MoveRun, RunFilter, Store

_DAY = 86_400.0


def made(store: Store) -> list[Run]:
    """Make 60 runs, several in one moment; every third fails."""
    for at in range(60):
        name = f"run-{at:02}"
        origin = f"run-{at - 3:02}" if at % 9 == 5 else None
        run = Run(
            id=name, name="", namespace=("shop", "shop.eu", "shopping")[at % 3], flow=f"flow{at % 2}", revision=1 + at // 30,
            state=State.CREATED, attempt=1, root=origin or name, origin=origin, clock=0.0, created=1_000.0 + at // 4,
            labels={"env": "prod" if at % 4 else "test"}, inputs={"city": f"Lyon{at}"}, author=("ann", "ben")[at % 2],
            caller=Caller("run-00", f"task-{at}", 1) if at % 7 == 6 else None,
        )  # fmt: skip
        store.commit(None, [CreateRun(run, b"{}")])
        lease = store.acquire(name, "me")
        begin = run.created + (3 * _DAY if at % 10 == 0 else 1.0)
        store.commit(lease, [MoveRun(name, State.CREATED, State.RUNNING, begin)])
        error = {"message": "Disk is FULL", "address": f"each[paris].load_{at % 2}"} if at % 3 == 0 else None
        if at < 55:
            end = State.FAILED if error else State.SUCCESS
            store.commit(lease, [MoveRun(name, State.RUNNING, end, begin + 2.0, error=error)])
        store.release(lease)
    return store.runs.list(RunFilter(limit=0))


def _word_starts(run: Run, word: str) -> bool:
    said = f"{run.name} {run.inputs['city']} env {run.labels['env']} {(run.error or {}).get('message', '')}".lower()
    return any(each.startswith(word) for each in said.replace("-", " ").split())


def meant(run: Run, wanted: dict[str, Any], replayed: set[str | None]) -> bool:
    """Tell whether a run is meant, without any index."""
    failed = None if run.error is None else run.error["address"].partition(".")[2]
    said: dict[str, Callable[[Any], bool]] = {
        "namespace": lambda v: f"{run.namespace}.".startswith(f"{v}."), "below": lambda _: True,
        "flow": lambda v: run.flow == v, "revision": lambda v: run.revision == v, "states": lambda v: run.state in v,
        "labels": lambda v: set(v) <= set(run.labels.items()), "origin": lambda v: run.origin == v,
        "root": lambda v: run.root == v, "author": lambda v: run.author == v, "top": lambda _: run.caller is None,
        "replayed": lambda v: (run.id in replayed) == v, "failed_task": lambda v: failed == v,
        "fixed": lambda v: run.state is State.FAILED and (run.fixed_by is not None) == v,
        "created_from": lambda v: run.created >= v, "created_before": lambda v: run.created < v,
        "started_from": lambda v: run.started is not None and run.started >= v,
        "ended_before": lambda v: run.ended is not None and run.ended < v, "text": lambda v: _word_starts(run, v),
    }  # fmt: skip
    return all(said[name](value) for name, value in wanted.items())


FILTERS: tuple[dict[str, Any], ...] = (
    {"namespace": "shop", "below": True}, {"flow": "flow1"}, {"flow": "flow0", "revision": 2},
    {"states": (State.FAILED, State.RUNNING)}, {"states": (State.SUCCESS,)}, {"labels": (("env", "test"),)},
    {"origin": "run-02"}, {"root": "run-02"}, {"author": "ben"}, {"top": True}, {"replayed": True}, {"replayed": False},
    {"failed_task": "load_0"}, {"fixed": True}, {"fixed": False}, {"created_from": 1_004.0, "created_before": 1_011.0},
    {"started_from": 1_006.0}, {"started_from": 1_000.0 + 2 * _DAY}, {"ended_before": 1_009.0}, {"text": "lyon1"},
    {"text": "full"},
)  # fmt: skip


@pytest.mark.parametrize("newest", [1_500, 4])
def test_every_filter_and_every_pair_gives_what_it_says_part_by_part(
    store: Store, newest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # where few runs are looked at first, an index leads
    monkeypatch.setattr(lists, "_NEWEST", newest)
    monkeypatch.setattr(lists, "_NEAR", newest)
    runs = made(store)
    replayed = {run.origin for run in runs}
    assert [run.created for run in runs] == sorted((run.created for run in runs), reverse=True)
    for one, other in (*((each, each) for each in FILTERS), *combinations(FILTERS, 2)):
        if any(one[name] != other[name] for name in one.keys() & other.keys()):
            continue
        wanted = {**one, **other}
        expected = [run.id for run in runs if meant(run, wanted, replayed)]
        found: list[str] = []
        after = None
        while True:
            page = store.runs.page(RunFilter(**wanted, limit=7, after=after))
            found += [run.id for run in page.runs]
            after = page.next
            if after is None:
                break
        assert found == expected, wanted
        assert store.runs.count(RunFilter(**wanted, limit=1000)) == len(expected), wanted


def test_a_part_is_the_same_when_runs_come_in_between(store: Store) -> None:
    runs = made(store)
    first = store.runs.page(RunFilter(limit=10))
    newer = Run("newer", "", "shop", "flow0", 1, State.CREATED, 1, "newer", 0.0, 5_000.0)
    store.commit(None, [CreateRun(newer, b"{}")])
    second = store.runs.page(RunFilter(limit=10, after=first.next))
    assert [run.id for run in (*first.runs, *second.runs)] == [run.id for run in runs[:20]]


@pytest.mark.parametrize("count", [1, 600])
def test_words_are_found_from_the_first_and_after_many(store: Store, count: int) -> None:
    writes = [
        CreateRun(Run(f"r{at}", "", "n", "f", 1, State.CREATED, 1, f"r{at}", 0.0, 1.0 + at, reason=f"word{at}"), b"{}")
        for at in range(count)
    ]
    store.commit(None, writes)
    for at in (0, count - 1):
        assert [run.id for run in store.runs.list(RunFilter(text=f"WORD{at} f", labels=()))][-1:] == [f"r{at}"]
    lease = store.acquire("r0", "me")
    store.commit(lease, [LabelRun("r0", {"seen": "later"})])
    assert [run.id for run in store.runs.list(RunFilter(text="late"))] == ["r0"]
    store.commit(lease, [LabelRun("r0", {"other": "x"}, removed=("seen", "unknown"))])
    assert store.runs.list(RunFilter(labels=(("seen", "later"),))) == []
    assert [run.labels for run in store.runs.list(RunFilter(labels=(("other", "x"),)))] == [{"other": "x"}]
    store.commit(lease, [LabelRun("r0", {"seen": "later"})])
    store.commit(lease, [MoveRun("r0", State.CREATED, State.KILLED, 9.0)])
    store.release(lease)
    store.commit(None, [DeleteRun("r0", 10.0)])
    assert store.runs.list(RunFilter(text="late")) == store.runs.list(RunFilter(labels=(("seen", "later"),))) == []
