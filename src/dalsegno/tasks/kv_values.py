"""What may be kept by key in a namespace: the form of keys, and values by their type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from dalsegno.model.durations import parse_duration
from dalsegno.model.kv import ValueType

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
#: a longer one is a file's business
LARGEST_VALUE = 1_000_000


def is_name(text: str) -> bool:
    """Whether a text can be a key or a namespace."""
    return _NAME.fullmatch(text) is not None


def check_name(what: str, name: str) -> None:
    """Refuse what cannot be a key or a namespace.

    Raises
    ------
    ValueError : it cannot; the message says what can.
    """
    if not is_name(name):
        message = f"`{name}` cannot be a {what}: it begins with a letter or digit, and holds letters, digits, `.`, `_` and `-`"
        raise ValueError(message)


def typed(value: Any, kind: ValueType | None) -> tuple[ValueType, Any]:
    """Give the type of a value, and the value as it is kept.

    Parameters
    ----------
    kind : the type that it is to have; a text is read as one. Without it the value's own type counts.

    Raises
    ------
    ValueError : it is not of this type, or nothing that can be kept.
    """
    if value is None:
        raise ValueError("there is no value to keep; `core.kv.Delete` removes a key")
    if isinstance(value, datetime):
        value = _zulu(value)
        kind = kind or ValueType.DATETIME
    kind = kind or _own_type(value)
    value = _READ[kind](value)
    size = len(json.dumps(value, ensure_ascii=False))
    if size > LARGEST_VALUE:
        most = f"at most {LARGEST_VALUE:,} characters of JSON"
        raise ValueError(
            f"the value is too large, {size:,} characters; {most} are kept: store a file, and keep its URI"
        )
    return kind, value


def _own_type(value: Any) -> ValueType:
    if isinstance(value, bool):
        return ValueType.BOOLEAN
    if isinstance(value, int | float | Decimal):
        return ValueType.NUMBER
    return ValueType.STRING if isinstance(value, str) else ValueType.JSON


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=_text)


def _number(value: Any) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    for read in (int, float):
        try:
            found = read(value.strip() if isinstance(value, str) else "")
        except ValueError:
            continue
        if abs(found) != float("inf") and found == found:  # noqa: PLR0124 - what is no number is not itself
            return found
    raise _not(value, "NUMBER", "such as `7` or `0.5`")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    found = {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise _not(value, "BOOLEAN", "`true` or `false`")
    return found


def _datetime(value: Any) -> str:
    try:
        found = datetime.fromisoformat(value.strip())
    except (AttributeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        raise _not(value, "DATETIME", "with its zone, such as `2024-05-01T10:00:00Z`")
    return _zulu(found)


def _zulu(found: datetime) -> str:
    found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return found.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _date(value: Any) -> str:
    try:
        return date.fromisoformat(value.strip()).isoformat()
    except (AttributeError, ValueError):
        raise _not(value, "DATE", "such as `2024-05-01`") from None


def _duration(value: Any) -> str:
    if not isinstance(value, str):
        raise _not(value, "DURATION", "such as `PT1H`")
    parse_duration(value.strip())
    return value.strip()


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        # what is no JSON inside of it, such as a point in time, becomes text
        return json.loads(json.dumps(value, default=_text, allow_nan=False))
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"the value is no JSON: {error}") from None


def _text(value: Any) -> str:
    return _zulu(value) if isinstance(value, datetime) else str(value)


def _not(value: Any, kind: str, form: str) -> ValueError:
    shown = str(value)
    return ValueError(f"`{shown if len(shown) <= 80 else f'{shown[:80]}...'}` is no {kind}: {form}")


_READ: dict[ValueType, Callable[[Any], Any]] = {
    ValueType.STRING: _string,
    ValueType.NUMBER: _number,
    ValueType.BOOLEAN: _boolean,
    ValueType.DATETIME: _datetime,
    ValueType.DATE: _date,
    ValueType.DURATION: _duration,
    ValueType.JSON: _json,
}
