"""The values that a run gets for its inputs."""

# ruff: noqa: E501 - each line of a table is one case

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from dalsegno.errors import RequestRefused
from dalsegno.flows import coerce_answers, coerce_inputs, load
from dalsegno.model.flow import Flow
from dalsegno.tasks.pause import inputs_of


def flow(*inputs: str) -> Flow:
    lines = "".join(f"  - {{{written}}}\n" for written in inputs)
    declared = f"inputs:\n{lines}" if lines else ""
    return load(f"id: f\nnamespace: a\n{declared}tasks: [{{id: t, type: core.debug.Return}}]\n").flow


def refused(flow: Flow, given: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(RequestRefused) as caught:
        coerce_inputs(flow, given, **more)
    return [(refusal.code, refusal.message) for refusal in caught.value.refusals]


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("STRING", "x", "x"), ("STRING", "", ""), ("STRING", 5, "5"), ("STRING", True, "true"),
        ("INT", "5", 5), ("INT", " -5 ", -5), ("INT", 5, 5), ("INT", 5.0, 5), ("INT", "007", 7),
        ("FLOAT", "1.5", 1.5), ("FLOAT", "1e3", 1000.0), ("FLOAT", 2, 2.0), ("FLOAT", " .5", 0.5),
        ("BOOL", "true", True), ("BOOL", "False", False), ("BOOLEAN", True, True),
        ("JSON", '{"a": [1, null]}', {"a": [1, None]}), ("JSON", '"x"', "x"), ("JSON", [1, (2, 3)], [1, [2, 3]]),
        ("JSON", "null", None), ("JSON", 5, 5),
        ("FILE", "dalsegno://abc/x.csv", "dalsegno://abc/x.csv"),
        ("DATE", "2024-05-01", "2024-05-01"), ("DATE", date(2024, 5, 1), "2024-05-01"),
        ("TIME", "10:30", "10:30"), ("TIME", time(10, 30), "10:30:00"), ("DURATION", "PT5M", "PT5M"),
        ("DATETIME", "2024-05-01T10:30:00+02:00", "2024-05-01T08:30:00Z"), ("DATETIME", "2024-05-01T10:30:00.5Z", "2024-05-01T10:30:00.500Z"),
        ("DURATION", timedelta(minutes=1.5), "PT90S"), ("URI", "s3://bucket/key", "s3://bucket/key"), ("EMAIL", "ada@example.org", "ada@example.org"),
        ("YAML", "a: [1, yes]", {"a": [1, "yes"]}), ("YAML", {"a": 1}, {"a": 1}), ("YAML", "5", 5),
        ("SELECT, values: [a, b]", "b", "b"), ("ENUM, values: [1, 2]", 1, "1"), ("SELECT, values: [a], allowCustomValue: true", "z", "z"),
        ("MULTISELECT, values: [a, b]", "a,b", ["a", "b"]), ("MULTISELECT, values: [a, b]", '["b"]', ["b"]), ("MULTISELECT, values: [a]", [], []),
        ("ARRAY, itemType: INT", "[1, 2]", [1, 2]), ("ARRAY, itemType: DATE", ["2024-05-01"], ["2024-05-01"]), ("ARRAY, itemType: JSON", '[{"a": 1}]', [{"a": 1}]),
        ("INT, min: 1, max: 3", 3, 3), ("DATE, after: '2024-01-01'", "2024-01-01", "2024-01-01"), ("STRING, validator: '(?<x>[a-z])+'", "ab", "ab"),
    ],
)  # fmt: skip
def test_a_value_is_read_as_the_type_of_its_input(kind: str, given: Any, value: Any) -> None:
    found = coerce_inputs(flow(f"id: x, type: {kind}"), {"x": given})["x"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        ("STRING", [1], "must be text, not `[1]`"),
        ("INT", "5.5", "must be a whole number, not `5.5`"),
        ("INT", 5.5, "must be a whole number, not `5.5`"),
        ("INT", True, "must be a whole number, not `True`"),
        ("INT", "٣", "must be a whole number, not `٣`"),
        ("INT", "9" * 5000, f"must be a whole number, not `{'9' * 57}...`"),
        ("FLOAT", "nan", "must be a number, not `nan`"),
        ("FLOAT", "1e999", "must be a number, not `1e999`"),
        ("FLOAT", float("inf"), "must be a number, not `inf`"),
        ("BOOL", "yes", "must be `true` or `false`, not `yes`"),
        ("BOOL", 1, "must be `true` or `false`, not `1`"),
        ("JSON", "{a: 1}", 'must be JSON, such as `[1, 2]` or `"a text"`, not `{a: 1}`: '),
        ("JSON", "NaN", 'must be JSON, such as `[1, 2]` or `"a text"`, not `NaN`: JSON has no NaN'),
        ("JSON", {1, 2}, "must be a value that JSON can hold: "),
        ("FILE", 5, "must be a file: a path or the `dalsegno://` address of a stored file, not `5`"),
        ("DATE", "2024-02-30", "must be a date, such as `2024-05-01`, not `2024-02-30`"),
        ("DATE", "1.5.2024", "must be a date, such as `2024-05-01`, not `1.5.2024`"),
        ("TIME", "25:00", "must be a time of day, such as `10:30` or `10:30:15`, not `25:00`"),
        (
            "DATETIME",
            "2024-05-01T10:30:00",
            "must be a date and time with its zone, such as `2024-05-01T10:30:00Z`, not `2024-05-01T10:30:00`",
        ),
        ("DURATION", "5m", "must be a length of time: `5m` is not a duration; write `PT5M` (ISO 8601)"),
        ("URI", "example.org", "must be a URI with its scheme, such as `https://example.org/data`, not `example.org`"),
        ("EMAIL", "ada@", "must be an e-mail address, such as `ada@example.org`, not `ada@`"),
        ("YAML", "a: [", "must be YAML, such as `a: 1`, not `a: [`: "),
        ("ARRAY, itemType: INT", '[1, "x"]', "must be a list of INT; item 2 must be a whole number, not `x`"),
        ("ARRAY, itemType: INT", '{"a": 1}', "must be a list, such as `[1, 2]`, not `{'a': 1}`"),
        ("SECRET", 5, "must be text"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(kind: str, given: Any, says: str) -> None:
    [(code, message)] = refused(flow(f"id: x, type: {kind}"), {"x": given}, files=str)
    assert code == "wrong-type"
    assert message.startswith(f"the input `x` {says}")


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        ("STRING, validator: '[a-z]+'", "A", "must match the pattern `[a-z]+`, and `A` does not"),
        ("SECRET, validator: '[a-z]+'", "hunter2", "must match the pattern `[a-z]+`"),
        ("INT, min: 3", "2", "must be at least `3`, not `2`"),
        ("FLOAT, max: 1.5", "1.6", "must be at most `1.5`, not `1.6`"),
        ("DURATION, max: PT1H", "PT61M", "must be at most `PT1H`, not `PT61M`"),
        ("DATE, after: '2024-01-01'", "2023-12-31", "must be `2024-01-01` or later, not `2023-12-31`"),
        ("TIME, before: '12:00'", "12:01", "must be `12:00` or earlier, not `12:01`"),
        (
            "DATETIME, after: '2024-01-01T00:00:00Z'",
            "2024-01-01T00:30:00+01:00",
            "must be `2024-01-01T00:00:00Z` or later, not `2023-12-31T23:30:00Z`",
        ),
        (
            "SELECT, values: [red, green]",
            "gren",
            "must be `red` or `green`, not `gren`; did you mean `green` or `red`?",
        ),
        ("MULTISELECT, values: [S, M]", "S,X", "can hold `S` or `M`, not `X`"),
        (
            "FILE, allowedFileExtensions: [.csv]",
            "dalsegno://abc/x.txt",
            "must be a file that ends with `.csv`, not `x.txt`",
        ),
        (
            "FILE, accept: '.csv,.tsv'",
            "dalsegno://abc/x.txt",
            "must be a file that ends with `.csv` or `.tsv`, not `x.txt`",
        ),
    ],
)
def test_a_value_beyond_a_limit_is_refused_with_what_is_allowed(kind: str, given: Any, says: str) -> None:
    assert refused(flow(f"id: x, type: {kind}"), {"x": given}) == [("wrong-value", f"the input `x` {says}")]


def test_an_input_is_asked_for_where_its_condition_holds() -> None:
    declared = flow(
        "id: shade, type: STRING, dependsOn: {inputs: [colour], condition: \"{{ inputs.colour == 'red' }}\"}",
        "id: colour, type: STRING",
    )
    assert coerce_inputs(declared, {"colour": "blue"}) == {"shade": None, "colour": "blue"}
    assert coerce_inputs(declared, {"colour": "red", "shade": "dark"}) == {"shade": "dark", "colour": "red"}
    assert coerce_inputs(declared, {"colour": "blue"}, carried={"shade": "dark"})["shade"] is None
    assert refused(declared, {"colour": "red"})[0][0] == "missing-input"
    condition = "{{ inputs.colour == 'red' }}"
    assert refused(declared, {"colour": "blue", "shade": "dark"}) == [
        (
            "unasked-input",
            f"the input `shade` is not asked for: its condition `{condition}` does not hold; leave it out",
        )
    ]


def test_choices_may_come_from_an_expression_over_other_inputs() -> None:
    declared = flow(
        'id: known, type: JSON, defaults: \'["a", "b"]\'',
        "id: one, type: SELECT, expression: '{{ inputs.known }}', autoSelectFirst: true",
    )
    assert coerce_inputs(declared, {})["one"] == "a"
    assert coerce_inputs(declared, {"known": '["c"]', "one": "c"})["one"] == "c"
    assert refused(declared, {"one": "c"}) == [("wrong-value", "the input `one` must be `a` or `b`, not `c`")]
    wrong = refused(declared, {"known": "5", "one": "c"})
    assert wrong == [("wrong-type", "the `expression` of the input `one` must give a list of choices, and gives 5")]


def test_a_prefill_is_taken_where_nothing_is_given_and_may_be_emptied() -> None:
    declared = flow("id: x, type: INT, prefill: 3, required: false")
    assert coerce_inputs(declared, {}) == {"x": 3}
    assert coerce_inputs(declared, {"x": None}) == {"x": None}


def test_json_nested_without_end_is_refused() -> None:
    assert refused(flow("id: x, type: JSON"), {"x": "[" * 100_000})[0][0] == "wrong-type"


def test_given_values_win_over_carried_ones_and_those_over_defaults() -> None:
    declared = flow("id: a, type: INT, defaults: 1", "id: b, type: INT, defaults: 1", "id: c, type: INT, defaults: 1")
    assert coerce_inputs(declared, {"a": "3"}, carried={"a": 2, "b": 2}) == {"a": 3, "b": 2, "c": 1}


def test_the_values_come_in_the_order_of_the_flow() -> None:
    declared = flow("id: a, type: INT", "id: b, type: STRING, defaults: '{{ inputs.a }}'", "id: c, type: INT")
    assert list(coerce_inputs(declared, {"c": 1, "a": 1})) == ["a", "b", "c"]


def test_an_input_that_is_not_required_is_null_without_a_value_and_may_be_given_as_null() -> None:
    declared = flow("id: a, type: INT, required: false", "id: b, type: INT, required: false, defaults: 2")
    assert coerce_inputs(declared, {"b": None}) == {"a": None, "b": None}


def test_carried_values_that_the_flow_no_longer_declares_are_left_out() -> None:
    assert coerce_inputs(flow(), {}, carried={"gone": 1}) == {}


def test_a_carried_text_of_json_is_taken_as_it_is() -> None:
    assert coerce_inputs(flow("id: x, type: JSON"), {}, carried={"x": "[1"}) == {"x": "[1"}


def test_a_carried_value_that_does_not_fit_the_new_type_is_refused_with_what_to_do() -> None:
    [(code, message)] = refused(flow("id: x, type: INT"), {}, carried={"x": "May"})
    assert code == "wrong-type"
    assert message == "the input `x` must be a whole number, not `May` (its value comes from the origin; give it anew)"


def test_all_that_is_wrong_is_told_at_once() -> None:
    declared = flow("id: month, type: INT", "id: city, type: STRING", "id: file, type: FILE")
    assert refused(declared, {"moth": "5", "month": "May", "file": "/nowhere/x.csv"}, files=str) == [
        ("unknown-input", "the flow `a.f` declares no input `moth`; did you mean `month`?"),
        ("wrong-type", "the input `month` must be a whole number, not `May`"),
        ("missing-input", "the input `city` (STRING) is required: give it a value, as in `-i city=...`"),
        ("missing-file", "the input `file` must be a file, and there is no file `/nowhere/x.csv`"),
    ]


def test_an_unknown_input_of_a_flow_without_any_says_so() -> None:
    expected = "the flow `a.f` declares no input `x`; it declares none at all"
    assert refused(flow(), {"x": 1}) == [("unknown-input", expected)]


def test_a_local_file_is_stored_and_its_address_is_the_value(tmp_path: Path) -> None:
    path = tmp_path / "a b.csv"
    path.write_text("x")
    declared = flow("id: one, type: FILE", "id: two, type: FILE", "id: three, type: FILE")
    stored: list[Path] = []

    def store(file: Path) -> str:
        stored.append(file)
        return f"dalsegno://{len(stored)}"

    given = {"one": str(path), "two": f"@{path}", "three": path}
    assert coerce_inputs(declared, given, files=store) == {
        "one": "dalsegno://1",
        "two": "dalsegno://2",
        "three": "dalsegno://3",
    }
    assert stored == [path, path, path]


def test_nothing_is_stored_while_anything_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("x")
    declared = flow("id: file, type: FILE", "id: n, type: INT")

    def store(file: Path) -> str:
        raise AssertionError(f"{file} was stored")

    assert len(refused(declared, {"file": str(path), "n": "x"}, files=store)) == 1


@pytest.mark.parametrize("given", ["/nowhere", "@/nowhere", "", ".", "bad\0name"])
def test_what_is_no_file_is_refused(given: str) -> None:
    [(code, _)] = refused(flow("id: x, type: FILE"), {"x": given}, files=str)
    assert code in ("missing-file", "wrong-type")


def test_a_local_file_is_refused_where_files_cannot_be_stored(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    [(_, message)] = refused(flow("id: x, type: FILE"), {"x": str(tmp_path / "x")})
    assert message == "the input `x` must be the `dalsegno://` address of a file: local files cannot be stored here"


def test_a_default_may_be_an_expression_over_other_inputs() -> None:
    declared = flow(
        "id: c, type: STRING, defaults: '{{ inputs.b ~ 1 }}'",
        "id: b, type: STRING, defaults: '{{ inputs.a | upper }}'",
        "id: a, type: STRING, defaults: x",
        "id: n, type: INT, defaults: '{{ inputs.m }}'",
        "id: m, type: INT, required: false, defaults: 4",
        "id: day, type: STRING, defaults: \"{{ now() | date('yyyy') }}\"",
    )
    found = coerce_inputs(declared, {}, now=lambda: datetime(2024, 5, 1, tzinfo=UTC))
    assert found == {"c": "X1", "b": "X", "a": "x", "n": 4, "m": 4, "day": "2024"}
    assert coerce_inputs(declared, {"b": "z", "day": ""})["c"] == "z1"


@pytest.mark.parametrize(
    ("defaults", "expected"),
    [
        (("'{{ inputs.b }}'", "'{{ inputs.a }}'"), [("circular-default", "the defaults of the inputs `a`, `b` read each other in a circle: give one of them a value")]),
        (("'{{ inputs.b }}'", "null"), [("missing-input", "the input `b` (INT) is required: give it a value, as in `-i b=...`")]),
        (("'{{ inputs.b }}x'", "1"), [("wrong-type", "the input `a` must be a whole number, not `1x`")]),
    ],
)  # fmt: skip
def test_a_default_that_cannot_be_had_is_refused(defaults: tuple[str, str], expected: list[tuple[str, str]]) -> None:
    declared = flow(*(f"id: {name}, type: INT, defaults: {text}" for name, text in zip("ab", defaults, strict=True)))
    assert refused(declared, {}) == expected


@pytest.mark.parametrize(
    "default", ["{{ inputs.gone }}", "{{ 1 / 0 }}", "{{ now() }}", "{{ outputs.t }}", "{{ nonsense"]
)
def test_a_default_that_cannot_be_rendered_is_refused_with_the_input(default: str) -> None:
    [(_, message)] = refused(flow(f"id: a, type: STRING, defaults: '{default}'"), {})
    assert message.startswith("the default of the input `a` cannot be rendered: ")


def test_the_answers_to_a_pause_are_read_as_the_inputs_of_a_flow_are() -> None:
    asked = inputs_of([{"id": "ok", "type": "BOOL"}, {"id": "rows", "type": "INT", "defaults": 5}])
    assert coerce_answers("ask", asked, {"ok": "true"}) == {"ok": True, "rows": 5}
    with pytest.raises(RequestRefused) as caught:
        coerce_answers("ask", asked, {"kk": 1, "rows": "many"})
    assert [refusal.message for refusal in caught.value.refusals] == [
        "the pause `ask` declares no input `kk`; did you mean `ok`?",
        "the input `ok` (BOOL) is required: give it a value, as in `-i ok=...`",
        "the input `rows` must be a whole number, not `many`",
    ]
