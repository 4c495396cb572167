"""With `changed`, what runs says what differs: the property, the type, the variable, the input, the upstream value (4.4)."""

from __future__ import annotations

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.model.plan import Action

REST = """
inputs:
  - {id: city, type: STRING, defaults: paris}
  - {id: key, type: SECRET, required: false}
variables: {greeting: hello, other: x}
"""
TASKS = """
- {id: a, type: test.Mark, value: 1, size: 3}
- id: beside
  type: core.flow.Parallel
  tasks:
    - {id: of_input, type: test.Mark, value: "{{ inputs.city }}"}
    - {id: of_secret, type: test.Mark, value: "{{ (inputs.key ?? '') | length }}"}
    - {id: of_variable, type: test.Mark, value: "{{ vars.greeting }}"}
    - {id: of_output, type: test.Mark, value: "{{ outputs.a.value }}"}
    - {id: of_text, type: test.Mark, value: "{{ outputs.a.text }}"}
    - {id: log, type: core.log.Log, message: done}
"""


@pytest.mark.parametrize(
    ("old", "new", "address", "reason"),
    [
        ("size: 3", "size: 4", "a", "definition changed: `size`"),
        ("size: 3", "file: x", "a", "definition changed: `file`, `size`"),
        ("core.log.Log, message: done", "core.debug.Return, value: done", "log",
         "definition changed: type Log → Return, `message`, `value`"),
        ("greeting: hello", "greeting: hi", "of_variable", "definition changed: variable `greeting`"),
        ("value: 1,", "value: 2,", "of_output", "`outputs.a.value` differs"),
        ("size: 3", "size: 4", "of_text", "`outputs.a.text` differs"),
    ],
)  # fmt: skip
def test_what_differs_in_the_flow_or_above_is_named(lab: Lab, old: str, new: str, address: str, reason: str) -> None:
    origin = lab.run(TASKS, rest=REST)
    replay = lab.replay(origin, TASKS.replace(old, new), rest=REST.replace(old, new), changed=True)
    found = lab.at(replay, address)
    assert (found.action, found.reason) == (Action.RUN, reason)


def test_a_value_that_a_person_gave_is_named_and_nothing_else_runs(lab: Lab) -> None:
    origin = lab.run(TASKS, rest=REST)
    replay = lab.replay(origin, changed=True, inputs={"city": "rome"})
    assert lab.executed(replay) == ["of_input"]
    assert lab.at(replay, "of_input").reason == "input `city` is overridden"
    replay = lab.replay(origin, changed=True, inputs={"key": "s3cr3t-value"})
    assert lab.executed(replay) == ["of_secret"]
    assert lab.at(replay, "of_secret").reason == "input `key` is overridden"
    replay = lab.replay(origin, changed=True, task_inputs={"a": {"value": 9}})
    assert lab.at(replay, "a").reason.startswith("`value` is overridden")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("size: 3", "size: 3, description: says more"),
        ("size: 3", "size: 3, retry: {type: constant, interval: PT1S, maxAttempts: 2}"),
        ("size: 3", "size: 3, timeout: PT1H"),
        ("inputs:", "labels: {team: bikes}\ninputs:"),
        ("inputs:", "description: all of it\ninputs:"),
        ("other: x", "other: y"),
    ],
)
def test_what_changes_no_result_runs_nothing(lab: Lab, old: str, new: str) -> None:
    origin = lab.run(TASKS, rest=REST)
    replay = lab.replay(origin, TASKS.replace(old, new), rest=REST.replace(old, new), changed=True)
    assert replay.revision == 2
    assert lab.executed(replay) == []


def test_a_task_without_outputs_has_moved_unless_nothing_can_depend_on_it(lab: Lab) -> None:
    lab.doings["nothing"] = lambda context, value: None
    flow = "- {{id: a, type: {} }}\n- {{id: after, type: test.Mark}}"
    for first, runs in ((("test.Do, call: nothing, value: {}"), True), ("core.log.Log, message: {}", False)):
        tasks = [flow.format(first.format(number)) for number in (1, 2)]
        replay = lab.replay(lab.run(tasks[0]), tasks[1], changed=True)
        after = lab.at(replay, "after")
        assert (after.action is Action.RUN) is runs
        assert after.reason == (
            "stands directly after something that moved" if runs else "nothing that it uses has changed"
        )
