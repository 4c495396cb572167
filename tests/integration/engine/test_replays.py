"""Attempts, reuse, overrides and pins, as the engine records them."""

from __future__ import annotations

from typing import Any

from tests.integration.engine.lab import Lab

from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import Expression, ReplayRequest

THREE = """
- {id: a, type: test.Mark, value: 1}
- {id: b, type: test.Mark, value: "{{ outputs.a.value + 1 }}"}
- {id: c, type: test.Mark, value: "{{ outputs.b.value + 1 }}"}
"""
FAILING = THREE.replace("outputs.b.value + 1 }}", "outputs.b.value + 1 }}, fail: true").replace(
    '}}, fail: true"', '}}", fail: true'
)


def everything(lab: Lab, run: Run) -> Any:
    shown = lab.cases.as_json(run.id)
    # that a replay has mended it since is told of a run, and changes nothing of what it did
    shown.pop("fixed_by", None)
    return (
        shown,
        lab.cases.outputs(run.id),
        lab.store.events.after(run.id),
        lab.cases.logs(run.id),
        [lab.cases.attempts(run.id, item.address) for item in lab.cases.task_runs(run.id)],
    )


def test_a_replay_runs_what_failed_and_keeps_what_did_not(lab: Lab) -> None:
    origin = lab.run(FAILING)
    assert origin.state is State.FAILED

    run = lab.replay(origin, THREE, start=("c",), revision="latest")

    assert run.state is State.SUCCESS
    assert lab.executed(run) == ["c"]
    assert (run.attempt, run.revision, run.origin, run.root) == (2, 2, origin.id, origin.id)
    assert lab.output(run, "c") == 3
    c, a = lab.at(run, "c"), lab.at(run, "a")
    assert (c.action, c.attempt, c.attempts) == (Action.RUN, 2, 1)
    assert (a.action, a.attempt, a.attempts) == (Action.REUSE, 1, 0)
    assert a.reused_from == lab.at(origin, "a").id


def test_rule_07_the_origin_stays_as_it_was(lab: Lab) -> None:
    origin = lab.run(FAILING)
    before = everything(lab, origin)

    lab.replay(origin, THREE, start=("b",), revision="latest", task_inputs={"b": {"value": 9}})

    assert everything(lab, origin) == before


def test_rule_07_over_a_replay_of_a_replay_a_result_is_found_where_it_was_made(lab: Lab) -> None:
    first = lab.run(THREE)
    second = lab.replay(first, start=("b",))
    third = lab.replay(second, start=("c",))

    assert [item.reused_from for item in lab.cases.task_runs(third.id)] == [
        lab.at(first, "a").id,
        lab.at(second, "b").id,
        None,
    ]
    assert [lab.at(third, name).attempt for name in "abc"] == [1, 2, 3]
    assert (third.attempt, third.origin, third.root) == (3, second.id, first.id)
    assert [attempt.number for attempt in lab.cases.attempts(third.id, "b")] == [2]
    assert [line.line.text for line in lab.cases.logs(third.id, address="a")] == ["did a"]


def test_rule_08_the_flows_clock_is_the_origins(lab: Lab) -> None:
    tasks = "- {id: a, type: test.Mark, value: \"{{ execution.startDate | date('yyyyMM') }}\"}"
    origin = lab.run(tasks)
    lab.clock.move(70 * 24 * 3600)

    assert lab.output(lab.replay(origin), "a") == lab.output(origin, "a") == "202408"


def test_an_override_is_literal_unless_it_is_an_expression(lab: Lab) -> None:
    request = ReplayRequest(
        task_inputs={"b": {"value": "{{ x }}"}, "c": {"value": Expression("{{ outputs.a.value }}!")}}
    )

    run = lab.run(THREE, request)

    assert [lab.output(run, name) for name in "abc"] == [1, "{{ x }}", "1!"]


def test_rule_16_overrides_are_kept_as_marked_artifacts_and_carried_over(lab: Lab) -> None:
    origin = lab.run(THREE, ReplayRequest(task_inputs={"c": {"value": "given"}}))
    marked = [(found.mark, found.output) for found in lab.store.artifacts.find("") if found.run == origin.id]
    assert marked == [("override", "c.value")]

    assert lab.output(lab.replay(origin, start=("b",)), "c") == "given"
    assert lab.output(lab.replay(lab.replay(origin, start=("b",)), start=("c",)), "c") == "given"


def test_a_pin_stands_for_a_task_without_running_it(lab: Lab) -> None:
    pin = {"value": 40, "text": "long " * 5000, "uri": None}
    origin = lab.run(THREE, ReplayRequest(outputs={"b": pin}))

    assert lab.executed(origin) == ["a", "c"]
    pinned = lab.at(origin, "b")
    assert (pinned.state, pinned.action, pinned.attempt, pinned.attempts) == (State.SUCCESS, Action.PIN, 0, 0)
    assert lab.output(origin, "b", "text") == pin["text"]
    assert lab.output(origin, "c") == 41
    assert {found.mark for found in lab.store.artifacts.of_task_run(pinned.id)} == {"pin"}
    run = lab.replay(origin, start=("a",))
    assert lab.at(run, "b").action is Action.PIN
    assert lab.executed(run) == ["a", "c"] or lab.executed(run) == ["a"]


def test_one_item_of_a_loop_is_run_again_alone(lab: Lab) -> None:
    tasks = """
        - id: each
          type: core.flow.ForEach
          values: [x, y, z]
          concurrencyLimit: 0
          tasks:
            - {id: a, type: test.Mark, value: "{{ taskrun.value }}"}
            - {id: b, type: test.Mark, value: "{{ outputs.a[taskrun.value].value }}"}
    """
    origin = lab.run(tasks)

    run = lab.replay(origin, start=("each[y].b",))

    assert lab.executed(run) == ["each[y].b"]
    assert lab.at(run, "each").action is Action.ENTER
    assert lab.at(run, "each").attempt == 2
    assert lab.states(run) == lab.states(origin)


def test_what_ran_is_the_plan_and_its_expansions(lab: Lab) -> None:
    tasks = """
        - {id: list, type: test.Mark, value: ["x", "y"]}
        - id: each
          type: core.flow.ForEach
          values: "{{ outputs.list.value }}"
          tasks: [{id: a, type: test.Mark, value: "{{ taskrun.value }}"}]
        - {id: end, type: test.Mark}
    """
    run = lab.run(tasks)
    replay = lab.replay(run, start=("list",))

    for found in (run, replay):
        plan = lab.cases.plan_of(found.id)
        known = {decision.address: (decision.action, decision.reason) for decision in plan.decisions}
        done = {item.address: (item.action, item.reason) for item in lab.cases.task_runs(found.id)}
        assert {address: done[address] for address in known} == known
        assert {address for address in done if address not in known} == {"each[x].a", "each[y].a"}
        assert all(done[f"each[{key}].a"][0] is Action.RUN for key in "xy")


def test_items_that_only_the_run_finds_are_kept_where_the_plan_would_have_kept_them(lab: Lab) -> None:
    """By the time of the plan the loop has one item, by the time of the run two, of which both were done before."""
    before = "{{ now() | date('yyyy') == '2024' ? ['x'] : ['x', 'y'] }}"
    tasks = f"""
        - id: each
          type: core.flow.ForEach
          values: "{before}"
          tasks:
            - id: seq
              type: core.flow.Sequential
              tasks: [{{id: a, type: test.Mark, value: "{{{{ taskrun.value }}}}", size: 20000}}]
        - {{id: end, type: test.Mark, value: "{{{{ outputs.a }}}}"}}
    """
    year = 366 * 24 * 3600
    lab.clock.move(year)
    origin = lab.run(tasks)
    lab.clock.move(-year)
    created = lab.cases.create_replay(ReplayRequest(origin=origin.id, start=("end",)))
    lab.clock.move(year)
    run = lab.cases.execute(created.id)

    assert run.state is State.SUCCESS
    assert lab.executed(run) == ["end"]
    kept = lab.at(run, "each[y].a")
    assert (kept.action, kept.reused_from) == (Action.REUSE, lab.at(origin, "each[y].a").id)
    assert lab.at(run, "each[y].seq").action is Action.REUSE
    assert lab.output(run, "end")["y"]["value"] == "y"


def test_the_items_of_a_loop_over_labels_are_planned_with_the_labels_that_the_run_will_have(lab: Lab) -> None:
    tasks = """
        - id: each
          type: core.flow.ForEach
          values: ["{{ labels.city }}", "{{ execution.attempt }}"]
          tasks: [{id: a, type: test.Mark, value: "{{ taskrun.value }}"}]
    """
    origin = lab.run(tasks, ReplayRequest(labels={"city": "paris"}))
    request = ReplayRequest(origin=origin.id, start=("each",), labels={"city": "rome"})

    planned = [decision.address for decision in lab.cases.plan_replay(request).decisions]
    run = lab.cases.execute(lab.cases.create_replay(request).id)

    assert planned == ["each", "each[rome].a", "each[2].a"]
    assert list(lab.states(run)) == planned
