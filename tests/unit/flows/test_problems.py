"""Every kind of problem of a flow, with its place; and all problems of a file at once."""

# ruff: noqa: E501 - each line of a table is one case

from __future__ import annotations

from textwrap import dedent

import pytest

from dalsegno.errors import FlowInvalid, Problem
from dalsegno.flows import check, load

HEAD = "id: f\nnamespace: a.b\n"
TASKS = "tasks:\n  - {id: t, type: core.log.Log, message: x}\n"


def problems(text: str) -> list[Problem]:
    return check(dedent(text), file="f.yaml")


def told(text: str) -> list[str]:
    return [f"{problem.line}:{problem.column} {problem.code}: {problem.message}" for problem in problems(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("namespace: a\n" + TASKS, "1:1 missing-key: the flow has no `id`: add a line `id: ...`"),
        ("id: a\nnamespace:\n" + TASKS, "2:1 missing-key: the flow has no `namespace`: add a line `namespace: ...`"),
        (
            "id: a b\nnamespace: x\n" + TASKS,
            "1:5 invalid-name: `id: a b` is not a valid name: use letters, digits, `.`, `_` and `-`, a letter or digit first",
        ),
        (
            "id: a\nnamespace: Big\n" + TASKS,
            "2:12 invalid-name: `namespace: Big` is not a valid name: use small letters, digits, `.`, `_` and `-`, a letter or digit first",
        ),
        (
            f"id: {'a' * 101}\nnamespace: a\n" + TASKS,
            f"1:5 invalid-name: `id: {'a' * 101}` is 101 characters long; at most 100 are allowed",
        ),
        ("id: [a]\nnamespace: a\n" + TASKS, "1:5 wrong-type: `id` must be text"),
        (HEAD + "listeners: []\n" + TASKS, "3:1 not-supported: Kestra's `listeners` of a flow is not supported here: use `errors` for what runs after a failure, `finally` for what runs at the end"),
        (HEAD + "afterExecution: []\n" + TASKS, "3:1 no-tasks: the `afterExecution` of the flow holds no task: add one, or remove `afterExecution`"),
        (HEAD + "workerGroup: {key: a}\n" + TASKS, "3:1 not-used: Kestra's `workerGroup` of a flow changes nothing here: a run executes where it is started"),
        (HEAD + "lables: {}\n" + TASKS, "3:1 unknown-key: a flow has no key `lables`; did you mean `labels` or `variables` or `disabled`?"),
        (HEAD + "disabled: yes\n" + TASKS, "3:11 wrong-type: `disabled` must be `true` or `false`, not `yes`"),
        (HEAD + "labels: x\n" + TASKS, "3:9 wrong-type: `labels` must be a map, or a list of `key` and `value`"),
        (HEAD + "labels:\n  a: [1]\n" + TASKS, "4:6 wrong-type: the value of label `a` must be text"),
        (HEAD + "labels:\n  - key: a\n" + TASKS, "4:5 wrong-type: a label in a list needs `key` and `value`"),
        (
            HEAD + "labels:\n  - {key: a, value: b}\n  - {key: a, value: c}\n" + TASKS,
            "5:11 duplicate-key: the label `a` is given twice",
        ),
        (HEAD + "variables: [a]\n" + TASKS, "3:12 wrong-type: `variables` must be a map of names and values"),
        (HEAD, "1:1 no-tasks: the flow has no `tasks`: it needs at least one"),
        (HEAD + "tasks: []\n", "3:1 no-tasks: the flow has no `tasks`: it needs at least one"),
        (HEAD + "tasks: {a: 1}\n", "3:8 wrong-type: the `tasks` of the flow must be a list of tasks"),
        (HEAD + "tasks:\n  - log\n", "4:5 wrong-type: a task must be a map with `id` and `type`"),
        (HEAD + "a: 1\na: 2\n" + TASKS, "4:1 duplicate-key: `a` stands here twice, first in line 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_flow_itself(text: str, expected: str) -> None:
    assert expected in told(text)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{type: INT}", "4:5 missing-key: an input needs an `id`"),
        ("x", "4:5 wrong-type: an input must be a map with an `id`"),
        ("{id: x}", "4:5 missing-key: input `x` needs a `type`, such as `STRING`"),
        ("{id: a.b, type: INT}", "4:10 invalid-name: `id: a.b` is not a valid name: use letters, digits, `_` and `-`, a letter or digit first"),
        ("{id: x, type: FORM}", "4:19 not-supported: Kestra's type `FORM` of input `x` is not supported here: declare the inputs that it groups one by one"),
        ("{id: x, type: Int}", "4:19 unknown-input-type: input `x` cannot be of type `Int`; did you mean `INT`?"),
        ("{id: x, type: INT, default: 3}", "4:24 unknown-key: an input has no key `default`; did you mean `defaults`?"),
        ("{id: x, type: INT, dependsOn: 3}", '4:35 wrong-type: input `x` needs a map such as `dependsOn: {inputs: [other], condition: "{{ inputs.other == 1 }}"}`'),
        ("{id: x, type: INT, dependsOn: {condition: 'true'}}", "4:35 wrong-type: input `x` needs `inputs` in its `dependsOn`: a list of inputs of this flow"),
        ("{id: x, type: INT, dependsOn: {inputs: [x]}}", "4:45 circular-dependency: input `x` depends on itself"),
        ("{id: x, type: INT, dependsOn: {inputs: [z]}}\n  - {id: zz, type: INT}", "4:45 unknown-input: input `x` depends on `z`, and there is no such input; did you mean `zz`?"),
        ("{id: x, type: INT, dependsOn: {inputs: [y]}}\n  - {id: y, type: INT, dependsOn: {inputs: [x]}}", "4:44 circular-dependency: inputs depend on each other in a circle: `x` -> `y` -> `x`"),
        ("{id: x, type: INT, validator: a}", "4:35 misplaced-key: input `x` is of type INT, and `validator` is for `STRING` or `SECRET`"),
        ("{id: x, type: STRING, min: 3}", "4:32 misplaced-key: input `x` is of type STRING, and `min` is for `INT`, `FLOAT` or `DURATION`"),
        ("{id: x, type: STRING, validator: '['}", "4:38 bad-pattern: input `x` has a `validator` that is no regular expression: unterminated character set at position 0"),
        ("{id: x, type: INT, min: few}", "4:29 wrong-type: input `x` has a `min` that must be a whole number, not `few`"),
        ("{id: x, type: INT, min: 5, max: 3}", "4:37 wrong-value: input `x` can have no value: its `max` is below its `min`, `5`"),
        ("{id: x, type: DATE, after: 2024-02-30}", "4:32 wrong-type: input `x` has a `after` that must be a date, such as `2024-05-01`, not `2024-02-30`"),
        ("{id: x, type: SELECT}", "4:5 missing-key: input `x` is of type SELECT and needs `values`, or an `expression`"),
        ("{id: x, type: ENUM, values: []}", "4:33 wrong-type: input `x` needs a list of texts as `values`, not a list"),
        ("{id: x, type: SELECT, values: [a, a]}", "4:39 duplicate-value: input `x` has `a` twice among its `values`"),
        ("{id: x, type: SELECT, values: [a, b], defaults: c}", "4:53 wrong-type: the default of input `x` must be `a` or `b`, not `c`"),
        ("{id: x, type: INT, max: 3, defaults: 4}", "4:42 wrong-type: the default of input `x` must be at most `3`, not `4`"),
        ("{id: x, type: ARRAY}", "4:5 missing-key: input `x` is of type ARRAY and needs an `itemType`, such as `STRING`"),
        ("{id: x, type: ARRAY, itemType: SECRET}", "4:36 wrong-value: input `x` cannot have items of type SECRET"),
        ("{id: x, type: INT, defaults: 1, prefill: 2}", "4:46 contradiction: input `x` has both `defaults` and `prefill`: keep one of them"),
        ("{id: x, type: SECRET, defaults: abc}", "4:37 secret-in-flow: the default of input `x` is a secret that stands in the flow for all to read"),
        ("{id: x, type: INT, required: 3}", "4:34 wrong-type: `required` must be `true` or `false`, not `3`"),
        ("{id: x, type: INT, defaults: three}", "4:34 wrong-type: the default of input `x` must be a whole number, not `three`"),
        ("{id: x, type: INT}\n  - {id: x, type: INT}", "5:5 duplicate-input: the input `x` is declared twice, first in line 4"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_input(written: str, expected: str) -> None:
    assert told(f"{HEAD}inputs:\n  - {written}\n{TASKS}") == [expected]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{id: x}", "4:5 missing-key: output `x` needs a `value`"),
        ("{value: x}", "4:5 missing-key: an output needs an `id`"),
        ("{id: x, value: 1, type: ION}", "4:29 not-supported: Kestra's type `ION` of output `x` is not supported here: use JSON"),
        ("{id: x, value: 1}\n  - {id: x, value: 1}", "5:5 duplicate-output: the output `x` is declared twice, first in line 4"),
        ("{id: x, value: '{{ taskrun.value }}'}",
         "4:24 unknown-variable: the variable `taskrun` is not there in this place: only `envs`, `execution`, `flow`, `globals`, `inputs`, `is_replay`, `kestra`, `labels`, `outputs`, `tasks`, `vars`"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_output(written: str, expected: str) -> None:
    assert told(f"{HEAD}outputs:\n  - {written}\n{TASKS}") == [expected]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("type: core.log.Log\n    message: x", "4:5 missing-key: a task needs an `id`"),
        ("id: t\n    message: x", "4:5 missing-key: task `t` needs a `type`"),
        ("id: a.b\n    type: core.log.Log\n    message: x", "4:9 invalid-name: `id: a.b` is not a valid name: use letters, digits, `_` and `-`, a letter or digit first"),
        ("id: t\n    type: io.kestra.plugin.core.log.Lock", "5:11 unknown-type: there is no task type `io.kestra.plugin.core.log.Lock`; did you mean `core.log.Log` or "),
        ("id: t\n    type: core.log.Log", "4:5 missing-property: task `t` needs `message`"),
        ("id: t\n    type: core.log.Log\n    mesage: x\n    message: x", "6:5 unknown-property: the type of task `t` has no property `mesage`; did you mean `message`?"),
        ("id: t\n    type: core.log.Log\n    message: x\n    version: 1.2.0", "7:5 not-supported: Kestra's `version` of task `t` is not supported here: remove it: a task type has the version that is installed"),
        ("id: t\n    type: core.log.Log\n    message: x\n    level: LOUD", "7:12 invalid-property: `level` of task `t`: should be 'TRACE', 'DEBUG', 'INFO', 'WARN' or 'ERROR', not `LOUD`"),
        ("id: t\n    type: core.flow.Sleep\n    duration: 5 minutes", "6:15 invalid-property: "),
        ("id: t\n    type: core.execution.Fail\n    error_message: x", "6:5 unknown-property: the type of task `t` has no property `error_message`; did you mean `errorMessage`?"),
        ("id: t\n    type: core.flow.Parallel\n    concurrent: many\n    tasks: [{id: u, type: core.debug.Return}]", "6:17 invalid-property: `concurrent` of task `t`: should be a valid integer, unable to parse string as an integer, not `many`"),
        ("id: t\n    type: core.flow.Parallel\n    concurrent: '{{ 2 }}'\n    tasks: [{id: u, type: core.debug.Return}]", "6:17 invalid-property: `concurrent` of task `t` must be a number: an expression cannot stand here"),
        ("id: t\n    type: core.flow.ForEach\n    values: [1]\n    concurrencyLimit: '{{ 2 }}'\n    tasks: [{id: u, type: core.debug.Return}]", "7:23 invalid-property: `concurrencyLimit` of task `t` must be a number: an expression cannot stand here"),
        ("id: t\n    type: core.flow.Parallel", "4:5 no-tasks: the group `t` has no `tasks`: it needs at least one"),
        ("id: t\n    type: core.flow.Sequential\n    tasks: []", "6:5 no-tasks: the group `t` has no `tasks`: it needs at least one"),
        ("id: t\n    type: core.flow.ForEach\n    tasks: [{id: u, type: core.debug.Return}]", "4:5 missing-property: task `t` needs `values`"),
        ("id: t\n    type: core.flow.Sequential\n    tasks: [{id: t, type: core.debug.Return}]", "6:18 duplicate-task: the task id `t` is used twice, first in line 4: every task needs its own"),
        ("id: t\n    type: core.debug.Return\n    value: 1\n    format: 2", "4:5 invalid-property: task `t`: `value` and `format` are the same property; give one of them"),
        ("id: t\n    type: core.debug.Return\n    tasks: []", "6:5 unknown-property: the type of task `t` has no property `tasks`"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_task(written: str, expected: str) -> None:
    [problem] = told(f"{HEAD}tasks:\n  - {written}\n")
    assert problem.startswith(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{{ outputs.frist.value }}", "8:17 unknown-task: there is no task `frist` whose outputs could be read; did you mean `first`?"),
        ("{{ outputs['frist'].value }}", "8:17 unknown-task: there is no task `frist` whose outputs could be read; did you mean `first`?"),
        ("x {{ outputs.first.valeu }}", "8:19 unknown-output: task `first` has no output `valeu`; did you mean `value`?"),
        ("{{ inputs.moth }}", "8:17 unknown-input: the flow declares no input `moth`; did you mean `month`?"),
        ("{{ vars.y }}", "8:17 unknown-variable: the flow has no variable `vars.y`"),
        ("{{ vars.deep.er }}", "8:17 unknown-variable: the flow has no variable `vars.deep.er`; did you mean `vars.deep.err`?"),
        ("{{ output.first }}", "8:17 unknown-variable: there is no variable `output`; did you mean `outputs` or `inputs`?"),
        ("{{ trigger.date }}", "8:17 unknown-variable: Kestra's variable `trigger` is not supported here yet"),
        ("{{ outputs.last.value }}", "8:17 reads-later-task: task `second` reads the outputs of `last`, which has not run by then"),
        ("{{ outputs.second.value }}", "8:17 reads-later-task: task `second` reads the outputs of `second`, which has not run by then"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_a_warning(expression: str, expected: str) -> None:
    found = problems(FLOW_OF_THREE.replace("EXPRESSION", expression))
    assert [f"{problem.line}:{problem.column} {problem.code}: {problem.message}" for problem in found] == [expected]
    assert found[0].severity == "warning"


FLOW_OF_THREE = """\
id: f
namespace: a
inputs: [{id: month, type: STRING}]
variables: {x: 1, deep: {err: 2}}
tasks:
  - {id: first, type: core.debug.Return, value: 1}
  - {id: second, type: core.debug.Return,
     value: "EXPRESSION"}
  - {id: last, type: core.debug.Return}
"""


def test_an_expression_that_does_not_parse_is_a_warning_at_its_place() -> None:
    [problem] = problems(FLOW_OF_THREE.replace("EXPRESSION", "ab {{ inputs. }}"))
    assert (problem.code, problem.severity, problem.line) == ("expression-invalid", "warning", 8)
    assert problem.column is not None
    assert problem.column > 14


@pytest.mark.parametrize("wrong", ["{{ 1 | uper }}", "{{ nwo() }}"])
def test_an_unknown_filter_or_function_is_an_error(wrong: str) -> None:
    [problem] = problems(FLOW_OF_THREE.replace("EXPRESSION", wrong))
    assert problem.severity == "error"
    assert problem.code in ("unknown-filter", "unknown-function")
    assert problem.closest
    assert (problem.line, "line 1, column" in problem.message) == (8, False)


@pytest.mark.parametrize(
    ("value", "column"),
    [("x {{ 1 | uper }}", 23), ("'x {{ 1 | uper }}'", 24), ('"x {{ 1 | uper }}"', 24), ('"\\t {{ 1 | uper }}"', 14)],
)
def test_places_inside_a_line_are_exact_unless_escapes_move_them(value: str, column: int) -> None:
    [problem] = problems(f"{HEAD}tasks:\n  - id: t\n    type: core.log.Log\n    message: {value}\n")
    assert (problem.line, problem.column) == (6, column)


def test_places_inside_a_block_of_text_are_exact() -> None:
    text = HEAD + "tasks:\n  - id: t\n    type: core.log.Log\n    message: |\n      one\n      two {{ 1 | uper }}\n"
    [problem] = problems(text)
    assert (problem.line, problem.column) == (8, 6 + "two {{ 1 | uper }}".index("uper") + 1)


def test_an_expression_in_a_variable_is_told_once_where_it_stands_and_only_if_it_is_rendered() -> None:
    text = """\
    id: f
    namespace: a
    variables:
      used: "{{ inputs.gone }}"
      unused: "{{ inputs.gone }}"
    tasks:
      - {id: a, type: core.log.Log, message: "{{ render(vars.used) }}"}
      - {id: b, type: core.log.Log, message: "{{ render(vars.used) }} {{ vars.unused }}"}
    """
    assert told(text) == ["4:13 unknown-input: the flow declares no input `gone`"]


def test_a_value_with_an_expression_is_not_checked_for_its_type() -> None:
    text = """\
    tasks:
      - {id: a, type: core.flow.Sleep, duration: "{{ 'PT1S' }}"}
      - {id: b, type: core.log.Log, message: x, level: "{% if true %}INFO{% endif %}"}
      - id: c
        type: core.flow.ForEach
        values: "{{ ['a'] }}"
        tasks: [{id: d, type: core.log.Log, message: [1, "{{ 2 }}"]}]
    """
    assert told(HEAD + dedent(text)) == []


def test_all_problems_of_a_file_are_told_at_once_in_its_order() -> None:
    text = """\
    id: f
    namespace: A
    trigers: []
    tasks:
      - {id: a, type: core.log.Log, mesage: "{{ outputs.z.uri }}"}
      - {id: b, type: core.log.Lgo}
      - id: g
        type: core.flow.Nested
        tasks:
          - {id: a, type: core.log.Log, message: "{{ outputs.b.uri }} {{ 1 | uper }}"}
    outputs:
      - {id: o, value: "{{ outputs.g.x }} {{ inputs.y }}"}
    """
    with pytest.raises(FlowInvalid) as caught:
        load(dedent(text), file="f.yaml")
    assert [(problem.line, problem.code) for problem in caught.value.problems] == [
        (2, "invalid-name"),
        (3, "unknown-key"),
        (5, "missing-property"),
        (5, "unknown-property"),
        (5, "unknown-task"),
        (6, "unknown-type"),
        (8, "unknown-type"),
        (10, "duplicate-task"),
        (12, "unknown-input"),
    ]
    assert str(caught.value).startswith("f.yaml:2:12: `namespace: A` is not a valid name")


def test_warnings_do_not_refuse_a_flow_unless_it_is_loaded_strictly() -> None:
    text = FLOW_OF_THREE.replace("EXPRESSION", "{{ outputs.gone }}")
    assert [problem.code for problem in load(text).warnings] == ["unknown-task"]
    with pytest.raises(FlowInvalid) as caught:
        load(text, strict=True)
    assert caught.value.problems[0].severity == "error"
    assert caught.value.code == "unknown-task"


@pytest.mark.parametrize(
    ("expression", "wrong", "said"),
    [
        (
            "execution.startDate | date('yyyy-MM-ddTHH')",
            "'yyyy-",
            "`T` has no meaning in the date pattern `yyyy-MM-ddTHH`",
        ),
        ("execution.startDate | date(format='MMMMMM')", "'MMMMMM", "MMMMMM: Too many pattern letters: M"),
        (
            "'1' | date('yyyy', existingFormat='HH]')",
            "'HH]",
            "`HH]` is wrong: Pattern invalid as it contains ] without previous [",
        ),
        ("now(format='qqqqqq')", "'qqqqqq", "`qqqqqq` has no meaning"),
        ("now('yyyy', 'Europe/Pari')", "'Europe", "there is no time zone `Europe/Pari`"),
        ("now() | dateAdd(1, 'DYS')", "'DYS", "there is no unit of time `DYS`; did you mean `DAYS`"),
        ("'1' | timestamp(existingFormat=\"'open\")", "\"'open", "a quote is not closed in the date pattern `'open`"),
    ],
)
def test_a_pattern_of_dates_that_stands_literally_is_told_with_its_place(
    expression: str, wrong: str, said: str
) -> None:
    text = f"id: f\nnamespace: a\ntasks:\n  - id: t\n    type: core.log.Log\n    message: |\n      {{{{ {expression} }}}}\n"
    (problem,) = check(text)
    assert said in problem.message
    assert (problem.code, problem.severity) == ("bad-literal", "warning")
    assert (problem.line, problem.column) == (7, len("      {{ ") + expression.index(wrong) + 1)


@pytest.mark.parametrize(
    "expression",
    [
        "now() | date('yyyy-MM-dd HH:mm:ss[.SSS][XXX]')", "now() | date(\"EEEE, d MMMM uuuu 'at' h:mm a\", locale='fr')",
        "now(format='iso_week_date', timeZone='+02:00')", "now() | date('full')", "now() | date('YYYY-ww QQQ OOOO')",
        "1 | numberFormat('#,##0.00')", "now() | date(vars.p)", "now() | date('q' ~ 'qqqqqq')", "now() | dateAdd(-1, 'months')",
    ],
)  # fmt: skip
def test_a_pattern_that_can_be_written_is_no_problem(expression: str) -> None:
    from dalsegno.expressions import parse

    assert parse(f"{{{{ {expression} }}}}").facts.wrong == ()
