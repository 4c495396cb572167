"""Groups as flows write them: branches, Dags, handlers; what they compile to, and what is wrong with them."""

# ruff: noqa: E501 - flows in a line

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent, indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.flows import check, load, place_of
from dalsegno.model.codec import flow_from_json, flow_to_json
from dalsegno.model.flow import Flow, Key, Kind, Place, Read, Task
from dalsegno.model.graph import index

HEAD = "id: f\nnamespace: a\n"


def flow(tasks: str, rest: str = "") -> Flow:
    return load(f"{HEAD}{dedent(rest)}tasks:\n{indent(dedent(tasks), '  ')}").flow


def one(tasks: str) -> Task:
    [task] = flow(tasks).tasks
    return task


def told(tasks: str, rest: str = "") -> list[str]:
    text = f"{HEAD}{dedent(rest)}tasks:\n{indent(dedent(tasks), '  ')}"
    return [f"{problem.line}:{problem.column} {problem.code}: {problem.message}" for problem in check(text)]


def ids(tasks: tuple[Task, ...]) -> list[str]:
    return [task.id for task in tasks]


EVERYTHING = """\
- id: big
  type: io.kestra.plugin.core.flow.If
  condition: "{{ inputs.n > 5 }}"
  then:
    - {id: large, type: core.debug.Return}
    - {id: larger, type: core.debug.Return}
  else:
    - {id: small, type: core.debug.Return}
  errors:
    - {id: big_broke, type: core.log.Log, message: x}
  finally:
    - {id: big_ends, type: core.log.Log, message: x}
- id: by_day
  type: core.flow.Switch
  value: "{{ inputs.day }}"
  cases:
    monday: [{id: begin, type: core.debug.Return}]
    5: [{id: fifth, type: core.debug.Return}]
    nothing: []
  defaults:
    - {id: any_day, type: core.debug.Return}
- id: graph
  type: core.flow.Dag
  concurrent: 2
  tasks:
    - task: {id: c, type: core.debug.Return, value: "{{ outputs.a.value }}"}
      dependsOn: [a, b, a]
    - task: {id: a, type: core.debug.Return}
    - task: {id: b, type: core.debug.Return}
      dependsOn: [a]
  finally: [{id: graph_ends, type: core.log.Log, message: x}]
- id: maybe
  type: core.flow.AllowFailure
  tasks: [{id: risky, type: core.execution.Fail}]
- id: ask
  type: core.flow.Pause
  onResume: [{id: reason, type: STRING}]
"""
INPUTS = "inputs: [{id: n, type: INT}, {id: day, type: STRING}]\nerrors: [{id: broke, type: core.log.Log, message: x}]\nfinally: [{id: ends, type: core.log.Log, message: x}]\n"


def test_a_choice_holds_the_tasks_of_all_branches_and_says_which_are_whose() -> None:
    big, by_day = flow(EVERYTHING, INPUTS).tasks[:2]
    assert (big.kind, big.type, ids(big.tasks)) == (Kind.CHOICE, "core.flow.If", ["large", "larger", "small"])
    assert big.branches == {"then": ("large", "larger"), "else": ("small",)}
    assert (big.properties, big.inputs) == ({"condition": "{{ inputs.n > 5 }}"}, ("n",))
    assert (ids(big.errors), ids(big.lasts)) == (["big_broke"], ["big_ends"])
    assert (by_day.kind, ids(by_day.tasks)) == (Kind.CHOICE, ["begin", "fifth", "any_day"])
    assert by_day.branches == {"defaults": ("any_day",), "monday": ("begin",), "5": ("fifth",), "nothing": ()}
    assert (by_day.properties, by_day.inputs) == ({"value": "{{ inputs.day }}"}, ("day",))


def test_a_choice_without_its_other_branch_has_that_branch_empty() -> None:
    big = one("- {id: i, type: core.flow.If, condition: true, then: [{id: t, type: core.debug.Return}]}")
    by_day = one("- {id: s, type: core.flow.Switch, value: x, cases: {a: [{id: t, type: core.debug.Return}]}}")
    assert big.branches == {"then": ("t",), "else": ()}
    assert by_day.branches == {"defaults": (), "a": ("t",)}


def test_the_tasks_of_branches_stand_in_the_order_of_the_text() -> None:
    task = one("""\
        - id: i
          type: core.flow.If
          else: [{id: no, type: core.debug.Return}]
          condition: true
          then: [{id: yes, type: core.debug.Return}]
    """)
    assert ids(task.tasks) == ["no", "yes"]


def test_a_dag_says_for_each_task_what_it_stands_after() -> None:
    graph = flow(EVERYTHING, INPUTS).tasks[2]
    assert (graph.kind, graph.concurrency, ids(graph.tasks)) == (Kind.DAG, 2, ["c", "a", "b"])
    assert graph.depends == {"c": ("a", "b"), "a": (), "b": ("a",)}
    assert graph.tasks[0].place == Place(32, 15)


def test_allow_failure_is_a_sequence_that_tolerates() -> None:
    maybe = flow(EVERYTHING, INPUTS).tasks[3]
    assert (maybe.kind, maybe.tolerates) == (Kind.SEQUENCE, True)


def test_a_pause_is_no_group_and_gives_the_answers() -> None:
    ask = flow(EVERYTHING, INPUTS).tasks[4]
    assert (ask.kind, ask.tasks, ask.outputs) == (Kind.PAUSE, (), ("onResume", "resumed"))


def test_every_task_knows_the_handlers_that_it_stands_in() -> None:
    compiled = flow(EVERYTHING, INPUTS)
    assert (ids(compiled.errors), ids(compiled.lasts)) == (["broke"], ["ends"])
    handles = {name: node.handles for name, node in index(compiled).items() if node.handles}
    assert handles == {
        "big_broke": "errors",
        "big_ends": "finally",
        "graph_ends": "finally",
        "broke": "errors",
        "ends": "finally",
    }


def test_a_flow_with_everything_survives_being_stored_and_has_no_problem() -> None:
    compiled = flow(EVERYTHING, INPUTS)
    assert flow_from_json(json.loads(json.dumps(flow_to_json(compiled)))) == compiled
    assert told(EVERYTHING, INPUTS) == []


def test_handlers_may_hold_groups_with_handlers_of_their_own() -> None:
    compiled = flow("- {id: t, type: core.debug.Return}", """\
        errors:
          - id: g
            type: core.flow.Sequential
            tasks: [{id: a, type: core.debug.Return}]
            errors: [{id: b, type: core.debug.Return}]
    """)  # fmt: skip
    assert [task.id for task in compiled.walk()] == ["t", "g", "a", "b"]


def test_what_handles_the_errors_of_a_loop_stands_outside_of_its_items() -> None:
    loop = """\
        - id: e
          type: core.flow.ForEach
          values: [1]
          tasks: [{id: t, type: core.debug.Return}]
          errors: [{id: h, type: core.debug.Return, value: "{{ outputs.t[taskrun.value].value }}"}]
    """
    assert index(flow(loop))["h"].loops == ()
    assert one(loop).errors[0].reads == (Read("t", (Key.ANY,), ("value",)),)
    assert told(loop) == []


def entry(name: str, *depends: str) -> str:
    return f"- {{task: {{id: {name}, type: core.debug.Return}}, dependsOn: [{', '.join(depends)}]}}"


def dag(*entries: str) -> str:
    return "- id: d\n  type: core.flow.Dag\n  tasks:\n" + "\n".join(f"    {line}" for line in entries)


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ("- {id: i, type: core.flow.If, condition: 1}", ["4:5 no-tasks: the group `i` has no `then`: it needs at least one"]),
        ("- {id: i, type: core.flow.If, condition: 1, then: []}", ["4:47 no-tasks: the group `i` has no `then`: it needs at least one"]),
        ("- {id: i, type: core.flow.If, then: [{id: t, type: core.debug.Return}]}", ["4:5 missing-property: task `i` needs `condition`"]),
        ("- {id: i, type: core.flow.If, condition: 1, then: x}", ["4:53 wrong-type: the branch `then` of the group `i` must be a list of tasks"]),
        ("- {id: i, type: core.flow.If, condition: 1, then: [{id: t, type: core.debug.Return}], else: }", ["4:89 no-tasks: the branch `else` of the group `i` holds nothing: give it tasks, or `[]` where none shall run"]),
        ("- {id: i, type: core.flow.If, condition: 1, than: [], then: [{id: t, type: core.debug.Return}]}", ["4:47 unknown-property: the type of task `i` has no property `than`; did you mean `then`?"]),
        ("- {id: i, type: core.flow.If, condition: 1, then: [{id: i, type: core.debug.Return}]}", ["4:59 duplicate-task: the task id `i` is used twice, first in line 4: every task needs its own"]),
        ("- {id: s, type: core.flow.Switch, value: x}", ["4:5 no-tasks: the group `s` has no tasks: it needs `cases` or `defaults`"]),
        ("- {id: s, type: core.flow.Switch, cases: {a: []}}", ["4:5 missing-property: task `s` needs `value`"]),
        ("- {id: s, type: core.flow.Switch, value: x, cases: [a]}", ["4:54 wrong-type: the `cases` of the group `s` must be a map of names and lists of tasks, not a list"]),
        ("- {id: s, type: core.flow.Switch, value: x, cases: {a: }}", ["4:55 no-tasks: the branch `a` of the group `s` holds nothing: give it tasks, or `[]` where none shall run"]),
        ("- {id: s, type: core.flow.Switch, value: x, cases: {defaults: [], a: []}}", ["4:55 invalid-name: a case of the group `s` cannot be called `defaults`: that is what the group's own branch is called"]),
        (dag(entry("a"), "- {id: b, type: core.debug.Return}"), ["8:9 wrong-type: a task of the group `d`, which is a Dag, must be written as `task:` with the task below it, and `dependsOn:`"]),
        (dag(entry("load"), entry("b", "laod")), ["8:62 unknown-dependency: `dependsOn` of `b` names `laod`, and the group `d` holds no such task; did you mean `load`?"]),
        (dag(entry("a", "a")), ["7:62 circular-dependency: task `a` depends on itself"]),
        (dag(entry("a", "c"), entry("b", "a"), entry("c", "b"), entry("x", "c")), ["7:61 circular-dependency: tasks of the group `d` depend on each other in a circle: `a` -> `c` -> `b` -> `a`"]),
        (dag(entry("a", "b"), entry("b", "a"), entry("c", "e"), entry("e", "c", "a")), ["7:61 circular-dependency: tasks of the group `d` depend on each other in a circle: `a` -> `b` -> `a`", "9:61 circular-dependency: tasks of the group `d` depend on each other in a circle: `c` -> `e` -> `c`"]),
        (dag("- {task: {id: a, type: core.debug.Return}, depensOn: []}"), ["7:50 unknown-key: an entry of a Dag has no key `depensOn`; did you mean `dependsOn`?"]),
        (dag("- {task: {id: a, type: core.debug.Return}, dependsOn: b}"), ["7:61 wrong-type: `dependsOn` of `a` must be a list of ids of tasks"]),
        ("- {id: d, type: core.flow.Dag}", ["4:5 no-tasks: the group `d` has no `tasks`: it needs at least one"]),
        ("- {id: g, type: core.flow.Sequential, tasks: [{id: t, type: core.debug.Return}], errors: []}", ["4:84 no-tasks: the `errors` of the group `g` holds no task: add one, or remove `errors`"]),
        ("- {id: t, type: core.debug.Return, errors: [{id: u, type: core.debug.Return}]}", ["4:38 misplaced-key: only a group can have `errors`: put `t` in a `core.flow.Sequential` and give them to that"]),
        ("- {id: p, type: core.flow.Pause, onResume: [{id: a, type: Int}, {id: a}]}", ["4:61 unknown-input-type: input `a` cannot be of type `Int`; did you mean `INT`?", "4:67 duplicate-input: the input `a` is declared twice, first in line 4"]),
        ("- {id: p, type: core.flow.Pause, onResume: '{{ x }}'}", ["4:46 wrong-type: `onResume` must be a list of entries with an `id`"]),
        ("- {id: p, type: core.flow.Pause, behavior: STOP}", ["4:46 invalid-property: `behavior` of task `p`: should be 'RESUME', 'WARN', 'CANCEL' or 'FAIL', not `STOP`"]),
        ("- {id: p, type: core.flow.Pause, delay: 5 minutes}", ["4:43 invalid-property: `delay` of task `p`: `5 minutes` is not a duration; write `PT5M` (ISO 8601), not `5 minutes`"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_group(tasks: str, expected: list[str]) -> None:
    found = told(tasks)
    assert [line for line in found if "unknown-variable" not in line] == expected


def test_the_handlers_of_a_flow_cannot_be_empty() -> None:
    assert told("- {id: t, type: core.debug.Return}", "errors: []\nfinally:\n") == [
        "3:1 no-tasks: the `errors` of the flow holds no task: add one, or remove `errors`",
        "4:1 no-tasks: the `finally` of the flow holds no task: add one, or remove `finally`",
    ]


def test_tasks_in_a_group_of_unknown_type_are_known_by_name_wherever_they_stand() -> None:
    group = """\
        - id: g
          type: core.flow.Lop
          then: [{id: a, type: core.debug.Return}]
          cases: {x: [{id: b, type: core.debug.Return}]}
          tasks: [{task: {id: c, type: core.debug.Return}}]
          errors: [{id: d, type: core.debug.Return}]
        - {id: t, type: core.debug.Return, value: "{{ outputs.a ~ outputs.b ~ outputs.c ~ outputs.d }}"}
    """
    [problem] = told(group)
    assert "unknown-type" in problem


@pytest.mark.parametrize("task", ["larger", "small", "big_broke", "fifth", "any_day", "b", "graph_ends", "broke"])
def test_a_task_is_found_by_its_name_wherever_it_stands(task: str) -> None:
    text = f"{HEAD}errors: [{{id: broke, type: core.log.Log, message: x}}]\ntasks:\n{EVERYTHING}"
    place = place_of(text, ("tasks", task))
    assert place is not None
    assert text.split("\n")[place.line - 1][place.column - 1 :].startswith((f"id: {task}", f"{{id: {task}"))


_NODES = [f"n{number}" for number in range(6)]


@given(st.lists(st.tuples(st.sampled_from(_NODES), st.sampled_from(_NODES)), max_size=12))
def test_a_dag_is_refused_if_and_only_if_something_in_it_can_never_begin(edges: list[tuple[str, str]]) -> None:
    before = {name: {other for task, other in edges if task == name} for name in _NODES}
    text = dag(*(entry(name, *sorted(before[name])) for name in _NODES))
    ended: set[str] = set()
    while ready := {name for name in _NODES if name not in ended and before[name] <= ended}:
        ended |= ready
    codes = [line.split(" ")[1] for line in told(text)]
    assert (codes == []) == (len(ended) == len(_NODES))
    assert set(codes) <= {"circular-dependency:"}
    if codes == []:
        assert {name: set(found) for name, found in one(text).depends.items()} == before


READERS = """\
- {id: before, type: core.debug.Return, value: V_before}
- id: choice
  type: core.flow.If
  condition: V_choice
  then: [{id: yes_1, type: core.debug.Return, value: V_yes_1}, {id: yes_2, type: core.debug.Return, value: V_yes_2}]
  else: [{id: no, type: core.debug.Return, value: V_no}]
  errors: [{id: broke, type: core.debug.Return, value: V_broke}]
  finally: [{id: ends, type: core.debug.Return, value: V_ends}]
- id: graph
  type: core.flow.Dag
  tasks:
    - {task: {id: third, type: core.debug.Return, value: V_third}, dependsOn: [group]}
    - task: {id: group, type: core.flow.Sequential, tasks: [{id: second, type: core.debug.Return, value: V_second}]}
      dependsOn: [first]
    - task: {id: first, type: core.debug.Return, value: V_first}
    - task: {id: alone, type: core.debug.Return, value: V_alone}
- id: loop
  type: core.flow.ForEach
  values: [1]
  tasks: [{id: inner, type: core.flow.If, condition: 1, then: [{id: x, type: core.debug.Return, value: V_x}], else: [{id: y, type: core.debug.Return, value: V_y}]}]
- {id: after, type: core.debug.Return, value: V_after}
"""
ROOT = """\
errors: [{id: all_broke, type: core.debug.Return, value: V_all_broke}]
finally: [{id: all_end, type: core.debug.Return, value: V_all_end}]
"""


def warned(reader: str, target: str) -> list[str]:
    names = ["before", "choice", "yes_1", "yes_2", "no", "broke", "ends", "third", "second", "first", "alone", "x", "y", "after", "all_broke", "all_end"]  # fmt: skip
    tasks, rest = READERS, ROOT
    for name in sorted(names, key=len, reverse=True):
        value = f"\"{{{{ outputs['{target}'] ?? 'none' }}}}\"" if name == reader else "1"
        tasks, rest = tasks.replace(f"V_{name}", value), rest.replace(f"V_{name}", value)
    found = [warning.split(" ", 1)[1] for warning in told(tasks, rest)]
    return [warning for warning in found if not warning.startswith("unreachable-")]


@pytest.mark.parametrize(
    ("reader", "target"),
    [
        ("yes_2", "yes_1"), ("after", "yes_1"), ("after", "no"), ("broke", "no"), ("ends", "yes_2"), ("ends", "broke"),
        ("after", "broke"), ("third", "group"), ("third", "second"), ("third", "first"), ("second", "first"),
        ("all_broke", "yes_1"), ("all_broke", "after"), ("all_end", "all_broke"), ("all_end", "broke"), ("x", "y"),
        ("first", "before"), ("after", "third"), ("yes_1", "choice"),
    ],
)  # fmt: skip
def test_reading_what_stands_before_or_may_have_been_skipped_is_fine(reader: str, target: str) -> None:
    assert warned(reader, target) == []


@pytest.mark.parametrize(
    ("reader", "target", "expected"),
    [
        ("no", "yes_1", "reads-other-branch: task `no` reads the outputs of `yes_1`, which stands in another branch of `choice`: only one of them runs"),
        ("yes_1", "no", "reads-other-branch: task `yes_1` reads the outputs of `no`, which stands in another branch of `choice`: only one of them runs"),
        ("first", "third", "reads-unordered-task: task `first` reads the outputs of `third`, which may not have run by then: add `third` to `dependsOn` of `first`"),
        ("alone", "second", "reads-unordered-task: task `alone` reads the outputs of `second`, which may not have run by then: add `group` to `dependsOn` of `alone`"),
        ("yes_1", "yes_2", "reads-later-task: task `yes_1` reads the outputs of `yes_2`, which has not run by then"),
        ("choice", "yes_1", "reads-later-task: task `choice` reads the outputs of `yes_1`, which has not run by then"),
        ("yes_1", "broke", "reads-later-task: task `yes_1` reads the outputs of `broke`, which has not run by then"),
        ("broke", "ends", "reads-later-task: task `broke` reads the outputs of `ends`, which has not run by then"),
        ("broke", "after", "reads-later-task: task `broke` reads the outputs of `after`, which has not run by then"),
        ("after", "all_end", "reads-later-task: task `after` reads the outputs of `all_end`, which has not run by then"),
        ("before", "before", "reads-later-task: task `before` reads the outputs of `before`, which has not run by then"),
    ],
)  # fmt: skip
def test_reading_what_cannot_have_run_or_need_not_have_run_is_warned_of(
    reader: str, target: str, expected: str
) -> None:
    assert warned(reader, target) == [expected]


def test_a_condition_counts_for_what_its_choice_reads() -> None:
    compiled = flow("""\
        - {id: a, type: core.debug.Return}
        - {id: i, type: core.flow.If, condition: "{{ outputs.a.value and now() }}", then: [{id: t, type: core.debug.Return}]}
    """)
    assert (compiled.tasks[1].reads, compiled.tasks[1].volatile) == ((Read("a", (), ("value",)),), ("now",))


def switch(cases: str) -> Task:
    return one(f"- {{id: s, type: core.flow.Switch, value: x, cases: {{{cases}}}}}")


def test_the_definition_of_a_switch_holds_the_names_of_its_cases_and_not_what_they_do() -> None:
    task = "[{id: t, type: core.debug.Return, value: 1}]"
    same = switch(f"b: [], a: {task}")
    assert switch(f"a: {task.replace('1', '2')}, b: []").definition == same.definition
    other = switch(f"a: {task}, c: []")
    assert {name for name in same.digests if same.digests[name] != other.digests[name]} == {"cases"}


def test_ten_thousand_tasks_of_a_dag_compile_quickly() -> None:
    lines = [entry(f"t{number}", *([f"t{number - 1}"] if number else [])) for number in range(10_000)]
    assert len(one(dag(*lines)).depends) == 10_000


def test_the_demo_flows_keep_the_digests_that_stored_runs_have() -> None:
    data = Path(__file__).parent / "data"
    golden = json.loads((data / "definitions.json").read_text(encoding="utf-8"))
    for name, expected in golden.items():
        compiled = load((data / name).read_text(encoding="utf-8")).flow
        assert {task.id: task.definition for task in compiled.walk()} == expected


@pytest.mark.parametrize(
    ("type_name", "limit", "abreast"), [("EachSequential", 1, False), ("EachParallel", 0, True), ("ForEach", 1, False)]
)
def test_how_many_items_run_at_once_is_the_form_s_own(type_name: str, limit: int, abreast: bool) -> None:
    name = "values" if type_name == "ForEach" else "value"
    tasks = f"  - {{id: each, type: core.flow.{type_name}, {name}: [1], tasks: [{{id: a, type: core.debug.Return}}]}}\n"
    loop = load(f"id: f\nnamespace: a\ntasks:\n{tasks}").flow.tasks[0]

    assert (loop.kind, loop.concurrency, loop.abreast) == (Kind.LOOP, limit, abreast)


def test_only_tasks_that_do_something_themselves_share_a_folder() -> None:
    inside = (
        "[{id: p, type: core.flow.Parallel, tasks: [{id: a, type: core.debug.Return}]}, {id: w, type: core.flow.Pause}]"
    )
    text = f"id: f\nnamespace: a\ntasks:\n  - {{id: wd, type: core.flow.WorkingDirectory, tasks: {inside}}}\n"

    problems = check(text)

    assert [(problem.code, problem.line) for problem in problems] == [("misplaced-task", 4), ("misplaced-task", 4)]
    assert "`p` holds others" in problems[0].message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{includes: [a]}", "`namespaceFiles.includes` of task `wd`: there is no such property"),
        (
            "{include: ['{a']}",
            "`namespaceFiles.include` of task `wd`: the pattern `{a` has an open brace that is not closed",
        ),
        (
            "{ifExists: ERROR}",
            "`namespaceFiles.ifExists` of task `wd`: should be 'OVERWRITE', 'FAIL', 'WARN' or 'IGNORE'",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["core.flow.WorkingDirectory", "scripts.shell.Commands"])
def test_what_is_wrong_with_files_of_namespaces_is_told(kind: str, given: str, said: str) -> None:
    rest = "tasks: [{id: a, type: core.debug.Return}]" if "Working" in kind else "commands: [ls]"
    text = f"id: f\nnamespace: a\ntasks:\n  - id: wd\n    type: {kind}\n"

    (problem,) = check(f"{text}    namespaceFiles: {given}\n    {rest}\n")

    assert problem.message.startswith(said)
    assert problem.line == 6
    assert (
        check(
            f"{text}    namespaceFiles: {{include: ['{{{{ vars.x }}}}/**'], enabled: '{{{{ true }}}}'}}\n    {rest}\n"
        )[1:]
        == []
    )


def test_the_condition_of_a_loop_that_repeats_may_read_how_often_it_has() -> None:
    text = """
id: f
namespace: a
tasks:
  - id: poll
    type: core.flow.LoopUntil
    condition: "{{ outputs.poll.iterationCount >= 2 and outputs.look.value == 1 }}"
    tasks: [{id: look, type: core.debug.Return, value: 1}]
"""
    assert check(text) == []
    assert [
        problem.code for problem in check(text.replace("condition:", "runIf: '{{ outputs.poll }}'\n    condition:"))
    ] == ["reads-later-task"]
