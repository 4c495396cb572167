"""The older forms of a loop, and what a task in a loop knows of the items around it."""

from __future__ import annotations

from threading import Barrier

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.model.state import State


@pytest.mark.parametrize("value", ['["x", "y"]', '\'["x", "y"]\'', "\"{{ ['x', 'y'] }}\""])
def test_each_sequential_runs_its_tasks_for_one_item_after_the_other(lab: Lab, value: str) -> None:
    run = lab.run(f"""
        - id: each
          type: io.kestra.plugin.core.flow.EachSequential
          value: {value}
          tasks:
            - {{id: a, type: test.Mark, value: "{{{{ taskrun.value }}}}"}}
            - {{id: b, type: test.Mark, value: "{{{{ outputs.a[taskrun.value].value }}}}{{{{ taskrun.iteration }}}}"}}
    """)

    assert run.state is State.SUCCESS, run.error
    assert lab.executed(run) == ["each[x].a", "each[x].b", "each[y].a", "each[y].b"]
    assert lab.output(run, "each[y].b") == "y1"


def test_each_sequential_stops_at_the_first_item_that_fails(lab: Lab) -> None:
    run = lab.run("""
        - id: each
          type: core.flow.EachSequential
          value: [1, 2, 3]
          tasks: [{id: a, type: test.Mark, fail: "{{ taskrun.value == 2 }}"}]
    """)

    assert run.state is State.FAILED
    assert lab.executed(run) == ["each[1].a", "each[2].a"]


def test_each_parallel_runs_all_tasks_of_all_items_at_the_same_time(lab: Lab) -> None:
    together = Barrier(4, timeout=20)
    lab.doings["meet"] = lambda context, value: {"met": together.wait() >= 0}

    run = lab.run("""
        - id: each
          type: core.flow.EachParallel
          value: [1, 2]
          tasks:
            - {id: a, type: test.Do, call: meet}
            - {id: b, type: test.Do, call: meet}
    """)

    assert run.state is State.SUCCESS


def test_each_parallel_runs_no_more_items_at_once_than_it_says_and_goes_on_after_a_failure(lab: Lab) -> None:
    run = lab.run("""
        - id: each
          type: core.flow.EachParallel
          value: [1, 2, 3]
          concurrent: 1
          tasks:
            - {id: a, type: test.Mark, fail: "{{ taskrun.value == 1 }}"}
            - {id: b, type: test.Mark}
    """)

    assert run.state is State.FAILED
    assert set(lab.states(run)) == {"each"} | {f"each[{key}].{task}" for key in (1, 2, 3) for task in "ab"} - {
        f"each[{key}].{task}" for key in (2, 3) for task in "ab"
    }


def test_in_an_item_of_each_parallel_a_start_does_not_run_what_stands_beside_it(lab: Lab) -> None:
    tasks = """
        - id: each
          type: core.flow.EachParallel
          value: [1, 2]
          tasks:
            - {id: a, type: test.Mark}
            - {id: b, type: test.Mark}
        - {id: end, type: test.Mark}
    """
    origin = lab.run(tasks)

    run = lab.replay(origin, start=("each[1].a",))

    assert lab.executed(run) == ["each[1].a", "end"]


def test_the_parents_of_a_task_are_the_groups_around_it_that_are_in_an_item(lab: Lab) -> None:
    run = lab.run("""
        - id: outer
          type: core.flow.ForEach
          values: [o]
          tasks:
            - id: if
              type: core.flow.If
              condition: true
              then:
                - {id: a, type: test.Mark, value: "{{ parent.taskrun.value }}{{ taskrun.value }}"}
                - id: inner
                  type: core.flow.ForEach
                  values: [i]
                  tasks:
                    - {id: b, type: test.Mark, value: "{{ parent.taskrun.value }}{{ taskrun.value }}"}
                    - id: seq
                      type: core.flow.Sequential
                      tasks:
                        - id: c
                          type: test.Mark
                          value: "{{ parent.taskrun.value }}{{ parents[1].taskrun.value }}{{ parents | length }}"
                        - {id: d, type: test.Mark, value: "{{ outputs.a[parents[1].taskrun.value].value }}"}
    """)

    assert run.state is State.SUCCESS, run.error
    inner = "outer[o].inner[i]"
    assert lab.output(run, "outer[o].a") == "oo"
    assert lab.output(run, f"{inner}.b") == "oi"
    assert lab.output(run, f"{inner}.c") == "io2"
    assert lab.output(run, f"{inner}.d") == "oo"
