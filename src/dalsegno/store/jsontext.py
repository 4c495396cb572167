"""JSON columns: compact text, and the empty cases without a parser, because most columns of most rows are empty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownVariableType]
    raise TypeError(f"a value of type {type(value).__qualname__} cannot be kept as JSON")


# ASCII alone: text that a script wrote may hold halves of characters, which UTF-8 cannot
_encode = json.JSONEncoder(separators=(",", ":"), default=_plain).encode
_decode = json.loads


def to_text(value: Any) -> str:
    """Give a value as JSON text."""
    return _encode(value)


def map_to_text(value: Mapping[str, Any]) -> str:
    """Give a map as JSON text."""
    return _encode(value) if value else "{}"


def optional_to_text(value: Any) -> str | None:
    """Give a value as JSON text, and `None` as no text."""
    return None if value is None else _encode(value)


def from_text(text: str) -> Any:
    """Read a value."""
    return _decode(text)


def map_from_text(text: str) -> dict[str, Any]:
    """Read a map."""
    return {} if text == "{}" else _decode(text)


def optional_from_text(text: str | None) -> Any:
    """Read a value that may be missing."""
    return None if text is None else _decode(text)


def tuple_from_text(text: str | None) -> tuple[Any, ...] | None:
    """Read a list that may be missing, as a tuple."""
    return None if text is None else tuple(_decode(text))
