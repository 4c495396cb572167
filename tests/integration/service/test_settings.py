"""Variables and labels that tasks set: who sees them, and what becomes of them in a replay and after a crash."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.service.conftest import Home
from tests.support.stopping_store import Stopped, StoppingStore

from dalsegno.engine.clock import RandomIds
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.service.service import Service
from dalsegno.store.port import RunFilter

HEAD = """
id: settings
namespace: bikes
labels: {team: data}
variables: {name: World, deep: {a: 1}}
inputs:
  - {id: who, type: STRING, defaults: Ada}
  - {id: bad, type: STRING, defaults: "false"}
tasks:
"""


def flow(*tasks: str) -> str:
    return HEAD + "\n".join(f"  - {{{task}}}" for task in tasks)


SET = 'id: set, type: core.execution.SetVariables, variables: {name: "{{ inputs.who }}", new: [1], deep: {b: 2}}'
READ = 'id: read, type: core.debug.Return, value: "{{ vars.name }} {{ vars.deep }} {{ vars.new[0] ?? 0 }}"'
FAIL = 'id: check, type: core.execution.Fail, condition: "{{ inputs.bad }}"'
END = 'id: end, type: core.debug.Return, value: "{{ vars }}"'


def value(home: Home, run: Run, address: str) -> Any:
    return home.runs.outputs(run.id)["tasks"][address]["value"]


def done(home: Home, run: Run) -> dict[str, Action]:
    return {item.address: item.action for item in home.runs.task_runs(run.id)}


def error(home: Home, run: Run) -> str:
    found = home.found(run).error
    assert found is not None
    return found["message"]


# variables


def test_what_a_task_sets_those_after_it_see_and_those_before_it_do_not(home: Home) -> None:
    before = READ.replace("id: read", "id: before").replace("vars.new[0] ?? 0", "'-'")
    run = home.run(flow(before, SET, READ, END))
    assert run.state is State.SUCCESS
    assert value(home, run, "before") == 'World {"a":1} -'
    assert value(home, run, "read") == 'Ada {"a":1,"b":2} 1'
    assert value(home, run, "end") == {"name": "Ada", "deep": {"a": 1, "b": 2}, "new": [1]}


def test_what_is_taken_away_is_gone_for_those_after_it(home: Home) -> None:
    run = home.run(flow(SET, "id: un, type: core.execution.UnsetVariables, variables: [name, deep.a]", END))
    assert value(home, run, "end") == {"deep": {"b": 2}, "new": [1]}
    assert home.runs.outputs(run.id)["tasks"]["un"] == {"variables": ["name", "deep.a"]}


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("id: it, type: core.execution.SetVariables, overwrite: false, variables: {x: 1, name: 2}", "`name`"),
        ("id: it, type: core.execution.UnsetVariables, variables: [nam]", "no variable `nam` to take away; did you mean"),
        ("id: it, type: core.execution.UnsetVariables, variables: [deep.z]", "no variable `deep.z`"),
    ],
)  # fmt: skip
def test_what_may_not_be_replaced_or_is_not_there_fails_the_task(home: Home, task: str, said: str) -> None:
    run = home.run(flow(SET, task))
    assert run.state is State.FAILED
    assert said in error(home, run)


def test_names_that_are_not_there_can_be_passed_over(home: Home) -> None:
    task = "id: un, type: core.execution.UnsetVariables, ignoreMissing: true, variables: [nam, deep.z, name]"
    run = home.run(flow(task, END))
    assert value(home, run, "end") == {"deep": {"a": 1}}


def test_a_replay_that_keeps_the_task_keeps_what_it_set(home: Home) -> None:
    origin = home.run(flow(SET, FAIL, READ), bad="true")
    assert origin.state is State.FAILED
    replayed = home.replay(origin, inputs={"bad": "false"})
    assert done(home, replayed)["set"] is Action.REUSE
    assert value(home, replayed, "read") == 'Ada {"a":1,"b":2} 1'


def test_a_replay_that_runs_the_task_again_begins_without_what_it_had_set(home: Home) -> None:
    tasks = (READ.replace("id: read", "id: before"), SET, READ)
    origin = home.run(flow(*tasks))
    assert value(home, origin, "before") == 'World {"a":1} 0'
    replayed = home.replay(origin, start=("before",), inputs={"who": "Bob"})
    assert value(home, replayed, "before") == 'World {"a":1} 0'
    assert value(home, replayed, "read") == 'Bob {"a":1,"b":2} 1'


def test_what_reads_a_variable_runs_where_the_task_that_sets_it_runs_for_want_of_a_result(home: Home) -> None:
    """A new task before others makes nothing run that only stands after it; what reads what it sets must run."""
    other = "id: other, type: core.debug.Return, value: 1"
    origin = home.run(flow(other, READ.replace("vars.new[0] ?? 0", "'-'"), FAIL), bad="true")
    text = flow(SET, other, READ, FAIL)
    created = home.runs.create_replay(
        _request(origin, skip_successful=True, inputs={"bad": "false"}), text=text, file="fixed.yaml"
    )
    replayed = home.runs.execute(created.id)
    assert done(home, replayed) == {
        "set": Action.RUN, "read": Action.RUN, "other": Action.REUSE, "check": Action.RUN,
    }  # fmt: skip
    assert value(home, replayed, "read") == 'Ada {"a":1,"b":2} 1'


def _request(origin: Run, **rest: Any) -> Any:
    from dalsegno.replay.request import ReplayRequest

    return ReplayRequest(origin=origin.id, **rest)


def test_what_only_changed_runs_what_reads_another_value(home: Home) -> None:
    same = 'id: same, type: core.debug.Return, value: "{{ vars.deep.a }}"'
    origin = home.run(flow(SET, READ, same))
    replayed = home.replay(origin, changed=True, skip_successful=False, inputs={"who": "Bob"})
    assert value(home, replayed, "read") == 'Bob {"a":1,"b":2} 1'
    assert done(home, replayed)["read"] is Action.RUN
    again = home.replay(origin, changed=True, skip_successful=False)
    assert set(done(home, again).values()) == {Action.REUSE}


def test_a_pin_sets_what_it_says(home: Home) -> None:
    run = home.run(flow(SET, READ))
    replayed = home.replay(run, start=("read",), outputs={"set": {"name": "Eve", "new": [9]}})
    assert value(home, replayed, "read") == 'Eve {"a":1} 9'


def test_a_task_beside_another_sees_nothing_of_it_and_the_one_after_both_sees_both_in_the_order_of_the_text(
    home: Home,
) -> None:
    one = "{id: one, type: core.execution.SetVariables, variables: {name: one, a: 1}}"
    two = "{id: two, type: core.execution.SetVariables, variables: {name: two, b: 2}}"
    read = '{id: beside, type: core.debug.Return, value: "{{ vars.name }}"}'
    run = home.run(flow(f"id: all, type: core.flow.Parallel, tasks: [{two}, {one}, {read}]", END))
    assert value(home, run, "beside") == "World"
    assert value(home, run, "end") == {"name": "one", "deep": {"a": 1}, "a": 1, "b": 2}


COUNT = """  - id: each
    type: core.flow.ForEach
    values: [a, b, c]
    concurrencyLimit: 1
    tasks:
      - {id: count, type: core.execution.SetVariables, variables: {n: "{{ (vars.n ?? 0) + 1 }}"}}
      - {id: fail, type: core.execution.Fail, allowFailure: true, condition: "{{ inputs.bad == taskrun.value }}"}
      - {id: seen, type: core.debug.Return, value: "{{ vars.n }}"}
  - {id: end, type: core.debug.Return, value: "{{ vars.n ?? 'none' }}"}
"""


def test_items_that_follow_each_other_can_count(home: Home) -> None:
    run = home.run(HEAD + COUNT)
    assert [value(home, run, f"each[{key}].seen") for key in "abc"] == [1, 2, 3]
    assert value(home, run, "end") == 3


def test_items_side_by_side_see_their_own_alone(home: Home) -> None:
    run = home.run(HEAD + COUNT.replace("concurrencyLimit: 1", "concurrencyLimit: 0"))
    assert [value(home, run, f"each[{key}].seen") for key in "abc"] == [1, 1, 1]
    assert value(home, run, "end") == 1


def test_items_that_count_run_again_together(home: Home) -> None:
    """Each reads what others have set: which of them, only their order would tell."""
    run = home.run(HEAD + COUNT)
    replayed = home.replay(run, start=("each[c].count",))
    assert done(home, replayed)["each[b].count"] is Action.RUN
    assert [value(home, replayed, f"each[{key}].seen") for key in "abc"] == [1, 2, 3]


def test_tasks_of_a_dag_see_what_they_depend_on(home: Home) -> None:
    dag = """  - id: dag
    type: core.flow.Dag
    tasks:
      - task: {id: read, type: core.debug.Return, value: "{{ vars.name }}"}
        dependsOn: [set]
      - task: {id: beside, type: core.debug.Return, value: "{{ vars.name }}"}
      - task: {id: set, type: core.execution.SetVariables, variables: {name: Ada}}
"""
    run = home.run(HEAD + dag)
    assert (value(home, run, "read"), value(home, run, "beside")) == ("Ada", "World")


def test_a_handler_sees_what_was_set_before_the_failure(home: Home) -> None:
    text = flow(SET, FAIL) + '\nerrors:\n  - {id: tell, type: core.debug.Return, value: "{{ vars.name }}"}\n'
    assert value(home, home.run(text, bad="true"), "tell") == "Ada"


def test_the_outputs_of_the_flow_see_all_that_was_set(home: Home) -> None:
    text = flow(SET) + '\noutputs:\n  - {id: name, value: "{{ vars.name }}"}\n'
    assert home.found(home.run(text)).outputs == {"name": "Ada"}


def test_a_variable_that_a_task_sets_is_no_unknown_one(home: Home) -> None:
    check = home.service.flows.check
    assert check(flow(SET, READ, END)) == []
    unknown = 'id: it, type: core.debug.Return, value: "{{ vars.nwe }}"'
    assert [problem.code for problem in check(flow(SET, unknown))] == ["unknown-variable"]
    dynamic = 'id: set, type: core.execution.SetVariables, variables: "{{ inputs.who }}"'
    assert check(flow(dynamic, unknown)) == []


def test_a_run_that_is_carried_on_after_a_crash_sees_what_was_set(home: Home) -> None:
    stops = 0
    for stop_at in range(2, 9):
        run = home.create(flow(SET, READ, 'id: label, type: core.execution.Labels, labels: {n: "{{ vars.name }}"}'))
        store = StoppingStore(home.store, stop_at)
        service = Service(store, home.artifacts, clock=home.clock, ids=RandomIds())
        try:
            service.runs.execute(run.id)
        except Stopped:
            stops += 1
            home.runs.execute(run.id)
        assert value(home, run, "read") == 'Ada {"a":1,"b":2} 1'
        assert home.found(run).labels == {"team": "data", "n": "Ada"}
    assert stops >= 3


# labels


@pytest.mark.parametrize(
    "labels", ["{n: 3, team: ops}", "[{key: n, value: 3}, {key: team, value: ops}]", '\'{"n": 3, "team": "ops"}\'']
)
def test_labels_are_put_on_the_run_and_those_after_see_them(home: Home, labels: str) -> None:
    read = 'id: read, type: core.debug.Return, value: "{{ labels.n }}{{ labels.team }}"'
    run = home.run(flow(f"id: label, type: core.execution.Labels, labels: {labels}", read))
    assert home.found(run).labels == {"team": "ops", "n": "3"}
    assert value(home, run, "read") == "3ops"
    found = home.runs.list(RunFilter(labels=(("n", "3"),)))
    assert [each.id for each in found] == [run.id]


@pytest.mark.parametrize(
    ("labels", "said"), [("{system.x: 1}", "`system.x` cannot be set"), ('"{{ inputs.who }}"', "cannot be 'Ada'")]
)
def test_labels_that_cannot_be_set_fail_the_task_and_change_nothing(home: Home, labels: str, said: str) -> None:
    run = home.run(flow(f"id: label, type: core.execution.Labels, labels: {labels}"))
    assert run.state is State.FAILED
    assert said in error(home, run)
    assert home.found(run).labels == {"team": "data"}


def test_a_list_of_labels_without_values_is_refused_before_anything_runs(home: Home) -> None:
    problems = home.service.flows.check(flow("id: label, type: core.execution.Labels, labels: [{key: n}]"))
    assert ["has a `key` and a `value`" in problem.message for problem in problems] == [True]


def test_a_replay_has_the_labels_of_its_origin(home: Home) -> None:
    origin = home.run(flow("id: label, type: core.execution.Labels, labels: {n: 1}", FAIL), bad="true")
    replayed = home.replay(origin, inputs={"bad": "false"}, labels={"why": "fix"})
    assert home.found(replayed).labels == {"team": "data", "n": "1", "why": "fix"}
