"""`afterExecution`: tasks that run when it is settled how a run ends, know that, and change nothing of it."""

from __future__ import annotations

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.errors import RequestRefused
from dalsegno.model.plan import Action
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.resuming import Resumption

TOLD = "{id: told, type: test.Mark, value: \"{{ execution.state }} {{ execution.outputs.x ?? 'nothing' }}\"}"
AFTER = f"""
finally: [{{id: last, type: test.Mark, value: "{{{{ execution.state }}}}"}}]
outputs: [{{id: x, type: STRING, value: "{{{{ outputs.a.value }}}}"}}]
afterExecution:
  - {TOLD}
  - {{id: after, type: test.Mark, value: "{{{{ outputs.told.value }}}}"}}
"""
TASKS = "- {id: a, type: test.Mark, value: 1}\n- {id: b, type: test.Mark}"


@pytest.mark.parametrize(
    ("b", "state", "told"),
    [
        ("", State.SUCCESS, "SUCCESS 1"),
        (", fail: true", State.FAILED, "FAILED nothing"),
        (", fail: true, allowFailure: true", State.WARNING, "WARNING 1"),
    ],
)
def test_they_run_last_and_read_how_the_run_ends(lab: Lab, b: str, state: State, told: str) -> None:
    run = lab.run(TASKS.replace("{id: b, type: test.Mark", "{id: b, type: test.Mark" + b), rest=AFTER)

    assert run.state is state
    assert lab.executed(run) == ["a", "b", "last", "told", "after"]
    assert (lab.output(run, "last"), lab.output(run, "told"), lab.output(run, "after")) == ("RUNNING", told, told)


def test_a_flow_whose_outputs_fail_is_known_to_have_failed(lab: Lab) -> None:
    run = lab.run(TASKS, rest=AFTER.replace("outputs.a.value", "outputs.a.nothing"))

    assert run.error is not None
    assert (lab.output(run, "told"), run.error["message"][:20]) == ("FAILED nothing", "the flow's outputs: ")


def test_their_failure_stops_those_that_follow_and_leaves_the_run_as_it_is(lab: Lab) -> None:
    run = lab.run(TASKS, rest=AFTER.replace("{id: told, type: test.Mark", "{id: told, fail: true, type: test.Mark"))

    assert (run.state, run.error, run.outputs) == (State.SUCCESS, None, {"x": "1"})
    assert (lab.at(run, "told").state, "after" in lab.states(run)) == (State.FAILED, False)


def test_the_error_of_a_run_is_not_theirs(lab: Lab) -> None:
    rest = AFTER.replace("{id: told, type: test.Mark", "{id: told, fail: true, type: test.Mark")

    run = lab.run(TASKS.replace("{id: b,", "{id: b, fail: true,"), rest=rest)

    assert run.error is not None
    assert run.error["address"] == "b"


def test_they_follow_a_task_that_ends_the_run(lab: Lab) -> None:
    run = lab.run("- {id: a, type: core.execution.Exit, state: WARNING}\n- {id: b, type: test.Mark}", rest=AFTER)

    assert (run.state, lab.executed(run)) == (State.WARNING, ["told", "after"])
    assert lab.output(run, "told") == "WARNING nothing"


def test_a_task_that_ends_the_run_ends_no_more_than_them(lab: Lab) -> None:
    rest = f"afterExecution: [{{id: stop, type: core.execution.Exit, state: FAILED}}, {TOLD}]"

    run = lab.run(TASKS, rest=rest)

    assert (run.state, run.error, lab.executed(run)) == (State.SUCCESS, None, ["a", "b"])


def test_in_a_run_that_was_killed_none_of_them_begins(lab: Lab) -> None:
    run = lab.run("- {id: a, type: core.execution.Exit, state: KILLED}", rest=AFTER)

    assert (run.state, lab.executed(run)) == (State.KILLED, [])


def test_they_may_be_groups_and_choose_by_how_the_run_ended(lab: Lab) -> None:
    rest = """
afterExecution:
  - id: choose
    type: core.flow.If
    condition: "{{ execution.state == 'FAILED' }}"
    then: [{id: alert, type: test.Mark}]
    else: [{id: praise, type: test.Mark}]
"""
    text = f"id: lab\nnamespace: tests\ntasks:\n{TASKS}\n{rest}"
    plan = lab.cases.plan_fresh("lab.yaml", ReplayRequest(), text=text)

    well, badly = lab.run(TASKS, rest=rest), lab.run(TASKS.replace("{id: b,", "{id: b, fail: true,"), rest=rest)

    assert plan.by_address["choose"].keys is None
    assert (lab.executed(well), lab.executed(badly)) == (["a", "b", "praise"], ["a", "b", "alert"])


def test_a_pause_among_them_rests_and_goes_on(lab: Lab) -> None:
    rest = AFTER.replace("afterExecution:", "afterExecution:\n  - {id: ask, type: core.flow.Pause}")

    waits = lab.run(TASKS, rest=rest)
    run = lab.cases.resume(waits.id, Resumption())

    assert (waits.state, run.state, lab.output(run, "told")) == (State.PAUSED, State.SUCCESS, "SUCCESS 1")
    assert lab.executed(run) == ["a", "b", "last", "told", "after"]


def test_they_run_again_where_anything_runs(lab: Lab) -> None:
    before = lab.run(TASKS.replace("{id: b,", "{id: b, fail: true,"), rest=AFTER)

    plan = lab.cases.plan_replay(ReplayRequest(origin=before.id, skip_successful=True))
    run = lab.replay(before, TASKS, rest=AFTER, skip_successful=True, revision="latest")

    assert plan.by_address["told"].action is Action.RUN
    assert plan.by_address["told"].reason == "follows the run, in which `b` runs"
    assert (run.state, lab.executed(run), lab.output(run, "told")) == (
        State.SUCCESS, ["b", "last", "told", "after"], "SUCCESS 1",
    )  # fmt: skip


def test_they_run_again_where_a_given_result_has_the_run_end_otherwise(lab: Lab) -> None:
    before = lab.run(TASKS.replace("{id: b,", "{id: b, fail: true,"), rest="afterExecution: [" + TOLD + "]")
    given = ReplayRequest(origin=before.id, skip_successful=True, outputs={"b": {"value": 2, "text": "", "uri": None}})

    plan = lab.cases.plan_replay(given)
    run = lab.cases.execute(lab.cases.create_replay(given).id)
    again = lab.cases.plan_replay(ReplayRequest(origin=run.id, skip_successful=True))

    assert (lab.output(before, "told"), plan.by_address["told"].action) == ("FAILED nothing", Action.RUN)
    assert plan.by_address["told"].reason == "follows the run, in which `b` is pinned"
    assert (run.state, lab.output(run, "told")) == (State.SUCCESS, "SUCCESS nothing")
    assert again.by_address["told"].action is Action.REUSE


def test_they_run_again_where_an_item_that_failed_is_gone(lab: Lab) -> None:
    loop = """
- id: each
  type: core.flow.ForEach
  values: ITEMS
  concurrencyLimit: 0
  tasks: [{id: it, type: test.Mark, fail: "{{ taskrun.value == 'bad' }}"}]
"""
    rest = "afterExecution: [" + TOLD + "]"
    before = lab.run(loop.replace("ITEMS", "[good, bad]"), rest=rest)

    run = lab.replay(before, loop.replace("ITEMS", "[good]"), rest=rest, skip_successful=True, revision="latest")

    assert (before.state, lab.output(before, "told")) == (State.FAILED, "FAILED nothing")
    assert (run.state, lab.executed(run), lab.output(run, "told")) == (State.SUCCESS, ["told"], "SUCCESS nothing")


def test_groups_among_them_are_kept_where_a_pin_gives_what_was_there(lab: Lab) -> None:
    rest = """
afterExecution:
  - {id: choose, type: core.flow.If, condition: "{{ execution.state == 'SUCCESS' }}", then: [{id: praise, type: test.Mark}]}
"""
    pin = ReplayRequest(outputs={"a": {"value": 2, "text": "", "uri": None}})
    before = lab.run(TASKS, pin, rest=rest)

    run = lab.replay(before, skip_successful=True)

    assert (lab.executed(before), lab.executed(run)) == (["b", "praise"], [])


def test_they_are_kept_where_nothing_runs_and_left_where_a_part_is_asked_for(lab: Lab) -> None:
    before = lab.run(TASKS, rest=AFTER)

    kept = lab.cases.plan_replay(ReplayRequest(origin=before.id, skip_successful=True))
    part = lab.replay(before, only=("b",))

    assert {each.action for each in kept.decisions} == {Action.REUSE}
    assert lab.executed(part) == ["b"]
    assert part.state is State.SUCCESS


def test_one_of_them_can_be_started_alone_and_knows_how_its_run_ends(lab: Lab) -> None:
    before = lab.run(TASKS, rest=AFTER)

    run = lab.replay(before, start=("told",))

    assert (lab.executed(run), lab.output(run, "told")) == (["told", "after"], "SUCCESS 1")


def test_a_pin_and_an_override_of_them_hold(lab: Lab) -> None:
    request = ReplayRequest(
        outputs={"told": {"value": 5, "text": "", "uri": None}}, task_inputs={"after": {"value": 7}}
    )

    run = lab.run(TASKS, request, rest=AFTER)

    assert (run.state, run.error) == (State.SUCCESS, None)
    assert (lab.executed(run), lab.output(run, "after")) == (["a", "b", "last", "after"], 7)


def test_what_stands_before_them_reads_nothing_of_theirs(lab: Lab) -> None:
    a = "{id: a, type: test.Mark, value: '{{ outputs.told.value }}'}"
    text = f"id: lab\nnamespace: tests\ntasks: [{a}]\n{AFTER}"

    (problem,) = lab.service.flows.check(text)

    assert problem.message == "task `a` reads the outputs of `told`, which has not run by then"


def test_a_skip_of_what_runs_again_among_them_is_refused(lab: Lab) -> None:
    before = lab.run(TASKS, rest=AFTER)

    with pytest.raises(RequestRefused, match="`told` cannot be skipped: it follows the run, in which `b` runs"):
        lab.begin_replay(before, start=("b",), skip=("told",))
