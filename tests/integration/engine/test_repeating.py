"""LoopUntil: how often it repeats, what is read meanwhile and afterwards, how it ends, and how a replay meets it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.integration.engine.lab import Lab
from tests.support.clock import MovedClock

from dalsegno.errors import RequestRefused
from dalsegno.model.plan import Action
from dalsegno.model.progress import Progress, TaskMoved
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import EvaluateLoop, Write

POLL = """
- {{id: before, type: test.Mark, value: {before}}}
- id: wait
  type: core.flow.LoopUntil
  condition: "{{{{ outputs.poll.value >= {until} }}}}"
  checkFrequency: {{interval: PT0.01S, maxIterations: {most}}}
  failOnMaxReached: {fails}
  tasks:
    - {{id: first, type: test.Mark, value: "{{{{ outputs.before.value }}}}{{{{ taskrun.iteration }}}}"}}
    - {{id: poll, type: test.Mark, value: "{{{{ outputs.wait.iterationCount }}}}"}}
- {{id: after, type: test.Mark, value: "{{{{ outputs.poll.value }}}} of {{{{ outputs.wait.iterationCount }}}}"}}
"""


class Died(BaseException):
    """The process is gone."""


def poll(*, until: int = 3, most: int = 100, fails: bool = False, before: str = "b") -> str:
    return POLL.format(until=until, most=most, fails=str(fails).lower(), before=before)


def test_it_repeats_until_its_condition_holds_and_the_last_turn_is_what_is_read(lab: Lab) -> None:
    run = lab.run(poll())

    assert run.state is State.SUCCESS, run.error
    turns = [f"wait[{turn}].{task}" for turn in range(3) for task in ("first", "poll")]
    assert lab.executed(run) == ["before", *turns, "after"]
    assert lab.output(run, "wait[2].first") == "b2"
    assert lab.output(run, "after") == "3 of 3"
    assert lab.output(run, "wait", "iterationCount") == 3


def test_the_old_name_is_the_same_type(lab: Lab) -> None:
    run = lab.run("""
        - id: wait
          type: io.kestra.plugin.core.flow.WaitFor
          condition: "{{ outputs.a.value == 2 }}"
          checkFrequency: {interval: PT0.01S}
          tasks: [{id: a, type: test.Mark, value: "{{ outputs.wait.iterationCount }}"}]
    """)

    assert run.state is State.SUCCESS, run.error
    assert lab.at(run, "wait").keys == ("0", "1")


@pytest.mark.parametrize(("fails", "state"), [(False, State.SUCCESS), (True, State.FAILED)])
def test_it_ends_after_as_many_turns_as_it_may(lab: Lab, fails: bool, state: State) -> None:
    run = lab.run(poll(until=9, most=2, fails=fails))

    assert run.state is state
    assert lab.at(run, "wait").keys == ("0", "1")
    if fails:
        assert run.error is not None
        assert run.error["address"] == "wait"
        assert run.error["message"].startswith("the condition of `wait` does not hold after 2 turns")
    else:
        assert lab.output(run, "after") == "2 of 2"


def test_it_ends_when_its_time_is_over(lab: Lab) -> None:
    run = lab.run("""
        - id: wait
          type: core.flow.LoopUntil
          condition: false
          failOnMaxReached: "{{ true }}"
          checkFrequency: {interval: PT0.02S, maxDuration: PT0.05S}
          tasks: [{id: a, type: test.Mark}]
    """)

    assert run.state is State.FAILED
    assert run.error is not None
    assert "as long as `maxDuration` allows" in run.error["message"]


def test_a_failure_inside_ends_it_and_its_handlers_run(lab: Lab) -> None:
    run = lab.run("""
        - id: wait
          type: core.flow.LoopUntil
          condition: false
          checkFrequency: {interval: PT0.01S}
          tasks: [{id: a, type: test.Mark, fail: "{{ taskrun.iteration == 1 }}"}, {id: b, type: test.Mark}]
          errors: [{id: e, type: test.Mark, value: "{{ outputs.wait.iterationCount }}"}]
          finally: [{id: f, type: test.Mark}]
    """)

    assert run.state is State.FAILED
    assert lab.executed(run) == ["wait[0].a", "wait[0].b", "wait[1].a", "e", "f"]


def test_a_condition_that_cannot_be_rendered_fails_it(lab: Lab) -> None:
    run = lab.run("""
        - id: wait
          type: core.flow.LoopUntil
          condition: "{{ outputs.a.gone.deeper }}"
          tasks: [{id: a, type: test.Mark}]
    """)

    assert lab.states(run) == {"wait": "FAILED", "wait[0].a": "SUCCESS"}


def test_it_stands_in_a_loop_and_holds_groups(lab: Lab) -> None:
    run = lab.run("""
        - id: each
          type: core.flow.ForEach
          values: [2, 1]
          concurrencyLimit: 0
          tasks:
            - id: wait
              type: core.flow.LoopUntil
              condition: "{{ outputs.b[taskrun.value].x.value >= taskrun.value }}"
              checkFrequency: {interval: PT0.01S}
              tasks:
                - id: inner
                  type: core.flow.ForEach
                  values: [x]
                  tasks:
                    - {id: b, type: test.Mark, value: "{{ outputs.wait[parent.taskrun.value].iterationCount }}"}
            - {id: c, type: test.Mark, value: "{{ outputs.b[taskrun.value].x.value }}"}
    """)

    assert run.state is State.SUCCESS, run.error
    assert lab.output(run, "each[2].wait[1].inner[x].b") == 2
    assert (lab.output(run, "each[2].c"), lab.output(run, "each[1].c")) == (2, 1)


def test_a_wait_between_turns_holds_no_thread_and_ends_when_the_run_is_stopped(lab: Lab) -> None:
    run = lab.create("""
        - id: wait
          type: core.flow.LoopUntil
          condition: false
          checkFrequency: {interval: PT1H}
          tasks: [{id: a, type: test.Mark}]
          finally: [{id: f, type: test.Mark}]
    """)
    stops: list[Callable[[], None]] = []

    def observe(progress: Progress) -> None:
        if isinstance(progress, TaskMoved) and (progress.address, progress.state) == ("wait[0].a", State.SUCCESS):
            stops[0]()

    run = lab.cases.execute(run.id, observer=observe, stop=stops.append)

    assert run.state is State.KILLED
    assert lab.states(run) == {"wait": "KILLED", "wait[0].a": "SUCCESS"}


def test_a_run_whose_process_died_goes_on_at_its_turn_with_the_clock_of_its_beginning(lab: Lab, tmp_path: Path) -> None:
    clock = MovedClock()
    tasks = """
        - id: wait
          type: core.flow.LoopUntil
          condition: false
          checkFrequency: {interval: PT10M, maxDuration: PT1H}
          tasks: [{id: a, type: test.Mark}]
    """
    with Lab(tmp_path / "timed", lab.tally, clock) as first:
        run = first.create(tasks)

        def dies(writes: Sequence[Write]) -> None:
            if any(isinstance(write, EvaluateLoop) and len(write.keys) == 2 for write in writes):
                raise Died

        first.store.after = dies
        with pytest.raises(Died):
            first.cases.execute(run.id)
    clock.move(7_200)

    with Lab(tmp_path / "timed", lab.tally, clock) as second:
        run = second.cases.execute(run.id)

        assert run.state is State.SUCCESS
        assert second.at(run, "wait").keys == ("0", "1")
        assert second.states(run) == {"wait": "SUCCESS", "wait[0].a": "SUCCESS", "wait[1].a": "SUCCESS"}


# replay


def test_a_start_inside_runs_it_from_its_first_turn(lab: Lab) -> None:
    origin = lab.run(poll())

    run = lab.replay(origin, start=("wait[2].poll",))

    turns = [f"wait[{turn}].{task}" for turn in range(3) for task in ("first", "poll")]
    assert lab.executed(run) == [*turns, "after"]
    assert lab.at(run, "wait").reason == "you start at `wait[2].poll` inside it, and it runs as one"
    assert lab.at(run, "wait[0].first").reason == "stands in `wait`, which runs as one"
    assert run.state is State.SUCCESS


def test_it_is_kept_whole_where_a_start_stands_below_it(lab: Lab) -> None:
    origin = lab.run(poll())

    run = lab.replay(origin, start=("after",))

    assert lab.executed(run) == ["after"]
    assert lab.output(run, "after") == "3 of 3"
    assert lab.at(run, "wait").action is Action.REUSE
    assert lab.at(run, "wait[1].poll").action is Action.REUSE
    assert lab.at(run, "wait").keys == ("0", "1", "2")


def test_what_a_task_inside_reads_makes_it_run_whole(lab: Lab) -> None:
    origin = lab.run(poll())

    run = lab.replay(origin, poll(before="c"), start=("before",))

    assert lab.executed(run)[:3] == ["before", "wait[0].first", "wait[0].poll"]
    assert lab.output(run, "wait[2].first") == "c2"


def test_where_it_failed_a_replay_begins_its_turns_and_clocks_anew(lab: Lab) -> None:
    origin = lab.run(poll(until=4, most=2, fails=True))

    run = lab.replay(origin, skip_successful=True)

    assert run.state is State.FAILED
    assert lab.executed(run) == [f"wait[{turn}].{task}" for turn in (0, 1) for task in ("first", "poll")]
    assert lab.at(run, "before").action is Action.REUSE


def test_another_definition_of_what_is_inside_makes_it_run_whole_where_only_what_changed_runs(lab: Lab) -> None:
    origin = lab.run(poll())
    again = lab.replay(origin, poll(), changed=True)
    assert lab.executed(again) == []

    run = lab.replay(origin, poll().replace("taskrun.iteration", "taskrun.iteration + 1"), changed=True)

    assert lab.executed(run)[:2] == ["wait[0].first", "wait[0].poll"]
    assert lab.at(run, "wait").reason == "definition of `first` changed: `value`"


def test_a_task_inside_cannot_be_kept_where_the_loop_runs(lab: Lab) -> None:
    origin = lab.run(poll())

    with pytest.raises(RequestRefused, match="`poll` cannot be skipped: `wait` runs"):
        lab.replay(origin, start=("before",), skip=("poll",))


def test_a_result_given_for_a_task_inside_counts_in_every_turn(lab: Lab) -> None:
    origin = lab.run(poll())

    run = lab.replay(origin, start=("before",), outputs={"poll": {"value": 7, "text": "", "uri": None}})

    assert lab.executed(run) == ["before", "wait[0].first", "after"]
    assert lab.output(run, "after") == "7 of 1"


def test_nothing_is_asked_alone_of_a_loop_but_the_whole(lab: Lab) -> None:
    origin = lab.run(poll())

    run = lab.replay(origin, only=("poll",))

    assert lab.executed(run)[:2] == ["wait[0].first", "wait[0].poll"]
    assert "after" not in lab.executed(run)


def test_a_breakpoint_stands_before_each_turn_of_a_task(lab: Lab) -> None:
    run = lab.run(poll(until=2), ReplayRequest(breakpoints=("poll",)))
    assert run.state is State.PAUSED
    assert [wait.address for wait in lab.cases.waits(run.id)] == ["wait[0].poll"]
