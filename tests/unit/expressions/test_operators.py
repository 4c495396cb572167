"""The operators, against a small evaluator of the same trees that knows nothing of texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.expressions.rendering import NO_DEADLINE, failure, text, value

VARIABLES: dict[str, Any] = {"one": 1, "nothing": None, "word": "w", "yes": True, "no": False, "deep": {"key": "v"}}


@dataclass(frozen=True)
class Leaf:
    source: str


@dataclass(frozen=True)
class Tree:
    sign: str
    parts: tuple[Leaf | Tree, ...]


class UndefinedError(Exception):
    pass


class NotTrueNorFalseError(Exception):
    pass


KNOWN: dict[str, Any] = {
    **VARIABLES, "deep.key": "v", "deep['key']": "v", "'a?b:c'": "a?b:c", '"?? {}"': "?? {}", "7": 7, "null": None,
    "{'k': one}.k": 1, "[one, word][1]": "w", "word[0:1]": "w",
}  # fmt: skip
UNKNOWN = ["missing", "deep.other", "missing.key", "deep['other'].more"]

leaves = st.sampled_from([*KNOWN, *UNKNOWN]).map(Leaf)
trees: st.SearchStrategy[Leaf | Tree] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda parts: Tree("??", parts)),
        st.tuples(inner, inner).map(lambda parts: Tree("~", parts)),
        st.tuples(inner, inner, inner).map(lambda parts: Tree("?:", parts)),
    ),
    max_leaves=12,
)
#: how tightly each binds
TIGHTNESS = {"?:": 0, "~": 1, "??": 2}


def show(tree: Leaf | Tree) -> str:
    """Write a tree with no more brackets than it needs."""
    if isinstance(tree, Leaf):
        return tree.source
    if tree.sign == "?:":
        test, positive, negative = tree.parts
        return f"{within(test, 1)} ? {show(positive)}:{show(negative)}"
    left, right = tree.parts
    return f"{within(left, TIGHTNESS[tree.sign])} {tree.sign} {within(right, TIGHTNESS[tree.sign] + 1)}"


def within(tree: Leaf | Tree, least: int) -> str:
    return show(tree) if isinstance(tree, Leaf) or TIGHTNESS[tree.sign] >= least else f"({show(tree)})"


def expected(tree: Leaf | Tree) -> Any:
    if isinstance(tree, Leaf):
        if tree.source in UNKNOWN:
            raise UndefinedError
        return KNOWN[tree.source]
    if tree.sign == "?:":
        test = expected(tree.parts[0])
        if isinstance(test, dict):
            raise NotTrueNorFalseError
        return expected(tree.parts[1] if test else tree.parts[2])
    if tree.sign == "~":
        return "".join(written(expected(part)) for part in tree.parts)
    try:
        left = expected(tree.parts[0])
    except UndefinedError:
        left = None
    return expected(tree.parts[1]) if left is None else left


def written(item: Any) -> str:
    if item is None:
        return ""
    if isinstance(item, bool):
        return str(item).lower()
    return '{"key":"v"}' if isinstance(item, dict) else str(item)


@NO_DEADLINE
@given(trees)
def test_coalescing_ternary_and_concatenation_nest_in_any_way(tree: Leaf | Tree) -> None:
    source = f"{{{{ {show(tree)} }}}}"
    try:
        wanted = expected(tree)
    except UndefinedError:
        assert failure(source, **VARIABLES).code == "unknown-name"
    except NotTrueNorFalseError:
        assert "takes true or false, not a map" in failure(source, **VARIABLES).message
    else:
        assert value(source, **VARIABLES) == wanted


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        # the filter bar takes what `~` and `??` have put together
        ("'a' ~ 'b' | upper", "AB"),
        ("missing ?? 'b' | upper", "B"),
        ("'x' ~ missing ?? 'y' ~ 'z'", "xyz"),
        ("1 + 2 * 3 ** 2", 19),
        ("-1 + 2", 1),
        ("[1, 2] | length == 2 and not no", True),
        ("not one == 2", True),
        ("one is odd or missing", True),
        ("word is defined ? 'd' : 'u'", "d"),
        ("missing is defined", False),
        ("missing is not defined and deep.other is undefined", True),
        ("one == 1 ? one == 2 ? 'a' : 'b' : 'c'", "b"),
        ("no ? 'a' : no ? 'b' : 'c'", "c"),
        ("word if yes else 'z'", "w"),
        ("(no ? 1 : 2) + 1", 3),
        ("[yes ? 1 : 2, 3][no ? 1 : 0]", 1),
        ("{'a': yes ? 'b' : 'c', 'd?': 'e:f'}", {"a": "b", "d?": "e:f"}),
        ("'abc'[yes ? 1 : 2:]", "bc"),
        ("max(yes ? 1 : 2, 0)", 1),
        ("word | replace(yes ? 'w' : 'x', missing ?? 'q')", "q"),
        ("1..3", [1, 2, 3]),
        ("'a'..'c'", ["a", "b", "c"]),
        ("deep.key.0 ?? 'text has no indexes'", "text has no indexes"),
        ("[[1, 2]].0.1", 2),
        ("deep contains 'key' and 'key' in deep and 'x' not in deep", True),
        ("'lo' in 'hello' and [1] contains 1", True),
        ("7 / 2", 3), ("-7 / 2", -3), ("-7 % 2", -1), ("7.0 / 2", 3.5), ("7 // 2", 3),
        ("'a' + 1", "a1"), ("[1] + [2] + 3", [1, 2, 3]), ("'ab' * 2", "abab"),
        ("'it\\'s \\u00e9\\n'", "it's é\n"),
        ("one equals 1", True),
        ("deep is map and [1] is iterable and word is string and nothing is null and '' is empty", True),
    ],
)  # fmt: skip
def test_operators_bind_as_in_kestra(expression: str, wanted: Any) -> None:
    assert value(f"{{{{ {expression} }}}}", **VARIABLES) == wanted


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        # two questions: is it known, and is it null
        ("nothing ?? 'a'", "a"), ("nothing ??? 'a'", None), ("missing ??? 'a'", "a"), ("missing ?? missing ??? 'b'", "b"),
        ("nothing is defined", False), ("nothing is null", True), ("[] is iterable and {} is not iterable", True),
        # logic gives true or false, whatever stood there
        ("'a' and 1", True), ("0 or ''", False), ("not 'a'", False), ("nothing ? 1 : 2", 2),
        # anything compared with null is false
        ("nothing > 1", False), ("1 <= nothing", False), ("nothing == null", True),
        # true is not 1, and a text is no number
        ("1 == 1.0", True), ("true == 1", False), ("'1' == 1", False), ("[true] contains 1", False),
        ("'10' - 2", 8), ("'10' * '2'", 20), ("7 / '2'", 3), ("'7.0' / 2", 3.5), ("'a' + null", "anull"), ("'a' ~ null", "a"),
        ("['a', 'b', 'c'] contains ['a', 'c']", True), ("['a'] contains ['a', 'c']", False),
        ("1 isIn ['1', '2']", True), ("'v' isIn {'k': 'v'}", True), ("'x' isIn 'text'", False), ("nothing isIn [1]", False),
        ("10L + 2l", 12),
    ],
)  # fmt: skip
def test_operators_mean_what_they_mean_in_pebble(expression: str, wanted: Any) -> None:
    assert value(f"{{{{ {expression} }}}}", **VARIABLES) is wanted or (
        value(f"{{{{ {expression} }}}}", **VARIABLES) == wanted and not isinstance(wanted, bool)
    )


@pytest.mark.parametrize(
    "source", ["{{ x and true }}", "{{ true or false or x }}", "{% if x %}{% endif %}", "{{ not x }}"]
)
@pytest.mark.parametrize("wrong", [None, [], [1], {"a": 1}])
def test_what_is_neither_true_nor_false_is_no_condition(source: str, wrong: Any) -> None:
    if "or" in source:
        source = source.replace("true or ", "")
    error = failure(source, x=wrong)
    assert "takes true or false" in error.message
    assert "; write `" in error.message


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("1 / 0", "divided by zero"),
        ("0 ** -1", "divided by zero"),
        ("[1] - 1", "two numbers, not a list of 1 and a number"),
        ("true + 1", "two numbers, not a boolean"),
        ("'a' < 1", "cannot compare text with a number"),
        ("(-1) ** 0.5", "no such root"),
        ("2.0 ** 100000", "too large"),
        ("1 in 2", "nothing can be in a number"),
        ("-'a'", "takes a number, not text"),
        ("[1, 2][0:1:0]", "steps other than 0"),
        ("1..'a'", "a range goes from"),
    ],
)
def test_operators_refuse_what_they_do_not_know(expression: str, part: str) -> None:
    error = failure(f"{{{{ {expression} }}}}")
    assert part in error.message
    assert expression in error.message
    assert (error.line, error.column) != (None, None)


def test_a_condition_of_an_if_may_be_a_ternary() -> None:
    assert text("{% if yes ? no : yes %}a{% else %}b{% endif %}", yes=True, no=False) == "b"
