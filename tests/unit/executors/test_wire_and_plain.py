"""Messages survive being sent in any pieces; plain values are those that JSON can hold."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dalsegno.executors.plain import plain
from dalsegno.executors.wire import FrameReader, frame

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(messages=st.lists(values, max_size=5), sizes=st.lists(st.integers(1, 50), min_size=1))
def test_messages_come_out_whole_and_in_order_in_whatever_pieces_they_arrive(
    messages: list[Any], sizes: list[int]
) -> None:
    data, reader, got, place = b"".join(frame(message) for message in messages), FrameReader(), list[Any](), 0
    turn = 0
    while place < len(data):
        size = sizes[turn % len(sizes)]
        got += reader.feed(data[place : place + size])
        place += size
        turn += 1
    assert got == messages


@given(values)
def test_a_plain_value_is_what_json_would_give_back(value: Any) -> None:
    assert plain(value) == json.loads(json.dumps(value))
