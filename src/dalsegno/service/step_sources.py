"""The source of each step of a pipeline, as it is in the code that a revision keeps."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from dalsegno.model.flow import Revision
from dalsegno.service.coded import entry_of

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def step_sources(revision: Revision, read: Callable[[str], bytes]) -> list[dict[str, Any]]:
    """Give each step of a pipeline in the order of its graph with its function, where that is written, and what it says.

    Parts that are not known are `None`: the function of a step may have been written where no file is.

    Parameters
    ----------
    read : gives stored bytes by their digest.
    """
    if entry_of(revision) is None:
        return []
    source = json.loads(revision.source)
    bundles = [source["bundle"], *(part["bundle"] for part in source.get("steps", ()))]
    return [
        {"task": task.id, "function": task.function, **_written(task.function, bundles, read)}
        for task in revision.flow.walk()
        if task.function is not None
    ]


def _written(function: str, bundles: list[Mapping[str, Any]], read: Callable[[str], bytes]) -> dict[str, Any]:
    module, _, name = function.partition(":")
    for where, digest in _texts(module, bundles):
        text = read(digest).decode("utf-8", "replace")
        lines = _lines(text, name)
        if lines is not None:
            first, last = lines
            return {"file": where, "line": first, "text": "\n".join(text.split("\n")[first - 1 : last])}
    return {"file": None, "line": None, "text": None}


def _texts(module: str, bundles: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Give where a function may be written, with the digests of the texts: its module first, then what is no module."""
    for bundle in bundles:
        if module in bundle.get("modules", {}):
            yield module, bundle["modules"][module]["digest"]
    for bundle in bundles:
        yield from bundle.get("texts", {}).items()


@lru_cache(maxsize=128)
def _lines(text: str, name: str) -> tuple[int, int] | None:
    """Give the first and the last line of a definition, decorators included; of several of one name the last one."""
    try:
        inside: list[ast.stmt] = ast.parse(text).body
    except (SyntaxError, ValueError):
        return None
    found = None
    for part in (part for part in name.split(".") if part != "<locals>"):
        named = [each for each in _definitions(inside) if each.name == part]
        if not named:
            return None
        found = named[-1]
        inside = found.body
    if found is None:
        return None
    return min([found.lineno, *(one.lineno for one in found.decorator_list)]), found.end_lineno or found.lineno


def _definitions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Give the definitions of a body, also those under conditions."""
    for statement in body:
        if isinstance(statement, _DEFINITIONS):
            yield statement
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            yield from _definitions([each for each in ast.iter_child_nodes(statement) if isinstance(each, ast.stmt)])
