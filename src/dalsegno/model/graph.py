"""The graph of a flow: for each task, the group and the loops around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dalsegno.model.address import Address, parse
from dalsegno.model.flow import Flow, Kind, Task

#: where tasks stand that run when it is settled how the run ends
AFTER = "after"
#: groups in which the order of the text is not the order of the turns
_NOT_IN_A_ROW = (Kind.LOOP, Kind.PARALLEL, Kind.DAG)


@dataclass(frozen=True, slots=True)
class Node:
    """Where a task stands.

    Parameters
    ----------
    task : the task itself.
    parents : the ids of the groups around it, outermost first.
    loops : the ids of the loops among them, outermost first.
    position : its place in the order of the text, from 0.
    handles : `errors` or `finally` where it stands among such tasks of the innermost group that has them, `after` among those
        that run when it is settled how the run ends; else empty.
    """

    task: Task
    parents: tuple[str, ...]
    loops: tuple[str, ...]
    position: int
    handles: str = ""

    @property
    def is_item(self) -> bool:
        """Whether it stands directly in an item of a loop."""
        return bool(self.loops) and self.parents[-1] == self.loops[-1]


def index(flow: Flow) -> Mapping[str, Node]:
    """Give each task's node by the task's id, in the order of the text."""
    nodes: dict[str, Node] = {}

    def add(task: Task, parents: tuple[str, ...], loops: tuple[str, ...], handles: str) -> None:
        nodes[task.id] = Node(task, parents, loops, len(nodes), handles)
        if task.kind.is_group:
            inner = (*loops, task.id) if task.kind is Kind.LOOP else loops
            for child in task.tasks:
                add(child, (*parents, task.id), inner, handles)
            for child in task.errors:
                add(child, (*parents, task.id), loops, "errors")
            for child in task.lasts:
                add(child, (*parents, task.id), loops, handles or "finally")

    for task in flow.tasks:
        add(task, (), (), "")
    for task in flow.errors:
        add(task, (), (), "errors")
    for task in flow.lasts:
        add(task, (), (), "finally")
    for task in flow.after:
        add(task, (), (), AFTER)
    return nodes


def runs_after(task: str, nodes: Mapping[str, Node]) -> bool:
    """Whether a task runs when it is settled how the run ends."""
    node = nodes[task]
    return nodes[node.parents[0] if node.parents else task].handles == AFTER


def parent_of(address: str, task: str, nodes: Mapping[str, Node]) -> str | None:
    """Give the address of the group around the task run of a task; `None` for one that stands in the flow itself."""
    around = nodes[task].parents[-1] if nodes[task].parents else None
    if around is None:
        return None
    return str(Address(parse(address).items[: len(nodes[around].loops)], around))


def stands_later(task: Node, reader: Node, nodes: Mapping[str, Node]) -> bool:
    """Whether a task can have no result when the reader's turn comes in a fresh run: it stands further down in the flow.

    What the reader holds itself does not, nor what may have had its turn before: in another item of a loop that both are in,
    or beside the reader in a group that runs things side by side.
    """
    if task.position <= reader.position or reader.task.id in task.parents:
        return False
    shared = (nodes[name].task for name in task.parents if name in reader.parents)
    return not any(group.kind in _NOT_IN_A_ROW for group in shared)


def _stand_in_order(known: Mapping[str, Task], depends: Mapping[str, Sequence[str]]) -> bool:
    """Whether each task comes after those that it depends on already, as the steps of a pipeline do."""
    passed: set[str] = set()
    for name in known:
        for other in depends.get(name, ()):
            if other not in passed and other in known:
                return False
        passed.add(name)
    return True


def in_order(tasks: Iterable[Task], depends: Mapping[str, Sequence[str]]) -> list[Task]:
    """Give the tasks of a Dag so that each comes after those that it depends on; else in the order of the text."""
    known = {task.id: task for task in tasks}
    if _stand_in_order(known, depends):
        return list(known.values())
    ordered: dict[str, Task] = {}
    begun: set[str] = set()
    for first in known:
        path = [first]
        while path:
            name = path[-1]
            begun.add(name)
            # a circle is refused where the flow is read; here it only must not go round for ever
            before = (other for other in depends.get(name, ()) if other in known and other not in begun)
            above = next(before, None)
            if above is not None:
                path.append(above)
            else:
                ordered.setdefault(path.pop(), known[name])
    return list(ordered.values())
