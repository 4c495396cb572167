"""Selectors: the one place where what a request names becomes targets in the graph of the requested revision.

`load` is all items of a task in a loop, `each_city` all inside the loop, `each_city[paris]` all inside one item,
`each_city[paris].load` one task run. Loops that are not given an item mean every item.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from dalsegno.errors import PlanRefusal, closest, did_you_mean
from dalsegno.model.address import Address, parse
from dalsegno.model.flow import Kind, Task
from dalsegno.model.graph import Node

Keys = tuple[str | None, ...]
Nodes = Mapping[str, Node]
T = TypeVar("T")

_DOT = re.compile(r"\.")
_NAME_END = re.compile(r"[.\[]")


@dataclass(frozen=True, slots=True)
class Target:
    """What one selector names.

    Parameters
    ----------
    text : as it was given, for messages.
    task : the id of a task or group; all inside a group is named with it.
    keys : for each loop around the task a key, or `None` for every item; one more where an item of a loop is named.
    inside : whether the text names something inside the task, which is a group that is kept or run whole.
    inner : what it names in the run that the task calls as a subflow.
    """

    text: str
    task: str
    keys: Keys
    inside: bool = False
    inner: str = ""

    def whole(self, nodes: Nodes) -> Target:
        """Give what is kept or run with what is named: the outermost group around it, or itself, that is one unit."""
        unit = next((name for name in (*nodes[self.task].parents, self.task) if nodes[name].task.whole), None)
        if unit is None:
            return self
        keys = self.keys[: len(nodes[unit].loops)]
        return Target(self.text, unit, keys, inside=unit != self.task or keys != self.keys)

    def covers(self, keys: Sequence[str]) -> bool:
        """Whether a task run below these item keys (outermost first) is among what is named."""
        return len(keys) >= len(self.keys) and self.may_cover(keys)

    def may_cover(self, keys: Sequence[str]) -> bool:
        """Whether a task run below these item keys, or below items inside them, is among what is named."""
        return all(wanted is None or wanted == key for wanted, key in zip(self.keys, keys, strict=False))


#: gives the graph of the flow that a task calls as a subflow; `None` where it is not known yet
Subflows = Callable[[str], Nodes | None]


def resolve(text: str, nodes: Nodes, subflows: Subflows | None = None) -> Target | PlanRefusal:
    """Read a selector against the graph; a name that is not there is refused with the closest ones.

    Parameters
    ----------
    subflows : knows the graphs of subflows, in which `call.load` names the task `load`.
    """
    outer, inner = _split(text, nodes)
    if not inner:
        found = _resolve(outer, nodes)
        return found if isinstance(found, PlanRefusal) else replace(found, text=text)
    target = _resolve(outer, nodes)
    if isinstance(target, PlanRefusal):
        return replace(target, address=text)
    graph = subflows(target.task) if subflows is not None else None
    found = resolve(inner, graph) if graph is not None else None
    if isinstance(found, PlanRefusal):
        message = f"in the subflow of `{target.task}`: {found.message}"
        return replace(found, message=message, address=text, closest=tuple(f"{outer}.{near}" for near in found.closest))
    return replace(target, text=text, inner=inner)


def _split(text: str, nodes: Nodes) -> tuple[str, str]:
    """Divide a selector where it goes on in a subflow. A batch of a file stands for the subflow that is called for it."""
    for match in _DOT.finditer(text):
        try:
            address = parse(text[: match.start()])
        except ValueError:
            continue
        inner = text[match.end() :]
        node = nodes.get(address.task or "")
        if node is not None and node.task.kind is Kind.SUBFLOW:
            return text[: match.start()], inner
        loop = _batches(address, nodes)
        if loop is not None and all(task.id != _NAME_END.split(inner, 1)[0] for task in loop.tasks):
            return f"{_in_batches(address, loop)}.{loop.tasks[0].id}", inner
    try:
        address = parse(text)
    except ValueError:
        return text, ""
    loop = _batches(address, nodes)
    return text if loop is None else _in_batches(address, loop), ""


def _batches(address: Address, nodes: Nodes) -> Task | None:
    """Give the loop over batches in which an address names an item: its own, or that of the group that makes them."""
    node = nodes.get(address.items[-1][0]) if address.task is None else None
    held = () if node is None else (node.task, *node.task.tasks)
    return next((task for task in held if task.batches), None)


def _in_batches(address: Address, loop: Task) -> str:
    *around, (_, key) = address.items
    return str(Address((*around, (loop.id, key)), None))


def _resolve(text: str, nodes: Nodes) -> Target | PlanRefusal:
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


class Lookup(Generic[T]):
    """What is said about the task runs of one task, looked up by their keys; there may be thousands of each."""

    def __init__(self, given: Iterable[tuple[Target, T]]) -> None:
        self._exact: dict[tuple[str | None, ...], list[tuple[int, T]]] = {}
        self._wild: list[tuple[int, Target, T]] = []
        for position, (target, value) in enumerate(given):
            if None in target.keys:
                self._wild.append((position, target, value))
            else:
                self._exact.setdefault(target.keys, []).append((position, value))
        self._lengths = {len(keys) for keys in self._exact}

    def at(self, keys: tuple[str, ...]) -> list[T]:
        """Give what covers these keys, in the order in which it was given."""
        found = [(position, value) for position, target, value in self._wild if target.covers(keys)]
        for length in self._lengths:
            if length <= len(keys):
                found.extend(self._exact.get(keys[:length], ()))
        return [value for _, value in sorted(found, key=lambda pair: pair[0])] if found else []


class Names:
    """Targets, looked up by the task that stands somewhere: those that name it, or a group around it."""

    def __init__(self, targets: Iterable[Target], nodes: Nodes) -> None:
        self.targets = tuple(targets)
        self._nodes = nodes
        self._by_task: dict[str, list[Target]] = {}
        for target in self.targets:
            self._by_task.setdefault(target.task, []).append(target)
        self._around: dict[str, Lookup[Target]] = {}

    def __bool__(self) -> bool:
        return bool(self.targets)

    def naming(self, task: str, keys: tuple[str, ...]) -> list[Target]:
        """Give all targets that name this task at these keys, itself or with a group around it."""
        names = {task, *self._nodes[task].parents}
        return [target for target in self.targets if target.task in names and target.covers(keys)]

    def at(self, task: str, keys: tuple[str, ...]) -> Target | None:
        """Give a target that names this task at these keys, itself rather than with a group around it."""
        if not self.targets:
            return None
        lookup = self._around.get(task)
        if lookup is None:
            names = (task, *self._nodes[task].parents)
            found = [target for name in names for target in self._by_task.get(name, ())]
            lookup = self._around[task] = Lookup((target, target) for target in found)
        return next(iter(lookup.at(keys)), None)
