"""Reads one value as one of the types that run inputs have."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dalsegno.model.address import scalar_text
from dalsegno.model.flow import InputType

#: what the address of a stored file starts with
STORED = "dalsegno://"

_INT = re.compile(r"[-+]?[0-9]{1,4000}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


class WrongValueError(ValueError):
    """A value does not fit. The message goes on from `the input x`; `code` is the refusal's."""

    def __init__(self, message: str, code: str = "wrong-type") -> None:
        super().__init__(message)
        self.code = code


def read_value(kind: InputType, value: Any, *, is_data: bool) -> Any:
    """Give a value in its type; a local file as a `Path`.

    Parameters
    ----------
    is_data : the value has been read before: a text for JSON is a text and not written JSON.

    Raises
    ------
    WrongValueError : it does not fit the type.
    """
    if kind is InputType.JSON:
        return _json(value, is_data=is_data)
    return _READERS[kind](value)


def _string(value: Any) -> str:
    text = scalar_text(value)
    if text is None or value is None:
        raise WrongValueError(f"must be text, not {_shown(value)}")
    return text


def _int(value: Any) -> int:
    if isinstance(value, str) and _INT.match(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise WrongValueError(f"must be a whole number, not {_shown(value)}")


def _float(value: Any) -> float:
    number = float(value) if isinstance(value, str) and _FLOAT.match(value.strip()) else value
    if isinstance(number, int | float) and not isinstance(number, bool):
        try:
            number = float(number)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise WrongValueError(f"must be a number, not {_shown(value)}")


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else None
    if text in ("true", "false"):
        return text == "true"
    raise WrongValueError(f"must be `true` or `false`, not {_shown(value)}")


def _json(value: Any, *, is_data: bool) -> Any:
    if isinstance(value, str) and not is_data:
        return _written_json(value)
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
        raise WrongValueError(f'must be JSON, such as `[1, 2]` or `"a text"`, not {_shown(text)}: {error}') from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")


def _file(value: Any) -> str | Path:
    if isinstance(value, str) and value.startswith(STORED):
        return value
    if not isinstance(value, str | Path) or not str(value):
        raise WrongValueError(f"must be a file: a path or the `{STORED}` address of a stored file, not {_shown(value)}")
    path = Path(str(value).removeprefix("@")).expanduser()
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        raise WrongValueError(f"must be a file, and there is no file `{path}`", code="missing-file")
    return path


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


_READERS: dict[InputType, Callable[[Any], Any]] = {
    InputType.STRING: _string,
    InputType.INT: _int,
    InputType.FLOAT: _float,
    InputType.BOOL: _bool,
    InputType.FILE: _file,
}
