"""One way to encode, one way to hash.

A value is written as canonical JSON (UTF-8, keys sorted, no blanks, `NaN` and infinities as tagged strings; a type that
JSON lacks becomes `{"$type": name, "value": ...}`), then hashed with BLAKE3 behind the name of what it is, so that
equal bytes of two different kinds never share a digest. The stored form is 64 hex digits. `docs/decisions/0003-digests.md`
is the specification; `tests/unit/model/test_digest.py` holds golden values.
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, cast
from uuid import UUID

from blake3 import blake3

#: hex digits of a digest where it stands in an address
SHORT = 12
#: marks a value that JSON lacks; a map that has it as a key of its own is written as a list of pairs
TAG = "$type"


def canonical(value: Any) -> bytes:
    """Encode a value canonically: equal values give equal bytes, on any machine and in any process.

    Raises
    ------
    TypeError : the value is of a type that has no canonical form.
    """
    return json_text(value if is_json(value) else _plain(value)).encode("utf-8", "surrogatepass")


def is_json(value: Any) -> bool:
    """Whether JSON can hold a value as it is. Most values are, and then nothing is copied."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return True
    if kind is float:
        return math.isfinite(value)
    if kind is dict:
        items = cast("dict[Any, Any]", value).items()
        return TAG not in value and all(
            type(key) is str and (type(item) is str or is_json(item)) for key, item in items
        )
    return kind is list and all(type(item) is str or is_json(item) for item in cast("list[Any]", value))


#: writes what JSON can hold canonically; made once: `json.dumps` would make an encoder for every value
json_text = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def digest(kind: str, value: Any) -> str:
    """Give the digest of `value` as a thing of this `kind`: 64 hex digits."""
    return digest_bytes(kind, canonical(value))


def digest_bytes(kind: str, data: bytes) -> str:
    """Give the digest of bytes that are in canonical form already."""
    return blake3(f"dalsegno/{kind}\0".encode() + data).hexdigest()


def _tagged(name: str, value: Any) -> dict[str, Any]:
    return {TAG: name, "value": value}


def _plain(value: Any) -> Any:
    """Turn a value into one that JSON can hold, with tags for what JSON lacks."""
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _tagged("float", repr(value))
    if isinstance(value, Mapping):
        return _plain_mapping(cast("Mapping[Any, Any]", value))
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    return _plain_other(value)


def _plain_mapping(value: Mapping[Any, Any]) -> Any:
    if TAG not in value and all(isinstance(key, str) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    pairs = sorted(([_plain(key), _plain(item)] for key, item in value.items()), key=canonical)
    return _tagged("map", pairs)


def _plain_other(value: Any) -> Any:
    if isinstance(value, tuple):
        return _tagged("tuple", [_plain(item) for item in cast("tuple[Any, ...]", value)])
    if isinstance(value, set | frozenset):
        return _tagged("set", sorted((_plain(item) for item in cast("set[Any]", value)), key=canonical))
    if isinstance(value, Enum):
        return _tagged(f"enum:{type(value).__qualname__}", _plain(value.value))
    if isinstance(value, bytes | bytearray):
        return _tagged("bytes", b64encode(value).decode())
    if isinstance(value, datetime | date | time):
        return _tagged(type(value).__name__, value.isoformat())
    if isinstance(value, timedelta):
        return _tagged("timedelta", [value.days, value.seconds, value.microseconds])
    if isinstance(value, Decimal | UUID | PurePath):
        return _tagged(type(value).__name__, str(value))
    raise TypeError(f"a value of type {type(value).__qualname__} has no canonical form")
