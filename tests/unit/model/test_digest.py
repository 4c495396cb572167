from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.model.digest import canonical, digest, digest_bytes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


class Colour(Enum):
    RED = "red"


#: stored digests depend on these bytes: a change here breaks every comparison with what was recorded before
GOLDEN: list[tuple[Any, str]] = [
    (None, "null"),
    (True, "true"),
    ("é\u2028", '"é\u2028"'),
    (1.0, "1.0"),
    ({"b": 1, "a": [1, 2]}, '{"a":[1,2],"b":1}'),
    (math.nan, '{"$type":"float","value":"nan"}'),
    (-math.inf, '{"$type":"float","value":"-inf"}'),
    ({"x": math.inf}, '{"x":{"$type":"float","value":"inf"}}'),
    ({2: "b", 1: "a"}, '{"$type":"map","value":[[1,"a"],[2,"b"]]}'),
    ({"$type": "set"}, '{"$type":"map","value":[["$type","set"]]}'),
    ((1, 2), '{"$type":"tuple","value":[1,2]}'),
    ({3, 1}, '{"$type":"set","value":[1,3]}'),
    (b"ab", '{"$type":"bytes","value":"YWI="}'),
    (Decimal("1.50"), '{"$type":"Decimal","value":"1.50"}'),
    (UUID(int=1), '{"$type":"UUID","value":"00000000-0000-0000-0000-000000000001"}'),
    (PurePosixPath("a/b"), '{"$type":"PurePosixPath","value":"a/b"}'),
    (date(2024, 5, 1), '{"$type":"date","value":"2024-05-01"}'),
    (datetime(2024, 5, 1, tzinfo=UTC), '{"$type":"datetime","value":"2024-05-01T00:00:00+00:00"}'),
    (time(1, 2), '{"$type":"time","value":"01:02:00"}'),
    (timedelta(days=1, seconds=2), '{"$type":"timedelta","value":[1,2,0]}'),
    (Colour.RED, '{"$type":"enum:Colour","value":"red"}'),
]


@pytest.mark.parametrize(("value", "text"), GOLDEN, ids=lambda value: repr(value)[:30])
def test_a_value_is_encoded_to_these_bytes(value: Any, text: str) -> None:
    assert canonical(value).decode() == text


def test_digests_are_these() -> None:
    assert digest("value", {"b": 1, "a": [1, 2]}) == GOLDEN_DIGEST
    assert digest("value", "x") != digest("property", "x")
    assert digest("value", "x") == digest_bytes("value", b'"x"')


GOLDEN_DIGEST = "252540b6e00ccf1be4f328900f77caa6b825f72806ca4bfe7175725add469327"


@given(value=JSON)
def test_equal_values_have_equal_digests_in_whatever_order_they_were_made(value: Any) -> None:
    assert digest("value", value) == digest("value", _turned(value))


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(item) for key, item in reversed(cast("dict[str, Any]", value).items())}
    return [_turned(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


@given(one=JSON, other=JSON)
def test_different_values_have_different_digests(one: Any, other: Any) -> None:
    assert (digest("value", one) == digest("value", other)) == (_typed(one) == _typed(other))


def _typed(value: Any) -> Any:
    """Tell apart what is equal only in Python: 1, 1.0 and True; 0.0 and -0.0."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_typed(item) for item in cast("list[Any]", value)]
    return (type(value), repr(value))


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="has no canonical form"):
        digest("value", {"x": object()})
