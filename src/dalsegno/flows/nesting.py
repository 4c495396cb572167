"""Where tasks may stand in each other, whatever the types of the groups."""

from __future__ import annotations

from collections.abc import Iterator

from dalsegno.flows.document import Node
from dalsegno.flows.words import AFTER, HANDLERS

_LISTS = ("tasks", "then", "else", "defaults", *HANDLERS, AFTER)
_MAPS = ("cases",)


def inner_tasks(node: Node) -> Iterator[Node]:
    """Give what stands as a task directly in a flow or a group."""
    for key in _LISTS:
        yield from _listed(node.inner(key))
    for key in _MAPS:
        mapped = node.inner(key)
        for tasks in ((mapped.fields if mapped is not None else None) or {}).values():
            yield from _listed(tasks)


def task_called(node: Node, name: str) -> Node | None:
    """Find a task by its id, however deep it stands."""
    for task in inner_tasks(node):
        written = task.inner("id")
        found = task if written is not None and written.text == name else task_called(task, name)
        if found is not None:
            return found
    return None


def _listed(tasks: Node | None) -> Iterator[Node]:
    for item in (tasks.items if tasks is not None else None) or ():
        # in a Dag the task stands one level deeper, beside what it depends on
        held = item.inner("task") if item.inner("type") is None else None
        task = item if held is None else held
        if task.fields is not None:
            yield task
