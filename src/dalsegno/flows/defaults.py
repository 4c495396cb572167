"""Defaults of inputs that are expressions over other inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from dalsegno.errors import ExpressionFailed
from dalsegno.expressions import Scope, parse, render_value
from dalsegno.flows.document import is_template


def is_expression(default: Any) -> bool:
    """Tell whether a default has to be rendered."""
    return next(_templates(default), None) is not None


def read_by(default: Any, declared: frozenset[str]) -> frozenset[str]:
    """Give the inputs that a default reads, out of those that are declared."""
    found: set[str] = set()
    for text in _templates(default):
        try:
            names = parse(text).references.names
        except ExpressionFailed:
            continue
        for reference in names:
            if reference.path[0] == "inputs":
                name = reference.path[1] if len(reference.path) > 1 else None
                found.update({name} & declared if isinstance(name, str) else declared)
    return frozenset(found)


def rendered(default: Any, inputs: Mapping[str, Any], now: Callable[[], datetime] | None) -> Any:
    """Render a default.

    Raises
    ------
    ExpressionFailed : it cannot be rendered.
    """
    return render_value(default, Scope({"inputs": dict(inputs)}, now or _no_clock))


def _no_clock() -> datetime:
    raise ExpressionFailed("the time is not known where the values of inputs are worked out")


def _templates(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if is_template(value):
            yield value
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from _templates(key)
            yield from _templates(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _templates(item)
