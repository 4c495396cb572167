"""Finds which tasks may have set the variables that a task reads: those that stand before it, whatever else runs beside it.

So what a task sees depends on how the flow stands in its file, and not on what was faster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dalsegno.flows.drafts import Draft
from dalsegno.flows.order import complaint, stands_before
from dalsegno.flows.properties import concurrency
from dalsegno.model.flow import VARIABLES, Key, Kind, Read


def may_set(setter: Draft, name: str | None) -> bool:
    """Whether a task may set, or take away, the variable of this name; `None` is any."""
    node = setter.fields.get("variables")
    if node is None or name is None:
        return node is not None
    if node.fields is not None:
        return any(known == name or "{{" in known for known in node.fields)
    if node.items is not None:
        texts = [item.value for item in node.items]
        return any(not isinstance(text, str) or "{{" in text or text.split(".")[0] == name for text in texts)
    return True


def readings(name: str | None, reader: Draft, setters: Iterable[Draft], *, inside: bool = False) -> Iterator[Read]:
    """Give what is read of the tasks that may have set a variable before `reader` reads it.

    Parameters
    ----------
    inside : it is read when the tasks in the reader have run.
    """
    for setter in setters:
        if not setter.disabled and may_set(setter, name):
            ran = inside and reader in setter.groups
            keys = _keys_inside(setter, reader) if ran else _keys(setter, reader)
            if keys is not None:
                yield Read(setter.id, keys, (VARIABLES,))


def _keys(setter: Draft, reader: Draft) -> tuple[Key, ...] | None:
    """Give whose settings are seen: of the own item, or of the items before it; `None` if none are."""
    shared = sum(1 for ours, theirs in zip(reader.loops, setter.loops, strict=False) if ours == theirs)
    if not shared and complaint(setter, reader) is not None:
        return None
    own = shared if stands_before(setter, reader) else shared - 1
    if own < shared and (own < 0 or not _one_by_one(reader, reader.loops[own])):
        return None
    return (*(Key.OWN for _ in range(own)), *(Key.ANY for _ in setter.loops[own:]))


def _keys_inside(setter: Draft, reader: Draft) -> tuple[Key, ...]:
    """Give whose settings a loop sees that asks whether it goes on: those of its last turn."""
    own = len(reader.loops) + (reader.kind is Kind.LOOP)
    return tuple(Key.OWN if level < own else Key.ANY for level in range(len(setter.loops)))


def _one_by_one(reader: Draft, loop: str) -> bool:
    """Whether the items of a loop around a task follow each other."""
    group = next(group for group in reader.groups if group.id == loop)
    follows = group.task_type.repeats or concurrency(group.task_type, group.properties) == 1
    return follows and not group.task_type.abreast
