"""Selectors: the one place where what a request names becomes targets in the graph of the requested revision.

`load` is all items of a task in a loop, `each_city` all inside the loop, `each_city[paris]` all inside one item,
`each_city[paris].load` one task run. Loops that are not given an item mean every item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dalsegno.errors import PlanRefusal, closest, did_you_mean
from dalsegno.model.address import parse
from dalsegno.model.flow import Kind
from dalsegno.model.graph import Node

Keys = tuple[str | None, ...]
Nodes = Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Target:
    """What one selector names.

    Parameters
    ----------
    text : as it was given, for messages.
    task : the id of a task or group; all inside a group is named with it.
    keys : for each loop around the task a key, or `None` for every item; one more where an item of a loop is named.
    """

    text: str
    task: str
    keys: Keys

    def covers(self, keys: Sequence[str]) -> bool:
        """Whether a task run below these item keys (outermost first) is among what is named."""
        if len(keys) < len(self.keys):
            return False
        return all(wanted is None or wanted == key for wanted, key in zip(self.keys, keys, strict=False))


def resolve(text: str, nodes: Nodes) -> Target | PlanRefusal:
    """Read a selector against the graph; a name that is not there is refused with the closest ones."""
    try:
        address = parse(text)
    except ValueError as error:
        return PlanRefusal("bad-address", str(error), text)
    name = address.task or address.items[-1][0]
    node = nodes.get(name)
    if node is None:
        return _unknown(text, name, nodes)
    given = dict(address.items)
    loops = node.loops
    if address.task is None:
        if node.task.kind is not Kind.LOOP:
            return PlanRefusal("bad-address", f"`{text}` names an item, but `{name}` is not a loop", text)
        loops = (*loops, name)
    if len(given) < len(address.items):
        return PlanRefusal("bad-address", f"`{text}` names two items of one loop", text)
    for loop in given:
        if loop not in loops:
            inside = f"it stands in {', '.join(f'`{known}`' for known in loops)}" if loops else "it stands in no loop"
            near = closest(loop, loops)
            return PlanRefusal(
                "bad-address", f"`{text}`: `{name}` does not stand in a loop `{loop}`; {inside}", text, near
            )
    return Target(text, name, tuple(given.get(loop) for loop in loops))


def _unknown(text: str, name: str, nodes: Nodes) -> PlanRefusal:
    near = closest(name, nodes)
    listed = did_you_mean(near) or f"; its tasks are {', '.join(f'`{known}`' for known in list(nodes)[:8])}"
    return PlanRefusal("unknown-address", f"there is no task `{name}` in this revision of the flow{listed}", text, near)


class Names:
    """Targets, looked up by the task that stands somewhere: those that name it, or a group around it."""

    def __init__(self, targets: Iterable[Target], nodes: Nodes) -> None:
        self.targets = tuple(targets)
        by_task: dict[str, list[Target]] = {}
        for target in self.targets:
            by_task.setdefault(target.task, []).append(target)
        self._by_task = by_task
        self._relevant: dict[str, list[Target]] = {}
        self._nodes = nodes

    def __bool__(self) -> bool:
        return bool(self.targets)

    def at(self, task: str, keys: Sequence[str]) -> Target | None:
        """Give the target that names this task at these keys, itself or with a group around it."""
        if not self.targets:
            return None
        relevant = self._relevant.get(task)
        if relevant is None:
            around = (task, *self._nodes[task].parents)
            relevant = self._relevant[task] = [found for name in around for found in self._by_task.get(name, ())]
        return next((target for target in relevant if target.covers(keys)), None)

    def exactly(self, task: str, keys: Sequence[str]) -> Target | None:
        """Give the target that names this very task (not a group around it), the last given one first."""
        found = self._by_task.get(task, ())
        return next((target for target in reversed(found) if target.covers(keys)), None)
