"""The users' functions that a pipeline reaches: its steps, those of the pipelines that it calls, and what names items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from dalsegno.model.libraries import library_folders
from dalsegno.pipelines.recording import told_name


def functions_of(pipeline: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Give each with the name that a graph has for it, `module:qualname`."""
    seen: set[int] = set()
    waiting: list[Any] = [pipeline]
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        function = getattr(found, "__dalsegno_function__", found)
        if not isinstance(function, FunctionType):
            continue
        yield told_name(function), function
        options = getattr(found, "options", None)
        waiting += [hook for name in ("on_failure", "on_success") if (hook := getattr(options, name, None)) is not None]
        if found is pipeline or not _is_step(found):
            waiting += _named(function)


def _is_step(found: Any) -> bool:
    # what a step reaches is called by it, and not by the graph
    return type(found).__name__ == "Step"


def _named(function: FunctionType) -> Iterator[Any]:
    """Give what the names in a function stand for: in its globals, in what it closes over, in the modules that it names."""
    names = set(_names(function.__code__))
    held = [function.__globals__[name] for name in names if name in function.__globals__]
    for cell in function.__closure__ or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:
            continue
    for value in held:
        if isinstance(value, ModuleType):
            yield from (vars(value)[name] for name in names if name in vars(value) and _may_be(vars(value)[name]))
        elif _may_be(value):
            yield value


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _may_be(value: Any) -> bool:
    if hasattr(value, "__dalsegno_function__"):
        return True
    return isinstance(value, FunctionType) and not value.__code__.co_filename.startswith(library_folders())
