"""The digest of a function's code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dalsegno.code.graph import CodeDigest, Graph
from dalsegno.code.loaded import Loaded


def digest_of(function: Callable[..., Any], *, options: Mapping[str, Any] | None = None) -> CodeDigest:
    """Give the digest of all that a function reaches in the user's own modules.

    Functions, classes, decorators and constants count, however many modules away, and what the function closes over, its
    defaults and the arguments of a `functools.partial` by value. Comments, docstrings and formatting do not, and neither
    do the standard library and installed packages. Where something cannot be judged, `uncertain` says what and why.

    Parameters
    ----------
    function : a function, or what stands for one: a partial, a bound method, an object with `__call__`, or one that has
        the function under `__dalsegno_function__` and its options under `__dalsegno_options__`.
    options : what was chosen for the function; counts by value.
    """
    return read(function, options)[0]


def read(function: Callable[..., Any], options: Mapping[str, Any] | None = None) -> tuple[CodeDigest, Graph]:
    """Give the digest of a function's code, and all that was met on the way."""
    graph = Graph()
    loaded = Loaded(graph)
    name = str(getattr(function, "__qualname__", type(function).__qualname__))
    root = [loaded.token(function, name), loaded.token(dict(options or {}), name)]
    return graph.read(root), graph
