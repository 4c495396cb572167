"""Types of Python itself that JSON lacks: each is kept by its parts, exactly, without pickle."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from pathlib import PosixPath, PurePosixPath, PureWindowsPath
from typing import Any, Protocol
from uuid import UUID

from dalsegno.artifacts.materializers.forms import Form, text_of
from dalsegno.model.digest import TAG

#: a whole number of more bits is written in hexadecimal: Python refuses to read so many digits
LONGEST_INT = 10_000


class Encodes(Protocol):
    """Brings values into their forms."""

    def form(self, value: Any) -> Form:
        """Give the form of a nested value."""
        ...

    def forms(self, values: Any) -> list[Form]:
        """Give the forms of several."""
        ...


class Decodes(Protocol):
    """Makes values of their forms."""

    def value(self, form: Form) -> Any:
        """Make a nested value."""
        ...


class Unfit(Exception):
    """The value has more to it than its parts tell; it is left to what comes next."""


def tagged(kind: str, data: Form) -> Form:
    """Give the form of a kind."""
    return {TAG: kind, "data": data}


def _float(_: Encodes, value: float) -> Form:
    return value if math.isfinite(value) else tagged("float", repr(value))


def _int(_: Encodes, value: int) -> Form:
    return value if value.bit_length() <= LONGEST_INT else tagged("int", hex(value))


def _complex(encoder: Encodes, value: complex) -> Form:
    return tagged("complex", [encoder.form(value.real), encoder.form(value.imag)])


def _set(kind: str) -> Callable[[Encodes, Any], Form]:
    def encode(encoder: Encodes, value: Any) -> Form:
        return tagged(kind, sorted(encoder.forms(value), key=text_of))

    return encode


def _sequence(kind: str) -> Callable[[Encodes, Any], Form]:
    return lambda encoder, value: tagged(kind, encoder.forms(value))


def _pairs(encoder: Encodes, value: Mapping[Any, Any]) -> list[Form]:
    return [encoder.forms(pair) for pair in value.items()]


def _text(kind: str, of: Callable[[Any], str] = str) -> Callable[[Encodes, Any], Form]:
    return lambda _, value: tagged(kind, of(value))


def _moment(kind: str) -> Callable[[Encodes, Any], Form]:
    def encode(encoder: Encodes, value: datetime | time) -> Form:
        form = tagged(kind, value.replace(tzinfo=None).isoformat())
        if value.tzinfo is not None:
            form["zone"] = encoder.form(value.tzinfo)
        if value.fold:
            form["fold"] = 1
        return form

    return encode


def _timedelta(_: Encodes, value: timedelta) -> Form:
    return tagged("timedelta", [value.days, value.seconds, value.microseconds])


def _timezone(encoder: Encodes, value: timezone) -> Form:
    return tagged("timezone", encoder.forms(value.__getinitargs__()))  # type: ignore[attr-defined]


def _range(encoder: Encodes, value: range | slice) -> Form:
    return tagged(type(value).__name__, encoder.forms((value.start, value.stop, value.step)))


def _ordered(encoder: Encodes, value: OrderedDict[Any, Any]) -> Form:
    form = tagged("OrderedDict", _pairs(encoder, value))
    if vars(value):
        # state dicts of torch carry their version there
        form["attributes"] = encoder.form(vars(value))
    return form


#: what a `defaultdict` may make its values with and be kept without pickle
_FACTORIES: dict[str, type] = {made.__name__: made for made in (list, dict, set, int, float, str, bool, tuple)}


def _default(encoder: Encodes, value: defaultdict[Any, Any]) -> Form:
    factory = value.default_factory
    if factory is not None and factory not in _FACTORIES.values():
        raise Unfit
    form = tagged("defaultdict", _pairs(encoder, value))
    form["factory"] = getattr(factory, "__name__", None)
    return form


def _counter(encoder: Encodes, value: Counter[Any]) -> Form:
    if vars(value):
        raise Unfit
    return tagged("Counter", _pairs(encoder, value))


def _deque(encoder: Encodes, value: deque[Any]) -> Form:
    form = tagged("deque", encoder.forms(value))
    form["longest"] = value.maxlen
    return form


def mapping(encoder: Encodes, value: Mapping[Any, Any]) -> Form:
    """Give the form of a map with any keys."""
    return tagged("map", _pairs(encoder, value))


#: by the exact type
ENCODE: dict[type, Callable[[Any, Any], Form]] = {
    int: _int,
    float: _float,
    complex: _complex,
    tuple: _sequence("tuple"),
    set: _set("set"),
    frozenset: _set("frozenset"),
    datetime: _moment("datetime"),
    time: _moment("time"),
    date: _text("date"),
    timedelta: _timedelta,
    timezone: _timezone,
    Decimal: _text("Decimal"),
    UUID: _text("UUID"),
    PosixPath: _text("Path"),
    PurePosixPath: _text("PurePosixPath"),
    PureWindowsPath: _text("PureWindowsPath"),
    range: _range,
    slice: _range,
    OrderedDict: _ordered,
    defaultdict: _default,
    Counter: _counter,
    deque: _deque,
    type(...): lambda _, __: tagged("Ellipsis", None),
}

#: those of them that hold no other values
WHOLE = frozenset(
    {int, float, complex, date, timedelta, Decimal, UUID, PosixPath, PurePosixPath, PureWindowsPath, type(...)}
)


def _values(decoder: Decodes, form: Form) -> list[Any]:
    return [decoder.value(item) for item in form["data"]]


def _from_pairs(decoder: Decodes, form: Form) -> list[tuple[Any, Any]]:
    return [(decoder.value(key), decoder.value(item)) for key, item in form["data"]]


def _zone(decoder: Decodes, form: Form) -> tzinfo | None:
    return decoder.value(form["zone"]) if "zone" in form else None


def _to_ordered(decoder: Decodes, form: Form) -> OrderedDict[Any, Any]:
    value = OrderedDict(_from_pairs(decoder, form))
    vars(value).update(decoder.value(form.get("attributes", {})))
    return value


def _to_default(decoder: Decodes, form: Form) -> defaultdict[Any, Any]:
    factory = form["factory"]
    return defaultdict(_FACTORIES[factory] if factory else None, _from_pairs(decoder, form))


def _to_counter(decoder: Decodes, form: Form) -> Counter[Any]:
    return Counter(dict(_from_pairs(decoder, form)))


def _to_moment(cls: Any) -> Callable[[Decodes, Form], Any]:
    return lambda decoder, form: cls.fromisoformat(form["data"]).replace(
        tzinfo=_zone(decoder, form), fold=form.get("fold", 0)
    )


def _from_text(make: Callable[[str], Any]) -> Callable[[Decodes, Form], Any]:
    return lambda _, form: make(form["data"])


#: by the kind
DECODE: dict[str, Callable[[Any, Form], Any]] = {
    "int": lambda _, form: int(form["data"], 16),
    "float": _from_text(float),
    "complex": lambda decoder, form: complex(*_values(decoder, form)),
    "tuple": lambda decoder, form: tuple(_values(decoder, form)),
    "set": lambda decoder, form: set(_values(decoder, form)),
    "frozenset": lambda decoder, form: frozenset(_values(decoder, form)),
    "datetime": _to_moment(datetime),
    "time": _to_moment(time),
    "date": _from_text(date.fromisoformat),
    "timedelta": lambda decoder, form: timedelta(*_values(decoder, form)),
    "timezone": lambda decoder, form: timezone(*_values(decoder, form)),
    "Decimal": _from_text(Decimal),
    "UUID": _from_text(UUID),
    "Path": _from_text(PosixPath),
    "PurePosixPath": _from_text(PurePosixPath),
    "PureWindowsPath": _from_text(PureWindowsPath),
    "range": lambda decoder, form: range(*_values(decoder, form)),
    "slice": lambda decoder, form: slice(*_values(decoder, form)),
    "OrderedDict": _to_ordered,
    "defaultdict": _to_default,
    "Counter": _to_counter,
    "deque": lambda decoder, form: deque(_values(decoder, form), form["longest"]),
    "map": lambda decoder, form: dict(_from_pairs(decoder, form)),
    "Ellipsis": lambda _, __: ...,
}
