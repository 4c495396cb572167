"""`changed`: what changed runs, what may be affected is decided at its turn, and it ends where nothing has moved."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.store.port import EndTask

CHAIN = """
- {id: a, type: test.Mark, value: "{{ 1 + 1 }}"}
- {id: b, type: test.Mark, value: "{{ outputs.a.value * 2 }}"}
- {id: c, type: test.Mark, value: "{{ outputs.b.value }}"}
- {id: apart, type: test.Mark}
"""


def changed(lab: Lab, origin: Run, tasks: str, *edits: tuple[str, str], **request: Any) -> Run:
    """Replay what changed when parts of a text are replaced."""
    text = tasks
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    return lab.replay(origin, text, changed=True, revision="latest", **request)


def actions(lab: Lab, run: Run) -> dict[str, tuple[Action, str]]:
    return {item.address: (item.action, item.reason) for item in lab.cases.task_runs(run.id)}


def test_where_nothing_has_changed_nothing_runs(lab: Lab) -> None:
    origin = lab.run(CHAIN)

    run = lab.replay(origin, changed=True)

    assert run.state is State.SUCCESS
    assert lab.executed(run) == []
    assert {item.action for item in lab.cases.task_runs(run.id)} == {Action.REUSE}


@pytest.mark.parametrize(
    "edit",
    [
        ('value: "{{ 1 + 1 }}"', 'value: "{{ 1 + 1 }}", description: two'),
        ('value: "{{ 1 + 1 }}"', 'value: "{{ 1 + 1 }}", retry: {type: constant, interval: PT1S}'),
        ('value: "{{ 1 + 1 }}"', 'value: "{{ 1 + 1 }}", timeout: PT1H'),
    ],
)  # fmt: skip
def test_a_change_of_how_a_task_is_handled_runs_nothing(lab: Lab, edit: tuple[str, str]) -> None:
    origin = lab.run(CHAIN)

    assert lab.executed(changed(lab, origin, CHAIN, edit)) == []


def test_it_ends_where_what_ran_gave_the_same_as_before(lab: Lab) -> None:
    origin = lab.run(CHAIN)

    run = changed(lab, origin, CHAIN, ("1 + 1", "3 - 1"))

    assert lab.executed(run) == ["a"]
    found = actions(lab, run)
    assert found["a"] == (Action.RUN, "definition changed: `value`")
    assert found["b"] == (Action.REUSE, "nothing that it uses has changed")
    assert [lab.output(run, name) for name in "abc"] == [2, 4, 4]
    assert lab.at(run, "c").reused_from == lab.at(origin, "c").id


def test_what_reads_another_value_runs_and_the_reason_names_it(lab: Lab) -> None:
    origin = lab.run(CHAIN)

    run = changed(lab, origin, CHAIN, ("1 + 1", "1 + 2"))

    assert lab.executed(run) == ["a", "b", "c", "apart"]
    assert lab.output(run, "c") == 6
    found = actions(lab, run)
    assert found["b"][0] is Action.RUN
    assert found["apart"] == (Action.RUN, "stands directly after something that moved")
    assert lab.at(run, "b").attempt == 2


def test_what_reads_a_part_that_stayed_and_stands_further_on_is_kept(lab: Lab) -> None:
    tasks = """
        - {id: a, type: test.Mark, value: {x: 1, y: 1}}
        - {id: between, type: test.Mark}
        - {id: x, type: test.Mark, value: "{{ outputs.a.value.x }}"}
        - {id: y, type: test.Mark, value: "{{ outputs.a.value.y }}"}
    """
    origin = lab.run(tasks)

    run = changed(lab, origin, tasks, ("y: 1", "y: 2"))

    assert lab.executed(run) == ["a", "between", "y"]
    assert lab.at(run, "y").reason == "`outputs.a.value.y` differs"


def test_an_input_that_differs_runs_what_reads_it(lab: Lab) -> None:
    tasks = """
        - {id: a, type: test.Mark, value: 1}
        - {id: b, type: test.Mark, value: "{{ inputs.n }}"}
        - {id: c, type: test.Mark, value: "{{ outputs.a.value }}"}
    """
    inputs = "inputs: [{id: n, type: INT, defaults: 1}]"
    origin = lab.run(tasks, rest=inputs)

    run = lab.replay(origin, changed=True, inputs={"n": 2})
    same = lab.replay(origin, changed=True, inputs={"n": 1})

    assert lab.executed(run) == ["b", "c"]
    assert lab.executed(same) == []


@pytest.mark.parametrize(
    ("first", "moved"),
    [
        ("{id: a, type: core.log.Log, message: told 1}", False),
        ("{id: a, type: core.flow.Sleep, duration: PT0.001S}", False),
        # from a task without outputs nothing can be told
        ("{id: a, type: test.Do, call: nothing, value: 1}", True),
    ],
)
def test_after_a_task_without_outputs_all_runs_unless_nothing_can_depend_on_it(
    lab: Lab, first: str, moved: bool
) -> None:
    lab.doings["nothing"] = lambda context, value: None
    tasks = f"- {first}\n- {{id: b, type: test.Mark}}"
    origin = lab.run(tasks)

    run = changed(lab, origin, tasks, ("1", "2"))

    assert lab.at(run, "a").action is Action.RUN
    assert ("b" in lab.executed(run)) is moved


def test_what_is_seen_outside_has_moved_though_it_gave_the_same(lab: Lab) -> None:
    tasks = """
        - {id: a, type: test.Mark, value: "{{ 1 + 1 }}", effects: external}
        - {id: b, type: test.Mark}
    """
    origin = lab.run(tasks)

    run = changed(lab, origin, tasks, ("1 + 1", "3 - 1"), acknowledge=("a",))

    assert lab.executed(run) == ["a", "b"]


def test_a_failed_task_runs_and_what_comes_of_it_decides_what_stands_after_it(lab: Lab) -> None:
    tasks = CHAIN.replace("outputs.b.value }}", "outputs.b.value }}").replace('* 2 }}"', '* 2 }}", fail: true')
    origin = lab.run(tasks)

    run = changed(lab, origin, tasks, (", fail: true", ""))

    assert run.state is State.SUCCESS
    assert lab.executed(run) == ["b", "c", "apart"]


def test_a_tolerated_failure_runs_again(lab: Lab) -> None:
    tasks = "- {id: a, type: test.Mark, fail: true, allowFailure: true}\n- {id: b, type: test.Mark}"
    origin = lab.run(tasks)

    run = lab.replay(origin, changed=True)

    assert "a" in lab.executed(run)


LOOP = """
- {id: list, type: test.Mark, value: [x, y]}
- id: each
  type: core.flow.ForEach
  values: "{{ outputs.list.value }}"
  tasks:
    - {id: one, type: test.Mark, value: "{{ taskrun.value }}"}
    - {id: two, type: test.Mark, value: "{{ outputs.one[taskrun.value].value }}"}
- {id: after, type: test.Mark}
- {id: end, type: test.Mark}
"""


def test_a_new_item_runs_those_that_were_there_are_kept_and_what_stands_after_the_loop_runs(lab: Lab) -> None:
    origin = lab.run(LOOP.replace("[x, y]", "[x, y, w]"))

    more = changed(lab, origin, LOOP, ("[x, y]", "[x, y, w, z]"))

    assert "each[z].one" in lab.executed(more)
    assert "each[z].two" in lab.executed(more)
    assert "after" in lab.executed(more)


LATER_LIST = """
- {id: list, type: test.Mark, value: LIST}
- {id: quiet, type: core.log.Log, message: between}
- id: each
  type: core.flow.ForEach
  values: "{{ outputs.list.value }}"
  tasks:
    - {id: one, type: test.Mark, value: "{{ taskrun.value }}"}
    - {id: two, type: test.Mark, value: "{{ outputs.one[taskrun.value].value }}"}
- {id: after, type: test.Mark}
- {id: end, type: test.Mark}
"""


@pytest.mark.parametrize(
    ("items", "executed"),
    [
        ("[x, y, z]", ["list", "each[z].one", "each[z].two", "after"]),
        ("[x]", ["list", "after"]),
        ("[y, x]", ["list", "after"]),
        ("[]", ["list", "after"]),
    ],
)
def test_items_that_come_and_go_leave_the_others_as_they_are(lab: Lab, items: str, executed: list[str]) -> None:
    """What stands directly after the list is inert, so that it has not moved itself."""
    origin = lab.run(LATER_LIST.replace("LIST", "[x, y]"))

    run = changed(lab, origin, LATER_LIST, ("LIST", items))

    assert run.state is State.SUCCESS
    assert lab.executed(run) == executed


def test_a_loop_whose_items_are_the_same_again_is_kept_item_by_item(lab: Lab) -> None:
    tasks = LOOP.replace("value: [x, y]", "value: \"{{ ['x', 'y'] }}\"")
    origin = lab.run(tasks)

    run = changed(lab, origin, tasks, ("{{ ['x', 'y'] }}", "{{  ['x', 'y'] }}"))

    assert lab.executed(run) == ["list"]
    assert lab.states(run) == lab.states(origin)
    assert lab.at(run, "each[x].two").action is Action.REUSE


def test_a_change_inside_a_loop_runs_that_task_of_every_item_and_ends_there(lab: Lab) -> None:
    origin = lab.run(LOOP)

    run = changed(lab, origin, LOOP, ('value: "{{ taskrun.value }}"', 'value: "{{  taskrun.value }}"'))

    assert lab.executed(run) == ["each[x].one", "each[y].one"]


NESTED = """
- {id: size, type: test.Mark, value: 3}
- {id: quiet, type: core.log.Log, message: between}
- id: if
  type: core.flow.If
  condition: "{{ outputs.size.value > 2 }}"
  then:
    - id: each
      type: core.flow.ForEach
      values: "{{ [outputs.size.value > 1, 'k'] }}"
      tasks: [{id: a, type: test.Mark, value: "{{ taskrun.value }}"}]
  else: [{id: other, type: test.Mark}]
- {id: after, type: test.Mark}
- {id: end, type: test.Mark}
"""


@pytest.mark.parametrize(
    ("size", "executed"), [(4, ["size"]), (2, ["size", "other", "after"])], ids=["the same branch", "the other branch"]
)
def test_a_branch_that_is_decided_at_run_time_is_kept_where_it_is_the_same(
    lab: Lab, size: int, executed: list[str]
) -> None:
    origin = lab.run(NESTED)

    run = changed(lab, origin, NESTED, ("value: 3", f"value: {size}"))

    assert run.state is State.SUCCESS
    assert lab.executed(run) == executed


def test_a_branch_without_tasks_that_is_taken_now_is_another_branch(lab: Lab) -> None:
    tasks = NESTED.replace("  else: [{id: other, type: test.Mark}]\n", "")
    origin = lab.run(tasks)

    run = changed(lab, origin, tasks, ("value: 3", "value: 2"))

    assert lab.executed(run) == ["size", "after"]


DAG = """
- id: dag
  type: core.flow.Dag
  tasks:
    - {task: {id: a, type: test.Mark, value: 1}}
    - {task: {id: b, type: test.Mark}, dependsOn: [a]}
    - {task: {id: c, type: test.Mark}, dependsOn: [b]}
    - {task: {id: d, type: test.Mark}}
    - {task: {id: e, type: test.Mark}, dependsOn: [d]}
"""


def test_in_a_dag_what_directly_depends_on_what_moved_runs(lab: Lab) -> None:
    origin = lab.run(DAG)

    run = changed(lab, origin, DAG, ("value: 1", "value: 2"))

    assert lab.executed(run) == ["a", "b"]


def test_a_group_that_is_skipped_now_has_moved(lab: Lab) -> None:
    tasks = """
        - {id: on, type: test.Mark, value: [1]}
        - {id: quiet, type: core.log.Log, message: between}
        - {id: seq, type: core.flow.Sequential, runIf: "{{ outputs.on.value | length }}", tasks: [{id: a, type: test.Mark}]}
        - {id: b, type: test.Mark}
        - {id: c, type: test.Mark}
    """
    origin = lab.run(tasks)

    run = changed(lab, origin, tasks, ("[1]", "[]"))

    assert lab.states(run)["seq"] is State.SKIPPED
    assert lab.executed(run) == ["on", "b"]


def test_what_is_pinned_to_what_it_gave_before_has_not_moved(lab: Lab) -> None:
    tasks = """
        - {id: a, type: test.Mark, value: 1}
        - {id: pinned, type: test.Mark, value: "{{ outputs.a.value }}"}
        - {id: c, type: test.Mark}
    """
    origin = lab.run(tasks)
    before = {"value": 1, "text": "", "uri": None}

    run = changed(lab, origin, tasks, ("value: 1", "value: 2"), outputs={"pinned": before})
    other = changed(lab, origin, tasks, ("value: 1", "value: 2"), outputs={"pinned": {**before, "value": 5}})

    assert lab.executed(run) == ["a"]
    assert lab.executed(other) == ["a", "c"]


def test_nothing_that_stands_beside_what_moved_runs(lab: Lab) -> None:
    tasks = """
        - id: side
          type: core.flow.Parallel
          tasks:
            - {id: a, type: test.Mark, value: 1}
            - {id: seq, type: core.flow.Sequential, tasks: [{id: b, type: test.Mark}, {id: c, type: test.Mark}]}
        - {id: after, type: test.Mark}
    """
    origin = lab.run(tasks)

    run = changed(lab, origin, tasks, ("value: 1", "value: 2"))

    assert lab.executed(run) == ["a", "after"]


BESIDE = """
- id: side
  type: core.flow.Parallel
  concurrent: 1
  tasks:
    - {id: a, type: test.Mark, value: "{{ 1 + 1 }}"}
    - {id: b, type: test.Mark, value: "{{ 1 + 1 }}"}
    - {id: c, type: test.Mark, value: "{{ 1 + 1 }}"}
- {id: d, type: test.Mark}
"""


class Crash(Exception):
    """The process would be dead here."""


@pytest.mark.parametrize("stop", range(1, 9))
@pytest.mark.parametrize(
    ("tasks", "edit"),
    [
        (CHAIN, ("1 + 1", "3 - 1")),
        (CHAIN, ("1 + 1", "1 + 2")),
        (LATER_LIST.replace("LIST", "[x, y]"), ("[x, y]", "[x, z]")),
        (NESTED, ("value: 3", "value: 4")),
        (NESTED, ("value: 3", "value: 2")),
        (BESIDE, ("1 + 1", "3 - 1")),
    ],
    ids=["same", "other", "items", "branch", "other branch", "beside each other"],
)
def test_after_a_crash_it_goes_on_as_it_would_have(lab: Lab, tasks: str, edit: tuple[str, str], stop: int) -> None:
    origin = lab.run(tasks)
    expected = actions(lab, changed(lab, origin, tasks, edit))
    run = lab.begin_replay(origin, tasks.replace(*edit), changed=True, revision="latest")
    ended: list[object] = []

    def watch(writes: Any) -> None:
        ended.extend(writes)
        if len(ended) >= stop and any(isinstance(write, EndTask) for write in writes):
            raise Crash

    after, lab.store.after = lab.store.after, watch
    with suppress(Crash):
        lab.cases.execute(run.id)
    lab.store.after = after

    lab.cases.execute(run.id)

    assert actions(lab, run) == expected


OF_THE_RUN = """
- {id: a, type: test.Mark, value: "{{ labels.team }}"}
- {id: b, type: test.Mark, value: "{{ outputs.a.value }}"}
- {id: all, type: test.Mark, value: "{{ labels | length }}"}
- {id: day, type: test.Mark, value: "{{ execution.startDate | date('yyyy') }}"}
- {id: name, type: test.Mark, value: "{{ execution.id }}"}
"""


def test_another_value_of_a_label_is_seen_by_what_reads_it(lab: Lab) -> None:
    origin = lab.run(OF_THE_RUN, rest="labels: {team: red}")
    assert {action for action, _ in actions(lab, lab.replay(origin, changed=True)).values()} == {Action.REUSE}

    run = lab.replay(origin, changed=True, labels={"team": "blue"})

    assert actions(lab, run)["a"] == (Action.RUN, "`labels.team` differs")
    assert actions(lab, run)["all"] == (Action.RUN, "`labels` differs")
    assert actions(lab, run)["b"][0] is Action.RUN
    assert {actions(lab, run)[name][0] for name in ("day", "name")} == {Action.REUSE}
    other = lab.replay(origin, changed=True, labels={"area": "north"})
    assert actions(lab, other)["a"][0] is Action.REUSE
    assert actions(lab, other)["all"][0] is Action.RUN


def test_another_clock_is_seen_by_what_reads_it(lab: Lab) -> None:
    run = lab.replay(lab.run(OF_THE_RUN, rest="labels: {team: red}"), changed=True, fresh_clock=True)
    assert actions(lab, run)["day"] == (Action.RUN, "`execution.startDate` differs")
    assert {actions(lab, run)[name][0] for name in ("a", "b", "all", "name")} == {Action.REUSE}


def test_a_loop_over_a_label_is_evaluated_again_where_the_label_differs(lab: Lab) -> None:
    tasks = """
- id: each
  type: core.flow.ForEach
  values: "{{ labels.cities | split(',') }}"
  tasks:
    - {id: w, type: test.Mark, value: "{{ taskrun.value }}"}
"""
    origin = lab.run(tasks, rest="labels: {cities: 'oslo,rome'}")
    run = lab.replay(origin, changed=True, labels={"cities": "oslo,bern"})
    assert {item.address for item in lab.cases.task_runs(run.id)} >= {"each[oslo].w", "each[bern].w"}
