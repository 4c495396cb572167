"""Reads the expressions that make up most of a flow: names with dots, and filters without arguments.

It gives the tree that the grammar gives, to the node and the offset, in a fraction of the time; anything else is the
grammar's. A text of several such expressions is cut, so that an expression that stands in many texts is read once.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from jinja2 import nodes

AnyNode = TypeVar("AnyNode", bound=nodes.Expr)

#: words that are more than names, somewhere in the language
RESERVED = frozenset({
    "true", "false", "none", "null", "True", "False", "None", "and", "or", "not", "in", "is", "if", "else", "elif",
    "contains", "equals", "isIn", "defined", "recursive",
})  # fmt: skip
_NAME = r"[^\W\d]\w*"
_SIMPLE = re.compile(rf"\{{\{{\s*(?P<path>{_NAME}(?:\.{_NAME})*)(?P<filters>(?:\s*\|\s*{_NAME})*)\s*\}}\}}")
_WORD = re.compile(_NAME)


def simple_tree(source: str) -> nodes.Template | None:
    """Read a text that is one expression; `None` where it is more than names with dots and filters without arguments."""
    found = _SIMPLE.fullmatch(source)
    expression = None if found is None else _expression(found)
    return (
        None if expression is None else nodes.Template([nodes.Output([expression], lineno=expression.lineno)], lineno=1)
    )


def simple_parts(source: str) -> list[tuple[int, str]] | None:
    """Cut a text into data and expressions, each with its offset.

    An expression is whatever begins with `{{`; `None` where one holds more than names with dots and filters without
    arguments, or where there is anything else.
    """
    if "{%" in source or "{#" in source:
        return None
    parts: list[tuple[int, str]] = []
    position = 0
    start = source.find("{{")
    while start >= 0:
        found = _SIMPLE.match(source, start)
        if found is None:
            return None
        if start > position:
            parts.append((position, source[position:start]))
        parts.append((start, found[0]))
        position = found.end()
        start = source.find("{{", position)
    if position < len(source):
        parts.append((position, source[position:]))
    return parts


def _node(kind: type[AnyNode], offset: int, **parts: Any) -> AnyNode:
    """Make a node as its class does, which looks at every argument first and takes as long as all else."""
    made = kind.__new__(kind)
    vars(made).update(parts, lineno=offset, environment=None)
    return made


def _expression(found: re.Match[str]) -> nodes.Expr | None:
    first, *others = found["path"].split(".")
    if first in RESERVED or not RESERVED.isdisjoint(others):
        return None
    # of the characters of words some stand in no name, such as `²`; the grammar says so
    if not found[0].isascii() and not all(word.isidentifier() for word in _WORD.findall(found[0])):
        return None
    offset = found.start("path")
    made: nodes.Expr = _node(nodes.Name, offset, name=first, ctx="load")
    offset += len(first)
    for name in others:
        # the place of a step is that of its dot
        made = _node(nodes.Getattr, offset, node=made, attr=name, ctx="load")
        offset += 1 + len(name)
    for word in _WORD.finditer(found["filters"]) if found["filters"] else ():
        if word[0] in RESERVED:
            return None
        place = found.start("filters") + word.start()
        made = _node(nodes.Filter, place, node=made, name=word[0], args=[], kwargs=[], dyn_args=None, dyn_kwargs=None)
    return made
