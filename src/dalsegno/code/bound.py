"""What the text of a loaded module tells of a name: where its value is made, and what it is made from."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any, NamedTuple

from dalsegno.code.names import Imported, imports_of
from dalsegno.code.owned import absolute_name, is_users
from dalsegno.code.sources import Source, changes_itself, class_source, module_of, module_source

Scope = Mapping[str, Any]

_PLACES = frozenset({"__file__", "__path__"})


class Bound(NamedTuple):
    """A name of a module: the names of the module, this one, and the module's text if it can be read."""

    scope: Scope
    name: str
    source: Source | None

    @property
    def value(self) -> Any:
        """What the name holds."""
        return self.scope[self.name]

    @property
    def statements(self) -> list[ast.stmt]:
        """The statements that bind the name."""
        return self.source.bindings.get(self.name, []) if self.source is not None else []

    @property
    def library(self) -> tuple[str, str | None] | None:
        """The module of a library that the name is imported from, and its name there, if it is."""
        found = [one for statement in self.statements for one in _from_imports(statement, self.name)]
        if len(found) != 1 or len(self.statements) != 1 or found[0].level:
            return None
        return None if is_users(found[0].module) else (found[0].module, found[0].name)


def origin(scope: Scope, name: str) -> Bound:
    """Follow a value that a module imports by its name to the module that makes it."""
    bound = _bound(scope, name)
    for _ in range(20):
        further = _import_of(bound)
        if further is None:
            break
        bound = further
    return bound


def _bound(scope: Scope, name: str) -> Bound:
    module = module_of(scope)
    return Bound(scope, name, module_source(module) if module is not None else None)


def _import_of(bound: Bound) -> Bound | None:
    if len(bound.statements) != 1:
        return None
    for source in _from_imports(bound.statements[0], bound.name):
        package = bound.scope.get("__package__")
        module = sys.modules.get(absolute_name(source, package if isinstance(package, str) else None) or "")
        held = source.name or ""
        if module is not None and is_users(module.__name__) and vars(module).get(held, module) is bound.value:
            return _bound(vars(module), held)
    return None


def _from_imports(statement: ast.stmt, name: str) -> Iterator[Imported]:
    if isinstance(statement, ast.ImportFrom):
        yield from (source for bound, source in imports_of(statement) if bound == name)


def is_made_by_code(scope: Scope, name: str) -> bool:
    """Whether a name of a module is there only once a function has assigned it."""
    module = module_of(scope)
    source = module_source(module) if module is not None else None
    return source is not None and name in source.changing and name not in source.bindings


def is_changing(bound: Bound) -> bool:
    """Whether code changes the value after it was made, so that it tells how far a process has come, not what code does."""
    if bound.source is None or not bound.statements:
        return False
    return bound.name in bound.source.changing or _changes_itself(type(bound.value))


def _changes_itself(kind: type) -> bool:
    for cls in kind.__mro__:
        found = class_source(cls) if is_users(cls.__module__) else None
        if found is not None and any(changes_itself(statement) for statement in found[1]):
            return True
    return False


def is_place(scope: Scope, name: str, depth: int = 20) -> bool:
    """Whether a value is made from the path of its module, so that it differs wherever the module lies."""
    if name in _PLACES:
        return True
    value = scope.get(name)
    if depth == 0 or value is None or isinstance(value, int | float | FunctionType | type):
        return False
    bound = origin(scope, name)
    if bound.source is None:
        return False
    used = {chain[0] for statement in bound.statements for chain in bound.source.names(statement).outer}
    return any(other != bound.name and is_place(bound.scope, other, depth - 1) for other in used)
