"""The filters and functions that read and write forms of text: JSON, YAML, Ion, and queries of `jq`."""

from __future__ import annotations

import json
from typing import Any

from dalsegno.expressions import ion, yamltext
from dalsegno.expressions.faults import Fault, describe
from dalsegno.expressions.frame import Frame
from dalsegno.expressions.registry import FILTERS, FUNCTIONS
from dalsegno.expressions.values import to_data, to_json, to_text


@FILTERS.add("json", "toJson")
def as_json(value: Any) -> str:
    return to_json(value)


@FILTERS.add("yaml")
def as_yaml(value: Any) -> str:
    """Write a value as YAML."""
    return yamltext.write(to_data(value))


@FILTERS.add("toIon")
def as_ion(value: Any) -> str:
    """Write a value as Ion, in one line."""
    return ion.write(value)


@FILTERS.add("jq", framed=True)
def jq(frame: Frame, value: Any, expression: Any) -> list[Any] | None:
    """Give all results of a query, as a list. A text is read as JSON first."""
    if value is None:
        return None
    return frame.provide("jq")(to_text(expression), value if isinstance(value, str) else to_json(value))


@FUNCTIONS.add("fromJson", "json")
def from_json(frame: Frame, json: Any) -> Any:  # noqa: ARG001 - functions take the frame
    """Read JSON. Numbers that JSON does not have (NaN, Infinity) are refused."""
    return _read_json(json)


def _read_json(text: Any) -> Any:
    if text is None:
        return None
    try:
        return json.loads(to_text(text), parse_constant=_no_constant)
    except ValueError as error:
        raise Fault(f"the text is not JSON: {error}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


@FUNCTIONS.add("yaml")
def from_yaml(frame: Frame, yaml: Any) -> Any:  # noqa: ARG001
    """Read YAML."""
    return None if yaml is None else yamltext.read(_text(yaml, "YAML"))


@FUNCTIONS.add("fromIon")
def from_ion(frame: Frame, ion_text: Any, all_rows: Any = False) -> Any:  # noqa: FBT002 - as it is written in flows
    """Read the first value of an Ion text, or all of them as a list."""
    if ion_text is None:
        return None
    values = ion.read(_text(ion_text, "Ion"), frame.meter.turn)
    return list(values) if all_rows is True else next(values, None)


def _text(value: Any, form: str) -> str:
    if not isinstance(value, str):
        raise Fault(f"{form} is text, not {describe(value)}")
    return value
