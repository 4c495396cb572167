from __future__ import annotations

import pickle
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.expressions.rendering import NO_DEADLINE, failure, scope, value

from dalsegno.errors import ExpressionFailed
from dalsegno.expressions import Template, known_filters, known_functions, parse

OUTPUTS = {"convert": {"uri": "u", "rows": 3}}


def test_an_unknown_key_is_told_with_its_place_and_the_closest_keys_of_that_map_alone() -> None:
    error = failure("first\n  {{ outputs.convert.uril }}", outputs=OUTPUTS, urill=1)
    assert error.code == "unknown-name"
    assert (error.line, error.column) == (2, 22)
    assert error.closest == ("uri",)
    assert "there is no `uril` in `outputs.convert`; did you mean `uri`?" in error.message
    assert "{{ outputs.convert.uril }}" in error.message


def test_an_unknown_variable_is_told_with_the_closest_variables() -> None:
    error = failure("{{ outptus.convert }}", outputs=OUTPUTS)
    assert (error.code, error.line, error.column, error.closest) == ("unknown-name", 1, 4, ("outputs",))


def test_where_no_name_is_like_the_wrong_one_the_few_there_are_get_told() -> None:
    assert "there is `uri`, `rows`" in failure("{{ outputs.convert.xyz }}", outputs=OUTPUTS).message
    assert "which is empty" in failure("{{ vars.a }}", vars={}).message


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ outputs.convert['k' ~ 1] }}", "no `k1` in `outputs.convert`"),
        ("{{ outputs['convert'].x }}", "no `x` in `outputs['convert']`"),
        ("{{ outputs.convert.uri.x }}", "in `outputs.convert.uri`, which is text"),
        ("{{ none_there.x }}", "which is null"),
        ("{{ items[7] }}", "no `7` in `items`, which is a list of 2"),
        ("{{ (items | first).x }}", "in the value, which is a number"),
    ],
)
def test_what_was_looked_up_in_what_is_told(source: str, told: str) -> None:
    error = failure(source, outputs=OUTPUTS, items=[1, 2], none_there=None)
    assert told in error.message
    assert error.code == "unknown-name"


def test_a_very_large_map_is_not_searched_for_long() -> None:
    rows = {f"key{number}": number for number in range(200_000)}
    assert failure("{{ rows.kee }}", rows=rows).code == "unknown-name"


@pytest.mark.parametrize(
    ("source", "code", "column", "closest"),
    [
        ("{{ a | uper }}", "unknown-filter", 8, "upper"),
        ("ab{{ nwo() }}", "unknown-function", 6, "now"),
        ("{{ a is defind }}", "unknown-test", 9, "defined"),
    ],
)
def test_an_unknown_filter_function_or_test_fails_when_read(source: str, code: str, column: int, closest: str) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        parse(source)
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, 1, column)
    assert caught.value.closest[0] == closest


@pytest.mark.parametrize(
    ("source", "column"),
    [
        ("{{ 1 + }}", 8),
        ("x {{ a", 3),
        ("{{ 'a }}", 4),
        ("{{ a ? b }}", 10),
        ("{{ (a] }}", 6),
        ("{{ a ! b }}", 6),
        ("{% if a %}", 11),
        ("{% fro a in b %}", 4),
        ("{% macro a() %}{{ a(1) }}{% endmacro %}", 20),
        ("{% include 'a' %}", 4),
        ("{# a", 1),
        ("{% raw %}", 1),
        ("{{ a | upper('x') }}", 8),
        ("{{ now(color='red') }}", 4),
        ("{{ f.g() }}", 7),
        ("{{ max(*a) }}", 7),
        ("{{ 1" + "0" * 200 + " }}", 4),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(source: str, column: int) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        parse(source)
    assert (caught.value.code, caught.value.line, caught.value.column) == ("expression-invalid", 1, column)
    assert "Jinja" not in caught.value.message
    assert "print statement" not in caught.value.message


def test_an_error_crosses_processes_whole() -> None:
    error = failure("{{ outputs.convert.uril }}", outputs=OUTPUTS)
    again = pickle.loads(pickle.dumps(error))
    assert (again.message, again.code, again.line, again.column, again.closest) == (
        error.message, error.code, error.line, error.column, error.closest,
    )  # fmt: skip


PIECES = st.sampled_from(
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "-", "?", ":", "??", "..", "~", "|", "(", ")", "[", "]", "{", "}", "'", '"',
        "\\", ".", ",", "=", "==", "<", "*", "**", "%", "/", "//", " ", "\n", "a", "b1", "1", "2.5", "1e9", "null", "true",
        "if", "else", "endif", "for", "in", "endfor", "set", "endset", "filter", "endfilter", "with", "endwith", "raw",
        "endraw", "not", "is", "and", "or", "contains", "upper", "default", "date", "render", "now", "loop", "é", "\ue000",
        "recursive", "macro", "elif", "'x'",
    ]
)  # fmt: skip


@NO_DEADLINE
@given(st.one_of(st.text(), st.lists(PIECES, max_size=25).map(lambda pieces: "{{ " + " ".join(pieces))))
def test_reading_any_text_gives_a_template_or_the_one_error(source: str) -> None:
    with suppress(ExpressionFailed):
        assert isinstance(Template(source).references.names, tuple)


LONG = {
    "brackets": "{{" + "(" * 500, "signs": "{{ " + "-" * 5000 + "1 }}", "nots": "{{ " + "not " * 5000 + "1 }}",
    "sum": "{{ " + "1 + " * 5000 + "1 }}", "ternaries": "{{ " + "a ? b : " * 500 + "c }}", "maps": "{{ " + "{'a':" * 500,
    "tags": "{% if a %}" * 2000, "keys": "{{ a" + "[a" * 2000, "filters": "{{ a" + "|upper" * 5000 + " }}",
    "dots": "{{ a" + ".a" * 5000 + " }}", "escapes": "{{ '" + "\\" * 10_001,
}  # fmt: skip


@pytest.mark.parametrize("kind", LONG)
def test_a_text_that_is_nested_too_deeply_is_refused(kind: str) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        Template(LONG[kind])
    assert caught.value.code == "expression-invalid"
    assert len(caught.value.message) < 400


@NO_DEADLINE
@given(st.lists(PIECES, max_size=12).map(lambda pieces: "{{ " + " ".join(pieces) + " }}"))
def test_rendering_any_text_gives_a_value_or_the_one_error(source: str) -> None:
    variables = {"a": {"b1": [1, "x", None]}, "b1": "text", "loop": 2}
    with suppress(ExpressionFailed):
        assert isinstance(Template(source).render(scope(variables)), str)


def test_a_long_chain_of_concatenations_is_no_deep_nesting() -> None:
    assert value("{{ " + " ~ ".join(["'a'"] * 3000) + " }}") == "a" * 3000


def test_the_names_of_filters_and_functions_are_listed() -> None:
    assert {"date", "dateAdd", "upper", "lower", "default", "json"} <= set(known_filters())
    assert {"now", "render", "renderOnce", "fromJson", "range", "max", "min", "currentEachOutput"} <= set(
        known_functions()
    )
    assert known_filters() == sorted(known_filters())
