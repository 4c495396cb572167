"""Values of databases in the forms of outputs (JSON) and of Ion text.

Times with a zone are given in UTC. In Ion every type has a form of its own; in JSON a decimal is a number where that is exact,
else text; dates, times and ids are text, bytes are Base64.
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast


def plain(value: Any) -> Any:
    """Give a value as outputs hold it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _not_finite(value)
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in cast("Sequence[Any]", value)]
    return as_text(value)


def as_text(value: Any) -> str:
    """Give a value as text."""
    if isinstance(value, datetime):
        return in_utc(value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, str):
        return value
    if value is None or isinstance(
        value, bool | int | float | Decimal | bytes | bytearray | memoryview | Mapping | list | tuple
    ):
        found = plain(value)
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return str(value)


def ion(value: Any) -> str:
    """Give a value as Ion text."""
    write = _OFTEN.get(type(value))
    if write is None:
        write = next((write for types, write in _IN_ION if isinstance(value, types)), _ion_text)
    return write(value)


def ion_lines(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Give rows as structs of Ion text, each on a line."""
    keys = [f"{_quoted(name)}:" for name in names]
    lines = (",".join([key + ion(value) for key, value in zip(keys, row, strict=True)]) for row in rows)
    return "".join([f"{{{line}}}\n" for line in lines])


def in_utc(value: datetime) -> datetime:
    """Give a time in UTC; one without a zone as it is."""
    return value if value.tzinfo is None else value.astimezone(UTC)


#: gives a text in quotes, as JSON and Ion write it
_quoted = json.encoder.encode_basestring


def _not_finite(value: float | Decimal) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _number(value: Decimal) -> int | float | str:
    if not value.is_finite():
        return _not_finite(value)
    if value.as_tuple().exponent in range(20):
        return int(value)
    near = float(value)
    return near if math.isfinite(near) and Decimal(repr(near)) == value else str(value)


def _ion_float(value: float) -> str:
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "+inf" if value > 0 else "-inf"
    text = repr(value)
    return text if "e" in text else f"{text}e0"


def _ion_decimal(value: Decimal) -> str:
    if not value.is_finite():
        return _ion_float(float(value))
    exponent = cast("int", value.as_tuple().exponent)
    if exponent == 0:
        return f"{value:f}."
    return f"{value:f}" if -40 < exponent < 0 else str(value).lower().replace("e", "d").replace("d+", "d")


def _duration(value: timedelta) -> str:
    seconds = Decimal(value.days * 86400 + value.seconds) + Decimal(value.microseconds).scaleb(-6)
    sign = "-" if seconds < 0 else ""
    days, rest = divmod(abs(seconds), 86400)
    text = f"{rest.normalize():f}"
    return f"{sign}P{days}D" + (f"T{text}S" if rest else "")


def _ion_time(value: datetime) -> str:
    # an offset that is not known is written -00:00
    return in_utc(value).isoformat() + ("" if value.tzinfo else "-00:00")


def _ion_struct(value: Mapping[Any, Any]) -> str:
    return "{" + ",".join(f"{_quoted(str(key))}:{ion(item)}" for key, item in value.items()) + "}"


def _ion_list(value: Sequence[Any]) -> str:
    return "[" + ",".join(ion(item) for item in value) + "]"


def _ion_blob(value: bytes) -> str:
    return "{{" + b64encode(value).decode() + "}}"


def _ion_text(value: Any) -> str:
    return _quoted(as_text(value))


#: how values of the most frequent types are written
_OFTEN: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    int: str,
    float: _ion_float,
    bool: json.dumps,
    type(None): json.dumps,
    Decimal: _ion_decimal,
}
_IN_ION: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (int, json.dumps),
    (float, _ion_float),
    (Decimal, _ion_decimal),
    (datetime, _ion_time),
    (date, date.isoformat),
    ((bytes, bytearray, memoryview), _ion_blob),
    (Mapping, _ion_struct),
    ((list, tuple, set), _ion_list),
)
