"""What can never come about in a flow: one test for each small rule."""

from __future__ import annotations

import pytest

from dalsegno.flows import check

STOP = "{id: stop, type: core.execution.Fail}"
LOG = "{id: say, type: core.log.Log, message: x}"


def told(*tasks: str) -> list[str]:
    text = "id: f\nnamespace: a\ninputs: [{id: n, type: INT}]\ntasks:\n" + "".join(f"  - {task}\n" for task in tasks)
    found = check(text)
    assert all(problem.severity == "note" for problem in found), found
    return [f"{problem.line}:{problem.column} {problem.message}" for problem in found]


def test_a_task_after_one_that_always_fails_is_never_reached() -> None:
    assert told(STOP, LOG) == ["6:5 task `say` is never reached: `stop` before it always ends what it stands in"]
    group = f"{{id: g, type: core.flow.Sequential, tasks: [{STOP}, {LOG}]}}"
    assert told(group) == ["5:88 task `say` is never reached: `stop` before it always ends what it stands in"]


@pytest.mark.parametrize(
    "more", ["condition: '{{ inputs.n > 1 }}'", "condition: false", "allowFailure: true", "runIf: '{{ inputs.n > 1 }}'"]
)
def test_a_task_after_one_that_may_go_on_is_reached(more: str) -> None:
    assert told(f"{{id: stop, type: core.execution.Fail, {more}}}", LOG) == []


def test_what_stands_beside_a_failure_is_reached() -> None:
    assert told(f"{{id: g, type: core.flow.Parallel, tasks: [{STOP}, {LOG}]}}") == []


def test_a_branch_of_a_condition_that_is_fixed_is_never_taken() -> None:
    choice = (
        f"{{id: g, type: core.flow.If, condition: true, then: [{LOG}], else: [{{id: other, type: core.debug.Return}}]}}"
    )
    assert told(choice) == ["5:44 the branch `else` of `g` is never taken: what decides it is always `true`"]
    assert told(choice.replace("true", "'{{ inputs.n > 1 }}'")) == []


def test_a_case_that_no_value_names_is_never_taken() -> None:
    choice = f"{{id: g, type: core.flow.Switch, value: a, cases: {{a: [{LOG}], b: [{{id: other, type: core.debug.Return}}]}}}}"
    assert told(choice) == ["5:44 the branch `b` of `g` is never taken: what decides it is always `a`"]


def test_a_loop_without_items_runs_nothing() -> None:
    loop = f"{{id: g, type: core.flow.ForEach, values: [], tasks: [{LOG}]}}"
    assert told(loop) == ["5:46 the tasks of `g` never run: its `values` are empty"]


def test_a_task_whose_condition_never_holds_is_skipped() -> None:
    assert told("{id: t, type: core.debug.Return, runIf: false}") == [
        "5:45 task `t` is always skipped: its `runIf` is `false`"
    ]
