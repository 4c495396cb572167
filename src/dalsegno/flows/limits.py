"""What limits the values of an input: a pattern, bounds, a list of choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, cast

from dalsegno.errors import closest, did_you_mean
from dalsegno.flows.values import quoted
from dalsegno.model.address import scalar_text
from dalsegno.model.flow import Input, InputType

#: so many choices are named in a message
_MOST_NAMED = 12


@cache
def pattern_of(text: str) -> re.Pattern[str] | None:
    """Give a pattern as Java writes them; `None` where it is none."""
    try:
        return re.compile(re.sub(r"\(\?<([a-zA-Z])", r"(?P<\1", text))
    except (re.error, RecursionError, OverflowError):
        return None


def broken_limit(item: Input, value: Any, *, choices: Sequence[str] | None = None) -> str | None:
    """Tell what limit a value breaks that is of the right type, in words that go on from `the input x`.

    Parameters
    ----------
    choices : in the place of the declared `values`, where an expression gave them.
    """
    limits = item.limits
    if choices is not None:
        limits = {**limits, "values": choices}
    for name, check in _CHECKS.items():
        if limits.get(name) is not None and (complaint := check(item, limits, value)) is not None:
            return complaint
    return None


def moment_of(kind: InputType, value: Any) -> Any:
    """Give a value of a type that has an order, in a form that can be compared."""
    from dalsegno.flows.values import WrongValueError, read_value

    try:
        read = read_value(kind, value, is_data=False)
    except WrongValueError:
        return None
    return _ORDER[kind](read)


def _length(text: str) -> float:
    from dalsegno.model.durations import parse_duration

    return parse_duration(text).total_seconds()


_ORDER: Mapping[InputType, Callable[[Any], Any]] = {
    InputType.INT: lambda number: number,
    InputType.FLOAT: lambda number: number,
    InputType.DURATION: _length,
    InputType.DATE: date.fromisoformat,
    InputType.TIME: time.fromisoformat,
    InputType.DATETIME: datetime.fromisoformat,
}


def _validator(item: Input, limits: Mapping[str, Any], value: Any) -> str | None:
    pattern = pattern_of(str(limits["validator"]))
    if pattern is None or pattern.fullmatch(str(value)):
        return None
    shown = "" if item.type is InputType.SECRET else f", and {quoted(value)} does not"
    return f"must match the pattern `{limits['validator']}`{shown}"


def _bound(name: str, words: str, *, wrong: Callable[[Any, Any], bool]) -> Callable[..., str | None]:
    def check(item: Input, limits: Mapping[str, Any], value: Any) -> str | None:
        bound, found = moment_of(item.type, limits[name]), moment_of(item.type, value)
        if bound is None or found is None or not wrong(found, bound):
            return None
        return f"must be {words.format(quoted(limits[name]))}, not {quoted(value)}"

    return check


def _choices(item: Input, limits: Mapping[str, Any], value: Any) -> str | None:
    if limits.get("allowCustomValue") is True:
        return None
    known = [text_of_choice(choice) for choice in limits["values"]]
    given = [
        text_of_choice(each) for each in (cast("list[Any]", value) if item.type is InputType.MULTISELECT else [value])
    ]
    wrong = next((each for each in given if each not in known), None)
    if wrong is None:
        return None
    must = "can hold" if item.type is InputType.MULTISELECT else "must be"
    return f"{must} {listed(known)}, not {quoted(wrong)}{did_you_mean(closest(wrong, known))}"


def _extensions(_: Input, limits: Mapping[str, Any], value: Any) -> str | None:
    allowed = [str(each).lower() for each in limits["allowedFileExtensions"]]
    name = value.name if isinstance(value, Path) else str(value).rpartition("/")[2]
    if any(name.lower().endswith(each if each.startswith(".") else f".{each}") for each in allowed):
        return None
    return f"must be a file that ends with {listed(allowed)}, not {quoted(name)}"


_CHECKS: Mapping[str, Callable[[Input, Mapping[str, Any], Any], str | None]] = {
    "validator": _validator,
    "min": _bound("min", "at least {}", wrong=lambda found, bound: found < bound),
    "max": _bound("max", "at most {}", wrong=lambda found, bound: found > bound),
    "after": _bound("after", "{} or later", wrong=lambda found, bound: found < bound),
    "before": _bound("before", "{} or earlier", wrong=lambda found, bound: found > bound),
    "values": _choices,
    "allowedFileExtensions": _extensions,
}


def text_of_choice(value: Any) -> str:
    """Give a choice, or a value that is to be one, as text."""
    return scalar_text(value) or ""


def listed(names: Sequence[str]) -> str:
    """Give names as a message lists them."""
    shown = [f"`{name}`" for name in names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        return f"one of {', '.join(shown)} and {len(names) - _MOST_NAMED} more"
    *before, last = shown
    return f"{', '.join(before)} or {last}" if before else last
