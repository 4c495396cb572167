"""Pages of lists whose entries have a name: what comes after a name, and the name to go on after."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from fastapi import Query

Entry = TypeVar("Entry")

#: how much one page may hold
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at the most.")]
After = Annotated[str, Query(description="Where to go on: what an earlier page gave as `next`.")]


def page(
    entries: Iterable[Entry], noun: str, shown: Callable[[Entry], dict[str, Any]], named: Callable[[Entry], tuple[str, ...]],
    *, limit: int, after: str,
) -> dict[str, Any]:  # fmt: skip
    """Give the entries after a name, at most so many, and under `next` the name of the last one where there are more.

    Parameters
    ----------
    named : gives the parts of an entry's name, by which they stand in order; all but the last have no slash in them.
    """
    names = sorted(((named(entry), entry) for entry in entries), key=lambda each: each[0])
    parts = len(names[0][0]) if names else 1
    beyond = tuple(after.split("/", parts - 1))
    rest = [each for each in names if not after or each[0] > beyond]
    kept = rest[:limit]
    return {noun: [shown(entry) for _, entry in kept], "next": "/".join(kept[-1][0]) if len(rest) > limit else None}
