"""What must hold before a run is made, and what its outputs must be at its end."""

from __future__ import annotations

import pytest
from tests.integration.service.conftest import Home

from dalsegno.errors import RequestRefused
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import RunFilter

FLOW = """
id: checked
namespace: company
inputs: [{id: n, type: INT}, {id: token, type: SECRET, required: false}]
checks:
  - {condition: "{{ inputs.n > 0 }}", message: "n is {{ inputs.n }}, below 1"}
  - {when: "{{ inputs.n < 9 }}", message: "n is too large for {{ inputs.token }}", behavior: FAIL_EXECUTION}
  - {when: "{{ inputs.n < 5 }}", message: "n is large", behavior: CREATE_EXECUTION}
tasks:
  - {id: give, type: core.debug.Return, value: "{{ inputs.n }}"}
"""
OUTPUTS = """
id: typed
namespace: company
inputs: [{id: said, type: STRING}]
tasks: [{id: give, type: core.debug.Return, value: "{{ inputs.said }}"}]
outputs:
  - {id: number, type: INT, value: "{{ outputs.give.value }}"}
  - {id: more, type: ARRAY, itemType: INT, value: "[1, {{ outputs.give.value }}]"}
  - {id: none, type: STRING, required: false, value: "{{ null }}"}
"""


def test_a_check_that_does_not_hold_blocks_the_run_before_anything_is_written(home: Home) -> None:
    with pytest.raises(RequestRefused) as caught:
        home.run(FLOW, n=0)
    assert [(each.code, each.message) for each in caught.value.refusals] == [("check-failed", "n is 0, below 1")]
    assert home.runs.list(RunFilter()) == []


def test_a_check_may_fail_the_run_instead_and_shows_no_secret(home: Home) -> None:
    run = home.run(FLOW, n=9, token="swordfish")
    assert (run.state, run.error) == (
        State.FAILED,
        {"code": "check-failed", "message": "n is too large for ******", "address": None},
    )
    assert home.store.task_runs.of_run(run.id) == []


def test_a_check_may_only_warn(home: Home) -> None:
    plan = home.runs.plan_fresh("f.yaml", ReplayRequest(inputs={"n": 6}), text=FLOW)
    assert plan.warnings == ("n is large",)
    assert home.run(FLOW, n=6).state is State.SUCCESS


def test_a_replay_is_checked_with_its_own_inputs(home: Home) -> None:
    run = home.run(FLOW, n=3)
    with pytest.raises(RequestRefused, match="n is -1, below 1"):
        home.runs.create_replay(ReplayRequest(origin=run.id, inputs={"n": -1}))
    assert home.replay(run, inputs={"n": 4}).state is State.SUCCESS


def test_a_check_that_cannot_be_rendered_refuses_the_run(home: Home) -> None:
    with pytest.raises(RequestRefused, match=r"the check `.*` cannot be made: "):
        home.run(FLOW.replace("inputs.n > 0", "1 / 0"), n=3)


def test_outputs_are_given_in_their_types(home: Home) -> None:
    run = home.run(OUTPUTS, said="7")
    assert run.outputs == {"number": 7, "more": [1, 7], "none": None}


def test_an_output_of_the_wrong_type_fails_the_run_at_its_end(home: Home) -> None:
    run = home.run(OUTPUTS, said="seven")
    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["message"] == "the flow's outputs: the output `number` must be a whole number, not `seven`"
