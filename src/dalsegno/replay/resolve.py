"""A request made ready: its selectors resolved, its pins brought into the form of results, contradictions named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

from dalsegno.errors import PlanRefusal
from dalsegno.model.flow import Task
from dalsegno.model.graph import Node
from dalsegno.replay.item_edges import is_mapped
from dalsegno.replay.needed import Needed, needed_for
from dalsegno.replay.renaming import NOTHING_RENAMED, Renamed
from dalsegno.replay.request import ORIGIN, ReplayRequest, Stale
from dalsegno.replay.select import Lookup, Names, Nodes, Subflows, Target, resolve

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
#: the pin that keeps the origin's result
KEEP_ORIGIN: JsonMap = MappingProxyType({"": ORIGIN})


def keeps_origin(pin: JsonMap | None) -> bool:
    """Whether a pin keeps the origin's result."""
    return pin is not None and pin.get("") is ORIGIN


@dataclass(frozen=True, slots=True)
class Resolved:
    """A request whose names are targets in the graph of the requested revision.

    Parameters
    ----------
    only, until : what alone may run, and what the run stops after.
    breakpoints, acknowledged : before what it stops; what may be seen outside once more.
    acknowledges_all : whether everything may be.
    overridden : run inputs whose value differs from the origin's.
    differing : with `changed`, what else differs: paths as in `Task.context`, or `calls(task)`, each with the reason.
    changed : whether what changed decides.
    strict : whether a tolerated failure is no result.
    keeps_effects : whether the old result of what is seen outside is kept rather than run again.
    renamed : new name -> the origin's name.
    keeps : whether what is not named is kept where it has a result.
    verify : whether all that is kept is looked at, whoever reads it.
    refusals : names that are not there, and what cannot be meant.
    targets : all that this request names.
    touched : the ids of all tasks that this request or a carried value names, itself or with a group around it.
    """

    start: Names
    skip: Names
    only: Names
    until: Needed
    breakpoints: Names
    acknowledged: Names
    acknowledges_all: bool = False
    changed: bool = False
    strict: bool = False
    keeps_effects: bool = False
    renamed: Renamed = NOTHING_RENAMED
    task_inputs: Assigned = NONE
    pins: Assigned = NONE
    carried_inputs: Assigned = NONE
    carried_pins: Assigned = NONE
    overridden: frozenset[str] = frozenset()
    differing: Mapping[str, str] = field(default_factory=dict[str, str])
    keeps: bool = False
    stale: Stale = "warn"
    verify: bool = False
    refusals: tuple[PlanRefusal, ...] = ()
    targets: tuple[Target, ...] = ()
    touched: frozenset[str] = frozenset()
    nodes: Nodes = field(default_factory=dict[str, Node])

    def naming(self, task: str, keys: tuple[str, ...]) -> Iterator[Target]:
        """Give what names this task run, itself or with a group around it."""
        around = {task, *self.nodes[task].parents}
        return (target for target in self.targets if target.task in around and target.covers(keys))

    def leaves(self, task: str, keys: tuple[str, ...]) -> bool:
        """Whether a task run that would run lies outside of what was asked for."""
        if self.only:
            return self.only.at(task, keys) is None
        return bool(self.until) and not self.until.covers(task, keys)

    def leaves_all(self, task: str, keys: tuple[str, ...]) -> bool:
        """Whether a task lies outside of what was asked for in every item below these keys."""
        if not self.only:
            return self.leaves(task, keys)
        around = {task, *self.nodes[task].parents}
        return not any(target.task in around and target.may_cover(keys) for target in self.only.targets)

    def overrides(self, task: str, keys: tuple[str, ...]) -> JsonMap:
        """Give the property values that hold for one task run, this request's over carried ones."""
        return {**(self.carried_inputs.at(task, keys) or {}), **(self.task_inputs.at(task, keys) or {})}

    def pin(self, task: str, keys: tuple[str, ...]) -> JsonMap | None:
        """Give the outputs pinned for one task run; a carried pin counts unless this request names the task run."""
        own = self.pins.at(task, keys)
        if own is not None:
            return own
        if (
            self.start.at(task, keys)
            or self.only.at(task, keys)
            or self.skip.at(task, keys)
            or self.task_inputs.at(task, keys)
        ):
            return None
        return self.carried_pins.at(task, keys)


def calls(task: str) -> str:
    """Give the name under which it is told that the flow which a task calls differs."""
    return f"calls {task}"


def resolve_request(
    request: ReplayRequest,
    nodes: Nodes,
    overridden: Iterable[str] = (),
    *,
    differing: Mapping[str, str] = MappingProxyType({}),
    subflows: Subflows | None = None,
) -> Resolved:
    """Resolve every name of a request. Nothing is raised: what is wrong is listed in `refusals`.

    Carried overrides and pins whose task is gone name nothing and are left out.
    """
    reader = _Reader(nodes, subflows)
    start, skip = reader.units(request.start), reader.units(request.skip)
    only, until = reader.units(request.only), reader.units(request.until)
    stops = reader.targets(request.breakpoints)
    acknowledged = reader.targets(name for name in request.acknowledge if name != "*")
    reader.refuse_inner([*skip, *only, *until, *stops, *acknowledged])
    reader.refuse_handlers([*start, *only, *until, *skip])
    reader.refuse_items(stops)
    reader.refuse_shared(stops)
    task_inputs = reader.assigned(request.task_inputs, reader.properties)
    pins = reader.assigned(request.outputs, reader.pinned)
    reader.refuse_inner([*_targets(task_inputs), *_targets(pins)])
    silent = _Reader(nodes)
    carried_inputs = silent.assigned(request.carried.task_inputs, silent.properties)
    carried_pins = silent.assigned(request.carried.outputs, silent.pinned)
    named = {
        "started": start, "skipped": skip, "overridden": _targets(task_inputs), "pinned": _targets(pins),
        "asked for alone": only,
    }  # fmt: skip
    targets = tuple(target for found in named.values() for target in found)
    targets = (*targets, *until, *stops, *acknowledged)
    every = (*targets, *_targets(carried_inputs), *_targets(carried_pins))
    return Resolved(
        start=Names(start, nodes),
        skip=Names(skip, nodes),
        only=Names(only, nodes),
        until=needed_for(until, nodes),
        breakpoints=Names(stops, nodes),
        acknowledged=Names(acknowledged, nodes),
        acknowledges_all="*" in request.acknowledge,
        changed=request.changed,
        strict=request.skip_successful or request.changed,
        keeps_effects=request.effects == "reuse",
        renamed=Renamed(request.renamed) if request.renamed else NOTHING_RENAMED,
        task_inputs=task_inputs,
        pins=pins,
        carried_inputs=carried_inputs,
        carried_pins=carried_pins,
        overridden=frozenset(overridden),
        differing=differing,
        keeps=request.keeps,
        stale=request.stale,
        verify=request.verify,
        refusals=(*reader.refusals, *_contradictions(named, nodes), *_modes(request)),
        targets=targets,
        nodes=nodes,
        touched=frozenset(task.id for target in every for task in nodes[target.task].task.walk()),
    )


def _modes(request: ReplayRequest) -> Iterator[PlanRefusal]:
    if request.only and request.until:
        yield PlanRefusal("contradiction", "`only` and `until` cannot be combined; drop one of them")
    if request.only and request.start:
        yield PlanRefusal("contradiction", "`only` runs nothing downstream, a start does; drop one of them")


def _targets(assigned: Assigned) -> list[Target]:
    return [target for target, _ in assigned.given]


#: what cannot both be wished of one address
_CLASHES = (
    ("started", "skipped"), ("skipped", "pinned"), ("pinned", "started"), ("skipped", "overridden"),
    ("pinned", "overridden"), ("skipped", "asked for alone"), ("pinned", "asked for alone"),
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
    def __init__(self, nodes: Nodes, subflows: Subflows | None = None) -> None:
        self._nodes = nodes
        self._subflows = subflows
        self.refusals: list[PlanRefusal] = []

    def targets(self, texts: Iterable[str]) -> list[Target]:
        found = [resolve(text, self._nodes, self._subflows) for text in texts]
        self.refusals += [item for item in found if isinstance(item, PlanRefusal)]
        return [item for item in found if isinstance(item, Target)]

    def units(self, texts: Iterable[str]) -> list[Target]:
        """Give what is named to be run or kept: of a group that is one unit, all of it."""
        return [target.whole(self._nodes) for target in self.targets(texts)]

    def refuse_handlers(self, targets: Iterable[Target]) -> None:
        """Refuse to begin in what runs only when something fails, and whose results are never kept (rule 6)."""
        for target in targets:
            if self._nodes[target.task].handles == "errors":
                message = f"`{target.text}` stands among `errors`: it runs only when something fails"
                self._refuse("start-in-handler", message, target)

    def refuse_items(self, targets: Iterable[Target]) -> None:
        """Refuse to stop before an item: it is no task run."""
        for target in targets:
            if len(target.keys) > len(self._nodes[target.task].loops):
                message = f"`{target.text}` is an item of a loop, before which nothing stops; name a task in it"
                self._refuse("bad-address", message, target)

    def refuse_inner(self, targets: Iterable[Target]) -> None:
        """Refuse to name what stands in a subflow, other than as a start."""
        for target in targets:
            if target.inner:
                message = (
                    f"`{target.text}` stands in the subflow of `{target.task}`, in which only a start can be named; replay the "
                    "run that it called, which `dalsegno show` names, for everything else"
                )
                self._refuse("in-subflow", message, target)

    def refuse_shared(self, targets: Iterable[Target]) -> None:
        """Refuse to stop between tasks that share a folder: it would be gone when the run is resumed."""
        for target in targets:
            group = next((name for name in self._nodes[target.task].parents if self._nodes[name].task.shares), None)
            if group is not None:
                message = (
                    f"the run cannot stop before `{target.text}`: it shares a folder with others; stop before `{group}`"
                )
                self._refuse("bad-address", message, target)

    def assigned(self, given: Mapping[str, Any], shape: Callable[[Target, Any], JsonMap | None]) -> Assigned:
        pairs: list[tuple[Target, JsonMap]] = []
        for text, value in given.items():
            for named in self.targets([text]):
                target = self._in_mapped(named, whole=shape == self.properties)
                values = shape(target, value)
                if values is not None:
                    pairs.append((target, values))
        return Assigned(pairs)

    def _in_mapped(self, target: Target, *, whole: bool) -> Target:
        """Give the step that is run for an item, where what is named is an item of a mapped step, or all (`whole`)."""
        loop = self._nodes[target.task]
        if not is_mapped(loop.task) or (len(target.keys) == len(loop.loops) and not whole):
            return target
        return replace(target, task=loop.task.tasks[0].id, keys=(*target.keys, None)[: len(loop.loops) + 1])

    def properties(self, target: Target, values: JsonMap) -> JsonMap | None:
        if len(target.keys) > len(self._nodes[target.task].loops):
            message = f"`{target.text}` is an item of a loop and has no properties; name a task in it"
            self._refuse("bad-address", message, target)
            return None
        return values

    def pinned(self, target: Target, value: Any) -> JsonMap | None:
        task = self._nodes[target.task].task
        if is_mapped(task):
            self._refuse("pin-of-group", f"`{target.text}` is mapped: give the result of each of its items", target)
            return None
        if task.kind.is_group:
            self._refuse(
                "pin-of-group", f"`{target.text}` is a group and has no result of its own; pin the tasks in it", target
            )
            return None
        if value is ORIGIN:
            return KEEP_ORIGIN
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
