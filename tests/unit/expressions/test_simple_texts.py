"""Names and plain filters are read without the grammar, to the very tree that it gives; texts are put together from them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from tests.unit.expressions.rendering import scope

from dalsegno.errors import ExpressionFailed
from dalsegno.expressions import template as template_module
from dalsegno.expressions.faults import Fault
from dalsegno.expressions.grammar import full_tree
from dalsegno.expressions.simple import RESERVED, simple_tree
from dalsegno.expressions.template import Template


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
        "x²",
        "ªa",
        "upper",
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
    "text", ["{{ a }}", "{{ a.b | upper | lower }}", "{{a.b.c}}", "{{ größe }}", "{{ a\n|\nupper }}"]
)
def test_common_texts_need_no_grammar(text: str) -> None:
    assert simple_tree(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "{{ true }}",
        "{{ x² }}",
        "{{ a.x² | upper }}",
        "x {{ a }}",
        "{{ a.0 }}",
        "{{ not a }}",
        "{{ a | f(1) }}",
        "{{- a }}",
        "{% if a %}{% endif %}",
    ],
)
def test_everything_else_does(text: str) -> None:
    assert simple_tree(text) is None


VARIABLES = {
    "a": {"value": "two <b>", "t4": {"value": 5}, "a": [1, 2]},
    "outputs": {"t4": {"value": None}, "a": {"b": True}},
    "value": "x",
    "größe": 1.5,
    "loop": {"a": "mine"},
    "notes": {},
}


def as_a_whole(_source: str) -> None:
    """Cut no text into parts."""


def outcome(text: str) -> tuple[Any, ...]:
    """Give all that a text comes to: what it reads, its value and its text, or how it fails and where."""
    made: list[Any] = []
    try:
        template = Template(text)
        facts = template.facts
        made += [template.static, template.single, facts.references, facts.wrong]
    except ExpressionFailed as error:
        return (error.code, error.message, error.line, error.column, error.closest)
    for give in (template.evaluate, template.render):
        try:
            made.append(give(scope(VARIABLES)))
        except ExpressionFailed as error:
            made.append((error.code, error.message, error.line, error.column, error.closest))
    return tuple(made)


@given(st.lists(st.one_of(expressions(), data), max_size=6).map("".join))
@example("a\n b {{ value | upper }} c {{ outputs.t4.nowhere }}")
@example("{{ value }} {{ nowhere }}")
@example("{{ value }} {{ value | uper }}")
@example("x {{ value | default }}")
@example("{{ a.a }}{{ a.a | escape }} {")
@example("{{ value }}}} {{ value is }}")
def test_a_text_put_together_from_its_expressions_is_what_it_is_read_as_a_whole(text: str) -> None:
    together = outcome(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(template_module, "simple_parts", as_a_whole)
        assert together == outcome(text)


def test_an_expression_that_stands_in_many_texts_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole = template_module.parse_tree

    def noted(source: str) -> nodes.Template:
        read.append(source)
        return whole(source)

    monkeypatch.setattr(template_module, "parse_tree", noted)
    for number in range(3):
        assert Template(f"{number} {{{{ once.only }}}}").references.names
    assert read == ["{{ once.only }}"]
