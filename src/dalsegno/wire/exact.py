"""Dataclasses of the model as JSON and back, field by field: what is read is what was written.

It is for what an engine and a store say to each other. Text may hold halves of characters, as scripts write them, and numbers
may be NaN, so that this is no work for a validating library: those refuse the one or change the other.
"""

from __future__ import annotations

import json
import types
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from dalsegno.errors import Refusal
from dalsegno.model.codec import flow_from_json, flow_to_json
from dalsegno.model.flow import Flow

Read = Callable[[Any], Any]


def to_json(value: Any) -> Any:
    """Give a value as JSON data."""
    if value is None or isinstance(value, str | bool | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Flow):
        return flow_to_json(value)
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return {str(key): to_json(item) for key, item in items}
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    return [to_json(item) for item in value]


def to_bytes(value: Any) -> bytes:
    """Give a value as JSON text, in ASCII."""
    return json.dumps(to_json(value), separators=(",", ":")).encode("ascii")


def read_as(hint: Any, data: Any) -> Any:
    """Read what `to_json` made of a value of this type.

    Raises
    ------
    Refusal : it has another shape.
    """
    return _reader(hint)(data)


@cache
def _reader(hint: Any) -> Read:
    """Give what reads values of a type."""
    origin = get_origin(hint)
    if hint is Any:
        return _as_it_is
    if origin in (Union, types.UnionType):
        return _of_union(get_args(hint))
    if origin is tuple:
        return _of_list(get_args(hint), tuple)
    if origin in (list, set, frozenset):
        return _of_list(get_args(hint), origin)
    if origin is not None and issubclass(origin, Mapping):
        return _of_map(get_args(hint)[1])
    return _of_class(hint)


def _of_class(hint: Any) -> Read:
    if hint is Flow:
        return flow_from_json
    if is_dataclass(hint):
        return _of_fields(cast("type[Any]", hint))
    if issubclass(hint, Enum):
        return lambda data: _made(hint, data)
    if hint is bytes:
        return lambda data: b64decode(_checked(str, data))
    if hint is float:
        return lambda data: float(_checked((int, float), data))
    return lambda data: _checked(hint, data)


def _as_it_is(data: Any) -> Any:
    return data


def _of_union(kinds: tuple[Any, ...]) -> Read:
    plain = [kind for kind in kinds if kind is not types.NoneType]
    read = _reader(plain[0])
    if len(plain) > 1 or len(plain) == len(kinds):
        raise TypeError(f"{kinds} cannot be told apart")
    return lambda data: None if data is None else read(data)


def _of_list(kinds: tuple[Any, ...], make: Callable[[Any], Any]) -> Read:
    if len(kinds) == 2 and kinds[1] is not Ellipsis:
        first, second = _reader(kinds[0]), _reader(kinds[1])
        return lambda data: make((first(_checked(list, data)[0]), second(data[1])))
    read = _reader(kinds[0])
    return lambda data: make([read(item) for item in _checked(list, data)])


def _of_map(kind: Any) -> Read:
    if kind is Any:
        return lambda data: _checked(dict, data)
    read = _reader(kind)
    return lambda data: {key: read(item) for key, item in _checked(dict, data).items()}


def _of_fields(made: type[Any]) -> Read:
    hints = get_type_hints(made)
    readers = {field.name: _reader(hints[field.name]) for field in fields(made)}

    def read(data: Any) -> Any:
        given = cast("dict[str, Any]", _checked(dict, data))
        try:
            return made(**{name: readers[name](item) for name, item in given.items()})
        except (KeyError, TypeError, IndexError) as error:
            raise Refusal(f"a `{made.__name__}` cannot be read: {error!r}", code="bad-request") from error

    return read


def _checked(kind: Any, data: Any) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        wanted = kind.__name__ if isinstance(kind, type) else "number"
        raise Refusal(f"{wanted} was to be read, not {type(data).__name__}", code="bad-request")
    return data


def _made(kind: type[Enum], data: Any) -> Any:
    try:
        return kind(data)
    except ValueError:
        raise Refusal(f"`{data}` is no {kind.__name__}", code="bad-request") from None
