from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from dalsegno.model.kv import ValueType
from dalsegno.tasks.kv_values import LARGEST_VALUE, check_name, typed


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        ("text", ValueType.STRING, "text"),
        ("7", ValueType.STRING, "7"),
        (7, ValueType.NUMBER, 7),
        (0.5, ValueType.NUMBER, 0.5),
        (Decimal(3), ValueType.NUMBER, 3),
        (True, ValueType.BOOLEAN, True),
        ([1, {"a": None}], ValueType.JSON, [1, {"a": None}]),
        ({"at": datetime(2024, 5, 1, tzinfo=UTC)}, ValueType.JSON, {"at": "2024-05-01T00:00:00Z"}),
        (datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=2))), ValueType.DATETIME, "2024-05-01T10:00:00Z"),
    ],
)
def test_a_value_is_kept_with_its_own_type(value: Any, kind: ValueType, kept: Any) -> None:
    assert typed(value, None) == (kind, kept)


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        (7, "STRING", "7"),
        ({"a": 1}, "STRING", '{"a": 1}'),
        (" 7 ", "NUMBER", 7),
        ("-0.5", "NUMBER", -0.5),
        ("TRUE", "BOOLEAN", True),
        ("false", "BOOLEAN", False),
        ("2024-05-01T12:00:00+02:00", "DATETIME", "2024-05-01T10:00:00Z"),
        ("2024-05-01", "DATE", "2024-05-01"),
        ("PT1H", "DURATION", "PT1H"),
        ('{"a": [1]}', "JSON", {"a": [1]}),
        (3, "JSON", 3),
    ],
)
def test_a_text_is_read_as_the_type_that_is_asked_for(value: Any, kind: str, kept: Any) -> None:
    assert typed(value, ValueType(kind)) == (ValueType(kind), kept)


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (None, None, "there is no value to keep"),
        ("seven", "NUMBER", "`seven` is no NUMBER"),
        ("inf", "NUMBER", "is no NUMBER"),
        ("nan", "NUMBER", "is no NUMBER"),
        (True, "NUMBER", "is no NUMBER"),
        ("yes", "BOOLEAN", "`yes` is no BOOLEAN: `true` or `false`"),
        (1, "BOOLEAN", "is no BOOLEAN"),
        ("2024-05-01T12:00:00", "DATETIME", "with its zone"),
        ("01.05.2024", "DATE", "is no DATE"),
        (5, "DURATION", "is no DURATION"),
        ("1 hour", "DURATION", "ISO 8601"),
        ("{a: 1}", "JSON", "no JSON"),
        ("x" * (LARGEST_VALUE + 1), None, "too large"),
    ],
)
def test_what_is_not_of_its_type_is_refused(value: Any, kind: str | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        typed(value, None if kind is None else ValueType(kind))


@pytest.mark.parametrize("name", ["", "a b", ".a", "-a", "é", "a/b", "a\n"])
def test_a_name_that_no_key_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a key"):
        check_name("key", name)


@pytest.mark.parametrize("name", ["a", "7", "a.b_c-D", "x" * 300])
def test_a_key_holds_letters_digits_and_three_signs(name: str) -> None:
    check_name("key", name)
