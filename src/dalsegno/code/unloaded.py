"""Follows code by its text alone: what a function imports when it runs, and modules that are taken whole.

Whether such a module is loaded already makes no difference, so that the digest is the same before and after a run.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from functools import partial

from dalsegno.code.graph import Graph, Piece
from dalsegno.code.names import MODULE_NAMES, Chain, Imported, ImportedUse, Names, imports_of
from dalsegno.code.owned import Finder, Module, absolute_name, is_ours, package_of, plain_name
from dalsegno.code.sources import Source, parse
from dalsegno.code.values import Token


class Unloaded:
    """Gives tokens for what stands in the text of a module."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.finder = Finder()
        #: names that are being followed from module to module
        self._open: set[tuple[str, Chain]] = set()

    def use(self, use: ImportedUse, package: str | None) -> Token:
        """Give the token of what a piece of code uses of something that it imports itself."""
        name = absolute_name(use.source, package)
        if name is None:
            return ["missing", use.source.module]
        chain = (use.source.name, *use.chain) if use.source.name else use.chain
        return self.reach(name, chain)

    def reach(self, name: str, chain: Chain) -> Token:
        """Give the token of what a chain of attributes leads to from a module; an empty chain is the whole module."""
        module = self.finder.find(name)
        if module is None:
            return ["library", name, *chain]
        self._graph.modules[name] = None
        source = parse(module.text) if module.text is not None else None
        if source is None:
            self._graph.note(f"`{name}` is not written in Python, or cannot be read: a change of it is not seen")
            return ["unreadable", name]
        if not module.current:
            # what runs is not what the text says, so that it must equal no digest of what the text says
            self._graph.note(f"`{module.file}` has changed since it was loaded: what of `{name}` runs cannot be judged")
            return ["changed", name, self._in(module, source, chain)]
        return self._in(module, source, chain)

    def _in(self, module: Module, source: Source, chain: Chain) -> Token:
        if not chain or chain[0] == "*":
            return self._whole(module, source)
        return self._attribute(module, source, chain)

    def _attribute(self, module: Module, source: Source, chain: Chain) -> Token:
        name = chain[0]
        statements = source.bindings.get(name)
        if statements is None:
            return self._elsewhere(module, source, chain)
        imports = [one for statement in statements for one in _imports(statement, name)]
        if imports and len(imports) == len(statements):
            return self._imported(module, imports, chain)
        return self._graph.piece(
            ("unloaded", module.name, name),
            f"{plain_name(module.name)}:{name}",
            lambda piece: self._read(piece, module, source, name),
        )

    def _imported(self, module: Module, imports: list[Imported], chain: Chain) -> Token:
        """Follow a name that a module imports; it only leads on, and is no piece of its own."""
        if (module.name, chain) in self._open:
            return ["again", *chain]
        self._open.add((module.name, chain))
        tokens = [self.use(ImportedUse(one, chain[1:]), package_of(module)) for one in imports]
        self._open.discard((module.name, chain))
        return tokens[0] if len(tokens) == 1 else ["either", *tokens]

    def _elsewhere(self, module: Module, source: Source, chain: Chain) -> Token:
        """Give the token of a name that no statement of a module binds: a module below it, or a name that came with `*`."""
        below = f"{module.name}.{chain[0]}"
        if module.is_package and self.finder.find(below) is not None:
            return self.reach(below, chain[1:])
        origins = list(self._star_imports(module, source, {module.name}))
        for name, other in origins:
            if other is not None and chain[0] in other.bindings:
                return self.reach(name, chain)
        libraries = [name for name, other in origins if other is None]
        if libraries:
            return ["library", *libraries, *chain]
        if "__getattr__" in source.bindings:
            return self._whole(module, source)
        self._graph.note(f"`{module.name}` has no `{chain[0]}` in its text: what it is cannot be judged")
        return ["missing", *chain]

    def _star_imports(self, module: Module, source: Source, seen: set[str]) -> Iterator[tuple[str, Source | None]]:
        """Give the modules that a module imports all names of, directly or not; without a text for a library."""
        for one in (one for statement in source.bindings.get("*", ()) for one in _imports(statement, "*")):
            name = absolute_name(one, package_of(module)) or ""
            found = self.finder.find(name) if name not in seen else None
            other = parse(found.text) if found is not None and found.text is not None else None
            if name not in seen:
                seen.add(name)
                yield name, other
            if found is not None and other is not None:
                yield from self._star_imports(found, other, seen)

    def _whole(self, module: Module, source: Source) -> Token:
        def read(piece: Piece) -> None:
            piece.content.append(source.written(source.tree))
            for one in source.imports:
                piece.links.append(self.use(ImportedUse(one), package_of(module)))
            self._tell(module.name, source.names(source.tree))

        return self._graph.piece(("unloaded", module.name), plain_name(module.name), read)

    def _read(self, piece: Piece, module: Module, source: Source, name: str) -> None:
        for statement in source.bindings[name]:
            imports = list(_imports(statement, name))
            if imports:
                piece.links += [self.use(ImportedUse(one), package_of(module)) for one in imports]
            else:
                node = source.without_decorators(statement, partial(_is_made_by_us, source))
                piece.content.append(source.written(node))
                piece.links += self._names(module, source, source.names(node), but=name)
                self._tell(piece.title, source.names(node))

    def _names(self, module: Module, source: Source, names: Names, but: str) -> Iterator[Token]:
        for chain in names.outer:
            if chain[0] == but or chain[0] in MODULE_NAMES:
                continue
            if chain[0] not in source.bindings and hasattr(builtins, chain[0]):
                continue
            yield [".".join(chain), self._attribute(module, source, chain)]
        for use in names.imported:
            yield self.use(use, package_of(module))

    def _tell(self, where: str, names: Names) -> None:
        for sentence in names.unclear_sentences(where):
            self._graph.note(sentence)


def _is_made_by_us(source: Source, chain: Chain) -> bool:
    return any(
        is_ours(one.module) for statement in source.bindings.get(chain[0], ()) for one in _imports(statement, chain[0])
    )


def _imports(statement: ast.stmt, name: str) -> Iterator[Imported]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        found = (source for bound, source in imports_of(statement) if bound == name)
        yield from found
