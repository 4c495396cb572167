"""A request made ready: its selectors resolved, its pins brought into the form of results, contradictions named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from dalsegno.errors import PlanRefusal
from dalsegno.model.flow import Kind, Task
from dalsegno.model.graph import Node
from dalsegno.replay.request import ReplayRequest, Stale
from dalsegno.replay.select import Lookup, Names, Nodes, Target, resolve

JsonMap = Mapping[str, Any]


class Assigned:
    """Values that a request gives to task runs, looked up where a task run stands. Later ones win over earlier ones."""

    def __init__(self, given: Iterable[tuple[Target, JsonMap]]) -> None:
        self.given = tuple(given)
        by_task: dict[str, list[tuple[Target, JsonMap]]] = {}
        for target, values in self.given:
            by_task.setdefault(target.task, []).append((target, values))
        self._by_task = {task: Lookup(pairs) for task, pairs in by_task.items()}

    def __bool__(self) -> bool:
        return bool(self.given)

    def at(self, task: str, keys: tuple[str, ...]) -> JsonMap | None:
        """Give the values for one task run, merged; `None` if there are none."""
        lookup = self._by_task.get(task)
        found = lookup.at(keys) if lookup is not None else None
        return {name: value for values in found for name, value in values.items()} if found else None


NONE = Assigned(())


@dataclass(frozen=True, slots=True)
class Resolved:
    """A request whose names are targets in the graph of the requested revision.

    Parameters
    ----------
    overridden : run inputs whose value differs from the origin's.
    keeps : whether what is not named is kept where it has a result.
    refusals : names that are not there, and what cannot be meant.
    targets : all that this request names.
    touched : the ids of all tasks that this request or a carried value names, itself or with a group around it.
    """

    start: Names
    skip: Names
    task_inputs: Assigned = NONE
    pins: Assigned = NONE
    carried_inputs: Assigned = NONE
    carried_pins: Assigned = NONE
    overridden: frozenset[str] = frozenset()
    keeps: bool = False
    stale: Stale = "warn"
    refusals: tuple[PlanRefusal, ...] = ()
    targets: tuple[Target, ...] = ()
    touched: frozenset[str] = frozenset()
    nodes: Nodes = field(default_factory=dict[str, Node])

    def overrides(self, task: str, keys: tuple[str, ...]) -> JsonMap:
        """Give the property values that hold for one task run, this request's over carried ones."""
        return {**(self.carried_inputs.at(task, keys) or {}), **(self.task_inputs.at(task, keys) or {})}

    def pin(self, task: str, keys: tuple[str, ...]) -> JsonMap | None:
        """Give the outputs pinned for one task run; a carried pin counts unless this request names the task run."""
        own = self.pins.at(task, keys)
        if own is not None:
            return own
        if self.start.at(task, keys) or self.skip.at(task, keys) or self.task_inputs.at(task, keys):
            return None
        return self.carried_pins.at(task, keys)


def resolve_request(request: ReplayRequest, nodes: Nodes, overridden: Iterable[str] = ()) -> Resolved:
    """Resolve every name of a request. Nothing is raised: what is wrong is listed in `refusals`.

    Carried overrides and pins whose task is gone name nothing and are left out.
    """
    reader = _Reader(nodes)
    start, skip = reader.targets(request.start), reader.targets(request.skip)
    task_inputs = reader.assigned(request.task_inputs, reader.properties)
    pins = reader.assigned(request.outputs, reader.pinned)
    silent = _Reader(nodes)
    carried_inputs = silent.assigned(request.carried.task_inputs, silent.properties)
    carried_pins = silent.assigned(request.carried.outputs, silent.pinned)
    named = {
        "started": start, "skipped": skip, "overridden": _targets(task_inputs), "pinned": _targets(pins)
    }  # fmt: skip
    targets = tuple(target for found in named.values() for target in found)
    every = (*targets, *_targets(carried_inputs), *_targets(carried_pins))
    return Resolved(
        start=Names(start, nodes),
        skip=Names(skip, nodes),
        task_inputs=task_inputs,
        pins=pins,
        carried_inputs=carried_inputs,
        carried_pins=carried_pins,
        overridden=frozenset(overridden),
        keeps=request.keeps,
        stale=request.stale,
        refusals=(*reader.refusals, *_contradictions(named, nodes)),
        targets=targets,
        nodes=nodes,
        touched=frozenset(task.id for target in every for task in nodes[target.task].task.walk()),
    )


def _targets(assigned: Assigned) -> list[Target]:
    return [target for target, _ in assigned.given]


#: what cannot both be wished of one address
_CLASHES = (
    ("started", "skipped"), ("skipped", "pinned"), ("pinned", "started"), ("skipped", "overridden"),
    ("pinned", "overridden"),
)  # fmt: skip


def _contradictions(named: Mapping[str, Sequence[Target]], nodes: Nodes) -> Iterator[PlanRefusal]:
    for one, other in _CLASHES:
        for left in named[one]:
            for right in named[other]:
                if not _meet(left, right, nodes) or (other == "overridden" and not _inside(right, left, nodes)):
                    continue
                inner = right if _inside(right, left, nodes) else left
                also = "" if left.task == right.task else f" (`{left.text}` and `{right.text}`)"
                message = f"`{inner.text}` is both {one} and {other}{also}; drop one of them"
                yield PlanRefusal("contradiction", message, inner.text)


def _meet(left: Target, right: Target, nodes: Nodes) -> bool:
    """Whether some address is named by both."""
    keys = zip(left.keys, right.keys, strict=False)
    related = _inside(left, right, nodes) or _inside(right, left, nodes)
    return related and all(one is None or other is None or one == other for one, other in keys)


def _inside(inner: Target, outer: Target, nodes: Nodes) -> bool:
    """Whether one names a task that is, or stands inside, what the other names."""
    if inner.task == outer.task:
        return len(inner.keys) >= len(outer.keys)
    return outer.task in nodes[inner.task].parents


def as_outputs(task: Task, value: Any) -> JsonMap:
    """Give the outputs that a pinned value stands for: with one declared output it is the value itself."""
    if task.outputs is not None and len(task.outputs) == 1:
        name = task.outputs[0]
        if isinstance(value, Mapping) and set(cast("JsonMap", value)) == {name}:
            return cast("JsonMap", value)
        return {name: value}
    return cast("JsonMap", value) if isinstance(value, Mapping) else {"value": value}


class _Reader:
    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self.refusals: list[PlanRefusal] = []

    def targets(self, texts: Iterable[str]) -> list[Target]:
        found = [resolve(text, self._nodes) for text in texts]
        self.refusals += [item for item in found if isinstance(item, PlanRefusal)]
        return [item for item in found if isinstance(item, Target)]

    def assigned(self, given: Mapping[str, Any], shape: Callable[[Target, Any], JsonMap | None]) -> Assigned:
        pairs: list[tuple[Target, JsonMap]] = []
        for text, value in given.items():
            for target in self.targets([text]):
                values = shape(target, value)
                if values is not None:
                    pairs.append((target, values))
        return Assigned(pairs)

    def properties(self, target: Target, values: JsonMap) -> JsonMap | None:
        if len(target.keys) > len(self._nodes[target.task].loops):
            message = f"`{target.text}` is an item of a loop and has no properties; name a task in it"
            self._refuse("bad-address", message, target)
            return None
        return values

    def pinned(self, target: Target, value: Any) -> JsonMap | None:
        task = self._nodes[target.task].task
        if task.kind is not Kind.WORK:
            self._refuse(
                "pin-of-group", f"`{target.text}` is a group and has no result of its own; pin the tasks in it", target
            )
            return None
        outputs = as_outputs(task, value)
        if task.outputs is not None:
            unknown = [name for name in outputs if name not in task.outputs]
            if unknown:
                declared = ", ".join(f"`{name}`" for name in task.outputs) or "none"
                names = ", ".join(f"`{name}`" for name in unknown)
                self._refuse("bad-pin", f"the pin of `{target.text}` gives {names}; its outputs are {declared}", target)
                return None
        return outputs

    def _refuse(self, code: str, message: str, target: Target) -> None:
        self.refusals.append(PlanRefusal(code, message, target.text))
