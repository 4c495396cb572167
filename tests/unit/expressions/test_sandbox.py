"""What an expression must not be able to do: reach Python, or use up the machine."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.expressions.rendering import NO_DEADLINE, scope, value

from dalsegno.engine.queries import Queries
from dalsegno.errors import ExpressionFailed, TaskFailed
from dalsegno.expressions import parse


class Secretive:
    """An object of Python with things to find."""

    public = "public attribute"

    def method(self) -> str:
        return "method called"


def variables() -> dict[str, Any]:
    return {
        "text": "abc", "number": 5, "items": [1, 2], "map": {"a": 1}, "object": Secretive(), "function": len,
        "type": str, "rows": [{"a": 1}],
    }  # fmt: skip


ESCAPES = [
    "''.__class__", "''.__class__.__mro__[1].__subclasses__()", "''['__class__']", "text['__len__']", "text.format",
    "'{0.__class__}'.format(text)", "'{0.__class__}' % text", "text.upper()", "items.append(3)", "items.__len__",
    "map.items()", "map.keys", "map.get('a')", "map['__class__']", "object.public", "object.method()",
    "object['public']", "function", "function(items)", "function.__globals__", "type.mro()", "type('x')",
    "now.__globals__", "now().__class__", "now().year", "now().strftime('%Y')", "render.__globals__",
    "text | attr('__class__')", "rows | map(attribute='a')", "rows | map('upper')", "rows | groupby('a')",
    "rows | selectattr('a')", "text | format(1)", "items | xmlattr", "self", "self.__init__", "loop", "loop.__class__",
    "cycler.__init__", "joiner", "namespace()", "namespace().x", "lipsum()", "dict(a=1)", "config", "request", "context",
    "environment", "caller()", "varargs", "kwargs", "_", "(1).real", "1.real", "1.5.hex()", "true.real",
    "(1, 2).count(1)", "[].sort", "{}.clear()", "{}.__class__", "(text | upper).__class__", "(items | first).__class__",
    "range(1, 2).__class__", "items[:1].__class__", "text[0]", "range.__self__", "max.__call__", "max.__self__",
]  # fmt: skip


@pytest.mark.parametrize("expression", ESCAPES)
def test_nothing_of_python_can_be_reached(expression: str) -> None:
    with pytest.raises(ExpressionFailed):
        parse(f"<{{{{ {expression} }}}}>").render(scope(variables()))


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in [1] %}{{ loop.__class__ }}{% endfor %}",
        "{% for i in [1] %}{{ loop.cycle(1, 2) }}{% endfor %}",
        "{% for i in object %}{% endfor %}",
        "{% for i in items recursive %}{% endfor %}",
        "{% set items.x = 1 %}",
        "{% set ns = namespace() %}",
        "{% import 'os' as os %}",
        "{% from 'os' import system %}",
        "{% extends 'a' %}",
        "{% call f() %}{% endcall %}",
        "{% print 1 %}",
        "{% do items.append(1) %}",
        "{% debug %}",
    ],
)
def test_no_statement_reaches_outside(source: str) -> None:
    with pytest.raises(ExpressionFailed):
        parse(source).render(scope(variables()))


@NO_DEADLINE
@given(st.sampled_from(sorted({*dir(str), *dir(dict), *dir(list), *dir(Secretive), *dir(len)})))
def test_a_name_of_python_is_a_key_like_any_other(name: str) -> None:
    for holder in ("text", "items", "map", "object", "function", "type"):
        with pytest.raises(ExpressionFailed):
            parse(f"{{{{ {holder}.{name} }}}}").evaluate(scope(variables()))
    assert value(f"{{{{ map.{name} }}}}", map={name: "mine"}) == "mine"


def test_a_variable_that_is_callable_is_not_called() -> None:
    with pytest.raises(ExpressionFailed, match="no function `function`"):
        parse("{{ function(items) }}").evaluate(scope(variables()))


BOMBS = [
    "'a' * 1000000000", "9 ** 9 ** 9", "2 ** 100000", "2 ** 255 * 2 ** 255", "(10 ** 77) ** 2 | abs", "1..1000000",
    "range(0, 10 ** 18)", "range(0, 10 ** 9, 3)", "range(10 ** 9, 0, -3)", "('a' * 9000000) ~ ('a' * 9000000)",
    "('a' * 9000000) + ('a' * 9000000)", "('a' * 1000000) | replace('a', 'b' * 9000000)",
    "(1..90000) | join('a' * 1000)", "('a' * 2000000) | split('') | json", "('\\u0001' * 5000000) | json",
    "('\\u20ac' * 4000000) | urlencode", "[('a' * 9000000), ('a' * 9000000)]", "digits | number",
    "fromJson(digits)", "fromJson('{\"a\": 1' ~ digits ~ '}')",
    "{'a': 'x' * 9000000} | merge({'b': 'x' * 9000000})",
]  # fmt: skip


@pytest.mark.parametrize("expression", BOMBS)
def test_no_value_grows_beyond_the_bounds(expression: str) -> None:
    started = time.thread_time()
    with pytest.raises(ExpressionFailed) as caught:
        parse(f"{{{{ {expression} }}}}").evaluate(scope({"digits": "1" * 300}))
    assert caught.value.code == "expression-too-large"
    assert time.thread_time() - started < 5


@pytest.mark.parametrize("expression", ["'%1000000000d' % 1", "digits ~ digits | number", "fromJson('[' * 100000)"])
def test_costly_tricks_are_refused_at_once(expression: str) -> None:
    started = time.thread_time()
    with pytest.raises(ExpressionFailed):
        parse(f"{{{{ {expression} }}}}").evaluate(scope({"digits": "1" * 300}))
    assert time.thread_time() - started < 1


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in 1..1000 %}{% for b in 1..1000 %}{% endfor %}{% endfor %}",
        "{% for a in 1..90000 %}{% set x = 'a' * 9000000 %}{% endfor %}",
        "{% for a in 1..90000 %}{{ 'a' * 100000 }}{% endfor %}",
        "{% set a %}{% for a in 1..90000 %}{{ 'a' * 1000 }}{% endfor %}{% endset %}",
        "{% set a = [1, 1] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}",
        "{% set a = {'k': 1} %}" + "{% set a = {'x': a, 'y': a} %}" * 40 + "{{ a }}",
        "{% set a = 'ab' %}" + "{% set a = a ~ a %}" * 40,
        "{% set a = [1, 1] %}" + "{% set a = a + a %}" * 40,
        "{% set a = [1, 1] %}" + "{% set a = a | merge(a) %}" * 40,
    ],
)
def test_no_text_takes_forever(source: str) -> None:
    started = time.thread_time()
    with pytest.raises(ExpressionFailed) as caught:
        parse(source).render(scope())
    assert caught.value.code in ("expression-too-large", "expression-too-slow")
    assert time.thread_time() - started < 10


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a'.ljust(900000000) }}", "{{ '%900000000d' % 1 }}", "{{ '{:>900000000}'.format(1) }}",
        "{{ 'a'.center(900000000) }}", "{{ 'a' | ljust(900000000) }}", "{{ 'a' | center(900000000) }}",
        "{{ '{:>900000000}' | format(1) }}", "{{ ['a', 'b'] | join('c') | replace({'c': 'd' * 900000000}) }}",
        "{{ (1..90000) | join('ab') | replace({'a': 'x' * 9000}) }}", "{{ 1 | numberFormat('0#' * 20000000) }}",
        "{{ 'a\n' * 100000 | indent(1000) }}", "{{ 'a' | indent(900000000) }}", "{{ 'a' | nindent(900000000, 'xx') }}",
        "{{ nanoId(900000000) }}", "{{ 'a' | regexReplace('', 'x' * 9000000) | regexReplace('', 'x' * 9000000) }}",
        "{{ yaml('a: &a [x, x]\nb: &b [*a, *a]\n' ~ 'c: [*b, *b]') | length > 0 ? 1 / 0 : 0 }}",
        "{% macro m(a) %}{{ m(a ~ a) }}{% endmacro %}{{ m('aa') }}",
    ],
)  # fmt: skip
def test_known_ways_to_blow_up_are_refused_at_once(source: str) -> None:
    started = time.thread_time()
    with pytest.raises(ExpressionFailed):
        parse(source).render(scope())
    assert time.thread_time() - started < 2


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in 1..40 %}{% for b in 1..40 %}{% for c in 1..40 %}{{ 1..500 }}{% endfor %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{% if n > 0 %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}",
        "{% for h in 1..90 %}{% for i in 1..90000 %}{% set a = (1..200) | reverse | sort | first %}{% endfor %}{% endfor %}",
        "{% for h in 1..90 %}{% for i in 1..90000 %}{{ 'a' | sha512 | sha512 | slugify | title }}{% endfor %}{% endfor %}",
        "{{ ('a' * 60) ~ 'b' | regexMatch('(a|aa)+$') }}",
        "{{ ('a' * 60) ~ 'b' | regexReplace('(a|aa)+$', 'x') }}",
        "{{ ('a' * 60) ~ 'b' | replace({'(a|aa)+$': 'x'}, regexp=true) }}",
        "{{ ('a' * 60) ~ 'b' | split('(a|aa)+$') }}",
    ],
)
def test_nothing_takes_much_longer_than_a_second(source: str) -> None:
    started = time.thread_time()
    with pytest.raises(ExpressionFailed) as caught:
        parse(source).render(scope())
    assert caught.value.code in ("expression-too-slow", "expression-too-large")
    assert time.thread_time() - started < 2.5


@pytest.mark.parametrize("query", ["[range(1e12)] | length", "def f: f; f", "'x' * 900000000", "error('x')", ".["])
def test_a_query_that_never_ends_is_ended_and_the_next_one_works(query: str) -> None:
    run = Queries(longest=0.3)
    try:
        with pytest.raises(TaskFailed, match="the query"):
            run(query.replace("'", '"'), "[1]")
        assert run(".[0]", "[1]") == [1]
    finally:
        run.close()


def test_a_query_sees_nothing_of_the_environment_and_reads_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hidden")
    run = Queries()
    try:
        assert run("env, $ENV", "1") == [{}, {}]
        with pytest.raises(TaskFailed, match="reads a module"):
            run('import "a" as $a; $a', "1")
    finally:
        run.close()


def test_rendering_within_rendering_is_bounded() -> None:
    doubling = {f"v{n}": f"{{{{ render(vars.v{n + 1}) }}}}{{{{ render(vars.v{n + 1}) }}}}" for n in range(40)}
    with pytest.raises(ExpressionFailed):
        parse("{{ render(vars.v0) }}").evaluate(scope({"vars": {**doubling, "v40": ""}}))


def test_the_bounds_leave_room_for_real_work() -> None:
    assert len(value("{{ 'a' * 9000000 }}")) == 9_000_000
    assert value("{{ range(1, 100000) | length }}") == 100_000
    assert value("{{ 2 ** 200 }}") == 2**200
