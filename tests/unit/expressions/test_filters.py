from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.expressions.rendering import NO_DEADLINE, failure, value


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("'aé' | upper", "AÉ"), ("'AB' | lower", "ab"), ("' a ' | trim", "a"), ("12 | upper", "12"),
        ("null | upper", None), ("'one two' | capitalize", "One two"), ("'one tWo' | title", "One TWo"),
        ("missing | default('d')", "d"), ("null | default('d')", "d"), ("' ' | default('d')", "d"),
        ("[] | default([1])", [1]), ("0 | default(1)", 0), ("missing.a | upper | default('d')", "d"),
        ("{'a': [1, null]} | json", '{"a":[1,null]}'), ("'é' | toJson", '"é"'),
        ("'abc' | length", 3), ("{'a': 1} | length", 1), ("null | length", 0),
        ("[1, 2] | first", 1), ("[1, 2] | last", 2), ("'ab' | first", "a"), ("'ab' | last", "b"), ("[] | first", None),
        ("[1, true, 'a'] | join(', ')", "1, true, a"), ("'a,b,c' | split(',')", ["a", "b", "c"]),
        ("'a,b,c' | split(',', 2)", ["a", "b,c"]), ("'a.b' | split('\\.')", ["a", "b"]), ("'a.b' | split('.')", []),
        ("'a-b' | replace({'a': 'x', '-': '+'})", "x+b"), ("'a.b' | replace('.', '')", "ab"),
        ("'a/b/c' | substringBefore('/')", "a"), ("'a/b/c' | substringBeforeLast('/')", "a/b"),
        ("'a/b/c' | substringAfter('/')", "b/c"), ("'a/b/c' | substringAfterLast('/')", "c"),
        ("'abc' | substringBefore('/')", "abc"), ("'abc' | substringAfter('/')", ""),
        ("'abc' | startsWith('ab') and 'abc' | endsWith('bc')", True),
        ("[3, 1, 2] | sort", [1, 2, 3]), ("[3, 1, 2] | rsort", [3, 2, 1]), ("[1, 2] | reverse", [2, 1]),
        ("[1, 2, 1] | distinct", [1, 2]), ("[1, [2, 3]] | flatten", [1, 2, 3]), ("[1, 2, 3] | chunk(2)", [[1, 2], [3]]),
        ("'abcd' | slice(1, 3)", "bc"), ("[1, 2, 3] | slice(1)", [2, 3]),
        ("{'a': 1, 'b': 2} | keys", ["a", "b"]), ("{'a': 1, 'b': 2} | values", [1, 2]),
        ("{'a': 1, 'b': 2} | merge({'b': 3})", {"a": 1, "b": 3}), ("[1] | merge([2])", [1, 2]),
        ("-3 | abs", 3), ("'12' | number", 12), ("'1.5' | number", 1.5), ("'3' | number('FLOAT')", 3.0),
        ("'Héllo,  World!' | slugify", "hello-world"), ("'a b&c' | urlencode", "a+b%26c"), ("'a+b' | urldecode", "a b"),
        ("'é' | base64encode", "w6k="), ("'w6k=' | base64decode", "é"),
        ("'a' | md5", "0cc175b9c0f1b6a831c399e269772661"), ("'a' | sha256 | slice(0, 8)", "ca978112"),
    ],
)  # fmt: skip
def test_filters_do_what_kestras_do(expression: str, wanted: Any) -> None:
    assert value(f"{{{{ {expression} }}}}") == wanted


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("'a' | join(',')", "takes a list, not text"),
        ("[1, 'a'] | sort", "the filter `sort` failed"),
        ("[1] | values", "takes a map, not a list of 1"),
        ("'x' | number", "`x` is not a number"),
        ("'a' | abs", "takes a number, not text"),
        ("'!' | base64decode", "the filter `base64decode` failed"),
        ("[1] | chunk(0)", "at least one element"),
    ],
)
def test_a_filter_refuses_what_it_cannot_take(expression: str, part: str) -> None:
    error = failure(f"{{{{ {expression} }}}}")
    assert part in error.message
    assert error.column is not None


def test_default_hides_only_what_is_undefined() -> None:
    assert failure("{{ (1 / 0) | default('d') }}").message.startswith("a number is divided by zero")
    assert failure("{{ (1 / 0) ?? 'd' }}").message.startswith("a number is divided by zero")


letters = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | letters,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(letters, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@NO_DEADLINE
@given(plain)
def test_json_comes_back_as_it_went(data: Any) -> None:
    assert value("{{ fromJson(x | json) }}", x=data) == data
    assert json.loads(value("{{ x | json }}", x=data)) == data
