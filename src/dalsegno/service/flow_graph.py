"""The graph of a flow as a picture shows it: nodes, edges, groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.model.graph import Node, index

Edge = tuple[str, str, str]


def graph_as_json(flow: Flow) -> dict[str, Any]:
    """Give the graph of a flow as JSON data.

    `nodes` holds each task in the order of the text; `groups` those among them that hold others. An edge is of kind `order`
    (it stands after) or `data` (it reads from); between two tasks there may be both.
    """
    nodes = index(flow)
    branches = dict(_branches(flow))
    edges = dict.fromkeys([*_order(flow), *_data(nodes)])
    return {
        "nodes": [_node(node, branches.get(name)) for name, node in nodes.items()],
        "edges": [{"from": before, "to": after, "kind": kind} for before, after, kind in edges],
        "groups": [_group(node) for node in nodes.values() if node.task.kind.is_group],
    }


def edges_into(flow: Flow) -> dict[str, list[str]]:
    """Give, by a task's id, what it stands after or reads."""
    into: dict[str, list[str]] = {}
    for before, after, _ in dict.fromkeys([*_order(flow), *_data(index(flow))]):
        into.setdefault(after, []).append(before)
    return into


def _node(node: Node, branch: str | None) -> dict[str, Any]:
    task = node.task
    return {
        "id": task.id,
        "type": task.type,
        "kind": task.kind.value,
        "description": task.description,
        "group": node.parents[-1] if node.parents else None,
        "branch": branch,
        "handles": node.handles or None,
        "position": node.position,
        "line": task.place.line if task.place else None,
        "effects": task.effects.value,
    }


def _group(node: Node) -> dict[str, Any]:
    task = node.task
    return {
        "id": task.id,
        "kind": task.kind.value,
        "group": node.parents[-1] if node.parents else None,
        "tasks": [child.id for child in task.tasks],
        "errors": [child.id for child in task.errors],
        "finally": [child.id for child in task.lasts],
        "branches": {name: list(inner) for name, inner in task.branches.items()},
    }


def _branches(flow: Flow) -> Iterator[tuple[str, str]]:
    for task in flow.walk():
        for name, inner in task.branches.items():
            yield from ((child, name) for child in inner)


def _order(flow: Flow) -> Iterator[Edge]:
    yield from _in_row(flow.tasks) if flow.depends is None else _depending(flow.depends)
    for tasks in (flow.errors, flow.lasts, flow.after):
        yield from _in_row(tasks)
    for task in flow.walk():
        yield from _inside(task)
        for tasks in (task.errors, task.lasts):
            yield from _in_row(tasks)


def _inside(task: Task) -> Iterator[Edge]:
    if task.kind is Kind.DAG or task.depends:
        yield from _depending(task.depends)
    elif task.kind is Kind.CHOICE and task.branches:
        inner = {child.id: child for child in task.tasks}
        for names in task.branches.values():
            yield from _in_row([inner[name] for name in names if name in inner])
    elif task.kind is not Kind.PARALLEL and not task.abreast:
        yield from _in_row(task.tasks)


def _in_row(tasks: Sequence[Task]) -> Iterator[Edge]:
    for before, after in pairwise(tasks):
        yield before.id, after.id, "order"


def _depending(depends: Mapping[str, Sequence[str]]) -> Iterator[Edge]:
    for after, names in depends.items():
        yield from ((before, after, "order") for before in names)


def _data(nodes: Mapping[str, Node]) -> Iterator[Edge]:
    for name, node in nodes.items():
        yield from (
            (read.task, name, "data") for read in node.task.reads if read.task is not None and read.task in nodes
        )
