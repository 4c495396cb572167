"""What runs, in which order, and how a group ends."""

from __future__ import annotations

from threading import Barrier

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.model.state import State

LOOP = """
- id: each
  type: core.flow.ForEach
  concurrencyLimit: {limit}
  values: {values}
  tasks:
    - {{id: a, type: test.Mark, value: "{{{{ taskrun.value }}}}", fail: "{{{{ taskrun.value == 2 }}}}"}}
    - {{id: b, type: test.Mark}}
"""


def loop(values: str, limit: int = 1) -> str:
    return LOOP.format(values=values, limit=limit)


def test_tasks_of_a_sequence_follow_each_other_and_stop_at_a_failure(lab: Lab) -> None:
    run = lab.run("""
        - {id: a, type: test.Mark}
        - id: seq
          type: core.flow.Sequential
          tasks:
            - {id: b, type: test.Mark}
            - {id: c, type: test.Mark, fail: true}
            - {id: d, type: test.Mark}
        - {id: e, type: test.Mark}
    """)

    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["address"] == "c"
    assert lab.executed(run) == ["a", "b", "c"]
    assert lab.states(run) == {"a": "SUCCESS", "seq": "FAILED", "b": "SUCCESS", "c": "FAILED"}


def test_tasks_of_a_parallel_group_run_at_the_same_time(lab: Lab) -> None:
    together = Barrier(3, timeout=20)
    lab.doings["meet"] = lambda context, value: {"met": together.wait() >= 0}

    run = lab.run("""
        - id: side
          type: core.flow.Parallel
          tasks:
            - {id: a, type: test.Do, call: meet}
            - {id: b, type: core.flow.Sequential, tasks: [{id: c, type: test.Do, call: meet}]}
            - {id: d, type: core.flow.ForEach, values: [1], tasks: [{id: e, type: test.Do, call: meet}]}
    """)

    assert run.state is State.SUCCESS


def test_a_failure_in_a_parallel_group_lets_its_siblings_finish(lab: Lab) -> None:
    run = lab.run("""
        - id: side
          type: core.flow.Parallel
          tasks:
            - {id: bad, type: test.Mark, fail: true}
            - id: seq
              type: core.flow.Sequential
              tasks: [{id: a, type: test.Mark}, {id: b, type: test.Mark}]
        - {id: after, type: test.Mark}
    """)

    expected = {"side": "FAILED", "bad": "FAILED", "seq": "SUCCESS", "a": "SUCCESS", "b": "SUCCESS"}
    assert lab.states(run) == expected


@pytest.mark.parametrize(
    ("limit", "executed"),
    [(1, {"1", "2"}), (2, {"1", "2", "3", "4"}), (0, {"1", "2", "3", "4"})],
)
def test_a_loop_stops_at_a_failed_item_only_where_one_runs_at_a_time(lab: Lab, limit: int, executed: set[str]) -> None:
    run = lab.run(loop("[1, 2, 3, 4]", limit))

    assert run.state is State.FAILED
    assert set(lab.executed(run)) == {f"each[{key}].a" for key in executed} | {
        f"each[{key}].b" for key in executed - {"2"}
    }


@pytest.mark.parametrize("limit", [1, 2])
def test_no_more_items_of_a_loop_run_at_once_than_its_limit(lab: Lab, limit: int) -> None:
    running: list[int] = []
    most: list[int] = []

    def count(context: object, value: object) -> None:
        running.append(1)
        most.append(len(running))
        running.pop()

    lab.doings["count"] = count
    run = lab.run(f"""
        - id: each
          type: core.flow.ForEach
          concurrencyLimit: {limit}
          values: [1, 2, 3, 4, 5, 6]
          tasks: [{{id: a, type: test.Do, call: count}}]
    """)

    assert run.state is State.SUCCESS
    assert max(most) <= limit


def test_a_loop_over_nothing_succeeds_and_leaves_no_items(lab: Lab) -> None:
    run = lab.run(loop("[]") + '\n- {id: after, type: test.Mark, value: "{{ outputs.a | length }}"}')

    assert lab.states(run) == {"each": "SUCCESS", "after": "SUCCESS"}
    assert lab.at(run, "each").keys == ()
    assert lab.output(run, "after") == 0


def test_equal_items_are_told_apart_by_a_number(lab: Lab) -> None:
    run = lab.run(loop("[x, x, y]"))

    assert lab.at(run, "each").keys == ("x", "x#2", "y")
    assert lab.at(run, "each[x#2].a").value == "x"
    assert lab.output(run, "each[x#2].a") == "x"


def test_structured_items_keep_their_structure_and_are_named_by_digest(lab: Lab) -> None:
    run = lab.run("""
        - id: each
          type: core.flow.ForEach
          values: [{city: {name: Köln}}, [1, 2]]
          tasks: [{id: a, type: test.Mark, value: "{{ taskrun.value }}"}]
        - {id: all, type: test.Mark, value: "{{ outputs.a }}"}
    """)

    keys = lab.at(run, "each").keys
    assert keys is not None
    assert [len(key) for key in keys] == [12, 12]
    assert lab.output(run, f"each[{keys[0]}].a") == {"city": {"name": "Köln"}}
    assert list(lab.output(run, "all")) == list(keys)


def test_loops_in_loops_know_the_items_around_them(lab: Lab) -> None:
    run = lab.run("""
        - id: outer
          type: core.flow.ForEach
          values: [1, 2]
          tasks:
            - {id: a, type: test.Mark, value: "{{ taskrun.value }}"}
            - id: middle
              type: core.flow.ForEach
              values: [x]
              tasks:
                - id: inner
                  type: core.flow.ForEach
                  values: ["{{ outputs.a[parent.taskrun.value].value }}"]
                  tasks:
                    - id: deep
                      type: test.Mark
                      value: "{{ parents[1].taskrun.value }}{{ parents[0].taskrun.value }}{{ taskrun.value }}"
        - {id: all, type: test.Mark, value: "{{ outputs.deep['2'].x['2'].value }}"}
    """)

    assert lab.output(run, "outer[1].middle[x].inner[1].deep") == "1x1"
    assert lab.output(run, "all") == "2x2"


def test_the_items_of_a_loop_may_come_from_a_task(lab: Lab) -> None:
    run = lab.run("""
        - {id: list, type: test.Mark, value: ["p", "q"]}
        - id: each
          type: core.flow.ForEach
          values: "{{ outputs.list.value }}"
          tasks: [{id: a, type: test.Mark, value: "{{ taskrun.value }}"}]
    """)

    assert lab.at(run, "each").keys == ("p", "q")
    assert lab.executed(run) == ["list", "each[p].a", "each[q].a"]


def test_a_loop_whose_items_are_no_list_fails_and_says_so(lab: Lab) -> None:
    run = lab.run("""
        - {id: a, type: test.Mark, value: 5}
        - {id: each, type: core.flow.ForEach, values: "{{ outputs.a.value }}", tasks: [{id: b, type: test.Mark}]}
    """)

    assert lab.states(run) == {"a": "SUCCESS", "each": "FAILED"}
    assert run.error is not None
    assert run.error["address"] == "each"
    assert "must be a list" in run.error["message"]


def test_whole_outputs_can_be_handed_on_as_a_map(lab: Lab) -> None:
    run = lab.run("""
        - {id: a, type: test.Mark, value: 1}
        - {id: each, type: core.flow.ForEach, values: [x], tasks: [{id: b, type: test.Mark, value: 2}]}
        - {id: all, type: test.Mark, value: "{{ outputs }}"}
        - {id: listed, type: test.Mark, value: ["{{ outputs.b }}"]}
    """)

    assert run.state is State.SUCCESS, run.error
    assert lab.output(run, "all")["a"]["value"] == 1
    assert lab.output(run, "all")["b"]["x"]["value"] == 2
    assert lab.output(run, "listed")[0]["x"]["value"] == 2


def test_a_task_cannot_change_the_outputs_of_another(lab: Lab) -> None:
    lab.doings["change"] = lambda context, value: {"length": value.append(4) or len(value)}
    run = lab.run("""
        - {id: a, type: test.Mark, value: [1, 2, 3]}
        - {id: b, type: test.Do, call: change, value: "{{ outputs.a.value }}"}
        - {id: c, type: test.Mark, value: "{{ outputs.a.value | length }}"}
    """)

    assert lab.output(run, "b", "length") == 4
    assert lab.output(run, "c") == 3


def test_the_outputs_of_the_flow_are_rendered_when_all_has_run(lab: Lab) -> None:
    outputs = """
        outputs:
          - {id: sum, type: INT, value: "{{ outputs.a.value + 1 }}"}
          - {id: all, type: JSON, value: "{{ outputs }}"}
    """
    run = lab.run("- {id: a, type: test.Mark, value: 1}", rest=outputs)

    assert run.state is State.SUCCESS
    assert run.outputs["sum"] == 2
    assert run.outputs["all"]["a"]["value"] == 1


def test_a_run_fails_whose_outputs_cannot_be_rendered(lab: Lab) -> None:
    outputs = 'outputs: [{id: x, type: STRING, value: "{{ outputs.a.gone }}"}]'
    run = lab.run("- {id: a, type: test.Mark}", rest=outputs)

    assert run.state is State.FAILED
    assert run.error is not None
    assert "the flow's outputs" in run.error["message"]
    assert lab.states(run) == {"a": "SUCCESS"}
