"""If, Switch, Dag, AllowFailure, and how a single task is handled: what runs, and how a group ends."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.model.plan import Action
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest

IF = """
- {{id: size, type: test.Mark, value: {size}}}
- id: if_big
  type: core.flow.If
  condition: "{{{{ outputs.size.value > 10 }}}}"
  then: [{{id: big, type: test.Mark}}, {{id: bigger, type: test.Mark}}]
  else: [{{id: small, type: test.Mark}}]
- {{id: end, type: test.Mark}}
"""


def branch(size: int) -> str:
    return IF.format(size=size)


@pytest.mark.parametrize(("size", "taken"), [(11, ["big", "bigger"]), (1, ["small"])])
def test_an_if_runs_the_branch_that_its_condition_names_and_nothing_of_the_other(
    lab: Lab, size: int, taken: list[str]
) -> None:
    run = lab.run(branch(size))

    assert run.state is State.SUCCESS
    assert lab.executed(run) == ["size", *taken, "end"]
    assert list(lab.states(run)) == ["size", "if_big", *taken, "end"]


@pytest.mark.parametrize("condition", ["false", "", "0", "null", "{{ outputs.none.value }}"])
def test_an_if_without_else_succeeds_where_its_condition_does_not_hold(lab: Lab, condition: str) -> None:
    run = lab.run(f"""
        - {{id: none, type: test.Mark}}
        - {{id: if, type: core.flow.If, condition: "{condition}", then: [{{id: a, type: test.Mark}}]}}
    """)

    assert lab.states(run) == {"none": "SUCCESS", "if": "SUCCESS"}


def test_an_if_whose_condition_cannot_be_rendered_fails(lab: Lab) -> None:
    run = lab.run("""
        - {id: if, type: core.flow.If, condition: "{{ inputs.gone }}", then: [{id: a, type: test.Mark}]}
        - {id: b, type: test.Mark}
    """)

    assert lab.states(run) == {"if": "FAILED"}
    assert run.error is not None
    assert run.error["address"] == "if"


SWITCH = """
- id: which
  type: core.flow.Switch
  value: "{{{{ {value} }}}}"
  cases:
    one: [{{id: a, type: test.Mark}}]
    "2": [{{id: b, type: test.Mark}}]
    nothing: []
  defaults: [{{id: c, type: test.Mark}}]
"""


@pytest.mark.parametrize(("value", "executed"), [("'one'", ["a"]), ("1 + 1", ["b"]), ("'x'", ["c"]), ("'nothing'", [])])
def test_a_switch_runs_the_case_of_its_value_or_the_defaults(lab: Lab, value: str, executed: list[str]) -> None:
    run = lab.run(SWITCH.format(value=value))

    assert run.state is State.SUCCESS
    assert lab.executed(run) == executed
    assert list(lab.states(run)) == ["which", *executed]


DAG = """
- id: dag
  type: core.flow.Dag
  tasks:
    - {task: {id: d, type: test.Mark}, dependsOn: [b, c]}
    - {task: {id: b, type: test.Mark}, dependsOn: [a]}
    - {task: {id: c, type: test.Mark, fail: FAIL}, dependsOn: [a]}
    - {task: {id: a, type: test.Mark}}
    - {task: {id: e, type: test.Mark}, dependsOn: [b]}
- {id: end, type: test.Mark}
"""


def test_a_task_of_a_dag_runs_after_all_that_it_depends_on(lab: Lab) -> None:
    run = lab.run(DAG.replace("FAIL", "false"))

    order = lab.executed(run)
    assert run.state is State.SUCCESS
    assert set(order) == {"a", "b", "c", "d", "e", "end"}
    assert order[0] == "a"
    assert order[-1] == "end"
    assert order.index("d") > max(order.index("b"), order.index("c"))
    assert order.index("e") > order.index("b")


def test_what_depends_on_a_failed_task_of_a_dag_never_starts_and_all_else_does(lab: Lab) -> None:
    run = lab.run(DAG.replace("FAIL", "true"))

    assert run.state is State.FAILED
    assert lab.states(run) == {"dag": "FAILED", "a": "SUCCESS", "b": "SUCCESS", "c": "FAILED", "e": "SUCCESS"}


def test_what_depends_on_a_task_whose_failure_is_allowed_runs(lab: Lab) -> None:
    run = lab.run(DAG.replace("fail: FAIL", "fail: true, allowFailure: true"))

    assert run.state is State.WARNING
    assert lab.states(run)["c"] is State.WARNING
    assert lab.states(run)["d"] is State.SUCCESS


def test_in_the_place_of_a_disabled_task_of_a_dag_stands_what_it_depends_on(lab: Lab) -> None:
    begun, order = Event(), list[str]()

    def slow(context: object, value: object) -> None:
        begun.wait(0.1)
        order.append("first")

    lab.doings |= {"slow": slow, "last": lambda context, value: order.append("last")}
    run = lab.run("""
        - id: dag
          type: core.flow.Dag
          tasks:
            - {task: {id: last, type: test.Do, call: last}, dependsOn: [off]}
            - {task: {id: off, type: test.Mark, disabled: true}, dependsOn: [first]}
            - {task: {id: first, type: test.Do, call: slow}}
    """)

    assert run.state is State.SUCCESS
    assert order == ["first", "last"]
    assert set(lab.states(run)) == {"dag", "first", "last"}


def test_no_more_tasks_of_a_dag_run_at_once_than_its_limit(lab: Lab) -> None:
    tasks = DAG.replace("FAIL", "false").replace("type: core.flow.Dag", "type: core.flow.Dag\n  concurrent: 1")

    assert lab.executed(lab.run(tasks)) == ["a", "b", "c", "d", "e", "end"]


TOLERANT = """
- id: allow
  type: core.flow.AllowFailure
  tasks:
    - {id: a, type: test.Mark}
    - {id: bad, type: test.Mark, fail: true}
    - {id: never, type: test.Mark}
- {id: after, type: test.Mark}
"""


def test_allow_failure_ends_with_a_warning_and_lets_the_flow_go_on(lab: Lab) -> None:
    run = lab.run(TOLERANT)

    assert run.state is State.WARNING
    assert lab.states(run) == {"allow": "WARNING", "a": "SUCCESS", "bad": "FAILED", "after": "SUCCESS"}


def test_decision_c_a_tolerated_failure_is_a_result_for_a_start_after_it(lab: Lab) -> None:
    origin = lab.run(TOLERANT)

    run = lab.replay(origin, start=("after",))

    assert lab.executed(run) == ["after"]
    assert run.state is State.WARNING
    assert lab.states(run) == lab.states(origin)
    assert lab.at(run, "allow").action is Action.REUSE


def test_decision_c_a_tolerated_failure_is_no_result_where_what_succeeded_is_skipped(lab: Lab) -> None:
    origin = lab.run(TOLERANT)

    run = lab.replay(origin, TOLERANT.replace(", fail: true", ""), skip_successful=True, revision="latest")

    assert run.state is State.SUCCESS
    assert lab.executed(run)[:2] == ["bad", "never"]
    assert "a" not in lab.executed(run)


@pytest.mark.parametrize(
    ("keys", "state", "final"),
    [
        ("fail: true, allowFailure: true", State.WARNING, State.WARNING),
        (
            "fail: true, allowFailure: true, retry: {type: constant, interval: PT0S, maxAttempts: 2}",
            State.WARNING,
            State.WARNING,
        ),
        ("fail: true, allowWarning: true", State.FAILED, State.FAILED),
        ("runIf: false, fail: true", State.SKIPPED, State.SUCCESS),
        ("runIf: '{{ outputs.first.value }}'", State.SUCCESS, State.SUCCESS),
        ("runIf: '{{ outputs.first.text }}', fail: true", State.SKIPPED, State.SUCCESS),
        ("runIf: '{{ outputs.gone.value }}'", State.FAILED, State.FAILED),
        ("runIf: '{{ outputs.gone.value }}', allowFailure: true", State.WARNING, State.WARNING),
    ],
)
def test_a_task_ends_as_it_is_handled(lab: Lab, keys: str, state: State, final: State) -> None:
    run = lab.run(f"""
        - {{id: first, type: test.Mark, value: 5}}
        - {{id: a, type: test.Mark, {keys}}}
        - {{id: after, type: test.Mark}}
    """)

    assert run.state is final
    assert lab.states(run)["a"] is state
    assert ("after" in lab.states(run)) is (final is not State.FAILED)
    if state is State.SKIPPED:
        assert lab.executed(run) == ["first", "after"]


@pytest.mark.parametrize(
    ("keys", "state"),
    [
        ("runIf: false", State.SKIPPED),
        ("runIf: '{{ outputs.gone.value }}'", State.FAILED),
        ("allowFailure: true", State.WARNING),
    ],
)
@pytest.mark.parametrize("kind", ["Sequential", "Parallel", "ForEach, values: [1]", "If, condition: true"])
def test_a_group_ends_as_it_is_handled(lab: Lab, kind: str, keys: str, state: State) -> None:
    tasks = "then" if kind.startswith("If") else "tasks"
    run = lab.run(f"""
        - {{id: g, type: core.flow.{kind}, {keys}, {tasks}: [{{id: bad, type: test.Mark, fail: true}}]}}
        - {{id: after, type: test.Mark}}
    """)

    assert lab.states(run)["g"] is state
    assert len(lab.executed(run)) == (2 if state is State.WARNING else 1 if state is State.SKIPPED else 0)
    final = {State.SKIPPED: State.SUCCESS}.get(state, state)
    assert run.state is final


def test_a_warning_that_is_allowed_is_a_success(lab: Lab) -> None:
    run = lab.run("""
        - id: seq
          type: core.flow.Sequential
          allowWarning: true
          tasks: [{id: a, type: test.Mark, fail: true, allowFailure: true}]
    """)

    assert run.state is State.SUCCESS
    assert lab.states(run) == {"seq": "SUCCESS", "a": "WARNING"}


def test_what_is_disabled_leaves_no_task_run(lab: Lab) -> None:
    run = lab.run("""
        - {id: a, type: test.Mark, disabled: true, fail: true}
        - {id: seq, type: core.flow.Sequential, disabled: true, tasks: [{id: b, type: test.Mark}]}
        - {id: c, type: test.Mark}
    """)

    assert lab.states(run) == {"c": "SUCCESS"}


def test_rule_15_a_start_in_a_branch_that_is_not_taken_any_more_fails_before_the_other_runs(lab: Lab) -> None:
    origin = lab.run(branch(11))

    run = lab.replay(origin, start=("bigger",), task_inputs={"size": {"value": 1}})

    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["code"] == "start-not-reached"
    assert run.error["message"] == "start `bigger` was not reached: `if_big` now takes `else`"
    assert lab.executed(run) == ["size"]


LOOP_IN_BRANCH = """
- {id: size, type: test.Mark, value: 11}
- id: if_big
  type: core.flow.If
  condition: "{{ outputs.size.value > 10 }}"
  then:
    - {id: each, type: core.flow.ForEach, values: [1, 2], tasks: [{id: a, type: test.Mark}]}
  else: [{id: small, type: test.Mark}]
"""


@pytest.mark.parametrize("start", ["each[1].a", "each[1]", "each", "a"])
def test_a_start_in_a_loop_in_a_branch_that_is_not_taken_is_not_reached_either(lab: Lab, start: str) -> None:
    origin = lab.run(LOOP_IN_BRANCH)

    run = lab.replay(origin, start=(start,), task_inputs={"size": {"value": 1}})

    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["message"] == f"start `{start}` was not reached: `if_big` now takes `else`"
    assert lab.executed(run) == ["size"]


def test_rule_15_a_start_in_an_item_that_is_not_there_any_more_is_not_reached(lab: Lab) -> None:
    origin = lab.run("""
        - {id: list, type: test.Mark, value: [x, y]}
        - id: each
          type: core.flow.ForEach
          values: "{{ outputs.list.value }}"
          tasks: [{id: a, type: test.Mark}]
    """)

    run = lab.replay(origin, start=("each[y].a",), task_inputs={"list": {"value": ["x", "z"]}})

    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["code"] == "start-not-reached"
    assert "`each` has no item `y`" in run.error["message"]
    assert lab.executed(run) == ["list"]


def test_a_start_in_a_group_that_is_skipped_now_is_not_reached(lab: Lab) -> None:
    tasks = """
        - {id: on, type: test.Mark, value: true}
        - id: seq
          type: core.flow.Sequential
          runIf: "{{ outputs.on.value }}"
          tasks: [{id: a, type: test.Mark}, {id: b, type: test.Mark}]
    """
    origin = lab.run(tasks)

    run = lab.replay(origin, start=("b",), task_inputs={"on": {"value": False}})

    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["code"] == "start-not-reached"
    assert lab.executed(run) == ["on"]


@pytest.mark.parametrize(
    "request_",
    [
        ReplayRequest(task_inputs={"each[7].a": {"value": 1}}),
        ReplayRequest(outputs={"small": {"value": 1, "text": "", "uri": None}}),
        ReplayRequest(task_inputs={"small": {"value": 1}}),
    ],
)
def test_rule_13_what_a_request_names_and_the_run_never_reaches_ends_it_with_a_warning(
    lab: Lab, request_: ReplayRequest
) -> None:
    tasks = LOOP_IN_BRANCH.replace("[1, 2]", '"{{ [outputs.size.value] }}"')

    run = lab.run(tasks, request_)

    name = next(iter({**request_.task_inputs, **request_.outputs}))
    assert run.state is State.WARNING
    assert run.error is not None
    assert run.error["code"] == "never-reached"
    assert f"`{name}`" in run.error["message"]


EVERY_ITEM = """
- {id: list, type: test.Mark, value: LIST}
- id: each
  type: core.flow.ForEach
  values: "{{ outputs.list.value }}"
  tasks:
    - id: if
      type: core.flow.If
      condition: "{{ taskrun.value == 'x' }}"
      then: [{id: a, type: test.Mark}]
      else: [{id: b, type: test.Mark}]
"""


@pytest.mark.parametrize(("items", "state"), [(["x", "y", "z"], State.SUCCESS), (["y", "z"], State.WARNING)])
def test_a_start_in_every_item_is_reached_where_one_of_them_leads_there(
    lab: Lab, items: list[str], state: State
) -> None:
    origin = lab.run(EVERY_ITEM.replace("LIST", "[x, y]"))

    run = lab.replay(origin, start=("a",), task_inputs={"list": {"value": items}})

    assert run.state is state
    assert (run.error is None) is (state is State.SUCCESS)
    assert ("each[x].a" in lab.executed(run)) is ("x" in items)


def test_names_that_are_reached_in_a_branch_or_an_item_change_nothing_of_the_end(lab: Lab) -> None:
    request = ReplayRequest(task_inputs={"each[1].a": {"value": 1}, "if_big": {"condition": True}})

    run = lab.run(LOOP_IN_BRANCH, request)

    assert run.state is State.SUCCESS, run.error


NESTED = """
- {id: first, type: test.Mark}
- id: outer
  type: core.flow.ForEach
  values: [x, y]
  tasks:
    - id: if
      type: core.flow.If
      condition: "{{ taskrun.value == 'y' }}"
      then:
        - id: side
          type: core.flow.Parallel
          tasks:
            - id: dag
              type: core.flow.Dag
              tasks:
                - {task: {id: a, type: test.Mark, value: "{{ taskrun.value }}"}}
                - {task: {id: b, type: test.Mark}, dependsOn: [a]}
                - {task: {id: c, type: test.Mark}, dependsOn: [a]}
            - {id: beside, type: test.Mark}
        - {id: joined, type: test.Mark}
      else: [{id: other, type: test.Mark}]
    - {id: tail, type: test.Mark}
- {id: end, type: test.Mark}
"""


@pytest.mark.parametrize(
    ("start", "executed"),
    [
        (("outer[y].b",), {"outer[y].b", "outer[y].joined", "outer[y].tail", "end"}),
        (("outer[y].side",), {*(f"outer[y].{name}" for name in ("a", "b", "c", "beside", "joined", "tail")), "end"}),
        (("outer[y].beside", "outer[x].tail"), {"outer[y].beside", "outer[y].joined", "outer[y].tail", "outer[x].tail", "end"}),
        (("outer[x]",), {"outer[x].other", "outer[x].tail", "end"}),
        (("other",), {"outer[x].other", "outer[x].tail", "end"}),
        (("end",), {"end"}),
    ],
)  # fmt: skip
def test_a_replay_may_start_anywhere_in_nested_groups(lab: Lab, start: tuple[str, ...], executed: set[str]) -> None:
    origin = lab.run(NESTED)
    assert origin.state is State.SUCCESS
    assert len(lab.states(origin)) == 15

    run = lab.replay(origin, start=start)

    assert run.state is State.SUCCESS
    assert set(lab.executed(run)) == executed
    assert lab.states(run) == lab.states(origin)
    for item in lab.cases.task_runs(run.id):
        again = item.action is not Action.REUSE
        assert (item.attempt, item.attempts) == ((2, 1) if again else (1, 0)), item.address


@pytest.mark.parametrize(
    ("asked", "executed", "states"),
    [
        ({"only": ("outer[y].b",)}, ["outer[y].b"], 12),
        ({"only": ("side",)}, ["a", "beside", "b", "c"], 12),
        ({"until": ("outer[y].a",)}, ["first", "outer[y].a"], 6),
    ],
)
def test_what_is_left_out_leaves_no_task_run_and_the_rest_stays(
    lab: Lab, asked: dict[str, Any], executed: list[str], states: int
) -> None:
    origin = lab.run(NESTED)

    run = lab.replay(origin, None, **asked)

    assert {address.removeprefix("outer[y].") for address in lab.executed(run)} == {
        name.removeprefix("outer[y].") for name in executed
    }
    assert run.state is State.SUCCESS
    assert all(item.state in (State.SUCCESS, State.SKIPPED) for item in lab.cases.task_runs(run.id))
    assert len(lab.states(run)) == states


def test_groups_that_only_the_run_finds_are_kept_whole_with_what_failed_and_never_began_in_them(lab: Lab) -> None:
    """By the time of the plan the loop has one item, by the time of the run two, of which both were done before."""
    before = "{{ now() | date('yyyy') == '2024' ? ['x'] : ['x', 'y'] }}"
    tasks = f"""
        - id: each
          type: core.flow.ForEach
          values: "{before}"
          tasks:
            - id: allow
              type: core.flow.AllowFailure
              tasks:
                - {{id: again, type: core.flow.ForEach, values: [1, 2], tasks: [{{id: a, type: test.Mark, value: 1}}]}}
                - {{id: bad, type: test.Mark, fail: true}}
                - {{id: never, type: test.Mark}}
              finally: [{{id: f, type: test.Mark}}]
        - {{id: end, type: test.Mark, value: "{{{{ outputs.a.y['2'].value }}}}"}}
    """
    year = 366 * 24 * 3600
    lab.clock.move(year)
    origin = lab.run(tasks)
    lab.clock.move(-year)
    created = lab.begin_replay(origin, start=("end",))
    lab.clock.move(year)
    run = lab.cases.execute(created.id)

    assert lab.executed(run) == ["end"]
    assert run.state is State.WARNING
    assert lab.states(run) == lab.states(origin)
    assert lab.at(run, "each[y].bad").action is Action.REUSE
    assert lab.output(run, "end") == 1
