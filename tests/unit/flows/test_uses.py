"""What a compiled task reads: other tasks, items of loops, inputs, variables, and what is new each time."""

# ruff: noqa: E501 - each line of a table is one case

from __future__ import annotations

from textwrap import dedent, indent

import pytest
import yaml

from dalsegno.flows import check, load
from dalsegno.model.digest import digest
from dalsegno.model.flow import Key, Read, Task

OWN, ANY = Key.OWN, Key.ANY

LOOPS = """\
id: f
namespace: a
inputs:
  - {id: x, type: STRING}
  - {id: y, type: STRING}
variables:
  plain: text
  month: "{{ inputs.x }}-{{ now() }}"
  chain: "{{ vars.month }}"
  source: "{{ outputs.top.value }}"
  round: "{{ vars.turn }}"
  turn: "{{ vars.round }}"
  deep: {a: "{{ inputs.y }}", b: [1, "{{ outputs.top.value }}"]}
tasks:
  - {id: top, type: core.debug.Return, value: EXPRESSION_TOP}
  - id: cities
    type: core.flow.ForEach
    values: "{{ outputs.top.value }}"
    tasks:
      - {id: load, type: core.debug.Return}
      - id: side
        type: core.flow.Parallel
        tasks:
          - id: days
            type: core.flow.ForEach
            values: EXPRESSION_DAYS
            tasks:
              - {id: deepest, type: core.debug.Return}
              - {id: inner, type: core.debug.Return, value: EXPRESSION_INNER}
      - {id: outer, type: core.debug.Return, value: EXPRESSION_OUTER}
  - id: others
    type: core.flow.ForEach
    values: [1]
    tasks:
      - {id: stranger, type: core.debug.Return, value: EXPRESSION_STRANGER}
  - {id: last, type: core.debug.Return, value: EXPRESSION_LAST}
"""


def compiled(task: str, expression: str) -> Task:
    text = LOOPS.replace(f"EXPRESSION_{task.upper()}", f"'{expression.replace(chr(39), chr(39) * 2)}'")
    for other in ("TOP", "DAYS", "INNER", "OUTER", "STRANGER", "LAST"):
        text = text.replace(f"EXPRESSION_{other}", "[1]")
    return next(found for found in load(text).flow.walk() if found.id == task)


@pytest.mark.parametrize(
    ("task", "expression", "reads"),
    [
        ("last", "{{ outputs.top.value }}", [Read("top", (), ("value",))]),
        ("last", "{{ outputs.top['value'].a[0].b }}", [Read("top", (), ("value", "a", "0", "b"))]),
        ("last", "{{ outputs.top.value.a['b c'] }}", [Read("top", (), ("value", "a", "b c"))]),
        ("last", "{{ outputs.top.value[inputs.x].z }}", [Read("top", (), ("value",))]),
        ("last", "{{ outputs.top }}", [Read("top")]),
        ("last", "{{ outputs }}", [Read(None)]),
        ("last", "{{ outputs[inputs.x] }}", [Read(None)]),
        ("last", "{{ outputs.load }}", [Read("load")]),
        ("last", "{{ outputs.load.paris.value }}", [Read("load", ("paris",), ("value",))]),
        ("last", "{{ outputs.load['new york'].value }}", [Read("load", ("new york",), ("value",))]),
        ("last", "{{ outputs.load['a#2'].value }}", [Read("load", (ANY,), ("value",))]),
        ("last", "{{ outputs.load[inputs.x].value }}", [Read("load", (ANY,), ("value",))]),
        ("last", "{{ outputs.deepest.paris.monday.value }}", [Read("deepest", ("paris", "monday"), ("value",))]),
        ("last", "{{ outputs.deepest.paris }}", [Read("deepest", ("paris",))]),
        ("last", "{{ outputs.top.value ~ outputs.load.x.value }}", [Read("top", (), ("value",)), Read("load", ("x",), ("value",))]),
        ("outer", "{{ outputs.load[taskrun.value].value }}", [Read("load", (OWN,), ("value",))]),
        ("outer", "{{ outputs.load[parent.taskrun.value].value }}", [Read("load", (ANY,), ("value",))]),
        ("outer", "{{ outputs.deepest[taskrun.value] }}", [Read("deepest", (OWN,))]),
        ("outer", "{{ outputs.deepest[taskrun.value].monday }}", [Read("deepest", (OWN, "monday"))]),
        ("inner", "{{ outputs.load[taskrun.value].value }}", [Read("load", (ANY,), ("value",))]),
        ("inner", "{{ outputs.load[parent.taskrun.value].value }}", [Read("load", (OWN,), ("value",))]),
        ("inner", "{{ outputs.load[parents[0].taskrun.value].value }}", [Read("load", (OWN,), ("value",))]),
        ("inner", "{{ outputs.load[parents[1].taskrun.value].value }}", [Read("load", (ANY,), ("value",))]),
        ("inner", "{{ outputs.deepest[parent.taskrun.value][taskrun.value].value }}", [Read("deepest", (OWN, OWN), ("value",))]),
        ("inner", "{{ outputs.deepest[taskrun.value][parent.taskrun.value].value }}", [Read("deepest", (ANY, ANY), ("value",))]),
        ("inner", "{{ currentEachOutput(outputs.deepest).value }}", [Read("deepest", (OWN, OWN))]),
        ("inner", "{{ currentEachOutput(outputs.load) }}", [Read("load", (OWN,))]),
        ("inner", "{{ currentEachOutput(outputs.load) ~ outputs.load }}", [Read("load")]),
        ("stranger", "{{ outputs.load[taskrun.value].value }}", [Read("load", (ANY,), ("value",))]),
        ("stranger", "{{ currentEachOutput(outputs.load).value }}", [Read("load", (ANY,))]),
        ("days", "{{ outputs.load[taskrun.value].value }}", [Read("load", (OWN,), ("value",))]),
        ("last", "{{ outputs.gone.value }}", []),
        ("last", "no expression outputs.top", []),
        ("last", "{% if outputs.top.value %}{{ outputs.load.x }}{% endif %}", [Read("top", (), ("value",)), Read("load", ("x",))]),
        ("last", "{% for item in outputs.top.value %}{{ item }}{% endfor %}", [Read("top", (), ("value",))]),
        ("last", "{{ outputs.top.value ?? outputs.load.x.value }}", [Read("top", (), ("value",)), Read("load", ("x",), ("value",))]),
    ],
)  # fmt: skip
def test_a_reading_names_the_task_the_items_and_the_path(task: str, expression: str, reads: list[Read]) -> None:
    assert list(compiled(task, expression).reads) == reads


@pytest.mark.parametrize(
    ("expression", "inputs"),
    [
        ("{{ inputs.x }}", ["x"]),
        ("{{ inputs['y'] ~ inputs.x }}", ["y", "x"]),
        ("{{ inputs }}", ["x", "y"]),
        ("{{ inputs[vars.plain] }}", ["x", "y"]),
        ("{{ outputs.load[inputs.y] }}", ["y"]),
        ("{{ vars.month }}", []),
        ("{{ render(vars.month) }}", ["x"]),
        ("{{ render(vars.deep.a) }}", ["y"]),
        ("{{ render(vars.deep.b) }}", []),
        ("{{ render(vars) }}", ["x", "y"]),
        ("{{ render(inputs.x) }}", ["x", "y"]),
    ],
)
def test_inputs_are_found_also_behind_render(expression: str, inputs: list[str]) -> None:
    assert sorted(compiled("last", expression).inputs) == sorted(inputs)


def variables(*names: str) -> dict[str, str]:
    data = yaml.safe_load(LOOPS)["variables"]
    found: dict[str, str] = {}
    for name in names:
        value = data
        for part in name.split("."):
            value = value[part]
        found[name] = digest("variable", value)
    return found


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("{{ vars.plain }}", ["plain"]),
        ("{{ vars.chain }}", ["chain"]),
        ("{{ render(vars.chain) }}", ["chain", "month"]),
        ("{{ render(vars.round) }}", ["round", "turn"]),
        ("{{ vars.deep.a }}", ["deep.a"]),
        ("{{ vars.deep[inputs.x] }}", ["deep"]),
        ("{{ vars }}", ["plain", "month", "chain", "source", "round", "turn", "deep"]),
        ("{{ vars.gone }}", []),
    ],
)
def test_variables_are_noted_with_a_digest_of_what_the_flow_says_there(expression: str, names: list[str]) -> None:
    assert compiled("last", expression).variables == variables(*names)


@pytest.mark.parametrize(
    ("expression", "reads"),
    [
        ("{{ render(vars.source) }}", [Read("top", (), ("value",))]),
        ("{{ render(vars.deep) }}", [Read("top", (), ("value",))]),
        ("{{ render(vars[inputs.x]) }}", [Read("top", (), ("value",))]),
        ("{{ render(outputs.load) }}", [Read("load"), Read(None)]),
        ('{{ render("{{ outputs.top.value }}") }}', [Read(None)]),
        ("{{ vars.source }}", []),
    ],
)
def test_render_is_followed_into_variables_and_reads_anything_where_it_is_dynamic(
    expression: str, reads: list[Read]
) -> None:
    assert list(compiled("last", expression).reads) == reads


@pytest.mark.parametrize(
    ("expression", "volatile"),
    [
        ("{{ now() }}", ("now",)),
        ("{{ render(vars.chain) }}", ("now",)),
        ("{{ secret('A') ~ now() }}", ("now", "secret")),
        ("{{ inputs.x | upper }}", ()),
    ],
)
def test_functions_that_give_something_new_each_time_are_marked(expression: str, volatile: tuple[str, ...]) -> None:
    assert compiled("last", expression).volatile == volatile


def test_expressions_deep_inside_a_property_count() -> None:
    text = """\
    id: f
    namespace: a
    tasks:
      - {id: a, type: core.debug.Return}
      - id: b
        type: core.debug.Return
        value:
          list: [1, {x: "{{ outputs.a.value }}", "{{ outputs.a.value.key }}": 1}]
    """
    assert set(load(dedent(text)).flow.tasks[1].reads) == {Read("a", (), ("value",)), Read("a", (), ("value", "key"))}


def test_a_group_reads_what_its_own_properties_read_and_not_what_its_tasks_read() -> None:
    tasks = """\
    - {id: a, type: core.debug.Return}
    - id: g
      type: core.flow.ForEach
      values: "{{ outputs.a.value }}"
      tasks:
        - {id: b, type: core.debug.Return, value: "{{ outputs.a.other }}"}
    """
    group = load("id: f\nnamespace: a\ntasks:\n" + indent(dedent(tasks), "  ")).flow.tasks[1]
    assert group.reads == (Read("a", (), ("value",)),)
    assert set(group.properties) == {"values"}


@pytest.mark.parametrize(
    ("reader", "target", "warned"),
    [
        ("second", "first", False),
        ("first", "second", True),
        ("in_loop_1", "in_loop_2", False),
        ("branch_1", "branch_2", False),
        ("branch_1", "after", True),
        ("loop", "in_loop_1", True),
        ("after", "branch_2", False),
    ],
)
def test_reading_a_task_that_surely_stands_later_is_warned_of(reader: str, target: str, warned: bool) -> None:
    ids = ("first", "second", "in_loop_1", "in_loop_2", "branch_1", "branch_2", "after")
    value = dict.fromkeys((*ids, "loop"), "1") | {reader: f'"{{{{ outputs.{target} }}}}"'}
    task = {name: f"{{id: {name}, type: core.debug.Return, value: {value[name]}}}" for name in ids}
    text = f"""\
    id: f
    namespace: a
    tasks:
      - {task["first"]}
      - {task["second"]}
      - {{id: loop, type: core.flow.ForEach, values: {value["loop"] if reader == "loop" else "[1]"},
         tasks: [{task["in_loop_1"]}, {task["in_loop_2"]}]}}
      - {{id: par, type: core.flow.Parallel, tasks: [{task["branch_1"]}, {task["branch_2"]}]}}
      - {task["after"]}
    """
    codes = [warning.code for warning in load(dedent(text)).warnings]
    assert codes == (["reads-later-task"] if warned else [])


IN_A_BRANCH = """\
id: f
namespace: a
tasks:
  - id: each
    type: core.flow.ForEach
    values: [1]
    tasks:
      - {id: load, type: core.debug.Return, value: 1}
      - id: if
        type: core.flow.If
        condition: true
        then: [{id: reader, type: core.debug.Return, value: "{{ outputs.load[EXPRESSION].value }}"}]
"""


@pytest.mark.parametrize(
    ("expression", "key"), [("taskrun.value", OWN), ("parent.taskrun.value", OWN), ("parents[1].taskrun.value", ANY)]
)
def test_seen_from_a_group_inside_an_item_the_nearest_parent_is_that_item(expression: str, key: Key) -> None:
    flow = load(IN_A_BRANCH.replace("EXPRESSION", expression)).flow
    reader = next(found for found in flow.walk() if found.id == "reader")

    assert list(reader.reads) == [Read("load", (key,), ("value",))]


def test_a_type_may_have_variables_of_its_own_and_only_its_own_properties_read_them() -> None:
    text = """
id: f
namespace: a
tasks:
  - {id: script, type: scripts.shell.Script, script: "{{ outputDir }} {{ workingDir }}", runIf: "{{ outputDir }}"}
  - {id: other, type: core.log.Log, message: "{{ outputDir }}"}
"""
    told = [(problem.line, problem.column) for problem in check(text)]
    assert told == [(5, 101), (6, 50)]
