"""Plain YAML scalars by the core schema of YAML 1.2, without what people trip over.

`yes`, `no`, `on` and `off` are text, so are dates and times, `1_000` and `12:30`; `.inf` and `.nan` are text because a
flow is stored as JSON, which lacks them.
"""

from __future__ import annotations

import re
from typing import TypeAlias

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBER_STARTS = frozenset("+-.0123456789")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OTHER_BASE = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
#: Python refuses to read a number with more digits; such a thing is meant as text
_LONGEST_NUMBER = 300
_TYPES: dict[str, type] = {"int": int, "float": float, "bool": bool, "null": type(None)}
_PREFIX = "tag:yaml.org,2002:"

Scalar: TypeAlias = str | int | float | bool | None


def plain_value(text: str) -> Scalar:
    """Give the value of a scalar that stands without quotes."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] in _NUMBER_STARTS and len(text) <= _LONGEST_NUMBER:
        return _number(text)
    return text


def _number(text: str) -> Scalar:
    if _INT.match(text):
        return int(text)
    if _OTHER_BASE.match(text):
        return int(text, 0)
    if _FLOAT.match(text):
        number = float(text)
        return number if abs(number) != float("inf") else text
    return text


def tagged_value(tag: str, text: str) -> Scalar:
    """Give the value of a scalar with a tag of its own, such as `!!str 5`.

    Raises
    ------
    ValueError : the tag is not one of YAML's own, or the text does not fit it.
    """
    name = tag.removeprefix(_PREFIX)
    if tag == "!" or name == "str":
        return text
    wanted = _TYPES.get(name)
    if wanted is None or not tag.startswith(_PREFIX):
        raise ValueError(f"the YAML tag `{tag}` is not supported: leave it out")
    value = plain_value(text)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise ValueError(f"`{text}` is no YAML {name}")
    return value
