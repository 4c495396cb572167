"""Random graphs: what is traced has exactly the edges that were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.pipelines import steps_to_trace as steps

from dalsegno import pipeline, unmapped
from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.model.flow import Task
from dalsegno.pipelines.tracing import trace


@dataclass(frozen=True)
class Call:
    """A call to be made: what it reads, by number, what it stands after, and how it gets what it reads."""

    reads: tuple[int, ...]
    after: tuple[int, ...]
    way: str


@st.composite
def graphs(draw: st.DrawFn) -> list[Call]:
    calls: list[Call] = []
    for number in range(draw(st.integers(1, 12))):
        before = st.lists(st.integers(0, number - 1), max_size=3, unique=True) if number else st.just([])
        ways = st.sampled_from(["list", "dict", "nested", "map", "unmapped"])
        calls.append(Call(tuple(draw(before)), tuple(draw(before)), draw(ways)))
    return calls


def make(call: Call, results: Sequence[Any]) -> Any:
    read, after = [results[one] for one in call.reads], [results[one] for one in call.after]
    if call.way == "map":
        return steps.gather.map([1, *read], after=after)
    if call.way == "unmapped":
        return steps.gather.map([1, 2], more=unmapped(read), after=after)
    if call.way == "dict":
        return steps.gather(0, {str(number): one for number, one in enumerate(read)}, after=after)
    return steps.gather(read if call.way == "list" else ([1, (read, "x")], {}), after=after)


@pipeline
def drawn(calls: list[Call]) -> None:
    results: list[Any] = []
    for call in calls:
        results.append(make(call, results))


def reads_of(task: Task, owners: dict[str, str]) -> set[str]:
    return {owners[str(read.task)] for one in task.walk() for read in one.reads}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(calls=graphs())
def test_a_traced_graph_has_the_edges_that_were_made(calls: list[Call], tmp_path: Path) -> None:
    flow = trace(drawn, (calls,), {}, store=LocalArtifacts(tmp_path)).flow
    ids = [one.id for one in flow.tasks]
    owners = {one.id: task.id for task in flow.tasks for one in task.walk()}
    assert len(ids) == len(set(ids)) == len(calls)
    assert flow.depends is not None
    assert list(flow.depends) == ids
    for task, call in zip(flow.tasks, calls, strict=True):
        assert reads_of(task, owners) == {ids[one] for one in call.reads}
        assert set(flow.depends[task.id]) == {ids[one] for one in (*call.reads, *call.after)}
