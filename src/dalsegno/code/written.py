"""What is written in a piece of code, apart from how: the same text for the same code.

Comments, docstrings, blank lines, brackets and positions do not show; every name, operator, literal and annotation does.
The text is the same in all Python versions that know the syntax: what is empty is left out, so that a field that a newer
version adds to a node does not show either.
"""

from __future__ import annotations

import ast
from typing import Any

#: says whether a name is read or written (which its place says), or how a literal was spelled
_LEFT_OUT = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


def written(node: ast.AST) -> str:
    """Give what a node says."""
    parts: list[str] = []
    _write(node, parts)
    return "".join(parts)


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, ast.Constant):
        parts.append(_literal(value.value))
    elif isinstance(value, ast.AST):
        parts.append(f"{type(value).__name__}(")
        for name in value._fields:
            if name not in _LEFT_OUT:
                _write_field(name, getattr(value, name, None), parts)
        parts.append(")")
    elif isinstance(value, list):
        parts.append("[")
        for item in value:
            _write(item, parts)
            parts.append(",")
        parts.append("]")
    else:
        parts.append(repr(value))


def _write_field(name: str, value: Any, parts: list[str]) -> None:
    if name == "body" and isinstance(value, list):
        value = [statement for statement in value if not says_nothing(statement)]
    if value is not None and value != []:
        parts.append(f"{name}=")
        _write(value, parts)
        parts.append(";")


def says_nothing(statement: ast.AST) -> bool:
    """Whether a statement does nothing: a docstring, a text that stands alone, `pass`."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
    return isinstance(statement, ast.Pass)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return ascii(value)
    # a decimal text of a huge whole number is refused by Python, a hexadecimal one is not
    return hex(value) if type(value) is int else repr(value)
