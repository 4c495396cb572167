"""Arguments that stand literally in a text, and are wrong whatever else is rendered: patterns of dates, zones, units."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from dalsegno.expressions.faults import Fault
from dalsegno.expressions.registry import FILTERS, FUNCTIONS, Entry, python_name


def has_checks(filters: frozenset[str], functions: frozenset[str]) -> bool:
    """Whether there is anything to check in a text that calls these."""
    calls = [*(FILTERS.entries.get(name) for name in filters), *(FUNCTIONS.entries.get(name) for name in functions)]
    return any(entry is not None and entry.literals for entry in calls)


def wrong_literals(tree: nodes.Template) -> Iterator[Fault]:
    """Give what is wrong with literal arguments, each with its offset."""
    for call in tree.find_all((nodes.Filter, nodes.Call)):
        entry = _entry(call)
        for name, argument in _arguments(call, entry) if entry is not None else ():
            check = entry.literals.get(name) if entry is not None else None
            if check is None or not isinstance(argument, nodes.Const) or not isinstance(argument.value, str):
                continue
            try:
                check(argument.value)
            except Fault as fault:
                fault.code, fault.offset = "bad-literal", argument.lineno
                yield fault


def _entry(call: nodes.Filter | nodes.Call) -> Entry | None:
    if isinstance(call, nodes.Filter):
        return FILTERS.entries.get(call.name)
    return FUNCTIONS.entries.get(call.node.name) if isinstance(call.node, nodes.Name) else None


def _arguments(call: nodes.Filter | nodes.Call, entry: Entry) -> Iterator[tuple[str, nodes.Expr]]:
    for position, argument in enumerate(call.args):
        name = entry.argument(position)
        if name is not None:
            yield name, argument
    for keyword in call.kwargs:
        if isinstance(keyword, nodes.Keyword):
            yield python_name(keyword.key), keyword.value
