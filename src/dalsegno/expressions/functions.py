"""The functions that need nothing from outside but the variables. Each takes the frame and then its arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from dalsegno.expressions.faults import Fault
from dalsegno.expressions.frame import KEPT, Frame
from dalsegno.expressions.limits import MAX_PASSES, check_size
from dalsegno.expressions.operators import span
from dalsegno.expressions.registry import FUNCTIONS
from dalsegno.expressions.values import is_list, to_text

_EXPRESSION = re.compile(r"\{[{%]")


@FUNCTIONS.add("range")
def whole_range(frame: Frame, start: Any, end: Any, increment: Any = 1) -> list[Any]:  # noqa: ARG001
    return span(start, end, increment)


@FUNCTIONS.add("max")
def largest(frame: Frame, *numbers: Any) -> Any:  # noqa: ARG001
    return max(_one_list(numbers), default=None)


@FUNCTIONS.add("min")
def smallest(frame: Frame, *numbers: Any) -> Any:  # noqa: ARG001
    return min(_one_list(numbers), default=None)


def _one_list(numbers: tuple[Any, ...]) -> list[Any]:
    found = list(cast("list[Any]", numbers[0]) if len(numbers) == 1 and is_list(numbers[0]) else numbers)
    if not found:
        raise Fault("it needs at least one number")
    return found


@FUNCTIONS.add("printContext", "fetchContext")
def print_context(frame: Frame) -> dict[str, Any]:
    """Give all variables, as a map."""
    return dict(frame.variables)


@FUNCTIONS.add("env")
def env(frame: Frame, name: Any, default: Any = None) -> Any:
    """Give a variable of the environment as `envs` has it, or the default where it is not there or empty."""
    found: Any = frame.variables.get("envs") or {}
    value = found.get(to_text(name)) if isinstance(found, Mapping) else None
    return default if value in (None, "") else value


@FUNCTIONS.add("renderOnce")
def render_once(frame: Frame, to_render: Any) -> Any:
    """Render the texts in a value one time."""
    return _render(frame.fresh(frame.kept), to_render, passes=1)


@FUNCTIONS.add("render")
def render(frame: Frame, to_render: Any, recursive: Any = True) -> Any:  # noqa: FBT002 - as it is written in flows
    """Render the texts in a value until there is nothing left to render. What stood in `{% raw %}` stays as it is."""
    if not recursive:
        return render_once(frame, to_render)
    kept: list[str] = [] if frame.kept is None else frame.kept
    result = _render(frame.fresh(kept), to_render, passes=MAX_PASSES)
    return result if frame.kept is not None else _restore(result, kept)


def _render(frame: Frame, value: Any, *, passes: int) -> Any:
    if isinstance(value, str):
        return _render_text(frame, value, passes)
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        return {
            _render(frame, key, passes=passes): _render(frame, item, passes=passes) for key, item in entries.items()
        }
    if is_list(value):
        return [_render(frame, item, passes=passes) for item in value]
    return value


def _render_text(frame: Frame, text: str, passes: int) -> Any:
    """Render a text again and again while that changes it."""
    current = text
    for _ in range(passes):
        if "{" not in current:
            return current
        frame.meter.render()
        result = frame.render(current, frame)
        if not isinstance(result, str):
            return result if passes == 1 else _render(frame, result, passes=passes)
        if result == current and not _EXPRESSION.search(result):
            return result
        current = result
    if passes == 1:
        return current
    raise Fault(f"Too many rendering attempts: the text still changes after {MAX_PASSES}; does it refer to itself?")


def _restore(value: Any, kept: list[str]) -> Any:
    """Put the texts from `{% raw %}` back where they stood."""
    if not kept:
        return value
    if isinstance(value, str):
        check_size(len(value) + sum(len(_kept_text(mark, kept)) for mark in KEPT.finditer(value)))
        return KEPT.sub(lambda mark: _kept_text(mark, kept), value)
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value)
        return {_restore(key, kept): _restore(item, kept) for key, item in entries.items()}
    return [_restore(item, kept) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _kept_text(mark: re.Match[str], kept: list[str]) -> str:
    index = int(mark[1])
    return kept[index] if index < len(kept) else mark[0]
