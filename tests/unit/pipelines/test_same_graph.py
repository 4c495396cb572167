"""The same flow, written in YAML and in Python, is the same graph: ids, data edges, and order edges up to transitivity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from tests.unit.pipelines.conftest import Tracing

from dalsegno import flows, pipeline, step
from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.pipelines.pipeline import Pipeline

Edges = set[tuple[str, str]]


@step
def load(url: str) -> Any: ...


@step
def clean(data: Any) -> Any: ...


@step
def train(data: Any, more: Any = None) -> Any: ...


@step
def report(model: Any) -> None: ...


@step
def visit(city: str) -> Any: ...


def task(name: str, **arguments: str) -> str:
    written = ", ".join(f'{key}: "{value}"' for key, value in arguments.items())
    return f'{{id: {name}, type: python.Step, function: "steps:{name}", arguments: {{{written}}}}}'


def value_of(name: str) -> str:
    return f"{{{{ outputs.{name}.value }}}}"


DAG = f"""
id: training
namespace: ml
tasks:
  - id: graph
    type: core.flow.Dag
    tasks:
      - task: {task("load", url="a.csv")}
      - task: {task("clean", data=value_of("load"))}
        dependsOn: [load]
      - task: {task("train", data=value_of("clean"), more=value_of("load"))}
        dependsOn: [clean]
      - task: {task("report", model=value_of("train"))}
        dependsOn: [train]
"""

SEQUENCE = f"""
id: training
namespace: ml
tasks:
  - {task("load", url="a.csv")}
  - {task("visit", city="Paris")}
  - {task("clean", data=value_of("load"))}
  - {task("report", model=value_of("clean"))}
"""

LOOP = f"""
id: training
namespace: ml
tasks:
  - {task("load", url="a.csv")}
  - id: visit
    type: core.flow.ForEach
    values: "{value_of("load")}"
    concurrencyLimit: 0
    tasks:
      - {{id: visit_item, type: python.Step, function: "steps:visit", arguments: {{city: "{{{{ taskrun.value }}}}"}}}}
  - {{id: train, type: python.Step, function: "steps:train", arguments: {{data: "{{{{ outputs.visit_item }}}}"}}}}
"""


@pipeline
def dag() -> None:
    data = load("a.csv")
    report(train(clean(data), more=data))


@pipeline
def sequence() -> None:
    data = load("a.csv")
    visited = visit("Paris", after=data)
    report(clean(data, after=visited))


@pipeline
def loop() -> None:
    train(visit.map(load("a.csv")))


@pytest.mark.parametrize(
    ("text", "written"), [(DAG, dag), (SEQUENCE, sequence), (LOOP, loop)], ids=["dag", "seq", "loop"]
)
def test_a_flow_in_yaml_and_in_python_is_the_same_graph(text: str, written: Pipeline, traced: Tracing) -> None:
    one, two = flows.load(text).flow, traced(written).flow
    assert ids(one) == ids(two)
    assert data_edges(one) == data_edges(two)
    assert order_edges(one) == order_edges(two)


def test_graphs_that_differ_are_told_apart(traced: Tracing) -> None:
    one, two = flows.load(SEQUENCE).flow, traced(dag).flow
    assert ids(one) != ids(two)
    assert data_edges(one) != data_edges(two)
    assert order_edges(one) != order_edges(two)


def ids(flow: Flow) -> set[str]:
    return {one.id for one in flow.walk() if one.kind is not Kind.DAG}


def data_edges(flow: Flow) -> Edges:
    return {(str(read.task), one.id) for one in flow.walk() for read in one.reads}


def order_edges(flow: Flow) -> Edges:
    """Give each pair of tasks of which the second stands after the first, directly or not."""
    edges = direct_edges(flow.tasks, flow.depends)
    while True:
        longer = {(first, last) for first, middle in edges for other, last in edges if middle == other} - edges
        if not longer:
            return edges
        edges |= longer


def direct_edges(tasks: Sequence[Task], depends: Mapping[str, Sequence[str]] | None) -> Edges:
    """Give what stands after what in a group: what its graph says, or the order of the text."""
    if len(tasks) == 1 and tasks[0].kind is Kind.DAG:
        return direct_edges(tasks[0].tasks, tasks[0].depends)
    if depends is None:
        return {(before.id, after.id) for before, after in pairwise(tasks)}
    return {(before, after) for after, all_before in depends.items() for before in all_before}
