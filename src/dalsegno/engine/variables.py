"""What expressions can read: `flow, execution, taskrun, task, inputs, outputs, tasks, vars, labels, parent, parents, envs,
globals, kestra, is_replay` and `idempotency_key`.

Outputs are looked up when they are read, so that a task which reads two of ten thousand results costs two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from os import urandom
from typing import Any, cast, overload

from dalsegno.engine.identity import IS_REPLAY, TaskVariables
from dalsegno.engine.outside import Outside
from dalsegno.engine.secrets import Secrets, no_secrets
from dalsegno.engine.settings_seen import with_settings
from dalsegno.errors import TaskFailed
from dalsegno.expressions import Scope as ExpressionScope
from dalsegno.expressions import parse, render_value
from dalsegno.model.address import Address, item_key, item_prefix
from dalsegno.model.address import parse as parse_address
from dalsegno.model.clock import Clock
from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.model.graph import Node, stands_later
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.edges import Item, Scope
from dalsegno.replay.request import Expression

JsonMap = Mapping[str, Any]
#: gives the outputs of the task run at an address, or `None` if it has none yet
OutputsAt = Callable[[str], JsonMap | None]
#: gives the keys of a loop's items in order, or `None` if it has not been evaluated
KeysOf = Callable[[str], Sequence[str] | None]


def no_keys(function: str, _items: Sequence[Any]) -> list[Any]:
    """Say that nobody can name the items of a mapped step yet."""
    message = f"the items are named by `{function}`, which is called when the run comes to it"
    raise TaskFailed(message, code="keys-not-known")


@dataclass(frozen=True, slots=True)
class Facts:
    """What stays the same for all tasks of a run."""

    run: Run
    flow: Flow
    nodes: Mapping[str, Node]
    clock: Clock
    outputs_at: OutputsAt
    keys_of: KeysOf
    #: gives the property values that hold for this run, for a task and the keys of its items
    overrides_of: Callable[[str, tuple[str, ...]], JsonMap] = lambda _task, _keys: {}
    secrets: Secrets = field(default_factory=no_secrets)
    outside: Outside | None = None
    #: those of the run, with what its tasks have put on it so far
    labels: dict[str, str] = field(default_factory=dict[str, str])
    #: has a function of the user's name the items of a mapped step, by the forms of the items
    key_function: Callable[[str, Sequence[Any]], list[Any]] = no_keys
    #: gives the form of a value of Python that is a blob of its own, any other as it is
    opened: Callable[[Any], Any] = lambda form: form
    #: how the run ends, as its `state` and `outputs`, once that is settled
    ended: dict[str, Any] = field(default_factory=dict[str, Any])


class Outputs(Mapping[str, Any]):
    """`outputs`: of each task by its id; of a task in a loop, a map of its items first, as Kestra nests them.

    A replay may hold results of what stands further down than the reader; they are not there, as in a fresh run.
    """

    def __init__(self, facts: Facts, items: tuple[Item, ...], reader: Node | None = None) -> None:
        self._facts = facts
        self._items = items
        self._reader = reader

    def __getitem__(self, task: str) -> Any:
        node = self._facts.nodes.get(task)
        if node is None or (self._reader is not None and stands_later(node, self._reader, self._facts.nodes)):
            raise KeyError(task)
        found = _by_item(self._facts, self._items, node, "", 0)
        if found is None:
            raise KeyError(task)
        return found

    def __iter__(self) -> Iterator[str]:
        for task in self._facts.nodes:
            try:
                found = self[task]
            except KeyError:
                continue
            if not isinstance(found, ItemOutputs) or len(found):
                yield task

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _outputs_at(facts: Facts, node: Node, address: str) -> JsonMap | None:
    """Give the outputs of a task run; the answers to a pause with the secrets among them in the clear."""
    found = facts.outputs_at(address)
    if found is None or node.task.kind is not Kind.PAUSE or not isinstance(found.get("onResume"), Mapping):
        return found
    return {**found, "onResume": facts.secrets.opened(found["onResume"])}


class ItemOutputs(Mapping[str, Any]):
    """The outputs of one task in a loop, by the item: `outputs.load.paris`, `outputs.load[taskrun.value]`.

    An item is found by its key or by its value; the value of the reader's own item finds the reader's own item, even where
    equal items stand beside it.
    """

    def __init__(self, facts: Facts, items: tuple[Item, ...], node: Node, prefix: str, level: int) -> None:
        self._facts = facts
        self._items = items
        self._node = node
        self._level = level
        self._loop = prefix + node.loops[level]

    def __getitem__(self, name: Any) -> Any:
        key = self._own_key(name)
        prefix = item_prefix(self._loop, key) + "."
        found = _by_item(self._facts, self._items, self._node, prefix, self._level + 1)
        if found is None or (isinstance(found, ItemOutputs) and key not in (self._facts.keys_of(self._loop) or ())):
            raise KeyError(name)
        return found

    def _own_key(self, name: Any) -> str:
        loop = self._node.loops[self._level]
        own = next((item for item in self._items if item.loop == loop), None)
        if own is not None and (name in (own.value, own.key)):
            return own.key
        known = self._facts.keys_of(self._loop) or ()
        return name if isinstance(name, str) and name in known else item_key(name)

    def __iter__(self) -> Iterator[str]:
        for key in self._facts.keys_of(self._loop) or ():
            try:
                self[key]
            except KeyError:
                continue
            yield key

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _by_item(facts: Facts, items: tuple[Item, ...], node: Node, prefix: str, level: int) -> JsonMap | None:
    """Give the outputs of a task below some items: a map by the items of the next loop around it, if there is one.

    A loop that repeats does not show: it is the reader's own turn that counts, or else the last one.
    """
    while level < len(node.loops) and facts.nodes[node.loops[level]].task.repeats:
        loop = node.loops[level]
        own = next((item.key for item in items if item.loop == loop), None)
        key = own or next(reversed(facts.keys_of(prefix + loop) or ()), None)
        if key is None:
            return None
        prefix, level = item_prefix(prefix + loop, key) + ".", level + 1
    if level < len(node.loops):
        return ItemOutputs(facts, items, node, prefix, level)
    return _outputs_at(facts, node, prefix + node.task.id)


class States(Mapping[str, Any]):
    """`tasks`: the state of each task by its id; of a task in a loop, a map of its items first. Read when it is asked for.

    A loop that repeats does not show: its last turn counts.
    """

    def __init__(self, outside: Outside, nodes: Mapping[str, Node]) -> None:
        self._outside = outside
        self._nodes = nodes

    @cached_property
    def _found(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for text, state in self._outside.states().items():
            address = parse_address(text)
            inner = found.setdefault(address.task or "", {})
            for loop, key in address.items:
                if not self._nodes[loop].task.repeats:
                    inner = inner.setdefault(key, {})
            inner["state"] = state.value
        return found

    def __getitem__(self, task: str) -> Any:
        return self._found[task]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@overload
def variables(
    facts: Facts, scope: Scope, task: Task, *, taskrun: JsonMap | None = None, own: JsonMap | None = None
) -> TaskVariables: ...
@overload
def variables(facts: Facts, scope: Scope, task: None = None) -> dict[str, Any]: ...
def variables(
    facts: Facts,
    scope: Scope,
    task: Task | None = None,
    *,
    taskrun: JsonMap | None = None,
    own: JsonMap | None = None,
) -> dict[str, Any]:
    """Give the variables for expressions of `task` in this scope; for the flow's own outputs without a task.

    Parameters
    ----------
    own : those that the type of the task has of its own.
    """
    run, flow = facts.run, facts.flow
    found: dict[str, Any] = {
        "flow": {"id": flow.id, "namespace": flow.namespace, "revision": run.revision},
        "execution": {
            "id": run.id,
            "name": run.name,
            "startDate": datetime.fromtimestamp(run.clock, UTC),
            "originalId": run.root,
            "attempt": run.attempt,
            "state": (run.state if run.state.ended or run.state is State.PAUSED else State.RUNNING).value,
            **facts.ended,
        },
        "inputs": facts.secrets.opened(run.inputs),
        "outputs": Outputs(facts, scope.items, None if task is None else facts.nodes.get(task.id)),
        "vars": with_settings(flow.variables, task, scope, facts.nodes, facts.outputs_at, facts.keys_of),
        "labels": _labels(facts.labels),
    }
    if facts.outside is not None:
        around = facts.outside.around
        found |= {"envs": around.envs(), "globals": around.globals, "kestra": around.kestra()}
        found["tasks"] = States(facts.outside, facts.nodes)
    if task is None:
        return {**found, IS_REPLAY: run.origin is not None}
    found |= own or {}
    found["task"] = {"id": task.id, "type": task.type}
    found["taskrun"] = {**(taskrun or {}), **_item_facts(facts.nodes, scope)}
    parents = _parents(facts, scope, task)
    found["parents"] = parents
    if parents:
        found["parent"] = parents[0]
    return TaskVariables(found, run, scope.prefix + task.id, lambda known: _rendered(facts, scope, task, known))


def _rendered(facts: Facts, scope: Scope, task: Task, found: JsonMap) -> dict[str, Any]:
    return render_properties(task, facts.overrides_of(task.id, scope.keys), expression_scope(facts, found))


def _item_facts(nodes: Mapping[str, Node], scope: Scope) -> dict[str, Any]:
    if not scope.items:
        return {}
    turn = {"iteration": scope.items[-1].index}
    item = own_item(nodes, scope)
    if item is None:
        return turn
    batch = {"items": item.value} if nodes[item.loop].task.batches else {}
    return {"value": item.value, "key": item.key, **batch, **turn}


def own_item(nodes: Mapping[str, Node], scope: Scope) -> Item | None:
    """Give the item in which a scope stands; a turn of a loop that repeats is none."""
    return next((item for item in reversed(scope.items) if not nodes[item.loop].task.repeats), None)


def _parents(facts: Facts, scope: Scope, task: Task) -> list[dict[str, Any]]:
    """The groups around a task that are in an item of a loop themselves, the nearest first: as Kestra counts them."""
    items = {item.loop: item for item in scope.items}
    node = facts.nodes.get(task.id)
    around = [facts.nodes[name] for name in reversed(node.parents)] if node is not None else []
    return [
        _parent(facts, scope, group, items[group.loops[-1]])
        for group in around
        if group.is_item and group.loops[-1] in items and not facts.nodes[group.loops[-1]].task.repeats
    ]


def _parent(facts: Facts, scope: Scope, group: Node, item: Item) -> dict[str, Any]:
    keys = tuple((one.loop, one.key) for one in scope.items[: len(group.loops)])
    return {
        "task": {"id": group.task.id},
        "taskrun": {"value": item.value, "key": item.key, "iteration": item.index},
        "outputs": facts.outputs_at(str(Address(keys, group.task.id))) or {},
    }


def _labels(labels: Mapping[str, str]) -> dict[str, Any]:
    """Give the labels, and those with dots in their names also as maps: `labels.system.correlationId`."""
    found: dict[str, Any] = {}
    for name, value in labels.items():
        inner, *parts = found, *name.split(".")
        for part in parts[:-1]:
            inner = inner.setdefault(part, {}) if isinstance(inner, dict) else {}
        if isinstance(inner, dict):
            inner.setdefault(parts[-1], value)
    return {**found, **labels}


def expression_scope(facts: Facts, found: JsonMap, used: dict[str, str] | None = None) -> ExpressionScope:
    """Give the scope in which expressions of this run are rendered; `used` takes the digests of secrets that they read."""
    return ExpressionScope(
        variables=found,
        now=lambda: datetime.fromtimestamp(facts.clock.now(), UTC),
        functions={} if facts.outside is None else facts.outside.functions(used),
        random=urandom,
    )


def render_properties(task: Task, overrides: JsonMap, scope: ExpressionScope) -> dict[str, Any]:
    """Render a task's properties. An override stands in the place of what the flow says: literal, or an expression.

    What the task renders itself stays the text that it is.
    """
    rendered: dict[str, Any] = {}
    for name in {**task.properties, **overrides}:
        if name in task.raw:
            given = overrides.get(name, task.properties.get(name))
            rendered[name] = given.text if isinstance(given, Expression) else given
        elif name not in overrides:
            rendered[name] = plain(render_value(task.properties[name], scope))
        else:
            given = overrides[name]
            rendered[name] = plain(parse(given.text).evaluate(scope)) if isinstance(given, Expression) else given
    return rendered


def plain(value: Any) -> Any:
    """Read what is looked up only when it is read: a property holds plain maps, and no way back to the run."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in cast("JsonMap", value).items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    return value.isoformat() if isinstance(value, date | time) else value
