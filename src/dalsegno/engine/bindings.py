"""What the bindings of a step in Python come to in one run: forms of values, never the values themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, cast

from dalsegno.artifacts.materializers.forms import digest_of
from dalsegno.engine.variables import Facts
from dalsegno.errors import TaskFailed
from dalsegno.model.address import Address, Items, Parts
from dalsegno.model.binding import KEY, binding_of
from dalsegno.model.digest import TAG
from dalsegno.model.flow import Kind, Task
from dalsegno.model.graph import Node
from dalsegno.replay.edges import Scope
from dalsegno.replay.request import Expression

JsonMap = Mapping[str, Any]
#: gives the keys by which a function of the user's names items
KeyFunction = Any


class Bound:
    """Looks up what parameters are bound to, where a task stands."""

    def __init__(self, task: Task, scope: Scope, facts: Facts) -> None:
        self._task = task
        self._scope = scope
        self._facts = facts
        #: the digest of each value that was looked up, by its path
        self.used: dict[str, str] = {}

    def arguments(self, overrides: JsonMap) -> dict[str, Any]:
        """Give the form for each parameter. An override stands in the place of what the graph says."""
        return {
            name: self.form(overrides.get(name, value))
            for name, value in {**self._task.properties, **overrides}.items()
        }

    def form(self, value: Any) -> Any:
        """Give the form of one property."""
        if isinstance(value, Expression):
            message = "an expression cannot stand for an argument of a step in Python; give the value itself"
            raise TaskFailed(message, code="bad-override")
        return self._form(*binding_of(value))

    def _form(self, kind: str, what: Any) -> Any:
        if kind == "value":
            return what
        if kind == "output":
            return self._output(what[0], what[1])
        if kind == "items":
            return list(self.items(what[0], what[1])[1])
        if kind == "item":
            return self._item(what)
        if kind == "list":
            return [self._inner(inner) for inner in what]
        if kind == "tuple":
            return {TAG: "tuple", "data": [self._inner(inner) for inner in what]}
        return _map_form([(key, self._inner(inner)) for key, inner in what])

    def _inner(self, binding: JsonMap) -> Any:
        ((kind, what),) = binding.items()
        return self._form(kind, what)

    def _output(self, task: str, name: str) -> Any:
        node = self._facts.nodes[task]
        own = {item.loop: item.key for item in self._scope.items}
        items = tuple((loop, own.get(loop)) for loop in node.loops)
        address = str(Address(items, task)) if items else task
        return self._noted((task, *(str(key) for _, key in items), name), self._facts.outputs_at(address), name)

    def _noted(self, path: Sequence[str], outputs: JsonMap | None, name: str) -> Any:
        found = (outputs or {}).get(name)
        self.used[".".join(["outputs", *path])] = digest_of(found)
        return found

    def items(self, task: str, name: str) -> tuple[Sequence[str], list[Any]]:
        """Give the keys of a mapped step's items, and an output of each, in order."""
        inner = _inner_of(self._facts.nodes[task])
        (loop,) = self._facts.nodes[inner].loops[-1:]
        keys = self._facts.keys_of(loop) or ()
        # in another order the values are another list
        self.used[f"outputs.{inner}.keys"] = digest_of(list(keys))
        return keys, [
            self._noted((inner, key, name), self._facts.outputs_at(address), name)
            for key, address in zip(keys, self._addresses(task, keys), strict=True)
        ]

    def _addresses(self, task: str, keys: Sequence[str]) -> list[str]:
        """Give the addresses of a mapped step's task runs."""
        inner = _inner_of(self._facts.nodes[task])
        (loop,) = self._facts.nodes[inner].loops[-1:]
        return [str(Address(((loop, key),), inner)) for key in keys]

    def _item(self, parameter: str) -> Any:
        item = self._scope.items[-1]
        found = cast("JsonMap", item.value)[parameter]
        self.used[f"taskrun.value.{parameter}"] = digest_of(found)
        return found

    # the items of a mapped step

    def parts(self, overrides: JsonMap, key_function: KeyFunction) -> Items:
        """Give the items of a mapped step: for each the forms of its parameters, and the keys.

        Raises
        ------
        TaskFailed : what is mapped is no list, or the lists are not equally long.
        """
        over = {name: {KEY: inner} for name, inner in binding_of(self._task.properties["over"])[1]}
        crossed = binding_of(self._task.properties.get("mode", "zip"))[1] == "product"
        lists = {name: self._list(name, overrides.get(name, value)) for name, value in over.items()}
        _check_lengths(self._task.id, {} if crossed else {name: len(found) for name, found in lists.items()})
        combined = partial(_crossed if crossed else _in_step, list(lists))
        rows = combined(lists.values())
        reads = [tuple(part for part in row.values() if part) for row in combined(map(_sources, lists.values()))]
        key = binding_of(self._task.properties.get("key"))[1]
        if key is not None:
            return Items(rows, self._named(key, rows, key_function), reads=reads)
        if len(lists) == 1:
            # one list names its items by themselves, or they have names already
            (only,) = lists.values()
            return Items(rows, list(only), keys=only.keys, reads=reads)
        names = combined(list(found if found.keys is None else found.keys) for found in lists.values())
        return Items(rows, [Parts(row) for row in names], reads=reads)

    def _named(self, key: str, rows: list[dict[str, Any]], key_function: KeyFunction) -> list[Any]:
        if ":" in key:
            return key_function(key, rows)
        first = [next(iter(row.values())) for row in rows]
        return [_field(self._task.id, key, self._facts.opened(each)) for each in first]

    def _list(self, name: str, value: Any) -> Items:
        kind, what = binding_of(value)
        if kind == "items":
            keys, values = self.items(what[0], what[1])
            return Items(values, keys=keys, reads=[(address,) for address in self._addresses(what[0], keys)])
        found = _items_of(self._facts.opened(self._form(kind, what)))
        if found is None:
            message = f"`{self._task.id}` maps over `{name}`, which is no list or tuple"
            raise TaskFailed(message, hint="give a list, or a step that returns one", code="bad-items")
        return Items(found)


def _items_of(form: Any) -> list[Any] | None:
    """Give the forms of the items of a list, tuple or range; `None` for anything else."""
    if isinstance(form, dict):
        kind, data = form.get(TAG), cast("JsonMap", form).get("data")
        return list(range(*cast("list[int]", data))) if kind == "range" else data if kind == "tuple" else None
    return cast("list[Any]", form) if isinstance(form, list) else None


def _inner_of(node: Node) -> str:
    return node.task.tasks[0].id if node.task.kind is Kind.LOOP else node.task.id


def _map_form(pairs: list[tuple[Any, Any]]) -> Any:
    if all(isinstance(key, str) and not key.startswith("$") for key, _ in pairs):
        return dict(pairs)
    return {TAG: "map", "data": [[key, value] for key, value in pairs]}


def _field(task: str, key: str, item: Any) -> Any:
    if isinstance(item, dict):
        data = cast("JsonMap", item.get("data") if TAG in item else item)
        if isinstance(data, dict) and key in data:
            return data[key]
    raise TaskFailed(f"`{task}` names its items by `{key}`, which an item does not have", code="bad-items")


def _sources(items: Items) -> list[str]:
    """Give for each item the address of the task run that it comes from; nothing where it comes from no other item."""
    return [address for (address,) in items.reads] or [""] * len(items)


def _crossed(names: list[str], lists: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in product(*lists)]


def _in_step(names: list[str], lists: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]


def _check_lengths(task: str, lengths: Mapping[str, int]) -> None:
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"`{name}` has {length}" for name, length in lengths.items())
        message = f"`{task}` maps over lists of different lengths: {told}"
        hint = "give lists of one length, or use `.product` for all combinations, or `unmapped` for what is the same for all"
        raise TaskFailed(message, hint=hint, code="bad-items")
