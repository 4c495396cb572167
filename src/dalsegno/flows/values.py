"""Reads one value as one of the types that run inputs have."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from dalsegno.model.address import scalar_text
from dalsegno.model.flow import InputType

#: what the address of a stored file starts with
STORED = "dalsegno://"

_INT = re.compile(r"[-+]?[0-9]{1,4000}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?\Z")
_DATETIME = re.compile(rf"{_DATE.pattern[:-2]}T{_TIME.pattern[:-2]}(?:Z|[-+][0-9]{{2}}:[0-9]{{2}})?\Z")
_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[^\s]+\Z")
_EMAIL = re.compile(r"[a-zA-Z0-9_!#$%&'*+/=?`{|}~^.-]+@[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


class WrongValueError(ValueError):
    """A value does not fit. The message goes on from `the input x`; `code` is the refusal's."""

    def __init__(self, message: str, code: str = "wrong-type") -> None:
        super().__init__(message)
        self.code = code


def read_value(kind: InputType, value: Any, *, is_data: bool, item_type: InputType = InputType.STRING) -> Any:
    """Give a value in its type; a local file as a `Path`.

    Parameters
    ----------
    is_data : the value has been read before: a text for JSON is a text and not written JSON.
    item_type : the type of the items, for a list.

    Raises
    ------
    WrongValueError : it does not fit the type.
    """
    if kind in (InputType.JSON, InputType.YAML):
        written = isinstance(value, str) and not is_data
        if written:
            return _written_json(value) if kind is InputType.JSON else _written_yaml(value)
        return _json(value)
    if kind in (InputType.ARRAY, InputType.MULTISELECT):
        items = _items(value, by_comma=kind is InputType.MULTISELECT)
        return [_item(number, item, item_type) for number, item in enumerate(items, start=1)]
    return _READERS[kind](value)


def _items(value: Any, *, by_comma: bool) -> list[Any]:
    if isinstance(value, str):
        text = value.strip()
        if by_comma and not text.startswith("["):
            return [part.strip() for part in text.split(",")] if text else []
        value = _written_json(text)
    if not isinstance(value, list | tuple):
        raise WrongValueError(f"must be a list, such as `[1, 2]`, not {quoted(value)}")
    return list(cast("list[Any]", value))


def _item(number: int, item: Any, kind: InputType) -> Any:
    try:
        return read_value(kind, item, is_data=not isinstance(item, str))
    except WrongValueError as wrong:
        raise WrongValueError(f"must be a list of {kind.value}; item {number} {wrong}") from None


def _string(value: Any) -> str:
    text = scalar_text(value)
    if text is None or value is None:
        raise WrongValueError(f"must be text, not {quoted(value)}")
    return text


def _int(value: Any) -> int:
    if isinstance(value, str) and _INT.match(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise WrongValueError(f"must be a whole number, not {quoted(value)}")


def _float(value: Any) -> float:
    number = float(value) if isinstance(value, str) and _FLOAT.match(value.strip()) else value
    if isinstance(number, int | float) and not isinstance(number, bool):
        try:
            number = float(number)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise WrongValueError(f"must be a number, not {quoted(value)}")


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else None
    if text in ("true", "false"):
        return text == "true"
    raise WrongValueError(f"must be `true` or `false`, not {quoted(value)}")


def _json(value: Any) -> Any:
    try:
        # through JSON and back, so that a run sees the same before and after it was stored
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise WrongValueError(f"must be a value that JSON can hold: {error}") from None


def _written_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise WrongValueError("must be JSON, and this is nested too deeply") from None
    except ValueError as error:
        raise WrongValueError(f'must be JSON, such as `[1, 2]` or `"a text"`, not {quoted(text)}: {error}') from None


def _written_yaml(text: str) -> Any:
    from dalsegno.flows.document import read_plain

    try:
        return read_plain(text)
    except ValueError as error:
        raise WrongValueError(f"must be YAML, such as `a: 1`, not {quoted(text)}: {error}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")


def _file(value: Any) -> str | Path:
    if isinstance(value, str) and value.startswith(STORED):
        return value
    if not isinstance(value, str | Path) or not str(value):
        raise WrongValueError(f"must be a file: a path or the `{STORED}` address of a stored file, not {quoted(value)}")
    path = Path(str(value).removeprefix("@")).expanduser()
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        raise WrongValueError(f"must be a file, and there is no file `{path}`", code="missing-file")
    return path


def _datetime(value: Any) -> str:
    moment = value if isinstance(value, datetime) else _parsed(datetime.fromisoformat, _DATETIME, value)
    if moment is None or moment.tzinfo is None:
        raise WrongValueError(
            f"must be a date and time with its zone, such as `2024-05-01T10:30:00Z`, not {quoted(value)}"
        )
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text[:-3] if '.' in text and text.endswith('000') else text}Z"


def _date(value: Any) -> str:
    day = value if isinstance(value, date) else _parsed(date.fromisoformat, _DATE, value)
    if day is None or isinstance(day, datetime):
        raise WrongValueError(f"must be a date, such as `2024-05-01`, not {quoted(value)}")
    return day.isoformat()


def _time(value: Any) -> str:
    hour = value if isinstance(value, time) else _parsed(time.fromisoformat, _TIME, value)
    if hour is None:
        raise WrongValueError(f"must be a time of day, such as `10:30` or `10:30:15`, not {quoted(value)}")
    return value.strip() if isinstance(value, str) else hour.isoformat()


_Parsed = TypeVar("_Parsed")


def _parsed(read: Callable[[str], _Parsed], form: re.Pattern[str], value: Any) -> _Parsed | None:
    """Read a text of one form; `None` where it is of another, or there is no such day or time."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        return read(text) if form.match(text) else None
    except ValueError:
        return None


def _duration(value: Any) -> str:
    from dalsegno.model.durations import parse_duration

    if isinstance(value, timedelta):
        return f"PT{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "S"
    try:
        parse_duration(value.strip() if isinstance(value, str) else repr(value))
    except ValueError as error:
        raise WrongValueError(f"must be a length of time: {error}") from None
    return value.strip()


def _uri(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not _URI.match(text):
        raise WrongValueError(f"must be a URI with its scheme, such as `https://example.org/data`, not {quoted(value)}")
    return text


def _email(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not _EMAIL.match(text):
        raise WrongValueError(f"must be an e-mail address, such as `ada@example.org`, not {quoted(value)}")
    return text


def _secret(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongValueError("must be text")
    return value


def quoted(value: Any) -> str:
    """Write a value as a message shows it: in backticks, and not too long."""
    text = value if isinstance(value, str) else repr(value)
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


_READERS: dict[InputType, Callable[[Any], Any]] = {
    InputType.STRING: _string,
    InputType.SELECT: _string,
    InputType.SECRET: _secret,
    InputType.URI: _uri,
    InputType.EMAIL: _email,
    InputType.DATETIME: _datetime,
    InputType.DATE: _date,
    InputType.TIME: _time,
    InputType.DURATION: _duration,
    InputType.INT: _int,
    InputType.FLOAT: _float,
    InputType.BOOL: _bool,
    InputType.FILE: _file,
}
