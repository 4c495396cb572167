"""Texts of names and plain filters are read without the grammar, to the very tree that it gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from dalsegno.expressions.faults import Fault
from dalsegno.expressions.grammar import full_tree
from dalsegno.expressions.simple import RESERVED, simple_tree


def written(node: Any) -> Any:
    """Give all that a tree says, offsets included."""
    if isinstance(node, nodes.Node):
        return [type(node).__name__, node.lineno, [[name, written(value)] for name, value in node.iter_fields()]]
    return [written(one) for one in node] if isinstance(node, list | tuple) else node


names = st.sampled_from(
    [
        "a",
        "outputs",
        "t4",
        "value",
        "_x",
        "größe",
        "in_",
        "notes",
        "is1",
        "x" * 40,
        *sorted(RESERVED),
        "if",
        "else",
        "loop",
    ]
)
spaces = st.sampled_from(["", " ", "  ", "\n", "\t"])
data = st.sampled_from(["", " ", "ab", "{", "}", "}}", "\n", "{ {", "# x", "ä", "{a}", "100%", "{{", "{%", "{#"])


@st.composite
def expressions(draw: st.DrawFn) -> str:
    path = ".".join(draw(st.lists(names, min_size=1, max_size=4)))
    filters = "".join(f"{draw(spaces)}|{draw(spaces)}{name}" for name in draw(st.lists(names, max_size=3)))
    dash = draw(st.sampled_from(["", "", "", "-"]))
    return f"{{{{{dash}{draw(spaces)}{path}{filters}{draw(spaces)}{draw(st.sampled_from(['', '', '-']))}}}}}"


@given(st.lists(st.one_of(expressions(), data), max_size=6).map("".join))
def test_what_is_read_without_the_grammar_is_what_the_grammar_reads(text: str) -> None:
    simple = simple_tree(text)
    if simple is not None:
        assert written(simple) == written(full_tree(text))


@given(st.text(alphabet="{}ab. |\n-%#_1", max_size=24))
def test_nothing_is_read_without_the_grammar_that_the_grammar_refuses(text: str) -> None:
    simple = simple_tree(text)
    if simple is not None:
        try:
            expected = full_tree(text)
        except (TemplateSyntaxError, Fault) as error:
            raise AssertionError(f"{text!r} is refused: {error}") from error
        assert written(simple) == written(expected)


@pytest.mark.parametrize(
    "text", ["{{ a }}", "x {{ a.b | upper | lower }} y {{ c }}", "{{a.b.c}}\n", "no expression", "{{ a\n|\nupper }}"]
)
def test_common_texts_need_no_grammar(text: str) -> None:
    assert simple_tree(text) is not None


@pytest.mark.parametrize(
    "text", ["{{ true }}", "{{ a.0 }}", "{{ not a }}", "{{ a | f(1) }}", "{{- a }}", "{% if a %}{% endif %}"]
)
def test_everything_else_does(text: str) -> None:
    assert simple_tree(text) is None
