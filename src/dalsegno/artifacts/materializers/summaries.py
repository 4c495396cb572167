"""What a value is, in a few words of JSON, for lists and screens. Cheap: it is made for each value that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from itertools import islice
from typing import Any, cast

from dalsegno.artifacts.materializers.errors import named

#: rows of a table that are shown
ROWS_SHOWN = 5
_FIRST = 3
_LONGEST = 60
_SHOWN = (str, int, float, bool, type(None), bytes, complex)


def summary_of(value: Any, size: int | None = None) -> dict[str, Any]:
    """Sum up a value; with its `size` in bytes where it does not stand in the row, and then with its first items."""
    kind = type(value)
    summary: dict[str, Any] = {"type": named(kind)}
    if kind in _LENGTHS:
        summary["length"] = len(value)
    if size is not None:
        summary["size"] = size
        if kind in _LENGTHS:
            summary["first"] = _first(value)
    return summary


def rows_shown(rows: Iterable[Sequence[Any]]) -> list[list[str | None]]:
    """Show the first rows of a table, each cell as a short text; a missing one is `None`."""
    return [[None if cell is None else str(cell)[:_LONGEST] for cell in row] for row in islice(rows, ROWS_SHOWN)]


_LENGTHS = frozenset({str, bytes, bytearray, list, tuple, set, frozenset, dict})


def _first(value: Any) -> Any:
    if isinstance(value, str | bytes | bytearray):
        return brief(value)
    if isinstance(value, dict):
        return {brief(key): brief(item) for key, item in islice(cast("dict[Any, Any]", value).items(), _FIRST)}
    return [brief(item) for item in islice(value, _FIRST)]


def brief(value: Any) -> str:
    """Show a value in one short line, without asking it where that might be slow."""
    if isinstance(value, str | bytes | bytearray):
        text = repr(value[:_LONGEST]) if not isinstance(value, str) else value[:_LONGEST]
        return f"{text}..." if len(value) > _LONGEST else text
    if isinstance(value, _SHOWN):
        text = repr(value) if not isinstance(value, int) or value.bit_length() < 200 else "a large number"
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    shown = named(type(value))
    if isinstance(value, list | tuple | set | frozenset | Mapping):
        return f"{shown} of {len(cast('Sized', value))}"
    return shown
