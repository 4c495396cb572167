"""Values that JSON can hold, made of builtin types alone."""

from __future__ import annotations

import math
from typing import Any, NoReturn, cast

from dalsegno.errors import TaskFailed

_HINT = (
    "return text, numbers, true or false, None, or lists and dicts (with text as keys) of these; "
    "turn other objects into them first, or write them to a file and return its path"
)


def plain(value: Any, place: str = "value") -> Any:
    """Give a value rebuilt from JSON's types: tuples become lists, subclasses of str, int, float, list and dict their base.

    Raises
    ------
    TaskFailed : something in it is of another type; the message gives its place (code `result-not-plain`).
    """
    try:
        return _plain(value, place)
    except RecursionError:
        raise TaskFailed(
            f"`{place}` contains itself or is nested too deep", code="result-not-plain", hint=_HINT
        ) from None


def _plain(value: Any, place: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _refuse(place, f"is {value}, a number that JSON lacks")
    if isinstance(value, list | tuple):
        items = cast("list[Any]", value)
        return [_plain(item, f"{place}[{number}]") for number, item in enumerate(items)]
    if isinstance(value, dict):
        return _plain_dict(cast("dict[Any, Any]", value), place)
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return _refuse(place, f"is of type `{name}`, which cannot be kept as an output")


def _plain_dict(value: dict[Any, Any], place: str) -> dict[str, Any]:
    for key in value:
        if not isinstance(key, str):
            _refuse(place, f"has the key {key!r} of type `{type(key).__qualname__}`; keys must be text")
    return {str.__str__(key): _plain(item, f"{place}.{key}") for key, item in value.items()}


def _refuse(place: str, what: str) -> NoReturn:
    raise TaskFailed(f"`{place}` {what}", code="result-not-plain", hint=_HINT)
