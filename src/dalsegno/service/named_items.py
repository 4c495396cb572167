"""How items were named in the origin: a function of the user's names them, which no planner calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dalsegno.artifacts.materializers.forms import digest_of
from dalsegno.engine.variables import no_keys
from dalsegno.model.flow import Task
from dalsegno.model.run import Run
from dalsegno.store.port import Store


def keys_as_then(
    store: Store, origin: Run | None, address: str, task: Task
) -> Callable[[str, Sequence[Any]], list[Any]]:
    """Give what names the items of a mapped step as the origin's were: equal items, by the same function.

    Parameters
    ----------
    address : of the mapped step in the origin.
    """

    def keys(function: str, items: Sequence[Any]) -> list[Any]:
        left = _names_then(store, origin, address, task)
        found = [names.pop(0) for row in items if (names := left.get(_content(row)))]
        return found if len(found) == len(items) else no_keys(function, items)

    return keys


def _content(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what an item is known by: the content of its parameters."""
    return tuple(digest_of(row[name]) for name in sorted(row))


def _names_then(store: Store, origin: Run | None, address: str, task: Task) -> dict[tuple[str, ...], list[str]]:
    """Give the keys by the digest of what they were made of; nothing where that function was another one."""
    before = store.task_runs.at(origin.id, address) if origin is not None else None
    if before is None or before.keys is None or before.values is None:
        return {}
    if before.digests.get("key") != task.digests.get("key"):
        return {}
    known: dict[tuple[str, ...], list[str]] = {}
    for key, row in zip(before.keys, before.values, strict=False):
        known.setdefault(_content(row), []).append(key)
    return known
