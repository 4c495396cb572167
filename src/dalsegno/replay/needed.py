"""What an `until` task needs: itself, what it stands after, what any of them reads, and so on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dalsegno.model.flow import Kind, Task
from dalsegno.model.graph import Node
from dalsegno.replay.select import Nodes, Target

Keys = tuple[str | None, ...]


class Needed:
    """Which task runs are needed. Empty where there is no `until`."""

    def __init__(self, keys: Mapping[str, Sequence[Keys]], targets: Sequence[Target] = ()) -> None:
        self._keys = keys
        #: what it is needed for
        self.targets = tuple(targets)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def covers(self, task: str, keys: Sequence[str]) -> bool:
        """Whether this task run is needed; with fewer keys than loops, whether one below them is."""
        return any(
            all(wanted is None or wanted == key for wanted, key in zip(known, keys, strict=False))
            for known in self._keys.get(task, ())
        )


def needed_for(targets: Sequence[Target], nodes: Nodes) -> Needed:
    """Work out what the targets need. In loops that they share, only the same item is needed.

    What handles the end of something that is needed belongs to it: `finally` runs if anything in its scope runs, and
    `errors` if anything there fails. What these read is not needed for that.
    """
    waiting = [(task.id, target.keys) for target in targets for task in nodes[target.task].task.walk()]
    if not waiting:
        return Needed({})
    found: dict[str, list[Keys]] = {}
    edges = _Edges(nodes)
    while waiting:
        name, keys = waiting.pop()
        if keys in found.setdefault(name, []):
            continue
        found[name].append(keys)
        loops = nodes[name].loops
        waiting.extend((other, (None,) * len(nodes[other].loops)) for other in edges.guessed(nodes[name]))
        for other in edges.of(nodes[name]):
            theirs = nodes[other].loops
            shared = sum(1 for one, two in zip(theirs, loops, strict=False) if one == two)
            waiting.append((other, keys[:shared] + (None,) * max(0, len(theirs) - shared)))
    return Needed({**found, **_handlers(found, nodes)}, targets)


def _handlers(needed: Mapping[str, Sequence[Keys]], nodes: Nodes) -> dict[str, Sequence[Keys]]:
    found: dict[str, Sequence[Keys]] = {}
    for node in nodes.values():
        if node.handles and node.task.id not in needed:
            owner = next((name for name in reversed(node.parents) if not nodes[name].handles), None)
            if owner is None:
                found[node.task.id] = [()]
            elif owner in needed:
                found[node.task.id] = needed[owner]
    return found


class _Edges:
    """Gives what a task needs directly. Of what stands before it, the nearest is enough: that needs the rest."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._names = list(nodes)
        self._read_up_to = 0
        self._before: dict[str, tuple[str, ...]] = {}
        self._in_a_row([node.task for node in nodes.values() if not node.parents and node.handles != "errors"])
        for node in nodes.values():
            if node.task.kind.is_group:
                self._inside(node.task)

    def _in_a_row(self, tasks: Iterable[Task], first: tuple[str, ...] = ()) -> None:
        for task in tasks:
            self._before[task.id] = first
            first = (task.id,)

    def _inside(self, group: Task) -> None:
        if group.kind is Kind.CHOICE:
            for ids in group.branches.values():
                self._in_a_row(task for task in group.tasks if task.id in ids)
        elif group.kind is Kind.DAG:
            self._before.update(group.depends)
        elif group.kind is not Kind.PARALLEL and not group.abreast:
            self._in_a_row(group.tasks)
        self._in_a_row(group.lasts, tuple(task.id for task in group.tasks))

    def guessed(self, node: Node) -> Sequence[str]:
        """Give what a dynamic expression may read, in whatever item: each only once, whoever asks."""
        if all(read.task is not None for read in node.task.reads):
            return ()
        found = self._names[self._read_up_to : node.position]
        self._read_up_to = max(self._read_up_to, node.position)
        return found

    def of(self, node: Node) -> Iterator[str]:
        """Give what a task reads, what it stands after, and the group that it stands in."""
        for read in node.task.reads:
            if read.task is not None and read.task in self._nodes:
                yield from (task.id for task in self._nodes[read.task].task.walk())
        for name in self._before.get(node.task.id, ()):
            if name in self._nodes:
                yield from (task.id for task in self._nodes[name].task.walk())
        unit = next((name for name in node.parents if self._nodes[name].task.whole), None)
        if unit is not None:
            yield from (task.id for task in self._nodes[unit].task.walk())
        # what a group stands after, its first tasks stand after; and its own evaluation is needed
        if node.parents:
            yield node.parents[-1]
