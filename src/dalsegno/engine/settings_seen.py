"""What a task sees under `vars`: the flow's variables, with what tasks before it have set.

What was set is the result of the task that set it, and is kept, pinned and lost with it: nothing else holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from dalsegno.model.address import item_prefix
from dalsegno.model.flow import VARIABLES, Key, Read, Task
from dalsegno.model.graph import Node
from dalsegno.replay.edges import Scope

JsonMap = Mapping[str, Any]
#: where something was set: for each loop its place and that of the item, then the place of the task
_Place = tuple[int, ...]


def with_settings(
    variables: JsonMap,
    task: Task | None,
    scope: Scope,
    nodes: Mapping[str, Node],
    outputs_at: Callable[[str], JsonMap | None],
    keys_of: Callable[[str], Sequence[str] | None],
) -> JsonMap:
    """Give the variables that a task sees; without one, those at the end of the flow.

    Parameters
    ----------
    variables : the flow's own.
    """
    reads = _everything(nodes) if task is None else _of_task(task, nodes)
    found = [place for read in reads for place in _places(read, nodes, scope, keys_of)]
    for _, address in sorted(found):
        outputs = outputs_at(address)
        if outputs is not None and VARIABLES in outputs:
            variables = changed(variables, outputs[VARIABLES])
    return variables


def changed(variables: JsonMap, setting: Any) -> JsonMap:
    """Give variables with what one task has set (a map, put in at every depth) or taken away (a list of names)."""
    if isinstance(setting, Mapping):
        return _merged(variables, cast("JsonMap", setting))
    for name in cast("list[str]", setting) if isinstance(setting, list) else ():
        variables = _without(variables, name)
    return variables


def _merged(old: JsonMap, new: JsonMap) -> JsonMap:
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(cast("JsonMap", before), cast("JsonMap", value)) if both else value
    return merged


def _without(variables: JsonMap, name: str) -> JsonMap:
    first, _, rest = name.partition(".")
    if not rest:
        return {key: value for key, value in variables.items() if key != first}
    inner = variables.get(first)
    return {**variables, first: _without(cast("JsonMap", inner), rest)} if isinstance(inner, Mapping) else variables


def _of_task(task: Task, nodes: Mapping[str, Node]) -> Iterator[Read]:
    for read in task.reads:
        node = nodes.get(read.task or "")
        if node is not None and node.task.setter and read.path == (VARIABLES,):
            yield read


def _everything(nodes: Mapping[str, Node]) -> Iterable[Read]:
    setters = (node for node in nodes.values() if node.task.setter)
    return (Read(node.task.id, tuple(Key.ANY for _ in node.loops), (VARIABLES,)) for node in setters)


def _places(
    read: Read, nodes: Mapping[str, Node], scope: Scope, keys_of: Callable[[str], Sequence[str] | None]
) -> Iterator[tuple[_Place, str]]:
    """Give the addresses that a reading means, each with its place in the order of the flow."""
    node = nodes[read.task or ""]
    own = {item.loop: item for item in scope.items}
    found: list[tuple[_Place, str]] = [((), "")]
    for loop, key in zip(node.loops, read.keys, strict=True):
        item, inner = own.get(loop), list[tuple[_Place, str]]()
        for place, prefix in found:
            if key is Key.OWN and item is not None:
                items = [(item.index, item.key)]
            else:
                # of a loop around the reader, the items before its own
                items = list(enumerate(keys_of(prefix + loop) or ()))[: None if item is None else item.index]
            position = nodes[loop].position
            inner += [((*place, position, index), f"{item_prefix(prefix + loop, name)}.") for index, name in items]
        found = inner
    yield from (((*place, node.position), prefix + node.task.id) for place, prefix in found)
