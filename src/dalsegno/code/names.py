"""Which names of its surroundings a piece of code uses: by scopes, as Python resolves them, without running anything."""

from __future__ import annotations

import ast
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: a name, and the attributes that follow it: `helpers.clean` is `("helpers", "clean")`
Chain = tuple[str, ...]

#: names that Python gives every module; what they hold differs from path to path
MODULE_NAMES = frozenset({
    "__annotations__", "__builtins__", "__cached__", "__dict__", "__doc__", "__file__", "__loader__", "__name__",
    "__package__", "__path__", "__spec__",
})  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_OWN_SCOPE = (*_FUNCTIONS, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import statement binds a name to: a module, or what stands in it under a name."""

    module: str
    level: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedUse:
    """What a piece of code uses of something that it imports itself; an empty chain is all of it."""

    source: Imported
    chain: Chain = ()


@dataclass(slots=True)
class Names:
    """What a piece of code uses, each in the order in which it is written."""

    #: chains that begin with a name of the surroundings
    outer: dict[Chain, None] = field(default_factory=dict[Chain, None])
    #: what it uses of modules that it imports itself
    imported: dict[ImportedUse, None] = field(default_factory=dict[ImportedUse, None])
    #: names of the module that it assigns, with `global`
    assigned: set[str] = field(default_factory=set[str])
    #: what cannot be told from the text, each with its lines
    unclear: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def unclear_sentences(self, subject: str) -> Iterator[str]:
        """Say of a piece of code what cannot be told from its text."""
        for what, lines in self.unclear.items():
            places = ", ".join(map(str, lines))
            yield f"`{subject}` {what} ({'line' if len(lines) == 1 else 'lines'} {places})"


def names_of(node: ast.AST) -> Names:
    """Give the names that a node uses; what is assigned in the node itself, outside of functions, counts as outer."""
    reader = _Reader()
    reader.visit(node)
    return reader.found


def imports_of(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Imported]]:
    """Give the names that an import statement binds; `*` for all names of a module."""
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            yield alias.asname or alias.name, Imported(statement.module or "", statement.level, alias.name)
        elif alias.asname:
            yield alias.asname, Imported(alias.name, 0)
        else:
            yield alias.name.partition(".")[0], Imported(alias.name.partition(".")[0], 0)


def whole_imports_of(statement: ast.Import | ast.ImportFrom) -> Iterator[Imported]:
    """Give what an import statement imports, with whole names of modules."""
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            yield Imported(statement.module or "", statement.level, alias.name)
        else:
            yield Imported(alias.name, 0)


def bound_names(statement: ast.AST) -> Iterator[str]:
    """Give the names that a statement binds in its own scope; `*` for an import of all names."""
    for node in _in_scope(statement):
        yield from _bound_by(node)


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id
    elif isinstance(node, _DEFINITIONS):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (name for name, _ in imports_of(node))
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        yield from (node.name,) if node.name else ()
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def _in_scope(node: ast.AST) -> list[ast.AST]:
    """Give the nodes of one scope; of a comprehension only what `:=` binds outside of it."""
    found: list[ast.AST] = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, _COMPREHENSIONS):
            found += [inner.target for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr)]
        elif not isinstance(node, _OWN_SCOPE):
            waiting += reversed(children(node))
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """Give the nodes right below a node, in order; quicker than `ast.iter_child_nodes`, which digests feel."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST) and name not in ("ctx", "op"):
            found.append(value)
    return found


def import_call(node: ast.AST) -> tuple[bool, str | None]:
    """Say whether a node is a call that imports a module, and the module's name where that is written there."""
    chain = chain_of(node.func) if isinstance(node, ast.Call) else None
    if chain is None or chain[-1] not in ("import_module", "__import__") or not isinstance(node, ast.Call):
        return False, None
    text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    return True, text if isinstance(text, str) and not text.startswith(".") else None


class _Scope:
    """One function, class or comprehension, and what is bound in it."""

    def __init__(self, parent: _Scope | None, *, is_class: bool = False) -> None:
        self.parent = parent
        self.is_class = is_class
        self.bound: set[str] = set()
        self.outer: set[str] = set()
        self.imports: dict[str, list[Imported]] = {}
        #: what is imported, with whole names
        self.whole: list[Imported] = []

    def read(self, statements: list[ast.stmt] | list[ast.expr]) -> None:
        """Note what the statements of the scope bind."""
        for node in (node for statement in statements for node in _in_scope(statement)):
            self.bound.update(_bound_by(node))
            if isinstance(node, ast.Global):
                self.outer.update(node.names)
            elif isinstance(node, ast.Nonlocal):
                self.bound.difference_update(node.names)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._read_import(node)
        self.bound -= self.outer

    def _read_import(self, statement: ast.Import | ast.ImportFrom) -> None:
        for (name, source), whole in zip(imports_of(statement), whole_imports_of(statement), strict=True):
            self.imports.setdefault(name, []).append(source)
            self.whole.append(whole)
            if whole != source:
                self.imports.setdefault(whole.module, []).append(whole)

    def sources(self, chain: Chain) -> Iterator[ImportedUse]:
        """Give what a chain of attributes leads to that begins with a name that the scope imports."""
        for length in range(len(chain), 0, -1):
            found = self.imports.get(".".join(chain[:length]))
            if found is not None:
                yield from (ImportedUse(source, chain[length:]) for source in found)
                return


def _holder(name: str, scope: _Scope | None) -> _Scope | None:
    """Give the scope in which a name is bound; `None` for one that stands outside."""
    innermost = scope
    while scope is not None:
        if name in scope.outer:
            return None
        if name in scope.bound and (scope is innermost or not scope.is_class):
            return scope
        scope = scope.parent
    return None


class _Reader(ast.NodeVisitor):
    """Walks a piece of code and notes the names that it uses."""

    def __init__(self) -> None:
        self.found = Names()
        self._scope: _Scope | None = None

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in node.decorator_list:
            self.visit(part)
        with self._generic(node):
            self._visit_if(node.returns)
            self._function(node.args, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node.args, [node.body])

    def _function(self, args: ast.arguments, body: list[ast.stmt] | list[ast.expr]) -> None:
        given = [*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg]
        for part in (*(one.annotation for one in given if one), *args.defaults, *args.kw_defaults):
            self._visit_if(part)
        scope = _Scope(self._scope)
        scope.bound.update(one.arg for one in given if one)
        scope.read(body)
        self._within(scope, body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in node.decorator_list:
            self.visit(part)
        with self._generic(node):
            for part in (*node.bases, *node.keywords):
                self.visit(part)
            scope = _Scope(self._scope, is_class=True)
            scope.read(node.body)
            self._within(scope, node.body)

    @contextmanager
    def _generic(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Generator[None]:
        """Be where the type parameters of a definition are known, which newer versions of Python have."""
        outside, self._scope = self._scope, _Scope(self._scope)
        for parameter in getattr(node, "type_params", ()):
            self._scope.bound.add(parameter.name)
            self.visit(parameter)
        yield
        self._scope = outside

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)
        scope = _Scope(self._scope)
        for generator in node.generators:
            scope.bound.update(bound_names(generator.target))
        first = node.generators[0]
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._within(scope, [*first.ifs, *node.generators[1:], *parts])

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def _within(self, scope: _Scope, parts: list[ast.stmt] | list[ast.expr] | list[ast.AST]) -> None:
        used_before = set(self.found.imported)
        outside, self._scope = self._scope, scope
        for part in parts:
            self.visit(part)
        self._scope = outside
        used = {use.source for use in self.found.imported if use not in used_before}
        for source in scope.whole:
            if source not in used:  # it is imported for what the import does
                self.found.imported[ImportedUse(source)] = None

    def _visit_if(self, node: ast.AST | None) -> None:
        if node is not None:
            self.visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.found.assigned.update(node.names)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._use((node.id,))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain = chain_of(node)
        if chain is None:
            self.visit(node.value)
        else:
            self._use(chain)
            if chain[:2] == ("sys", "modules"):
                self._unclear("looks modules up in `sys.modules`", node)

    def visit_Call(self, node: ast.Call) -> None:
        chain = chain_of(node.func)
        if chain is not None and chain[-1] == "getattr" and len(node.args) > 1 and self._getattr(node):
            return
        if chain is not None:
            self._tell_by_text(chain[-1], node)
        for part in (node.func, *node.args, *node.keywords):
            self.visit(part)

    def _tell_by_text(self, name: str, node: ast.Call) -> None:
        """Note what a call reaches that goes by a text instead of by a name."""
        imports, module = import_call(node)
        if module is not None:
            self.found.imported[ImportedUse(Imported(module, 0))] = None
        elif imports:
            self._unclear(f"imports a module by a name that is known only when it runs (`{name}`)", node)
        elif name in ("eval", "exec") and isinstance(node.func, ast.Name):
            self._unclear(f"runs code that it makes itself (`{name}`)", node)
        elif name == "globals" and not node.args:
            self._unclear("looks names up in `globals()`", node)

    def _getattr(self, node: ast.Call) -> bool:
        """Note what `getattr` reads; whether it is told as an attribute of that name would be."""
        whose, key = chain_of(node.args[0]), node.args[1]
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            if whose is not None:
                self._use((*whose, key.value))
                for part in node.args[2:]:
                    self.visit(part)
            return whose is not None
        holder = _holder(whose[0], self._scope) if whose is not None and whose[0] not in ("self", "cls") else None
        if whose is not None and holder is not None and whose[0] not in holder.imports:
            self._unclear(f"reads an attribute of `{'.'.join(whose)}` by a name that is known only when it runs", node)
        return False

    def _unclear(self, what: str, node: ast.AST) -> None:
        lines = self.found.unclear.setdefault(what, [])
        if getattr(node, "lineno", 0) not in lines:
            lines.append(getattr(node, "lineno", 0))

    def _use(self, chain: Chain) -> None:
        holder = _holder(chain[0], self._scope)
        if holder is None:
            self.found.outer[chain] = None
        for use in holder.sources(chain) if holder is not None else ():
            self.found.imported[use] = None


def chain_of(node: ast.AST) -> Chain | None:
    """Give a name and the attributes that follow it; `None` where an attribute is one of something else."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else None
