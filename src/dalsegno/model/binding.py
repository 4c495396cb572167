"""Bindings: what a parameter of a step in Python gets, as it stands among the properties of its task.

A property is `{"$bind": binding}`, and a binding is a map with one key:

    {"value": form}              a value, in the form in which values of Python are stored
    {"output": [task, name]}     an output of a step; of one in the same loop, that of the reader's own item
    {"items": [task, name]}      the outputs of all items of a mapped step, as a list in the order of the items
    {"item": parameter}          what the item in which the reader stands gives for a parameter of the mapped step
    {"list": [binding, ...]}     a list with bindings inside; likewise "tuple"
    {"dict": [[form, binding], ...]}  a map, with its keys as stored values

A property that is no such map, as an override from the command line, is a value in stored form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from dalsegno.model.digest import digest
from dalsegno.model.flow import Key, Read
from dalsegno.model.forms import digest_of

KEY = "$bind"

JsonMap = Mapping[str, Any]


def bound(kind: str, what: Any) -> dict[str, Any]:
    """Give the property for a binding."""
    return {KEY: {kind: what}}


def is_bound(value: Any) -> bool:
    """Whether a property is a binding."""
    return isinstance(value, dict) and len(cast("JsonMap", value)) == 1 and KEY in value


def binding_of(value: Any) -> tuple[str, Any]:
    """Take a property apart: the kind of its binding, and what it binds to. Anything else is a value."""
    if is_bound(value):
        ((kind, what),) = cast("JsonMap", value[KEY]).items()
        return kind, what
    return "value", value


def reads_of(value: Any, loops: Mapping[str, int]) -> Iterator[Read]:
    """Give the data edges of a property.

    Parameters
    ----------
    loops : for each task that is inside of mapped steps, inside of how many.
    """
    kind, what = binding_of(value)
    yield from _reads(kind, what, loops)


def _reads(kind: str, what: Any, loops: Mapping[str, int]) -> Iterator[Read]:
    if kind == "output":
        task, name = what
        yield Read(task, (Key.OWN,) * loops.get(task, 0), (name,))
    elif kind == "items":
        yield Read(what[0])
    elif kind in ("list", "tuple"):
        for inner in what:
            yield from _inside(inner, loops)
    elif kind == "dict":
        for _, inner in what:
            yield from _inside(inner, loops)


def read_by_item(over: Any) -> frozenset[str]:
    """Name the mapped steps of which each item of another one reads items, and never all.

    Parameters
    ----------
    over : what that other one maps over: for each parameter what it is bound to.
    """
    kind, pairs = binding_of(over)
    if kind != "dict":
        return frozenset()
    bindings = [next(iter(binding.items())) for _, binding in pairs]
    found = frozenset(what[0] for kind, what in bindings if kind == "items")
    if not found:
        return found
    return found.difference(
        read.task or "" for kind, what in bindings if kind != "items" for read in _reads(kind, what, {})
    )


def property_digest(property: Mapping[str, Any]) -> str:
    """Give the digest of a property that is a binding: values count by content, however they are kept."""
    return digest("property", _content(property[KEY]))


def _content(binding: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, what),) = binding.items()
    if kind == "value":
        return {kind: digest_of(what)}
    if kind in ("list", "tuple"):
        return {kind: [_content(inner) for inner in what]}
    if kind == "dict":
        return {kind: [[digest_of(key), _content(inner)] for key, inner in what]}
    return {kind: what}


def _inside(binding: JsonMap, loops: Mapping[str, int]) -> Iterator[Read]:
    ((kind, what),) = binding.items()
    yield from _reads(kind, what, loops)
