"""A task that ends the run: in which state, what around and beside it, and in replays and after crashes."""

from __future__ import annotations

import pytest
from tests.integration.service.conftest import Home
from tests.support.stopping_store import Stopped, StoppingStore

from dalsegno.engine.clock import RandomIds
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.service.service import Service

HEAD = """
id: leaving
namespace: bikes
inputs:
  - {id: leave, type: STRING, defaults: "true"}
tasks:
  - {id: first, type: core.debug.Return, value: 1}
"""
IF = """  - id: maybe
    type: core.flow.If
    condition: "{{ inputs.leave }}"
    then:
      - {id: inner, type: core.debug.Return, value: 2}
      - {id: leave, type: core.execution.Exit, state: STATE}
      - {id: after, type: core.debug.Return, value: 3}
"""
LAST = "  - {id: last, type: core.debug.Return, value: 4}\n"
HANDLERS = """errors:
  - {id: onerror, type: core.log.Log, message: failed}
finally:
  - {id: always, type: core.log.Log, message: end}
outputs:
  - {id: one, value: "{{ outputs.first.value }}"}
  - {id: four, value: "{{ outputs.last.value }}"}
"""
ALL = HEAD + IF + LAST + HANDLERS


def states(home: Home, run: Run) -> dict[str, str]:
    return {item.address: item.state.value for item in home.runs.task_runs(run.id)}


@pytest.mark.parametrize("state", ["SUCCESS", "WARNING", "FAILED", "KILLED"])
def test_the_run_and_the_groups_around_end_as_the_task_says_and_nothing_more_begins(home: Home, state: str) -> None:
    run = home.run(ALL.replace("STATE", state))
    assert run.state.value == state
    assert states(home, run) == {"first": "SUCCESS", "maybe": state, "inner": "SUCCESS", "leave": state}
    found = home.found(run)
    assert dict(found.outputs) == ({"one": 1} if state in ("SUCCESS", "WARNING") else {})
    assert (found.error or {}).get("message") == ("`leave` ended the run as FAILED" if state == "FAILED" else None)


def test_where_it_is_not_reached_the_run_goes_on(home: Home) -> None:
    run = home.run(ALL.replace("STATE", "FAILED"), leave="")
    assert run.state is State.SUCCESS
    assert dict(home.found(run).outputs) == {"one": 1, "four": 4}


@pytest.mark.parametrize(("state", "beside"), [("SUCCESS", "SUCCESS"), ("FAILED", "SUCCESS"), ("KILLED", "KILLED")])
def test_what_runs_beside_it_runs_to_its_end_unless_the_run_is_killed(home: Home, state: str, beside: str) -> None:
    text = f"""{HEAD}
  - id: both
    type: core.flow.Parallel
    tasks:
      - id: chain
        type: core.flow.Sequential
        tasks:
          - {{id: slow, type: scripts.shell.Commands, commands: ["sleep 0.5"]}}
          - {{id: next, type: core.debug.Return, value: 1}}
      - {{id: leave, type: core.execution.Exit, state: {state}}}
{LAST}"""
    run = home.run(text)
    assert run.state.value == state
    assert states(home, run) == {
        "first": "SUCCESS", "both": state, "chain": "KILLED", "slow": beside, "leave": state,
    }  # fmt: skip


def test_a_failure_that_is_allowed_is_none_for_the_task_that_ends_the_run(home: Home) -> None:
    text = HEAD + "  - {id: leave, type: core.execution.Exit, state: FAILED, allowFailure: true}\n" + LAST
    assert home.run(text).state is State.FAILED
    skipped = text.replace("allowFailure: true", 'runIf: "{{ false }}"')
    assert home.run(skipped).state is State.SUCCESS


def test_in_a_loop_the_items_that_have_not_begun_do_not(home: Home) -> None:
    text = """
id: leaving
namespace: bikes
tasks:
  - id: each
    type: core.flow.ForEach
    values: [1, 2, 3]
    tasks:
      - id: if
        type: core.flow.If
        condition: "{{ taskrun.value == 2 }}"
        then: [{id: leave, type: core.execution.Exit}]
      - {id: rest, type: core.debug.Return, value: "{{ taskrun.value }}"}
"""
    run = home.run(text)
    assert run.state is State.SUCCESS
    assert states(home, run) == {
        "each": "SUCCESS", "each[1].if": "SUCCESS", "each[1].rest": "SUCCESS", "each[2].if": "SUCCESS",
        "each[2].leave": "SUCCESS",
    }  # fmt: skip


def test_a_replay_runs_it_again_and_ends_there_too(home: Home) -> None:
    origin = home.run(ALL.replace("STATE", "SUCCESS"))
    replayed = home.replay(origin)
    assert replayed.state is State.SUCCESS
    done = {item.address: (item.action, item.state.value) for item in home.runs.task_runs(replayed.id)}
    assert done["first"] == (Action.REUSE, "SUCCESS")
    assert done["inner"] == (Action.REUSE, "SUCCESS")
    assert done["leave"] == (Action.RUN, "SUCCESS")
    assert "last" not in done
    assert "after" not in done


def test_a_replay_in_which_it_is_not_reached_goes_on_behind_it(home: Home) -> None:
    origin = home.run(ALL.replace("STATE", "FAILED"))
    replayed = home.replay(origin, inputs={"leave": ""})
    assert replayed.state is State.SUCCESS
    assert states(home, replayed)["last"] == "SUCCESS"
    assert home.found(origin).fixed_by == replayed.id


def test_a_pin_goes_on_behind_it(home: Home) -> None:
    origin = home.run(ALL.replace("STATE", "FAILED"))
    replayed = home.replay(origin, outputs={"leave": {}})
    assert replayed.state is State.SUCCESS
    assert states(home, replayed)["after"] == "SUCCESS"


def test_a_state_that_is_none_is_refused_before_anything_runs(home: Home) -> None:
    def errors(state: str) -> list[str]:
        problems = home.service.flows.check(ALL.replace("STATE", state))
        return [problem.message for problem in problems if problem.severity == "error"]

    assert ["CANCELED is not supported here" in message for message in errors("CANCELED")] == [True]
    assert len(errors("DONE")) == 1


@pytest.mark.parametrize("state", ["SUCCESS", "WARNING", "FAILED", "KILLED"])
def test_a_run_that_is_carried_on_after_a_crash_ends_as_it_was_to(home: Home, state: str) -> None:
    stops = 0
    for stop_at in range(2, 9):
        run = home.create(ALL.replace("STATE", state))
        service = Service(StoppingStore(home.store, stop_at), home.artifacts, clock=home.clock, ids=RandomIds())
        try:
            service.runs.execute(run.id)
        except Stopped:
            stops += 1
            home.runs.execute(run.id)
        found = home.found(run)
        assert found.state.value == state
        assert states(home, found) == {"first": "SUCCESS", "maybe": state, "inner": "SUCCESS", "leave": state}
    assert stops >= 3
