"""The text of a user's module as it was loaded, and what stands where in it.

A text is read once for each load of a module, so that an edit of the file does not pass for the code that this process
runs. A module that was edited before its text was first read is found out by compiling: `Source.has` says whether a code
object comes from the text.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property, lru_cache
from importlib.machinery import SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, cast
from weakref import ref

from dalsegno.code.names import Imported, Names, bound_names, chain_of, names_of, whole_imports_of
from dalsegno.code.written import written

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_CHANGING = frozenset({
    "add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem", "popleft",
    "remove", "reverse", "setdefault", "sort", "update",
})  # fmt: skip
_MAKING = frozenset({"__init__", "__new__", "__post_init__", "__set_name__", "__setstate__"})


class Source:
    """A text of Python, parsed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._written: dict[int, str] = {}
        self._names: dict[int, Names] = {}
        self._compiled: dict[str, list[CodeType]] = {}
        self._bare: dict[tuple[int, ...], Definition] = {}

    def without(self, node: Definition, decorators: Sequence[ast.expr]) -> Definition:
        """Give a definition of this text as it is without some of its decorators."""
        if isinstance(node, ast.Lambda) or not decorators:
            return node
        key = (id(node), *map(id, decorators))
        if key not in self._bare:
            bare = self._bare[key] = copy(node)
            bare.decorator_list = [one for one in node.decorator_list if one not in decorators]
        return self._bare[key]

    def written(self, node: ast.AST) -> str:
        """Give what a node of this text says."""
        found = self._written.get(id(node))
        if found is None:
            found = self._written[id(node)] = written(node)
        return found

    def names(self, node: ast.AST) -> Names:
        """Give the names that a node of this text uses."""
        found = self._names.get(id(node))
        if found is None:
            found = self._names[id(node)] = names_of(node)
        return found

    def definitions(self, code: CodeType) -> list[Definition]:
        """Give the definitions that a code object may come from: one, or several lambdas that cannot be told apart."""
        found = self._functions.get((code.co_name, code.co_firstlineno), [])
        if len(found) < 2:
            return found
        places = set(code.co_positions())
        return [one for one in found if isinstance(one, ast.Lambda) and _place(one.body) in places] or found

    def has(self, code: CodeType) -> bool:
        """Whether compiling the text gives this code object."""
        if not self._compiled:
            for one in _codes(compile(self.text, code.co_filename, "exec", dont_inherit=True)):
                self._compiled.setdefault(one.co_qualname, []).append(one)
        return any(one == code for one in self._compiled.get(code.co_qualname, ()))

    def classes(self, qualname: str) -> list[ast.ClassDef]:
        """Give the class statements that stand under a qualified name."""
        return self._classes.get(qualname, [])

    @cached_property
    def _functions(self) -> Mapping[tuple[str, int], list[Definition]]:
        found: dict[tuple[str, int], list[Definition]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, _DEFINITIONS):
                decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
                name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
                line = min(node.lineno, *(one.lineno for one in decorators), node.lineno)
                found.setdefault((name, line), []).append(node)
        return found

    @cached_property
    def _classes(self) -> Mapping[str, list[ast.ClassDef]]:
        found: dict[str, list[ast.ClassDef]] = {}
        for qualname, node in _classes_in(self.tree, ""):
            found.setdefault(qualname, []).append(node)
        return found

    @cached_property
    def bindings(self) -> Mapping[str, list[ast.stmt]]:
        """The statements that bind each name of the module, with the conditions they stand under; `*` binds all names."""
        found: dict[str, list[ast.stmt]] = {}
        for statement, conditions in _statements(self.tree.body, ()):
            for name in dict.fromkeys(bound_names(statement)):
                found.setdefault(name, []).extend([statement, *conditions])
        return found

    @cached_property
    def imports(self) -> tuple[Imported, ...]:
        """What the module imports, in functions too."""
        statements = [node for node in ast.walk(self.tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        found = [one for statement in statements for one in whole_imports_of(statement)]
        called = [use.source for use in self.names(self.tree).imported]
        return tuple(dict.fromkeys([*found, *called]))

    @cached_property
    def changing(self) -> frozenset[str]:
        """The names of the module whose values its functions change: with `global`, by an item or by a method."""
        found: set[str] = set()
        for function in _outermost_functions(self.tree):
            names = self.names(function)
            outer = {chain[0] for chain in names.outer}
            found |= names.assigned
            found.update(name for node in ast.walk(function) for name in _changed_by(node) if name in outer)
        return frozenset(found & self.bindings.keys())


def changes_itself(statement: ast.ClassDef) -> bool:
    """Whether objects of a class are changed by its own methods, once they are made."""
    for method in statement.body:
        if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) or method.name in _MAKING:
            continue
        decorators = [chain[-1] for chain in map(chain_of, method.decorator_list) if chain]
        arguments = [*method.args.posonlyargs, *method.args.args]
        if "cached_property" in decorators:
            return True
        if arguments and any(name == arguments[0].arg for node in ast.walk(method) for name in _changed_by(node)):
            return True
    return False


def _outermost_functions(node: ast.AST) -> Iterator[Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _DEFINITIONS):
            yield child
        else:
            yield from _outermost_functions(child)


def _place(node: ast.AST) -> tuple[Any, ...]:
    return (
        getattr(node, "lineno", None),
        getattr(node, "end_lineno", None),
        getattr(node, "col_offset", None),
        getattr(node, "end_col_offset", None),
    )


def _codes(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes(one)


def _classes_in(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield prefix + child.name, child
            yield from _classes_in(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _classes_in(child, f"{prefix}{child.name}.<locals>.")
        else:
            yield from _classes_in(child, prefix)


def _statements(
    body: list[ast.stmt], conditions: tuple[ast.stmt, ...]
) -> Iterator[tuple[ast.stmt, tuple[ast.stmt, ...]]]:
    """Give the statements that bind names of a module; those under an `if` or a `try` stand for themselves."""
    for statement in body:
        if isinstance(statement, ast.If):
            under = (*conditions, ast.copy_location(ast.Expr(statement.test), statement))
            yield from _statements([*statement.body, *statement.orelse], under)
        elif isinstance(statement, ast.Try | ast.TryStar):
            handled = [one for handler in statement.handlers for one in handler.body]
            yield from _statements([*statement.body, *handled, *statement.orelse, *statement.finalbody], conditions)
        else:
            yield statement, conditions


def _changed_by(node: ast.AST) -> Iterator[str]:
    """Give the names whose values a node changes in place."""
    target: ast.AST | None = None
    if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
        target = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
        target = node.func.value
    while isinstance(target, ast.Subscript | ast.Attribute):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id


@lru_cache(maxsize=512)
def parse(text: str) -> Source | None:
    """Parse a text; `None` where this Python cannot."""
    try:
        return Source(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


#: the text of each module as it was first read, by the address of what stands for one load of it
_texts: dict[int, tuple[ref[Any], str | None]] = {}


def module_text(module: ModuleType) -> str | None:
    """Give the text that a module was loaded from; `None` where there is none."""
    load = getattr(module, "__spec__", None) or module
    known = _texts.get(id(load))
    if known is None or known[0]() is not load:
        known = _texts[id(load)] = (ref(load), _read(module))
    return known[1]


def _read(module: ModuleType) -> str | None:
    loader: Any = getattr(module, "__loader__", None)
    file = getattr(module, "__file__", None)
    try:
        text = loader.get_source(module.__spec__.name if module.__spec__ else module.__name__) if loader else None
    except (ImportError, OSError, AttributeError, SyntaxError, UnicodeDecodeError):
        text = None
    if text is None and isinstance(file, str):
        text = "".join(linecache.getlines(file)) or None
    return text


def module_source(module: ModuleType) -> Source | None:
    """Give the parsed text of a loaded module."""
    text = module_text(module)
    return parse(text) if text is not None else None


def module_of(scope: Mapping[str, Any]) -> ModuleType | None:
    """Give the module whose names these are, where it is the loaded one."""
    module = sys.modules.get(str(scope.get("__name__")))
    return module if isinstance(module, ModuleType) and vars(module) is scope else None


def code_source(code: CodeType, scope: Mapping[str, Any]) -> Source | None:
    """Give the text that a code object comes from; `None` where there is none, or where it is not that text any more."""
    module = module_of(scope)
    if module is not None and code.co_filename == getattr(module, "__file__", None):
        source = module_source(module)
        # a loader of another kind (a test runner's) may compile something else than the text, and knows what it does
        exact = type(getattr(module, "__loader__", None)) is SourceFileLoader
        return source if source is None or not exact or source.has(code) else None
    lines = linecache.getlines(code.co_filename, cast("dict[str, Any]", scope))
    return parse("".join(lines)) if lines else None


def class_source(cls: type) -> tuple[Source, list[ast.ClassDef]] | None:
    """Give the text of a class and its statements there; `None` where there is none."""
    module = sys.modules.get(cls.__module__)
    source = module_source(module) if module is not None and getattr(module, "__file__", None) else None
    found = source.classes(cls.__qualname__) if source is not None else []
    if source is not None and found:
        return source, found
    for value in vars(cls).values():
        function = inspect.unwrap(value) if callable(value) else None
        if inspect.isfunction(function) and function.__qualname__.startswith(f"{cls.__qualname__}."):
            source = code_source(function.__code__, function.__globals__)
            found = source.classes(cls.__qualname__) if source is not None else []
            if source is not None and found:
                return source, found
    return None
