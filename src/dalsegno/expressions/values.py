"""What values are inside an expression: how they are looked up, compared with true, and written as text."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, cast
from uuid import UUID

from dalsegno.expressions.faults import Fault, Missing, describe
from dalsegno.expressions.limits import weigh
from dalsegno.model.address import scalar_text


def is_list(value: Any) -> bool:
    """Tell whether a value is a list, of whatever make."""
    return isinstance(value, list | tuple) or (isinstance(value, Sequence) and not isinstance(value, str | bytes))


def is_empty(value: Any) -> bool:
    """Tell whether a value is null, blank text, or a map or list without elements."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    return (isinstance(value, Mapping) or is_list(value)) and not len(value)


def lookup(container: Any, key: Any, where: str | None, offset: int | None) -> Any:
    """Look a key up in a map or an index in a list. Nothing else can be looked into, whatever it is made of.

    Raises
    ------
    Missing : there is no such key or index.
    """
    if isinstance(container, Mapping):
        entries = cast("Mapping[Any, Any]", container)
        for candidate in _keys(entries, key):
            try:
                return entries[candidate]
            except KeyError:
                continue
        raise Missing(to_text(key), entries, where, offset)
    index = _index(key)
    if index is not None and is_list(container):
        try:
            return container[index]
        except IndexError:
            pass
    raise Missing(to_text(key), container, where, offset)


def _keys(entries: Mapping[Any, Any], key: Any) -> tuple[Any, ...]:
    """Give the keys to look up. Maps from JSON have texts as keys, so a number is also looked up by its text.

    A map of another make may know keys that a `dict` cannot have, such as the items of a loop over maps.
    """
    if isinstance(key, int | float):
        return (key, scalar_text(key))
    return (key,) if isinstance(key, Hashable) or not isinstance(entries, dict) else ()


def _index(key: Any) -> int | None:
    if isinstance(key, bool):
        return None
    if isinstance(key, int):
        return key
    return int(key) if isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 10 else None


def to_text(value: Any) -> str:
    """Write a value as an expression shows it: null as nothing, maps and lists as JSON.

    Raises
    ------
    Fault : the value has no text.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    if isinstance(value, Mapping) or is_list(value):
        return to_json(value)
    return scalar_text(to_data(value)) or ""


def to_json(value: Any) -> str:
    """Write a value as JSON, in one line."""
    weigh(value)
    return json.dumps(to_data(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def to_data(value: Any) -> Any:
    """Give a value as it leaves the language: plain JSON data; points in time are ISO texts.

    Raises
    ------
    Fault : there is something in it that expressions know nothing of.
    """
    if value is None or isinstance(value, bool | float) or type(value) in (str, int):
        return value
    if isinstance(value, Mapping):
        return {_key(key): to_data(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if is_list(value):
        return [to_data(item) for item in value]
    if isinstance(value, Enum):
        return to_data(value.value)
    if isinstance(value, int | str):
        return int(value) if isinstance(value, int) else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | PurePath):
        return str(value)
    raise Fault(f"{describe(value)} cannot be shown")


def _key(key: Any) -> str:
    return key if isinstance(key, str) else scalar_text(key) or to_text(key)
