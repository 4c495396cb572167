"""Subflow: runs that a task run calls, how they end, wait and are stopped, and how a replay meets them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import dedent

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.errors import Refusal, RequestRefused
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.resuming import Resumption
from dalsegno.store.port import CreateRun, EndTask, RunFilter, Write
from dalsegno.tasks.base import TaskContext

CALL = """
- {id: before, type: test.Mark, value: rome}
- id: call
  type: core.flow.Subflow
  namespace: tests
  flowId: child
  inputs: {city: "{{ outputs.before.value }}"}
- {id: after, type: test.Mark, value: "{{ outputs.call.outputs.said ?? 'nothing' }}"}
"""
CHILD = """
- {id: load, type: test.Mark, value: "{{ inputs.city }}"}
- {id: fixed, type: test.Mark}
- {id: report, type: test.Mark, value: "{{ outputs.load.value }}!"}
"""


def save(
    lab: Lab, tasks: str = CHILD, *, id: str = "child", inputs: str = "[{id: city, type: STRING, defaults: oslo}]"
) -> None:
    outputs = '[{id: said, type: STRING, value: "{{ outputs.report.value }}"}]' if "report" in tasks else "[]"
    lab.service.flows.save(
        f"id: {id}\nnamespace: tests\ninputs: {inputs}\noutputs: {outputs}\ntasks:\n{dedent(tasks)}\n"
    )


def called(lab: Lab, run: Run) -> list[Run]:
    """Give the runs that a run called, oldest first."""
    return lab.store.runs.list(RunFilter(parent=run.id, limit=0))[::-1]


def test_a_subflow_is_a_run_of_its_own_that_knows_who_called_it(lab: Lab) -> None:
    save(lab)

    run = lab.run(CALL)

    (child,) = called(lab, run)
    assert run.state is State.SUCCESS, run.error
    assert (child.name, child.state, child.inputs) == ("child-1", State.SUCCESS, {"city": "rome"})
    assert child.caller is not None
    assert (child.caller.run, child.caller.task_run, child.caller.attempt) == (run.id, lab.at(run, "call").id, 1)
    assert lab.output(run, "call", "executionId") == child.id
    assert lab.output(run, "call", "state") == "SUCCESS"
    assert lab.output(run, "after") == "rome!"
    assert lab.executed(child) == ["load", "fixed", "report"]


def test_the_last_run_is_the_one_that_a_person_made(lab: Lab) -> None:
    save(lab)

    run = lab.run(CALL)

    assert lab.cases.get("last").id == run.id


def test_labels_are_given_and_inherited_where_the_task_says_so(lab: Lab) -> None:
    save(lab)
    labels = "labels: [{key: a, value: '{{ outputs.before.value }}'}]"
    tasks = CALL.replace("flowId: child", f"flowId: child\n  {labels}")

    alone = lab.run(tasks, rest="labels: {team: x}")
    with_all = lab.run(tasks.replace("flowId: child", "flowId: child\n  inheritLabels: true"), rest="labels: {team: x}")

    assert called(lab, alone)[0].labels == {"a": "rome"}
    assert called(lab, with_all)[0].labels == {"a": "rome", "team": "x"}


def test_a_given_revision_is_run_and_else_the_latest(lab: Lab) -> None:
    save(lab)
    save(lab, CHILD.replace("}}!", "}}?"))

    latest = lab.run(CALL)
    first = lab.run(CALL.replace("flowId: child", "flowId: child\n  revision: 1"))

    assert (lab.output(latest, "after"), lab.output(first, "after")) == ("rome?", "rome!")


@pytest.mark.parametrize(
    ("transmit", "state", "task"), [("true", State.FAILED, State.FAILED), ("false", State.SUCCESS, State.SUCCESS)]
)
def test_a_failure_inside_fails_the_task_unless_it_is_not_transmitted(
    lab: Lab, transmit: str, state: State, task: State
) -> None:
    save(lab, CHILD.replace("id: fixed, type: test.Mark", "id: fixed, type: test.Mark, fail: true"))

    run = lab.run(CALL.replace("flowId: child", f"flowId: child\n  transmitFailed: {transmit}"))

    assert (run.state, lab.at(run, "call").state) == (state, task)
    if task is State.FAILED:
        assert run.error is not None
        assert run.error["message"].startswith(
            "child-1, which it called, ended as FAILED at `fixed`: fixed was told to fail"
        )
    else:
        assert lab.output(run, "call", "state") == "FAILED"


def test_a_warning_inside_is_a_warning(lab: Lab) -> None:
    save(lab, CHILD.replace("id: fixed, type: test.Mark", "id: fixed, type: test.Mark, fail: true, allowFailure: true"))

    assert lab.run(CALL).state is State.WARNING


def test_what_is_not_waited_for_runs_beside_and_has_ended_when_the_process_does(lab: Lab) -> None:
    save(lab)

    run = lab.run(CALL.replace("flowId: child", "flowId: child\n  wait: false"))

    assert run.state is State.SUCCESS
    assert lab.output(run, "after") == "nothing"
    assert lab.output(run, "call", "state") is None
    assert [child.state for child in called(lab, run)] == [State.SUCCESS]


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        (CALL.replace("flowId: child", "flowId: gone"), "the flow `tests.gone` is not in the store; save it first"),
        (
            CALL.replace("flowId: child", "flowId: child\n  revision: 7"),
            "revision 7 of the flow `tests.child` is not in",
        ),
        (CALL.replace("{city:", "{town:"), "the flow `tests.child` declares no input `town`"),
    ],
)
def test_what_cannot_be_called_fails_the_task_and_makes_no_run(lab: Lab, tasks: str, told: str) -> None:
    save(lab)

    run = lab.run(tasks)

    assert run.error is not None
    assert told in run.error["message"]
    assert called(lab, run) == []


def test_flows_that_call_each_other_without_end_are_refused_in_words(lab: Lab) -> None:
    save(lab, "- {id: again, type: core.flow.Subflow, namespace: tests, flowId: other}", id="one", inputs="[]")
    save(lab, "- {id: back, type: core.flow.Subflow, namespace: tests, flowId: one}", id="other", inputs="[]")

    run = lab.run("- {id: call, type: core.flow.Subflow, namespace: tests, flowId: one}")

    assert run.state is State.FAILED
    deepest = lab.cases.list(RunFilter(limit=1))[0]
    assert deepest.error is not None
    assert deepest.error["code"] == "endless-subflows"
    assert "tests.one → tests.other" in deepest.error["message"]


def test_a_subflow_in_a_loop_is_called_once_an_item(lab: Lab) -> None:
    save(lab)

    run = lab.run("""
        - id: each
          type: core.flow.ForEach
          values: [rome, oslo]
          concurrencyLimit: 0
          tasks:
            - id: call
              type: core.flow.Subflow
              namespace: tests
              flowId: child
              inputs: {city: "{{ taskrun.value }}"}
        - {id: all, type: test.Mark, value: "{{ outputs.call.rome.outputs.said }} {{ outputs.call.oslo.outputs.said }}"}
    """)

    assert lab.output(run, "all") == "rome! oslo!"
    assert len(called(lab, run)) == 2


def test_a_task_that_is_tried_again_replays_what_it_called_and_keeps_what_succeeded(lab: Lab) -> None:
    save(
        lab,
        CHILD.replace("id: fixed, type: test.Mark", 'id: fixed, type: test.Mark, fail: "{{ execution.attempt < 2 }}"'),
    )
    retry = "retry: {type: constant, interval: PT0.01S, maxAttempts: 3}"

    run = lab.run(CALL.replace("flowId: child", f"flowId: child\n  {retry}"))

    first, second = called(lab, run)
    assert run.state is State.SUCCESS, run.error
    assert (second.origin, second.attempt) == (first.id, 2)
    assert lab.executed(second) == ["fixed", "report"]


# waiting and stopping

ASKS = """
- {id: first, type: test.Mark}
- {id: ask, type: core.flow.Pause, onResume: [{id: fine, type: BOOL}]}
- {id: report, type: test.Mark, value: "{{ outputs.ask.onResume.fine }}"}
"""


@pytest.mark.parametrize("who", ["parent", "child"])
def test_where_a_subflow_waits_for_a_person_so_does_its_caller_until_one_of_them_is_resumed(lab: Lab, who: str) -> None:
    save(lab, ASKS)
    run = lab.run(CALL)
    (child,) = called(lab, run)
    assert (run.state, child.state, lab.at(run, "call").state) == (State.PAUSED, State.PAUSED, State.PAUSED)
    (wait,) = lab.cases.waits(run.id)
    assert (wait.kind, wait.run_name, [item.id for item in wait.asks]) == ("subflow", "child-1", ["fine"])

    ended = lab.cases.resume((run if who == "parent" else child).id, Resumption({"fine": True}))

    assert (ended.id, ended.state) == (run.id, State.SUCCESS)
    assert lab.output(run, "after") == "true"
    assert lab.at(run, "call").attempts == 1
    assert len(called(lab, run)) == 1


def test_a_run_that_waits_for_its_subflow_and_for_something_else_asks_which_is_meant(lab: Lab) -> None:
    save(lab, ASKS)
    run = lab.run("""
        - id: side
          type: core.flow.Parallel
          tasks:
            - {id: call, type: core.flow.Subflow, namespace: tests, flowId: child}
            - {id: own, type: core.flow.Pause}
    """)

    with pytest.raises(Refusal, match="waits at `call`, `own`"):
        lab.cases.resume(run.id, Resumption())
    assert lab.cases.resume(run.id, Resumption(at=("own",))).state is State.PAUSED
    assert lab.cases.resume(run.id, Resumption({"fine": True})).state is State.SUCCESS


def test_stopping_a_run_stops_what_it_called(lab: Lab) -> None:
    stops: list[Callable[[], None]] = []

    def stop_and_wait(context: TaskContext, _: object) -> None:
        stops[0]()
        context.wait(60)

    lab.doings["stop"] = stop_and_wait
    save(lab, "- {id: a, type: test.Do, call: stop}")
    run = lab.cases.execute(lab.create(CALL).id, stop=stops.append)

    assert run.state is State.KILLED
    assert [child.state for child in called(lab, run)] == [State.KILLED]


def test_a_run_that_waits_for_its_subflow_is_killed_with_it(lab: Lab) -> None:
    save(lab, ASKS)
    run = lab.run(CALL)

    lab.cases.kill(run.id)

    assert lab.cases.get(run.id).state is State.KILLED
    assert [child.state for child in called(lab, run)] == [State.KILLED]


# replay


def test_a_start_in_a_subflow_replays_it_from_there_and_runs_what_reads_it(lab: Lab) -> None:
    save(lab)
    origin = lab.run(CALL)

    run = lab.replay(origin, start=("call.report",))

    (child,) = called(lab, run)
    assert lab.executed(run) == ["after"]
    assert lab.executed(child) == ["report"]
    assert child.origin == called(lab, origin)[0].id
    assert lab.at(run, "before").action is Action.REUSE
    assert (
        lab.at(run, "call").reason
        == "you start at `call.report` in its subflow; replays child-1: runs `report`, keeps 2"
    )


def test_a_start_that_is_not_in_the_subflow_is_refused_with_the_closest_name(lab: Lab) -> None:
    save(lab)
    origin = lab.run(CALL)

    with pytest.raises(
        RequestRefused, match=r"in the subflow of `call`: there is no task `raport`.*did you mean `report`"
    ):
        lab.replay(origin, start=("call.raport",))
    with pytest.raises(RequestRefused, match=r"`call\.load` stands in the subflow of `call`, in which only a start"):
        lab.replay(origin, start=("after",), skip=("call.load",))


def test_a_start_at_the_task_itself_runs_all_of_the_subflow(lab: Lab) -> None:
    save(lab)
    origin = lab.run(CALL)

    run = lab.replay(origin, start=("call",))

    assert lab.executed(called(lab, run)[0]) == ["load", "fixed", "report"]


def test_where_the_subflow_failed_what_succeeded_in_it_is_kept(lab: Lab) -> None:
    save(lab, CHILD.replace("id: fixed, type: test.Mark", "id: fixed, type: test.Mark, fail: true"))
    origin = lab.run(CALL)
    save(lab)

    run = lab.replay(origin, skip_successful=True)

    (child,) = called(lab, run)
    assert run.state is State.SUCCESS, run.error
    assert lab.executed(child) == ["fixed", "report"]
    assert lab.executed(run) == ["after"]
    assert called(lab, origin)[0].id == child.origin


def test_other_inputs_run_what_reads_them_in_the_subflow(lab: Lab) -> None:
    save(lab)
    origin = lab.run(CALL)

    run = lab.replay(origin, CALL.replace("rome", "oslo"), start=("before",))

    assert lab.executed(called(lab, run)[0]) == ["load", "fixed", "report"]
    assert lab.output(run, "after") == "oslo!"


def test_equal_inputs_keep_all_of_the_subflow(lab: Lab) -> None:
    save(lab)
    origin = lab.run(CALL)

    run = lab.replay(origin, start=("before",))

    assert lab.executed(called(lab, run)[0]) == []
    assert lab.executed(run) == ["before", "after"]


def test_a_kept_subflow_is_not_called_and_a_later_replay_finds_its_run(lab: Lab) -> None:
    save(lab)
    origin = lab.run(CALL)
    kept = lab.replay(origin, start=("after",))
    assert called(lab, kept) == []

    run = lab.replay(kept, start=("call.report",))

    assert called(lab, run)[0].origin == called(lab, origin)[0].id


def test_effects_in_a_subflow_are_asked_for_before_anything_runs(lab: Lab) -> None:
    save(lab, CHILD.replace("id: fixed, type: test.Mark", "id: fixed, type: test.Mark, effects: external"))
    origin = lab.run(CALL)

    with pytest.raises(RequestRefused, match="in the subflow of `call`: `fixed` has effects that are seen outside"):
        lab.replay(origin, start=("call",))
    run = lab.replay(origin, start=("call",), acknowledge=("*",))

    assert lab.executed(called(lab, run)[0]) == ["load", "fixed", "report"]


def test_a_subflow_of_a_subflow_is_replayed_from_a_start_deep_inside(lab: Lab) -> None:
    save(lab)
    save(lab, CALL.replace("id: call", "id: inner").replace("outputs.call", "outputs.inner"), id="middle", inputs="[]")
    tasks = "- {id: outer, type: core.flow.Subflow, namespace: tests, flowId: middle}"
    origin = lab.run(tasks)

    run = lab.replay(origin, start=("outer.inner.report",))

    (middle,) = called(lab, run)
    assert lab.executed(middle) == ["after"]
    assert lab.executed(called(lab, middle)[0]) == ["report"]


# a process that dies


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("when", [CreateRun, EndTask])
def test_where_the_process_died_both_are_carried_on_and_nothing_is_called_twice(
    lab: Lab, when: type[CreateRun | EndTask]
) -> None:
    save(lab)
    run = lab.create(CALL)
    seen = 0

    def dies(writes: Sequence[Write]) -> None:
        nonlocal seen
        seen += sum(1 for write in writes if isinstance(write, when))
        if seen >= (1 if when is CreateRun else 3):
            raise Died

    after, lab.store.after = lab.store.after, dies
    with pytest.raises(Died):
        lab.cases.execute(run.id)
    lab.store.after = after

    run = lab.cases.execute(run.id)

    (child,) = called(lab, run)
    assert (run.state, child.state) == (State.SUCCESS, State.SUCCESS)
    assert lab.at(run, "call").attempts == 1
    assert lab.output(run, "after") == "rome!"


def test_the_request_of_a_fresh_run_names_nothing_in_a_subflow(lab: Lab) -> None:
    save(lab)

    with pytest.raises(RequestRefused, match="only a start can be named"):
        lab.create(CALL, ReplayRequest(breakpoints=("call.load",)))


def test_with_changed_a_subflow_whose_flow_has_changed_runs_what_changed_in_it(lab: Lab) -> None:
    save(lab)
    origin = lab.run(CALL)
    assert lab.at(lab.replay(origin, changed=True), "call").action is Action.REUSE
    save(lab, CHILD.replace("value }}!", "value }}?"))

    run = lab.replay(origin, changed=True)

    assert lab.at(run, "before").action is Action.REUSE
    assert lab.at(run, "call").action is Action.RUN
    assert lab.at(run, "call").reason.startswith("`tests.child`, which it calls, has changed: revision 1 → 2; replays ")
    (child,) = called(lab, run)
    assert lab.executed(child) == ["report"]
    assert lab.output(run, "after") == "rome?"
    pinned = CALL.replace("flowId: child", "flowId: child\n  revision: 1")
    other = lab.run(pinned)
    assert lab.at(lab.replay(other, changed=True), "call").action is Action.REUSE
