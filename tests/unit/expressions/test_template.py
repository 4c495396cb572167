from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.expressions.rendering import NO_DEADLINE, NOW, failure, scope, text, value

from dalsegno.errors import Cancelled, ExpressionFailed, NotFound, StoreUnavailable
from dalsegno.expressions import Reference, Template, parse, render_value


@NO_DEADLINE
@given(st.text().filter(lambda source: "{" not in source))
def test_a_text_without_braces_is_given_back_untouched(source: str) -> None:
    template = parse(source)
    assert template.static
    assert not template.single
    assert template.render(scope()) == source
    assert template.evaluate(scope()) == source


@pytest.mark.parametrize(
    ("source", "static", "single"),
    [
        ("plain", True, False),
        ("{ not an expression }", True, False),
        ("{% raw %}{{ x }}{% endraw %}", True, False),
        ("{# only a comment #}", True, False),
        ("{{ x }}", False, True),
        ("{{ x }}{{ y }}", False, False),
        (" {{ x }}", False, False),
        ("{{ x }}\n", False, False),
        ("{% if x %}a{% endif %}", False, False),
    ],
)
def test_a_template_knows_whether_it_is_static_or_a_single_expression(source: str, static: bool, single: bool) -> None:
    template = parse(source)
    assert (template.static, template.single) == (static, single)
    assert template.source == source


@pytest.mark.parametrize(
    ("native", "written"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (0.1, "0.1"),
        ("é", "é"),
        ([1, None, "a"], '[1,null,"a"]'),
        ({"a": {"b": True}, "é": "ü"}, '{"a":{"b":true},"é":"ü"}'),
        ({"at": datetime(2024, 5, 1, tzinfo=UTC)}, '{"at":"2024-05-01T00:00:00+00:00"}'),
    ],
)
def test_a_single_expression_has_a_value_and_a_text(native: Any, written: str) -> None:
    assert value("{{ x }}", x=native) == native
    assert text("{{ x }}", x=native) == written
    assert value("<{{ x }}>", x=native) == f"<{written}>"


def test_a_point_in_time_leaves_as_iso_text_with_its_offset() -> None:
    assert value("{{ x }}", x=NOW) == "2024-05-31T10:20:30.123456+00:00"
    assert value("at {{ x }}", x=NOW) == "at 2024-05-31T10:20:30.123456+00:00"
    assert value("{{ x }}", x=date(2024, 5, 1)) == "2024-05-01"


def test_a_value_of_a_foreign_type_passes_through_but_cannot_be_written() -> None:
    model = object()
    assert value("{{ outputs.train.model }}", outputs={"train": {"model": model}}) is model
    assert "a object cannot be shown" in failure("a {{ x }}", x=model).message


def test_rendering_a_value_renders_the_texts_and_keys_in_it_and_nothing_else() -> None:
    given_value = {"{{ a }}": ["{{ b }}", "x{{ b }}", 3, None], "k": {"n": True}}
    assert render_value(given_value, scope({"a": "key", "b": [1]})) == {
        "key": [[1], "x[1]", 3, None],
        "k": {"n": True},
    }


class Lazy(Mapping[str, Any]):
    """A map that records what is looked up in it."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known
        self.asked: list[str] = []

    def __getitem__(self, key: str) -> Any:
        self.asked.append(key)
        return self.known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def test_only_what_is_read_is_looked_up() -> None:
    outputs = Lazy({"a": {"x": 1}, "b": {"x": 2}})
    variables = Lazy({"outputs": outputs, "other": 1})
    assert parse("{{ outputs.a.x }}").evaluate(scope(variables)) == 1
    assert (variables.asked, outputs.asked) == (["outputs"], ["a"])
    assert parse("{{ outputs }}!").evaluate(scope(variables)) == '{"a":{"x":1},"b":{"x":2}}!'


class ByItem(Mapping[Any, Any]):
    """A map whose keys may be maps themselves, as the items of a loop are."""

    def __init__(self, pairs: list[tuple[Any, Any]]) -> None:
        self.pairs = pairs

    def __getitem__(self, key: Any) -> Any:
        for known, found in self.pairs:
            if known == key:
                return found
        raise KeyError(key)

    def __iter__(self) -> Iterator[Any]:
        return iter(known for known, _ in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)


def test_keys_need_not_be_texts() -> None:
    item = {"city": "paris"}
    outputs = {"load": ByItem([(item, "structured"), (None, "null")]), "plain": {"1": "one", "true": "yes"}}
    taskrun = {"value": item}
    assert value("{{ outputs.load[taskrun.value] }}", outputs=outputs, taskrun=taskrun) == "structured"
    assert value("{{ outputs.load[null] }}", outputs=outputs) == "null"
    assert value("{{ outputs.plain[1] ~ outputs.plain[true] }}", outputs=outputs) == "oneyes"
    assert value("{{ outputs.plain[taskrun.value] ?? 'none' }}", outputs=outputs, taskrun=taskrun) == "none"


class Broken(Mapping[str, Any]):
    """A map whose values cannot be had."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getitem__(self, key: str) -> Any:
        raise self.error

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize("error", [Cancelled("stop"), StoreUnavailable("gone")])
def test_what_is_not_the_expressions_fault_passes_through(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        parse("{{ outputs.a ?? 1 }}").evaluate(scope({"outputs": Broken(error)}))
    assert caught.value is error


@pytest.mark.parametrize("error", [NotFound("the artifact is gone"), OSError("disk"), RuntimeError()])
def test_any_other_error_while_looking_up_tells_the_expression(error: Exception) -> None:
    with pytest.raises(ExpressionFailed, match=re.escape("{{ outputs.a }}")) as caught:
        parse("{{ outputs.a }}").evaluate(scope({"outputs": Broken(error)}))
    assert caught.value.__cause__ is error
    assert str(error) in caught.value.message


def test_the_same_text_is_read_once() -> None:
    assert parse("{{ same }} text") is parse("{{ same }} text")


def test_statements_write_what_stands_between_them() -> None:
    one = "{% if i > 1 %}{{ loop.index }}:{{ i }}{% if not loop.last %}, {% endif %}{% endif %}"
    source = f"{{% for i in items %}}{one}{{% endfor %}}"
    assert text(source, items=[1, 2, 3]) == "1:2, 2:3"
    assert text("{% for i in items %}{{ i }}{% else %}none{% endfor %}", items=[]) == "none"
    assert text("{% for i in items if i is odd %}{{ i }}/{{ loop.length }} {% endfor %}", items=[1, 2, 3]) == "1/2 3/2 "
    assert text("{% if a %}1{% elif b %}2{% else %}3{% endif %}", a=False, b=True) == "2"


def test_a_loop_over_a_map_gives_entries_or_pairs() -> None:
    assert text("{% for e in m %}{{ e.key }}={{ e.value }};{% endfor %}", m={"a": 1, "b": 2}) == "a=1;b=2;"
    assert text("{% for k, v in m %}{{ k }}={{ v }};{% endfor %}", m={"a": 1, "b": 2}) == "a=1;b=2;"


def test_a_name_is_set_where_it_is_known_and_a_new_one_is_gone_after_the_loop() -> None:
    source = "{% set x = 0 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% set y = i %}{% endfor %}{{ x }}"
    assert text(source) == "133"
    assert text(source + "{{ y ?? 'gone' }}{{ i ?? 'gone' }}{{ loop ?? 'gone' }}") == "133" + 3 * "gone"
    assert text("{% set i = 7 %}{% for i in [1, 2] %}{{ i }}{% endfor %}{{ i }}") == "127"
    assert text("{% set a %}b{{ 1 }}{% endset %}{{ a | upper }}") == "B1"
    assert text("{% with a = 2 %}{{ a }}{% endwith %}{{ a }}", a=1) == "21"
    assert text("{% filter upper | replace('B', 'c') %}a{{ 'b' }}{% endfilter %}") == "Ac"


def test_raw_text_and_comments_and_stripped_space() -> None:
    assert text("a {% raw %}{{ b }}{% endraw %} {% verbatim %}{% c %}{% endverbatim %}") == "a {{ b }} {% c %}"
    assert text("a{# {{ no }} #}b") == "ab"
    assert text("a  {{- 1 -}}  b {%- if true -%} c {%- endif %} d") == "a1bc d"
    assert text("a\r\n{{ 1 }}\n") == "a\r\n1\n"


def test_a_branch_has_more_branches() -> None:
    source = "{% if a == 1 %}1{% elseif a == 2 %}2{% elif a == 3 %}3{% else %}4{% endif %}"
    assert "".join(text(source, a=a) for a in range(1, 5)) == "1234"


def test_a_loop_over_null_writes_nothing() -> None:
    assert text("a{% for i in x %}{{ i }}{% else %}none{% endfor %}b", x=None) == "ab"


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("{% macro m(a, b='x') %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3, a=4) }}", "1x1243"),
        ("{{ m(name='country') }}{% macro m(type='text', name) %}{{ type }} {{ name }}{% endmacro %}", "text country"),
        ("{{ m('1') }}{% macro m(one, two) %}{{ one }}{{ two }}{% endmacro %}", "1"),
        ("{% macro m(a) %}{{ x ?? 'no x' }}{% set a = a + 1 %}{{ a }}{% endmacro %}{{ m(1) }}{{ x }}", "no x2X"),
        (
            "{{ m('a') | upper }}{% macro m(a) %}{{ n(a) }}!{% endmacro %}{% macro n(a) %}<{{ a }}>{% endmacro %}",
            "<A>!",
        ),
        ("{% macro m(n) %}{{ n }}{% if n > 0 %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(3) }}", "3210"),
        ("{% macro timeZone(timeZone) %}{{ timeZone }}{% endmacro %}{{ timeZone(timeZone='UTC') }}", "UTC"),
    ],
)
def test_a_macro_writes_a_text_from_its_arguments_alone(source: str, wanted: str) -> None:
    assert text(source, x="X") == wanted


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "the macro `m` does not take these arguments; it takes (a)"),
        ("{% macro m() %}{% endmacro %}{{ m(b=2) }}", "it takes none"),
        ("{% macro m() %}{% endmacro %}{% macro m() %}{% endmacro %}", "there are two macros `m`"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested too deeply"),
        ("{% block head %}{% endblock %}{{ block('haed') }}", "did you mean `head`"),
        ("{% autoescape 'htlm' %}{% endautoescape %}", "did you mean `html`"),
    ],
)
def test_what_a_text_defines_is_used_as_it_was_defined(source: str, part: str) -> None:
    assert part in failure(source).message


def test_a_block_is_written_again() -> None:
    assert text("{% block 'a' %}{{ x }}{% endblock 'a' %}-{{ block('a') }}{{ block('a') | upper }}", x="b") == "b-bB"


def test_what_is_written_is_escaped_inside_of_autoescape() -> None:
    source = "{% autoescape %}{{ x }}{{ '<i>' }}{{ x | raw }}{{ x | escape('url_param') }}{% endautoescape %}{{ x }}"
    assert text(source, x="<a & 'b'>") == "&lt;a &amp; &#39;b&#39;&gt;<i><a & 'b'>%3Ca%20%26%20'b'%3E<a & 'b'>"
    assert text("{% autoescape 'js' %}{{ x }}{% endautoescape %}", x="it's \n") == "it\\'s \\n"
    assert (
        text("{% autoescape true %}{% autoescape false %}{{ x }}{% endautoescape %}{% endautoescape %}", x="<") == "<"
    )


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ('{{ "Hello, #{name}" }}', "Hello, joe"), ('{{ "1 plus 2 equals #{1 + 2}" }}', "1 plus 2 equals 3"),
        ('{{ "#{3}}" }}', "3}"), ('{{ "Maximum: #{ max(5, 10) } " }}', "Maximum: 10 "), ("{{ '#{3}' }}", "#{3}"),
        ('{{ "Nested: #{ name + " #{ name }" }" }}', "Nested: joe joe"), ('{{ "#{"#{"#{\'hi\'}"}"}" }}', "hi"),
        ('{{ "#bang #crash }!!" }}', "#bang #crash }!!"), ('{{ "##{\'moo\'}#" }}', "#moo#"),
        ('{{ "# {ham}" }}', "# {ham}"), ('{{ "#{1+1}#{2+2}" }}', "24"), ('{{ "a#{name}" | upper }}', "AJOE"),
        ('{{ {"k": "v#{1}"}.k }}', "v1"), ('{{ "#{ {\'a\': 1}.a }" }}', "1"),
    ],
)  # fmt: skip
def test_a_text_in_double_quotes_holds_expressions(source: str, wanted: str) -> None:
    assert text(source, name="joe") == wanted


@pytest.mark.parametrize("source", ['{{ " #{ 1 +" }}', '{{ "#{1" }}', '{{ "#{1}  }}', '{{ "#{1)}" }}'])
def test_an_expression_in_a_text_that_is_not_closed_is_told(source: str) -> None:
    assert failure(source).code == "expression-invalid"


def test_what_is_known_of_a_text_is_the_same_however_often_it_is_asked_for() -> None:
    template = Template("{{ outputs.a.b }} {{ now('qqqqqq') }} {% macro m(x) %}{{ x }}{% endmacro %}{{ m(1) }}")
    facts = template.facts
    assert template.facts is facts
    assert template.references.names == (Reference(("outputs", "a", "b")),)
    assert [wrong.code for wrong in facts.wrong] == ["bad-literal"]
