"""Text Ion, as far as data of expressions needs it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from dalsegno.expressions.faults import Fault
from dalsegno.expressions.limits import weigh
from dalsegno.expressions.values import is_list, to_data

_SYMBOL = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_WORDS = frozenset({"null", "true", "false", "nan"})


def write(value: Any) -> str:
    """Write a value in one line: names without quotes where they need none, doubles with an exponent."""
    weigh(value)
    return _written(value)


def _written(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        text = repr(float(value))
        return text if "e" in text else f"{text}e0"
    if isinstance(value, datetime):
        return f'ZonedDateTime::"{value.isoformat()}"'
    if isinstance(value, date):
        return f'LocalDate::"{value.isoformat()}"'
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        return "{" + ",".join(f"{_name(str(key))}:{_written(item)}" for key, item in entries.items()) + "}"
    if is_list(value):
        return f"[{','.join(map(_written, value))}]"
    return json.dumps(to_data(value), ensure_ascii=False)


def _name(name: str) -> str:
    if _SYMBOL.fullmatch(name) and name not in _WORDS:
        return name
    return "'" + json.dumps(name, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def read(text: str, turn: Callable[[], None]) -> Iterator[Any]:
    """Read the values of an Ion text, one after the other; `turn` is called for each.

    Raises
    ------
    Fault : it is not Ion, or the library that reads it is not there.
    """
    try:
        from amazon.ion import simpleion
        from amazon.ion.exceptions import IonException
    except ImportError:
        raise Fault("reading Ion needs a library: install `dalsegno[serdes]`") from None
    try:
        for value in cast("Iterator[Any]", simpleion.loads(text, single_value=False, parse_eagerly=False)):
            turn()
            yield _plain(value)
    except (IonException, ValueError) as error:
        raise Fault(f"the text is not Ion: {error}") from None


def _plain(value: Any) -> Any:
    """Give plain data for what the library gives: texts, numbers, lists and maps of its own."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, datetime):
        return datetime.fromisoformat(value.isoformat())
    if isinstance(value, int):
        kind = getattr(value, "ion_type", None)
        return bool(value) if getattr(kind, "name", "") == "BOOL" else int(value)
    if isinstance(value, float | Decimal):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if is_list(value):
        return [_plain(item) for item in value]
    name = getattr(value, "text", None)
    return name if isinstance(name, str) else None
