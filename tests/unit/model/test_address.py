from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.model.address import (
    LONGEST_KEY,
    Address,
    Items,
    Parts,
    item_key,
    item_keys,
    item_prefix,
    longest_known,
    parse,
    scalar_text,
    show_key,
)

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,6}", fullmatch=True)
KEYS = st.text(max_size=12)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(allow_nan=False), st.text(max_size=5))
VALUES = st.one_of(
    st.sampled_from(["a", "a", "b", "1", 1, 1.0, True, "true", None, "null", "a#2", "", "x" * 99, [1], {"k": [1]}]),
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
)


@given(items=st.lists(st.tuples(IDS, st.one_of(st.none(), KEYS)), max_size=3), task=st.one_of(st.none(), IDS))
def test_an_address_is_read_back_as_it_was_shown(items: list[tuple[str, str | None]], task: str | None) -> None:
    if items or task:
        address = Address(tuple(items), task)
        assert parse(str(address)) == address


@given(text=st.text(alphabet='ab[]".*\\#1 ', max_size=12))
def test_a_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = parse(text)
    except ValueError:
        return
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    ("text", "items", "task"),
    [
        ("load", (), "load"),
        ("each_city[paris]", (("each_city", "paris"),), None),
        ("each_city[paris].load", (("each_city", "paris"),), "load"),
        ('each["a b"].load', (("each", "a b"),), "load"),
        ('each["say \\"x\\""]', (("each", 'say "x"'),), None),
        ("each[*].load", (("each", None),), "load"),
        ('each["*"].load', (("each", "*"),), "load"),
        ("a[x].b[y#2].c", (("a", "x"), ("b", "y#2")), "c"),
    ],
)
def test_addresses_are_written_like_this(text: str, items: Any, task: str | None) -> None:
    assert parse(text) == Address(items, task)
    assert str(Address(items, task)) == text


@pytest.mark.parametrize(
    "text", ["", ".", "a.", ".a", "a b", "a[", "a]", "a.b", "a[x]b", "a[x]..b", 'a["x]', "[x]", "a[x].b.c"]
)
def test_these_are_no_addresses(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        parse(text)


@given(values=st.lists(VALUES, max_size=8), seed=st.randoms(use_true_random=False))
def test_keys_are_unique_and_do_not_depend_on_where_an_item_stands(values: list[Any], seed: random.Random) -> None:
    keys = item_keys(values)
    assert len(set(keys)) == len(values)
    order = list(range(len(values)))
    seed.shuffle(order)
    again = item_keys([values[at] for at in order])
    named = {key: _exact(values[at]) for at, key in enumerate(keys)}
    assert {key: _exact(values[at]) for at, key in zip(order, again, strict=True)} == named


def _exact(value: Any) -> str:
    """Tell values apart that are equal only in Python, such as 1 and True."""
    return repr(sorted(value.items())) if isinstance(value, dict) else repr(value)  # pyright: ignore[reportUnknownVariableType]


def test_equal_items_are_numbered_and_others_are_their_own_keys() -> None:
    assert item_keys(["a", "b", "a", "a"]) == ["a", "b", "a#2", "a#3"]
    assert item_keys([1, 2.5, True, None, "x y"]) == ["1", "2.5", "true", "null", "x y"]


def test_different_items_that_read_the_same_are_told_apart_wherever_they_stand() -> None:
    one, other = item_keys([1, "1"])
    assert one != other
    assert item_keys(["1", 1]) == [other, one]
    assert item_keys(["1"]) == ["1"]


@pytest.mark.parametrize("value", [{"a": 1}, [1, 2], "x" * (LONGEST_KEY + 1), "", "a#2"])
def test_long_and_structured_items_are_named_by_a_digest(value: Any) -> None:
    assert len(item_key(value)) == 12
    assert int(item_key(value), 16) >= 0


def test_the_digest_of_an_item_does_not_depend_on_the_order_of_its_keys() -> None:
    assert item_key({"a": 1, "b": 2}) == item_key({"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ({"city": "paris", "year": 2024}, 'score["paris,2024"]'),
        ({"a": "x,y", "b": "z"}, r'score["\"x,y\",z"]'),
        ({"a": "x", "b": "y,z"}, r'score["x,\"y,z\""]'),
        ({"a": "", "b": None, "c": True}, r'score["\"\",null,true"]'),
        ({"a": "é", "b": "b c"}, 'score["é,b c"]'),
    ],
)
def test_items_of_several_lists_are_named_by_their_parts(parts: dict[str, Any], shown: str) -> None:
    address = item_prefix("score", item_key(Parts(parts)))
    assert address == shown
    assert str(parse(address)) == shown


@pytest.mark.parametrize("parts", [{"a": "x" * 40, "b": "y" * 40}, {"a": [1], "b": 2}, {"a": "x", "b": "y#2"}])
def test_long_and_structured_parts_are_named_by_a_digest(parts: dict[str, Any]) -> None:
    assert re.fullmatch("[0-9a-f]{12}", item_key(Parts(parts)))


@given(st.lists(st.tuples(st.text('a,"#\\2', max_size=4), st.text('a,"#\\2', max_size=4)), unique=True, max_size=6))
def test_different_parts_have_different_names_whatever_else_is_there(pairs: list[tuple[str, str]]) -> None:
    items = [Parts({"a": one, "b": two}) for one, two in pairs]
    assert item_keys(Items([0] * len(items), items)) == [item_key(item) for item in items]


def test_a_key_is_quoted_where_it_could_be_misread() -> None:
    assert [show_key(key) for key in ("paris", "a#2", "a b", "*", "a]")] == ["paris", "a#2", '"a b"', '"*"', '"a]"']
    assert item_prefix("outer[x].city", "a b") == 'outer[x].city["a b"]'


def test_the_longest_known_address_wins() -> None:
    assert longest_known("a.b.c", ["a", "a.b", "b"]) == ("a.b", "c")
    assert longest_known("a.b.c", ["a"]) == ("a", "b.c")
    assert longest_known("x.b", ["a", "x.b"]) is None


def test_scalars_read_as_in_expressions() -> None:
    assert [scalar_text(value) for value in (None, True, 1, 1.5, "x")] == ["null", "true", "1", "1.5", "x"]
    assert scalar_text([1]) is None
