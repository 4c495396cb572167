"""Follows the code that this process has loaded: functions with what they close over, classes, names of modules."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, NamedTuple

from dalsegno.code.bound import MODULE_NAMES, Bound, Scope, is_changing, is_place, origin
from dalsegno.code.compiled import code_token, names_in
from dalsegno.code.graph import Graph, Piece
from dalsegno.code.names import Chain, chain_of
from dalsegno.code.objects import (
    FUNCTION,
    OPTIONS,
    belongs_to,
    closed_over,
    code_in,
    functions_of,
    is_function,
    is_users_function,
    name_of,
    stands_for_function,
)
from dalsegno.code.owned import is_ours, is_users, plain_name
from dalsegno.code.sources import Definition, Source, class_source, code_source, module_of, module_source
from dalsegno.code.unloaded import Unloaded
from dalsegno.code.values import Token, Values, type_name

_OF_C = (BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType, GetSetDescriptorType, MemberDescriptorType)
_MAKING_STEPS = frozenset({"step", "pipeline"})
_NO_CODE = frozenset({list, tuple, dict, set, frozenset, MappingProxyType})
_MADE = frozenset({
    "__dict__", "__weakref__", "__module__", "__doc__", "__qualname__", "__firstlineno__", "__static_attributes__",
    "__abstractmethods__", "_abc_impl", "__annotate__", "__annotate_func__",
})  # fmt: skip


class _Around(NamedTuple):
    """What stands around a piece of code: the names of its module, those that it closes over, those that it runs with."""

    scope: Scope
    closed: Mapping[str, Any]
    used: frozenset[str]


class Loaded:
    """Gives tokens for functions, classes and values of this process."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._unloaded = Unloaded(graph)

    def token(self, value: Any, where: str) -> Token:
        """Give the token of a value that a piece of code holds."""
        return self._values(where).token(value)

    def _values(self, where: str) -> Values:
        return Values(self._code, lambda clause: self._graph.note(f"`{where}` holds {clause}"))

    def _code(self, value: Any) -> Token | None:
        """Give the token of what is code; `None` for any other value."""
        kind = type(value)
        if kind in _NO_CODE:
            return None
        if issubclass(kind, FunctionType):
            return self._function(value)
        if issubclass(kind, type):
            return self._class(value)
        if issubclass(kind, ModuleType):
            return self._unloaded.reach(value.__name__, ()) if is_users(value.__name__) else ["library", value.__name__]
        if issubclass(kind, _OF_C):
            return self._of_c(value)
        return self._around_function(value, kind)

    def _around_function(self, value: Any, kind: type) -> Token | None:
        """Give the token of an object that was made around a function."""
        if stands_for_function(value):
            options = getattr(value, OPTIONS, None)
            return ["step", self._code(getattr(value, FUNCTION)), self.token(options, name_of(value))]
        if issubclass(kind, MethodType):
            return ["method", self._code(value.__func__), self.token(value.__self__, name_of(value))]
        if kind is partial:
            return [
                "partial",
                *(self.token(part, name_of(value.func)) for part in (value.func, value.args, value.keywords)),
            ]
        if issubclass(kind, staticmethod | classmethod):
            return [kind.__name__, self._code(value.__func__)]
        if kind is property:
            return ["property", *(self.token(one, name_of(one)) for one in (value.fget, value.fset, value.fdel))]
        if not is_users(kind.__module__) and "__wrapped__" in getattr(value, "__dict__", {}):
            return ["wrapped", type_name(kind), self.token(value.__wrapped__, name_of(value.__wrapped__))]
        return None

    def _of_c(self, value: Any) -> Token:
        holder, module = getattr(value, "__self__", None), getattr(value, "__module__", None)
        name = getattr(value, "__qualname__", value.__name__)
        if isinstance(module, str) and module in sys.modules and is_users(module) and not isinstance(holder, type):
            self._graph.note(f"`{module}.{name}` is not written in Python: a change of it is not seen")
        if holder is None or isinstance(holder, ModuleType | type):
            return ["library", str(module), name]
        return ["library", str(module), name, self.token(holder, name)]

    # functions

    def _function(self, function: FunctionType) -> Token:
        if not is_users_function(function):
            return self._library_function(function)
        name = self._name(function.__globals__, function.__code__.co_qualname)
        return self._graph.piece(id(function), name, lambda piece: self._read_function(piece, function), keep=function)

    def _library_function(self, function: FunctionType) -> Token:
        """Name a function of a library; one that was made around the user's functions leads to them."""
        token: list[Token] = ["library", str(function.__globals__.get("__name__")), function.__code__.co_qualname]
        held = [*(value for _, value in closed_over(function)), getattr(function, "__wrapped__", None)]
        return token + [self._code(one) for one in held if is_function(one)]

    def _read_function(self, piece: Piece, function: FunctionType) -> None:
        code, values = function.__code__, self._values(piece.title)
        around = _Around(function.__globals__, dict(closed_over(function)), frozenset(names_in(code)))
        source = code_source(code, function.__globals__)
        definitions = source.definitions(code) if source is not None else []
        if source is not None and definitions:
            self._keep_text(function, source)
            for node in definitions:
                self._read_node(piece, source, source.without(node, _making_steps(node, around)), around)
            if len(definitions) == 1:
                self._read_defaults(piece, definitions[0], function, values)
        else:
            self._tell_no_source(piece, function)
            piece.content.append(code_token(code, values, function.__doc__))
            piece.content.append([values.token(function.__defaults__), values.token(function.__kwdefaults__)])
            piece.links += self._chains(_chains_in(code, function.__globals__), around, piece)
        self._read_closed(piece, around, values)
        wrapped = getattr(function, "__wrapped__", None)
        if is_function(wrapped):
            piece.links.append(self._code(wrapped))

    def _read_node(self, piece: Piece, source: Source, node: ast.AST, around: _Around) -> None:
        names, package = source.names(node), around.scope.get("__package__")
        piece.content.append(source.written(node))
        piece.links += self._chains(names.outer, around, piece)
        piece.links += [
            self._unloaded.use(use, package if isinstance(package, str) else None) for use in names.imported
        ]
        for what, line in names.unclear:
            self._graph.note(f"`{piece.title}` {what} (line {line})")

    def _read_closed(self, piece: Piece, around: _Around, values: Values) -> None:
        for name, held in around.closed.items():
            if not isinstance(held, ModuleType):  # of a module counts what is used of it
                piece.content.append([name, values.token(held)])

    def _read_defaults(self, piece: Piece, node: Definition, function: FunctionType, values: Values) -> None:
        """Take the defaults by value, unless their text says all: a literal may be a container that calls change."""
        given, by_name = function.__defaults__ or (), function.__kwdefaults__ or {}
        texts: list[tuple[ast.expr | None, Any]] = list(zip(node.args.defaults[-len(given) :], given, strict=False))
        named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        texts += [(text, by_name.get(argument.arg)) for argument, text in named]
        for text, value in texts:
            if text is None or _says_all(text) or any(is_place(function.__globals__, one) for one in _read_in(text)):
                continue
            piece.content.append(["default", values.token(value)])

    def _keep_text(self, function: FunctionType, source: Source) -> None:
        module = module_of(function.__globals__)
        if module is None or module.__name__ == "__main__":
            self._graph.texts[function.__code__.co_filename] = source.text

    def _tell_no_source(self, piece: Piece, function: FunctionType) -> None:
        module = module_of(function.__globals__)
        why = "its source cannot be read"
        if module is not None and function.__code__.co_filename == getattr(module, "__file__", None):
            why = f"`{module.__file__}` has changed since it was loaded"
        self._graph.note(f"`{piece.title}` is judged by its compiled code, since {why}: another Python makes it differ")

    # classes

    def _class(self, cls: type) -> Token:
        if not is_users(cls.__module__):
            return ["library", cls.__module__, cls.__qualname__]
        self._graph.modules[cls.__module__] = None
        name = f"{plain_name(cls.__module__)}:{cls.__qualname__}"
        return self._graph.piece(id(cls), name, lambda piece: self._read_class(piece, cls), keep=cls)

    def _read_class(self, piece: Piece, cls: type) -> None:
        functions = list(functions_of(cls))
        own = [one for one in functions if belongs_to(one, cls)]
        closed = {name: held for one in own for name, held in closed_over(one) if name != "__class__"}
        used = frozenset(name for one in functions for name in names_in(one.__code__))
        module = sys.modules.get(cls.__module__)
        scope = own[0].__globals__ if own else vars(module) if module is not None else {}
        around, values = _Around(scope, closed, used), self._values(piece.title)
        source, statements = _statements_of(cls, scope)
        if source is not None and statements:
            for statement in statements:
                self._read_node(piece, source, statement, around)
            # what a decorator put into the class, or was put there later, is not in its text
            put = [one for one in functions if one not in own and not one.__code__.co_filename.startswith("<")]
            piece.links += [self._code(one) for one in put if is_users_function(one)]
        else:
            piece.content += [[name, values.token(one)] for name, one in vars(cls).items() if name not in _MADE]
        self._read_closed(piece, around, values)
        piece.links += [self._code(one) for one in (*cls.__bases__, type(cls))]

    # names of modules

    def _chains(self, chains: Iterable[Chain], around: _Around, piece: Piece) -> Iterator[Token]:
        for chain in chains:
            token = self._chain(chain, around, piece)
            if token is not None:
                yield [".".join(chain), token]

    def _chain(self, chain: Chain, around: _Around, piece: Piece) -> Token | None:
        name, rest = chain[0], chain[1:]
        if name in around.closed:
            held = around.closed[name]
            return self._from(held, rest) if isinstance(held, ModuleType) else None
        if name in MODULE_NAMES:
            return None
        if name in around.scope:
            value = around.scope[name]
            return self._from(value, rest) if isinstance(value, ModuleType) else self._named(around.scope, name)
        if hasattr(builtins, name) or name not in around.used:
            return None
        self._graph.note(f"`{piece.title}` uses `{name}`, which does not exist yet")
        return ["missing", name]

    def _from(self, module: ModuleType, rest: Chain) -> Token:
        """Give the token of what a chain of attributes leads to from a module."""
        while is_users(module.__name__) and rest and rest[0] in vars(module):
            value = vars(module)[rest[0]]
            if not isinstance(value, ModuleType):
                return self._named(vars(module), rest[0])
            module, rest = value, rest[1:]
        if not is_users(module.__name__):
            return ["library", module.__name__, *rest]
        return self._unloaded.reach(module.__name__, rest)

    def _named(self, scope: Scope, name: str) -> Token:
        """Give the token of what a name of a module holds; a value is a piece of its own, under that name."""
        if isinstance(scope[name], FunctionType | type | BuiltinFunctionType):
            return self._code(scope[name])
        bound = origin(scope, name)
        key = ("name", id(bound.scope), bound.name)
        told = self._name(bound.scope, bound.name)
        return self._graph.piece(key, told, lambda piece: self._read_value(piece, bound), keep=bound.scope)

    def _read_value(self, piece: Piece, bound: Bound) -> None:
        """Read a value: itself, or where that says nothing the statements that make it."""
        if is_changing(bound):
            self._graph.note(f"`{piece.title}` is changed by the code itself: only how it begins is judged")
            piece.links += [self._code(one) for one in code_in(bound.value)]
        elif not (bound.statements and is_place(bound.scope, bound.name)):
            values = self._values(piece.title)
            piece.content.append(values.token(bound.value))
            if not values.opaque:
                return
        if bound.source is not None:
            around = _Around(bound.scope, {}, frozenset())
            for statement in bound.statements:
                self._read_node(piece, bound.source, statement, around)

    def _name(self, scope: Scope, qualname: str) -> str:
        module = str(scope.get("__name__"))
        self._graph.modules[module] = None
        return f"{plain_name(module)}:{qualname}"


def _statements_of(cls: type, scope: Scope) -> tuple[Source | None, list[Any]]:
    """Give the statements that make a class: its own, or a call that is bound to its name."""
    found = class_source(cls)
    if found is not None:
        return found
    module = module_of(scope)
    source = module_source(module) if module is not None else None
    return source, source.bindings.get(cls.__qualname__, []) if source is not None else []


def _making_steps(node: Definition, around: _Around) -> list[ast.expr]:
    """Give the decorators of Dal Segno's own: what they choose for a function counts by value, or not at all."""
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return [one for one in decorators if _makes_step(one, around)]


def _makes_step(decorator: ast.expr, around: _Around) -> bool:
    chain = chain_of(decorator.func if isinstance(decorator, ast.Call) else decorator)
    if chain is None:
        return False
    if chain[0] not in around.closed and chain[0] not in around.scope:
        return chain[-1] in _MAKING_STEPS  # of what was pickled by value only the names that it runs with are there
    value = around.closed.get(chain[0], around.scope.get(chain[0]))
    for name in chain[1:]:
        value = getattr(value, name, None) if isinstance(value, ModuleType) else None
    return is_function(value) and is_ours(value.__module__)


def _says_all(text: ast.expr) -> bool:
    return not any(isinstance(one, ast.Name | ast.Call | ast.Attribute) for one in ast.walk(text))


def _read_in(text: ast.expr) -> Iterator[str]:
    yield from (one.id for one in ast.walk(text) if isinstance(one, ast.Name))


def _chains_in(code: CodeType, scope: Scope) -> list[Chain]:
    """Give the names that compiled code uses; which attribute is whose cannot be told, so each counts for each module."""
    names = list(dict.fromkeys(names_in(code)))
    found: list[Chain] = []
    for name in names:
        value = scope.get(name)
        inner = [one for one in names if isinstance(value, ModuleType) and one in vars(value) and one != name]
        found += [(name, one) for one in inner] or [(name,)]
    return found
