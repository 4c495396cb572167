"""Errors inside an expression, and how they become the `ExpressionFailed` that the outside sees.

Inside, an error is a `Fault` with an offset into the text. Most are never shown: `??`, `default` and `is defined` take
them back, so the words of a `Missing` are only found when they are needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, cast

from dalsegno.errors import ExpressionFailed, closest, did_you_mean

UNKNOWN_NAME = "unknown-name"
INVALID = "expression-invalid"

#: names beyond this many are not compared with a wrong one
_MOST_NAMES = 1000
_LONGEST_EXCERPT = 120
_MOST_NAMES_SHOWN = 6


class Fault(Exception):
    """Something is wrong at `offset` of the text; the innermost part of an expression that knows its place sets it."""

    def __init__(
        self, message: str, *, code: str | None = None, offset: int | None = None, closest: Iterable[str] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.offset = offset
        self.closest = tuple(closest)

    def explain(self) -> tuple[str, tuple[str, ...]]:
        """Give the sentence and the closest names."""
        return self.message, self.closest


class Missing(Fault):
    """A name or key was looked up in vain.

    Parameters
    ----------
    key : what was looked up.
    container : what it was looked up in; only its keys are ever told.
    where : the text of that place, such as `outputs.convert`; `None` where it has none.
    """

    def __init__(self, key: Any, container: Any, where: str | None, offset: int | None) -> None:
        super().__init__("unknown name", code=UNKNOWN_NAME, offset=offset)
        self.key = key
        self.container = container
        self.where = where

    def explain(self) -> tuple[str, tuple[str, ...]]:
        """Say what was looked up where, and what there is instead."""
        shown = f"`{_excerpt(str(self.key))}`"
        if not isinstance(self.container, Mapping):
            return f"there is no {shown} in {self._place()}, which is {describe(self.container)}", ()
        names = _names(cast("Mapping[Any, Any]", self.container))
        near = closest(str(self.key), names)
        what = f"there is no {shown} in {self._place()}"
        return what + (did_you_mean(near) or _what_there_is(names)), near

    def _place(self) -> str:
        return "the value" if self.where is None else f"`{self.where}`"


class MissingVariable(Missing):
    """A name was looked up in vain among the variables."""

    def __init__(self, name: str, variables: Any, offset: int | None) -> None:
        super().__init__(name, variables, None, offset)

    def _place(self) -> str:
        return "the variables"


def describe(value: Any) -> str:
    """Say what kind of value it is, without showing it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list | tuple):
        return f"a list of {len(cast('list[Any]', value))}"
    return f"a {type(value).__name__}"


def _names(container: Mapping[Any, Any]) -> list[str]:
    return [str(name) for name in islice(container, _MOST_NAMES)]


def _what_there_is(names: list[str]) -> str:
    if not names:
        return ", which is empty"
    if len(names) > _MOST_NAMES_SHOWN:
        return ""
    return f"; there is {', '.join(f'`{_excerpt(name)}`' for name in names)}"


def failed(fault: Fault, source: str) -> ExpressionFailed:
    """Make the error that the outside sees: with the expression, its line and its column."""
    message, near = fault.explain()
    line, column = place(source, fault.offset or 0)
    text = f"{message.rstrip('.')}{'' if message.endswith('?') else '.'} In `{excerpt_at(source, fault.offset)}`"
    return ExpressionFailed(
        f"{text}, line {line}, column {column}.", code=fault.code, line=line, column=column, closest=near
    )


def place(source: str, offset: int) -> tuple[int, int]:
    """Give line and column, both from 1, of an offset."""
    before = source[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def excerpt_at(source: str, offset: int | None) -> str:
    """Cut the `{{ ... }}` or `{% ... %}` around an offset out of the text."""
    if offset is None:
        return _excerpt(source)
    start = max(source.rfind("{{", 0, offset + 2), source.rfind("{%", 0, offset + 2), 0)
    closing = "%}" if source.startswith("{%", start) else "}}"
    end = source.find(closing, max(offset, start + 2))
    return _excerpt(source[start : end + 2] if end >= 0 else source[start:])


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_EXCERPT else flat[: _LONGEST_EXCERPT - 3] + "..."
