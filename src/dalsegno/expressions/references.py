"""What a text reads, found without rendering it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes

from dalsegno.expressions.grammar import MACRO

_RENDERING = ("render", "renderOnce")


@dataclass(frozen=True)
class Reference:
    """The path of something that is read, such as `outputs.convert.uri`.

    `path` starts with the name of the variable. A key that is itself read from a path (`outputs.x[taskrun.value]`) is a
    nested reference; any other key that only rendering can tell is `None`.
    """

    path: tuple[str | Reference | None, ...]


@dataclass(frozen=True)
class References:
    """All that a text reads.

    Parameters
    ----------
    names : every variable's path, as far as it is known; names that the text sets itself do not count.
    functions, filters : those that it calls, by name.
    renders : the arguments of `render()` and `renderOnce()`; `None` for one that only rendering can tell.
    """

    names: tuple[Reference, ...] = ()
    functions: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()
    renders: tuple[Reference | None, ...] = ()


@dataclass
class _Found:
    names: dict[Reference, None] = field(default_factory=dict[Reference, None])
    functions: set[str] = field(default_factory=set[str])
    filters: set[str] = field(default_factory=set[str])
    renders: dict[Reference | None, None] = field(default_factory=dict["Reference | None", None])


def find_references(tree: nodes.Template) -> References:
    """Collect what a text reads, in the order in which it stands."""
    found = _Found()
    _visit_all(tree.body, found, set())
    return References(tuple(found.names), frozenset(found.functions), frozenset(found.filters), tuple(found.renders))


def _visit_all(parts: Iterable[nodes.Node], found: _Found, local: set[str]) -> None:
    for part in parts:
        _visit(part, found, local)


def _visit(node: nodes.Node, found: _Found, local: set[str]) -> None:
    """Visit a node; `local` are the names set so far, and grows with each `set`."""
    visit = _VISITS.get(type(node))
    if visit is not None:
        visit(node, found, local)
        return
    _visit_all(node.iter_child_nodes(), found, local)


def _visit_data(_node: nodes.Node, _found: _Found, _local: set[str]) -> None:
    """Visit what holds no other node. (To ask it takes longer than all else.)"""


def _visit_output(node: nodes.Output, found: _Found, local: set[str]) -> None:
    _visit_all(node.nodes, found, local)


def _visit_filter(node: nodes.Filter, found: _Found, local: set[str]) -> None:
    if node.name.isidentifier():
        found.filters.add(node.name)
    _visit_all([node.node] if node.node else [], found, local)
    _visit_all((*node.args, *(argument.value for argument in node.kwargs)), found, local)


def _visit_with(node: nodes.With, found: _Found, local: set[str]) -> None:
    inner = set(local)
    for target, value in zip(node.targets, node.values, strict=True):
        _visit(value, found, local)
        inner |= _targets(target)
    _visit_all(node.body, found, inner)


def _visit_set(node: nodes.Assign, found: _Found, local: set[str]) -> None:
    _visit(node.node, found, local)
    local |= _targets(node.target)


def _visit_part(node: nodes.AssignBlock | nodes.FilterBlock, found: _Found, local: set[str]) -> None:
    _visit_all(node.body, found, set(local))
    _visit_all([node.filter] if node.filter else [], found, local)
    local |= _targets(node.target) if isinstance(node, nodes.AssignBlock) else set()


def _visit_block(node: nodes.Block, found: _Found, local: set[str]) -> None:
    _visit_all(node.body, found, set(local))


def _visit_path(node: nodes.Node, found: _Found, local: set[str]) -> None:
    steps: list[str] = []
    base = node
    while type(base) is nodes.Getattr:
        steps.append(base.attr)
        base = base.node
    if type(base) is nodes.Name:
        # nearly every path is names with dots
        if base.name not in local:
            found.names[Reference((base.name, *reversed(steps)))] = None
        return
    reference = _reference(node, local)
    if reference is not None:
        found.names[reference] = None
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        if isinstance(node, nodes.Getitem):
            _visit(node.arg, found, local)
        node = node.node
    if not isinstance(node, nodes.Name):
        _visit(node, found, local)


def _reference(node: nodes.Node, local: set[str]) -> Reference | None:
    """Give the path that a node reads; `None` where it does not start at a variable."""
    if isinstance(node, nodes.Name):
        return None if node.name in local else Reference((node.name,))
    if not isinstance(node, nodes.Getattr | nodes.Getitem):
        return None
    base = _reference(node.node, local)
    if base is None or (isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice)):
        return base
    key = node.attr if isinstance(node, nodes.Getattr) else _key(node.arg, local)
    return Reference((*base.path, key))


def _key(node: nodes.Expr, local: set[str]) -> str | Reference | None:
    if isinstance(node, nodes.Const):
        known = isinstance(node.value, str | int) and not isinstance(node.value, bool)
        return str(node.value) if known else None
    return _reference(node, local) if _is_pure(node) else None


def _is_pure(node: nodes.Node) -> bool:
    """Tell whether a node is a path and nothing but a path."""
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
            return False
        node = node.node
    return isinstance(node, nodes.Name)


def _visit_call(node: nodes.Call, found: _Found, local: set[str]) -> None:
    if not isinstance(node.node, nodes.Name):
        return
    name = node.node.name
    if not name.startswith(MACRO):
        found.functions.add(name)
    arguments = [*node.args, *(argument.value for argument in node.kwargs)]
    if name in _RENDERING and arguments:
        subject = next((one.value for one in node.kwargs if one.key == "toRender"), arguments[0])
        found.renders[_reference(subject, local) if _is_pure(subject) else None] = None
    _visit_all(arguments, found, local)


def _visit_macro(node: nodes.Macro, found: _Found, _local: set[str]) -> None:
    """Visit a macro. It sees its arguments alone, so no name in it is a variable's; what it calls counts."""
    inside = _Found()
    _visit_all([*node.defaults, *node.body], inside, {argument.name for argument in node.args})
    found.functions |= inside.functions
    found.filters |= inside.filters
    found.renders.update(dict.fromkeys((None,) if inside.renders else ()))


def _visit_for(node: nodes.For, found: _Found, local: set[str]) -> None:
    _visit(node.iter, found, local)
    inner = local | _targets(node.target)
    _visit_all([node.test] if node.test else [], found, inner)
    _visit_all(node.body, found, inner | {"loop"})
    _visit_all(node.else_, found, set(local))


def _visit_if(node: nodes.If, found: _Found, local: set[str]) -> None:
    """Visit the branches. A name counts as set afterwards only if every branch sets it."""
    ends: list[set[str]] = []
    for branch in (node, *node.elif_):
        _visit(branch.test, found, local)
        inner = set(local)
        _visit_all(branch.body, found, inner)
        ends.append(inner)
    otherwise = set(local)
    _visit_all(node.else_, found, otherwise)
    local |= set.intersection(otherwise, *ends)


def _targets(node: nodes.Node) -> set[str]:
    if isinstance(node, nodes.Name):
        return {node.name}
    return {name for item in node.items for name in _targets(item)} if isinstance(node, nodes.Tuple) else set()


_VISITS: Mapping[type[nodes.Node], Callable[[Any, _Found, set[str]], None]] = {
    nodes.TemplateData: _visit_data, nodes.Const: _visit_data, nodes.Output: _visit_output, nodes.Filter: _visit_filter,
    nodes.Name: _visit_path, nodes.Getattr: _visit_path, nodes.Getitem: _visit_path, nodes.Call: _visit_call,
    nodes.For: _visit_for, nodes.If: _visit_if, nodes.With: _visit_with, nodes.Assign: _visit_set,
    nodes.AssignBlock: _visit_part, nodes.FilterBlock: _visit_part, nodes.Macro: _visit_macro, nodes.Block: _visit_block,
}  # fmt: skip
