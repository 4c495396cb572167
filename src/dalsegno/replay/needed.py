"""What an `until` task needs: itself, what it stands after, what any of them reads, and so on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dalsegno.model.flow import Kind, Task
from dalsegno.model.graph import Node
from dalsegno.replay.select import Nodes, Target

Keys = tuple[str | None, ...]


class Needed:
    """Which task runs are needed. Empty where there is no `until`."""

    def __init__(self, keys: dict[str, list[Keys]]) -> None:
        self._keys = keys

    def __bool__(self) -> bool:
        return bool(self._keys)

    def covers(self, task: str, keys: Sequence[str]) -> bool:
        """Whether this task run is needed."""
        return any(
            all(wanted is None or wanted == key for wanted, key in zip(known, keys, strict=False))
            for known in self._keys.get(task, ())
        )


def needed_for(targets: Iterable[Target], nodes: Nodes) -> Needed:
    """Work out what the targets need. In loops that they share, only the same item is needed."""
    found: dict[str, list[Keys]] = {}
    waiting = [(task.id, target.keys) for target in targets for task in nodes[target.task].task.walk()]
    while waiting:
        name, keys = waiting.pop()
        if keys in found.setdefault(name, []):
            continue
        found[name].append(keys)
        node = nodes[name]
        for other in _directly(node, nodes):
            shared = sum(1 for one, two in zip(nodes[other].loops, node.loops, strict=False) if one == two)
            at = keys[:shared] + (None,) * max(0, len(nodes[other].loops) - shared)
            waiting.append((other, at))
    return Needed(found)


def _directly(node: Node, nodes: Nodes) -> Iterator[str]:
    for read in node.task.reads:
        if read.task is None:
            yield from (name for name, other in nodes.items() if other.position < node.position)
        elif read.task in nodes:
            yield from (task.id for task in nodes[read.task].task.walk())
    yield from _before(node, nodes)
    # what a group stands after, its first tasks stand after; and its own evaluation is needed
    if node.parents:
        yield node.parents[-1]


def _before(node: Node, nodes: Nodes) -> Iterator[str]:
    """What a task stands after among its siblings, and all inside that."""
    parent = nodes[node.parents[-1]].task if node.parents else None
    if parent is not None and parent.kind is Kind.DAG and not node.handles:
        siblings = [nodes[name].task for name in parent.depends.get(node.task.id, ())]
    elif parent is not None and parent.kind is Kind.PARALLEL and not node.handles:
        siblings = []
    else:
        siblings = _earlier(node, parent, nodes)
    for sibling in siblings:
        yield from (task.id for task in sibling.walk())


def _earlier(node: Node, parent: Task | None, nodes: Nodes) -> list[Task]:
    if parent is not None:
        known = parent.tasks
        branch = next((ids for ids in parent.branches.values() if node.task.id in ids), None)
        known = tuple(task for task in known if branch is None or task.id in branch)
    else:
        known = tuple(other.task for other in nodes.values() if not other.parents)
    return [task for task in known if nodes[task.id].position < node.position]
