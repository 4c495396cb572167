"""The filters on lists and maps, by their names in Kestra. Null goes in, null comes out, unless a filter says otherwise.

Each takes the value and then its arguments; the compiler measures what comes back. A filter whose result may be far
larger than what went in checks the size beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dalsegno.expressions.faults import Fault, describe
from dalsegno.expressions.limits import check_size
from dalsegno.expressions.registry import FILTERS
from dalsegno.expressions.values import is_empty, is_list, to_json, to_text


@FILTERS.add("default")
def default(value: Any, default: Any) -> Any:
    """Replace what is undefined, null, blank or empty."""
    return default if is_empty(value) else value


@FILTERS.add("length")
def length(value: Any) -> int:
    """Count elements or letters; of anything else there are none, as in Pebble."""
    return len(cast("str", value)) if isinstance(value, str | Mapping) or is_list(value) else 0


def _elements(value: Any) -> list[Any]:
    if not is_list(value):
        raise Fault(f"it takes a list, not {describe(value)}")
    return list(value)


def _end(value: Any, index: int) -> Any:
    if value is None or isinstance(value, str):
        return value[index : index + 1 or None] if value else None
    elements = _elements(value)
    return elements[index] if elements else None


@FILTERS.add("first")
def first(value: Any) -> Any:
    return _end(value, 0)


@FILTERS.add("last")
def last(value: Any) -> Any:
    return _end(value, -1)


@FILTERS.add("join")
def join(value: Any, separator: str = "") -> str | None:
    if value is None:
        return None
    texts = ["null" if element is None else to_text(element) for element in _elements(value)]
    between = to_text(separator)
    check_size(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


@FILTERS.add("slice")
def cut_out(value: Any, from_index: Any = 0, to_index: Any = None) -> Any:
    """Give the part from one place up to, but without, another."""
    if value is None:
        return None
    whole: Any = value if isinstance(value, str) else _elements(value)
    start, end = 0 if from_index is None else from_index, len(whole) if to_index is None else to_index
    if not isinstance(start, int) or not isinstance(end, int):
        raise Fault("a place in a text or list is a whole number")
    if start < 0 or end > len(whole) or (to_index is not None and start >= end):
        raise Fault(f"there is no part from {start} to {end} of {len(whole)}")
    return whole[start:end]


@FILTERS.add("sort")
def sort(value: Any) -> list[Any] | None:
    return None if value is None else sorted(_elements(value))


@FILTERS.add("rsort")
def rsort(value: Any) -> list[Any] | None:
    return None if value is None else sorted(_elements(value), reverse=True)


@FILTERS.add("reverse")
def reverse(value: Any) -> Any:
    if value is None:
        return None
    return value[::-1] if isinstance(value, str) else _elements(value)[::-1]


@FILTERS.add("distinct")
def distinct(value: Any) -> list[Any] | None:
    """Leave out elements that are equal to an earlier one."""
    if value is None:
        return None
    found: dict[str, Any] = {}
    for element in _elements(value):
        found.setdefault(to_json(element), element)
    return list(found.values())


@FILTERS.add("flatten")
def flatten(value: Any) -> list[Any] | None:
    """Put the elements of lists inside a list in their place, one level deep."""
    if value is None:
        return None
    return [part for element in _elements(value) for part in (element if is_list(element) else [element])]


@FILTERS.add("chunk")
def chunk(value: Any, size: int) -> list[Any]:
    """Cut a list into lists of `size` elements."""
    if size < 1:
        raise Fault("a chunk has at least one element")
    elements = _elements(value)
    return [elements[start : start + size] for start in range(0, len(elements), size)]


def _entries(value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise Fault(f"it takes a map, not {describe(value)}")
    return cast("Mapping[Any, Any]", value)


@FILTERS.add("keys")
def keys(value: Any) -> list[Any] | None:
    """Give the keys of a map, or the indexes of a list."""
    if is_list(value):
        return list(range(len(value)))
    return None if value is None else list(_entries(value))


@FILTERS.add("values")
def values(value: Any) -> list[Any] | None:
    return None if value is None else list(_entries(value).values())


@FILTERS.add("merge")
def merge(value: Any, items: Any) -> Any:
    """Put two maps or two lists together; where both maps have a key, the second wins."""
    if value is None or items is None:
        if value is items:
            raise Fault("both are null")
        return items if value is None else value
    if not isinstance(value, Mapping):
        added = [{"key": key, "value": item} for key, item in _entries(items).items()] if not is_list(items) else items
        return [*_elements(value), *added]
    if is_list(items):
        return {**value, **{to_text(element): element for element in items}}
    return {**value, **_entries(items)}
