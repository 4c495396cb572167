"""Single values by an Avro schema."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.support.serdes import record

from dalsegno.tasks.serdes.avro_schema import parse_schema
from dalsegno.tasks.serdes.cells import Branch, CellConverter, CellError, CellOptions

CELLS = CellConverter(CellOptions())
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
UUID = {"type": "string", "logicalType": "uuid"}


def convert(kind: Any, value: Any) -> Any:
    return CELLS.convert(parse_schema(record(value=kind)).fields[0].type, value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("int", "+7", 7),
        ("long", "-9223372036854775808", -(1 << 63)),
        ("double", " 1.5 ", 1.5),
        ("double", "1e3f", 1000.0),
        ("double", "-Infinity", float("-inf")),
        ("double", 3, 3.0),
        ("boolean", "ENABLED", True),
        ("boolean", "", False),
        ("boolean", 1, True),
        ("string", 1.5, "1.5"),
        ("string", True, "true"),
        ("bytes", "hé", b"h\xc3\xa9"),
        (DECIMAL, "1.005", Decimal("1.00")),
        (DECIMAL, "1.015", Decimal("1.02")),
        (UUID, "0D2B0B0E-0000-4000-8000-000000000000", "0d2b0b0e-0000-4000-8000-000000000000"),
        (["null", "double"], "#N/A", None),
        (["null", "double"], "NULL", None),
        (["double", "null"], "", None),
        (["string", "null"], "", ""),
        (["null", "int", "string"], "x", Branch(1, "x")),
    ],
)
def test_a_value_that_fits_is_converted(kind: Any, value: Any, expected: Any) -> None:
    assert convert(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("int", "2147483648", "outside the range of `int`"),
        ("int", "1.0", 'For input string: "1.0"'),
        ("int", "1_0", 'For input string: "1_0"'),
        ("int", 1.5, "a float is no whole number"),
        ("double", "nan", 'For input string: "nan"'),
        ("double", "", "empty String"),
        ("boolean", "maybe", "none of `trueValues`"),
        (DECIMAL, "123.45", "at most 4 digits"),
        (DECIMAL, "NaN", "at most 4 digits"),
        (UUID, "x", "Invalid UUID string: x"),
        ({"type": "fixed", "name": "F", "size": 2}, "abc", "found 3, expected 2"),
        ({"type": "enum", "name": "E", "symbols": ["a"]}, "b", "Invalid enum value, found b"),
        ({"type": "array", "items": "int"}, ["1", "x"], "[1]: For input string"),
        (["int", "boolean"], "x", "no branch of the union takes it (int: For"),
        ("string", None, "takes no null"),
    ],
)
def test_a_value_that_does_not_fit_says_why(kind: Any, value: Any, reason: str) -> None:
    with pytest.raises(CellError) as caught:
        convert(kind, value)
    assert reason in caught.value.reason
