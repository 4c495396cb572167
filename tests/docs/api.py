"""The page of the Python API: signatures and docstrings of what `dalsegno` and `dalsegno.testing` offer."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

from tests.docs.tables import BLANK

import dalsegno

TESTING = ("store", "assert_ran", "assert_reused")


def api_part() -> str:
    """Give every public name with its signature and what its docstring says."""
    testing = importlib.import_module("dalsegno.testing")
    named = [(name, getattr(dalsegno, name)) for name in sorted(dalsegno.__all__, key=str.lower)]
    named += [(f"testing.{name}", getattr(testing, name)) for name in TESTING]
    return BLANK.join(_section(name, value) for name, value in named)


def _section(name: str, value: Any) -> str:
    parts = [f"## {name}"]
    if not callable(value):
        return BLANK.join([*parts, "A value by itself: `outputs={...: ORIGIN}` keeps the result of the earlier run."])
    parts.append(_block(name, value))
    if inspect.isclass(value):
        parts += [_block(f"{name}.{method}", found) for method, found in _methods(value)]
    return BLANK.join(parts)


def _methods(value: type) -> Iterator[tuple[str, Any]]:
    """Give the public methods and properties that this project wrote."""
    for name, found in inspect.getmembers_static(value):
        plain = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        home = getattr(getattr(plain, "fget", None) or getattr(plain, "func", None) or plain, "__module__", "")
        is_door = inspect.isfunction(plain) or isinstance(plain, property) or hasattr(plain, "func")
        if not name.startswith("_") and is_door and str(home).startswith("dalsegno"):
            yield name, plain


def _block(name: str, value: Any) -> str:
    text = f"{name}{_signature(value)}\n\n{_indented(inspect.getdoc(value) or '')}".rstrip()
    return f"```text\n{text}\n```"


def _signature(value: Any) -> str:
    try:
        found = str(inspect.signature(value))
    except (TypeError, ValueError):
        return ""
    return re.sub(r" at 0x[0-9a-f]+", "", found).replace("'", "")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
