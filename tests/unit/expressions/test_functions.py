from __future__ import annotations

from typing import Any

import pytest
from tests.unit.expressions.rendering import failure, scope, value

from dalsegno.errors import ExpressionFailed
from dalsegno.expressions import parse


def test_rendering_is_once_unless_render_is_asked_for() -> None:
    variables: dict[str, Any] = {"vars": {"a": "{{ vars.b }}", "b": "<{{ vars.c }}>", "c": "end"}}
    assert value("{{ vars.a }}", **variables) == "{{ vars.b }}"
    assert value("{{ renderOnce(vars.a) }}", **variables) == "<{{ vars.c }}>"
    assert value("{{ render(vars.a, recursive=false) }}", **variables) == "<{{ vars.c }}>"
    assert value("{{ render(vars.a) }}", **variables) == "<end>"


def test_render_gives_values_and_renders_inside_maps_and_lists() -> None:
    variables: dict[str, Any] = {"vars": {"l": "{{ [1, 2] }}", "m": {"{{ 'k' }}": ["{{ vars.l }}", 5]}}}
    assert value("{{ render(vars.l) }}", **variables) == [1, 2]
    assert value("{{ render(vars.m) }}", **variables) == {"k": [[1, 2], 5]}
    assert value("{{ render(5) }}") == 5


def test_what_stands_in_raw_is_not_rendered_by_a_later_pass() -> None:
    variables: dict[str, Any] = {
        "vars": {"a": "{{ vars.b }}!", "b": "{% raw %}{{ x }}{% endraw %} {{ vars.c }}", "c": "c"}
    }
    assert value("{{ render(vars.a) }}", **variables) == "{{ x }} c!"


@pytest.mark.parametrize("text", ["{{ vars.me }}", "{{ vars.me }}a", "a{{ 1 }}{{ render(vars.me) }}"])
def test_a_variable_that_refers_to_itself_ends_with_an_error(text: str) -> None:
    error = failure("{{ render(vars.me) }}", vars={"me": text})
    assert "Too many rendering attempts" in error.message or "nested too deeply" in error.message


def test_an_error_in_a_rendered_text_tells_both_texts() -> None:
    error = failure("a {{ render(vars.a) }}", vars={"a": "{{ outputs.x }}"}, outputs={"y": 1})
    assert error.code == "unknown-name"
    assert "{{ outputs.x }}" in error.message
    assert "{{ render(vars.a) }}" in error.message
    assert (error.line, error.column) == (1, 6)
    assert value("{{ render(vars.a) ?? 'd' }}", vars={"a": "{{ x }}"}) == "d"
    assert failure("{{ render('{{ 1 + }}') }}").code == "expression-invalid"


def test_now_is_the_time_of_the_scope() -> None:
    assert value("{{ now() }}") == "2024-05-31T10:20:30.123456+00:00"
    assert value("{{ now('HH:mm', 'Asia/Tokyo') }}") == "19:20"
    assert value("{{ now() | dateAdd(1, 'DAYS') | date('yyyyMMdd') }}") == "20240601"


def test_json_is_read() -> None:
    assert value("{{ fromJson('{\"a\": [1]}').a[0] }}") == 1
    assert value("{{ json('[true]') | first }}") is True
    assert "is not JSON" in failure("{{ fromJson('{') }}").message
    assert "is not JSON" in failure("{{ fromJson('NaN') }}").message


def test_ranges_and_extremes() -> None:
    assert value("{{ range(1, 3) }}") == [1, 2, 3]
    assert value("{{ range(6, 0, -3) }}") == [6, 3, 0]
    assert value("{{ range(3, 1) }}") == []
    assert value("{{ max(1, 5, 2) + min([4, 3]) }}") == 8
    assert "at least one" in failure("{{ max([]) }}").message
    assert "steps of 0" in failure("{{ range(1, 2, 0) }}").message


def test_the_output_of_the_current_item_is_found_through_all_loops() -> None:
    outputs = {"load": {"x": {"1": {"uri": "x1"}}}}
    variables: dict[str, Any] = {
        "outputs": outputs,
        "taskrun": {"value": 1},
        "parents": [{"taskrun": {"value": "x"}}, {"taskrun": {}}],
    }
    assert value("{{ currentEachOutput(outputs.load).uri }}", **variables) == "x1"
    flat: dict[str, Any] = {"outputs": {"load": {"y": {"uri": "u"}}}, "taskrun": {"value": "y"}}
    assert value("{{ currentEachOutput(outputs.load).uri }}", **flat) == "u"
    assert (
        failure("{{ currentEachOutput(outputs.load) }}", **{**flat, "taskrun": {"value": "z"}}).code == "unknown-name"
    )
    assert "inside a loop" in failure("{{ currentEachOutput(1) }}").message


def test_functions_that_reach_outside_are_handed_in() -> None:
    template = parse("{{ secret('KEY') }}")
    assert template.evaluate(scope(secret=lambda name: f"{name}!")) == "KEY!"  # pyright: ignore[reportUnknownLambdaType]
    with pytest.raises(ExpressionFailed, match="not available here") as caught:
        template.evaluate(scope())
    assert caught.value.code == "unknown-function"


def test_what_goes_wrong_in_a_function_from_outside_tells_the_expression() -> None:
    def read(_name: str) -> str:
        raise OSError("the disk is gone")

    with pytest.raises(ExpressionFailed, match="the disk is gone") as caught:
        parse("{{ read('a') }}").evaluate(scope(read=read))
    assert "{{ read('a') }}" in caught.value.message
