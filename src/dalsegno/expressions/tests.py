"""The tests that stand after `is`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dalsegno.expressions.faults import Fault, describe
from dalsegno.expressions.operators import is_number
from dalsegno.expressions.registry import Registry
from dalsegno.expressions.values import is_empty, is_list

TESTS = Registry("test")


@TESTS.add("defined", "undefined")
def is_defined(value: Any) -> bool:  # noqa: ARG001 - the compiler answers this one: a value that got here is defined
    return True


@TESTS.add("null", "none")
def is_null(value: Any) -> bool:
    return value is None


@TESTS.add("empty")
def is_nothing(value: Any) -> bool:
    return is_empty(value)


@TESTS.add("even")
def is_even(value: Any) -> bool:
    return _whole(value) % 2 == 0


@TESTS.add("odd")
def is_odd(value: Any) -> bool:
    return _whole(value) % 2 == 1


@TESTS.add("map", "mapping")
def is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


@TESTS.add("iterable")
def is_iterable(value: Any) -> bool:
    return is_list(value)


@TESTS.add("string")
def is_text(value: Any) -> bool:
    return isinstance(value, str)


@TESTS.add("number")
def is_a_number(value: Any) -> bool:
    return is_number(value)


@TESTS.add("boolean")
def is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


@TESTS.add("json")
def is_json(value: Any) -> bool:
    if isinstance(value, Mapping) or is_list(value):
        return True
    if not isinstance(value, str):
        return False
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault(f"only a whole number is even or odd, not {describe(value)}")
    return value
