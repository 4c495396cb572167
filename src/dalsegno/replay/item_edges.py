"""Items of mapped steps: what each is made from, and which of them are made from the same as in the origin.

A mapped step over the results of another one has item edges: each of its items reads those that it is made from, and no
others. They are known where the items of that other one are.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from dalsegno.model.binding import read_by_item
from dalsegno.model.flow import Kind, Read, Task
from dalsegno.model.forms import digest_of
from dalsegno.replay.edges import Decided, Scope
from dalsegno.replay.select import Nodes

Digests = Mapping[str, str]

_NONE = frozenset[str]()


def is_mapped(task: Task) -> bool:
    """Whether a group is a mapped step: a step in Python that runs for each item."""
    return task.kind is Kind.LOOP and bool(task.tasks) and task.tasks[0].function is not None


def by_item(task: Task, scope: Scope, nodes: Nodes, decided: Decided) -> frozenset[str]:
    """Name the tasks in mapped steps of which another mapped step reads items one by one, where it is known which there are."""
    if task.kind is not Kind.LOOP or "over" not in task.properties:
        return _NONE
    decisions = decided.decisions
    loops = {name: scope.prefix + loop_of(name, nodes) for name in read_by_item(task.properties["over"])}
    return frozenset(name for name, at in loops.items() if at in decisions and decisions[at].keys is not None)


def whole_reads(reader: Task, scope: Scope, nodes: Nodes, decided: Decided) -> Iterable[Read]:
    """Give what a task reads itself, and not only one or the other of its items."""
    one_by_one = by_item(reader, scope, nodes, decided)
    return [read for read in reader.reads if read.task not in one_by_one] if one_by_one else reader.reads


def made_from(scope: Scope, marked: Container[str]) -> str | None:
    """Give one of what the item is made from in which something stands, that is among the marked ones."""
    if not scope.items:
        return None
    return next((address for address in scope.items[-1].reads if address in marked), None)


def loop_of(name: str, nodes: Nodes) -> str:
    """Give the loop in which a task stands: a mapped step, by the task that is run for each of its items."""
    node = nodes.get(name)
    return name if node is None or not node.loops else node.loops[-1]


def item_digests(row: Mapping[str, Any]) -> dict[str, str]:
    """Give the digests of what an item is made from, by parameter: values count by content, however they are kept."""
    return {name: digest_of(form) for name, form in row.items()}


def differing_items(before: Mapping[str, Digests], now: Mapping[str, Mapping[str, Any]], origin: str) -> dict[str, str]:
    """Say of items that were there in the origin, and are made from something else now, how they differ.

    Parameters
    ----------
    before : the digests that the origin has, by key; what it has none for differs.
    now : what the items are made from now, by key.
    origin : the name of the origin.
    """
    found: dict[str, str] = {}
    for key, row in now.items():
        then, digests = before.get(key), item_digests(row)
        if then is None:
            found[key] = f"is no item of {origin} that is told by its values"
        elif then != digests:
            names = [f"`{name}`" for name in digests if digests[name] != then.get(name)]
            found[key] = f"reads another {', '.join(names)} than in {origin}"
    return found
