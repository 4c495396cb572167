"""The graph of a flow: for each task, the group and the loops around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dalsegno.model.flow import Flow, Kind, Task


@dataclass(frozen=True, slots=True)
class Node:
    """Where a task stands.

    Parameters
    ----------
    task : the task itself.
    parents : the ids of the groups around it, outermost first.
    loops : the ids of the loops among them, outermost first.
    position : its place in the order of the text, from 0.
    """

    task: Task
    parents: tuple[str, ...]
    loops: tuple[str, ...]
    position: int


def index(flow: Flow) -> Mapping[str, Node]:
    """Give each task's node by the task's id, in the order of the text."""
    nodes: dict[str, Node] = {}

    def add(task: Task, parents: tuple[str, ...], loops: tuple[str, ...]) -> None:
        nodes[task.id] = Node(task, parents, loops, len(nodes))
        if task.tasks:
            inner = (*loops, task.id) if task.kind is Kind.LOOP else loops
            for child in task.tasks:
                add(child, (*parents, task.id), inner)

    for task in flow.tasks:
        add(task, (), ())
    return nodes
