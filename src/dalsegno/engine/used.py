"""Which values a task used, by digest: what a later replay compares with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from dalsegno.engine.variables import own_item
from dalsegno.model.digest import digest
from dalsegno.model.flow import Key, Read, Task
from dalsegno.model.sealed import as_counted
from dalsegno.replay.edges import Scope
from dalsegno.replay.select import Nodes

JsonMap = Mapping[str, Any]


def used_values(task: Task, scope: Scope, found: JsonMap, nodes: Nodes) -> Iterator[tuple[str, str]]:
    """Give the digest of each value that the task's expressions read, by its path."""
    for name in task.inputs:
        if name in found["inputs"]:
            yield f"inputs.{name}", digest("value", as_counted(found["inputs"][name]))
    for path in task.context:
        yield path, digest("value", _in_context(path, found))
    for path, value in task.variables.items():
        yield f"vars.{path}", value
    for read in task.reads:
        if read.task is not None:
            path, value = _read(read, found["outputs"], scope, nodes)
            yield path, digest("value", as_counted(_concrete(value)))
    item = own_item(nodes, scope)
    if item is not None:
        yield "taskrun.value", digest("value", as_counted(item.value))


def _in_context(path: str, found: JsonMap) -> Any:
    root, _, name = path.partition(".")
    if name:
        return found[root].get(name)
    return {name: value for name, value in found[root].items() if name.partition(".")[0] != "system"}


def _read(read: Read, outputs: Any, scope: Scope, nodes: Nodes) -> tuple[str, Any]:
    """Follow a reading as far as it is constant; what cannot be followed counts as a whole."""
    steps: list[Any] = [read.task]
    own = {item.loop: item.key for item in scope.items}
    node = nodes.get(read.task or "")
    for loop, key in zip(node.loops if node else (), read.keys, strict=False):
        if key is Key.LAST:
            continue
        if key is Key.ANY or (key is Key.OWN and loop not in own):
            break
        steps.append(own[loop] if key is Key.OWN else str(key))
    else:
        steps += read.path
    value = outputs
    taken = ["outputs"]
    for step in steps:
        try:
            value = value[int(step) if isinstance(value, list | tuple) else step]
        except (KeyError, TypeError, IndexError, ValueError):
            return ".".join([*taken, str(step)]), None
        taken.append(str(step))
    return ".".join(taken), value


def _concrete(value: Any) -> Any:
    if isinstance(value, Mapping) and not isinstance(value, dict):
        return {str(key): _concrete(item) for key, item in cast("JsonMap", value).items()}
    return value
