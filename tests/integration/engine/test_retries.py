"""Retries and timeouts: how often, how long, how it ends, and what is left of them after a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.integration.engine.lab import Lab
from tests.support.clock import MovedClock

from dalsegno.engine.retries import delay_of, taken_up
from dalsegno.errors import TaskFailed
from dalsegno.model.flow import Retry
from dalsegno.model.progress import Progress, TaskMoved
from dalsegno.model.run import Attempt, Run
from dalsegno.model.state import State
from dalsegno.store.port import NewAttempt


@pytest.fixture
def timed(lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    """A lab in which time passes."""
    with Lab(tmp_path / "timed", lab.tally, MovedClock()) as timed:
        yield timed


CONSTANT = "retry: {type: constant, interval: PT0S, maxAttempts: 3}"


def flaky(lab: Lab, failures: int) -> None:
    """Have `test.Do` fail so many times in each run."""
    tried: dict[str, int] = {}

    def work(context: Any, value: Any) -> dict[str, Any]:
        key = f"{context.run_id} {context.address}"
        tried[key] = tried.get(key, 0) + 1
        if tried[key] <= failures:
            raise TaskFailed(f"try {tried[key]}")
        return {"value": tried[key]}

    lab.doings["flaky"] = work


def hurry(lab: Lab, seconds: float) -> Callable[[Progress], None]:
    """Let time pass whenever a task is to be tried again."""

    def listen(progress: Progress) -> None:
        if isinstance(progress, TaskMoved) and progress.state is State.RETRYING:
            lab.clock.move(seconds)

    return listen


def made(lab: Lab, run: Run, address: str) -> list[tuple[int, State]]:
    return [(attempt.number, attempt.state) for attempt in lab.cases.attempts(run.id, address)]


@pytest.mark.parametrize(
    ("failures", "states", "final"),
    [
        (0, ["SUCCESS"], State.SUCCESS),
        (2, ["FAILED", "FAILED", "SUCCESS"], State.SUCCESS),
        (3, ["FAILED", "FAILED", "FAILED"], State.FAILED),
    ],
)
def test_a_task_is_tried_as_often_as_it_may_be(lab: Lab, failures: int, states: list[str], final: State) -> None:
    flaky(lab, failures)

    run = lab.run(f"- {{id: a, type: test.Do, call: flaky, {CONSTANT}}}\n- {{id: b, type: test.Mark}}")

    assert run.state is final
    assert made(lab, run, "a") == [(number, State(state)) for number, state in enumerate(states, 1)]
    item = lab.at(run, "a")
    assert (item.state, item.attempt, item.attempts) == (final, len(states), len(states))
    assert (run.error is None) is (final is State.SUCCESS)
    assert ("b" in lab.executed(run)) is (final is State.SUCCESS)


@pytest.mark.parametrize(
    ("keys", "failures", "state"),
    [
        ("retry: {type: constant, interval: PT0S, maxAttempts: 3, warningOnRetry: true}", 1, State.WARNING),
        ("retry: {type: constant, interval: PT0S, maxAttempts: 3, warningOnRetry: true}", 0, State.SUCCESS),
        ("retry: {type: constant, interval: PT0S, maxAttempts: 3, warningOnRetry: true}", 3, State.FAILED),
        ("retry: {type: constant, interval: PT0S, maxAttempts: 2}, allowFailure: true", 2, State.WARNING),
        ("retry: {type: constant, interval: PT0S, maxAttempts: 2}, allowFailure: true", 1, State.SUCCESS),
    ],
)
def test_how_a_task_ends_that_was_tried_again(lab: Lab, keys: str, failures: int, state: State) -> None:
    flaky(lab, failures)

    run = lab.run(f"- {{id: a, type: test.Do, call: flaky, {keys}}}")

    assert lab.at(run, "a").state is state
    assert run.state is state


@pytest.mark.parametrize("around", ["group", "flow", "outer group"])
def test_a_retry_is_that_of_the_task_else_of_the_nearest_group_else_of_the_flow(lab: Lab, around: str) -> None:
    flaky(lab, 9)
    twice, once = "{type: constant, interval: PT0S, maxAttempts: 2}", "{type: constant, interval: PT0S, maxAttempts: 1}"
    of_flow = twice if around == "flow" else once
    outer = f"retry: {twice if around == 'outer group' else once}" if around != "flow" else "description: none"
    inner = f"retry: {twice}" if around == "group" else "description: none"
    run = lab.run(
        f"""
        - id: outer
          type: core.flow.Sequential
          {outer}
          tasks:
            - id: inner
              type: core.flow.Parallel
              {inner}
              tasks:
                - {{id: a, type: test.Do, call: flaky}}
                - {{id: b, type: test.Do, call: flaky, retry: {{type: constant, interval: PT0S, maxAttempts: 4}}}}
        """,
        rest=f"retry: {of_flow}",
    )

    assert len(made(lab, run, "a")) == 2
    assert len(made(lab, run, "b")) == 4
    assert len(made(lab, run, "inner")) == 1


def test_a_long_wait_before_a_retry_holds_no_thread_and_ends_when_its_time_has_come(timed: Lab) -> None:
    flaky(timed, 2)
    tasks = """
        - id: side
          type: core.flow.ForEach
          concurrencyLimit: 0
          values: [1, 2, 3]
          tasks:
            - {id: a, type: test.Do, call: flaky, retry: {type: exponential, interval: PT1H, maxInterval: PT3H, maxAttempts: 5}}
    """
    begun = timed.clock.now()

    run = timed.run(tasks, observer=hurry(timed, 2 * 3600))

    assert run.state is State.SUCCESS
    assert timed.clock.now() - begun > 2 * 3600
    assert [len(made(timed, run, f"side[{key}].a")) for key in (1, 2, 3)] == [3, 3, 3]


def test_what_would_go_on_beyond_max_duration_is_given_up(timed: Lab) -> None:
    flaky(timed, 9)
    retry = "retry: {type: constant, interval: PT1M, maxDuration: PT2M30S}"

    run = timed.run(f"- {{id: a, type: test.Do, call: flaky, {retry}}}", observer=hurry(timed, 60))

    assert run.state is State.FAILED
    assert len(made(timed, run, "a")) == 3


def test_rule_06_a_replay_counts_its_own_attempts_only_and_numbers_go_on(lab: Lab) -> None:
    flaky(lab, 3)
    tasks = f"- {{id: a, type: test.Do, call: flaky, {CONSTANT}}}"
    origin = lab.run(tasks)
    assert origin.state is State.FAILED

    flaky(lab, 2)
    run = lab.replay(origin, start=("a",))

    assert run.state is State.SUCCESS
    assert made(lab, run, "a") == [(4, State.FAILED), (5, State.FAILED), (6, State.SUCCESS)]


def test_each_attempt_knows_its_number_and_has_the_same_idempotency_key(lab: Lab) -> None:
    keys: list[str] = []

    def work(context: Any, value: Any) -> None:
        keys.append(context.idempotency_key)
        if len(keys) < 3:
            raise TaskFailed("again")

    lab.doings["flaky"] = work
    run = lab.run(f"- {{id: a, type: test.Do, call: flaky, {CONSTANT}}}")

    assert run.state is State.SUCCESS
    assert len(set(keys)) == 1
    assert lab.executed(run) == ["a", "a", "a"]


def test_a_run_is_killed_at_once_while_a_task_waits_to_be_tried_again(timed: Lab) -> None:
    flaky(timed, 9)
    run = timed.create("- {id: a, type: test.Do, call: flaky, retry: {type: constant, interval: PT1H}}")

    def listen(progress: Progress) -> None:
        if isinstance(progress, TaskMoved) and progress.state is State.RETRYING:
            timed.cases.kill(run.id)

    ended = timed.cases.execute(run.id, observer=listen)

    assert ended.state is State.KILLED
    assert made(timed, run, "a") == [(1, State.FAILED), (2, State.KILLED)]


class Crash(Exception):
    """The process would be dead here."""


def crash_at_retry(lab: Lab, run: Run) -> None:
    """Execute a run until its first retry is recorded, and die there."""

    def watch(writes: Any) -> None:
        if any(isinstance(write, NewAttempt) for write in writes):
            raise Crash

    after, lab.store.after = lab.store.after, watch
    with pytest.raises(Crash):
        lab.cases.execute(run.id)
    lab.store.after = after


def test_after_a_crash_a_wait_that_is_not_over_goes_on_and_its_attempt_is_made(timed: Lab) -> None:
    flaky(timed, 1)
    tasks = "- {id: a, type: test.Do, call: flaky, retry: {type: constant, interval: PT1H, maxAttempts: 2}}"
    run = timed.create(tasks)
    crash_at_retry(timed, run)
    timed.clock.move(3599.7)
    due = timed.clock.now() + 0.1

    ended = timed.cases.execute(run.id)

    assert ended.state is State.SUCCESS
    assert timed.clock.now() > due
    assert made(timed, run, "a") == [(1, State.FAILED), (2, State.SUCCESS)]
    assert timed.executed(run) == ["a", "a"]


def test_after_a_crash_the_attempts_that_were_spent_stay_spent(timed: Lab) -> None:
    flaky(timed, 9)
    run = timed.create("- {id: a, type: test.Do, call: flaky, retry: {type: constant, interval: PT1H, maxAttempts: 2}}")
    crash_at_retry(timed, run)
    timed.clock.move(3601)

    ended = timed.cases.execute(run.id)

    assert ended.state is State.FAILED
    assert made(timed, run, "a") == [(1, State.FAILED), (2, State.KILLED), (3, State.FAILED)]
    assert timed.executed(run) == ["a", "a"]


def test_after_a_crash_a_task_that_was_tried_again_still_ends_with_its_warning(timed: Lab) -> None:
    flaky(timed, 1)
    retry = "retry: {type: constant, interval: PT0S, maxAttempts: 5, warningOnRetry: true}"
    run = timed.create(f"- {{id: a, type: test.Do, call: flaky, {retry}}}")
    crash_at_retry(timed, run)

    assert timed.cases.execute(run.id).state is State.WARNING


# timeouts


@pytest.mark.parametrize(
    "task",
    [
        "type: scripts.shell.Commands, commands: [sleep 30]",
        "type: python.Step, function: 'signal:pause'",
        "type: core.flow.Sleep, duration: PT30S",
        "type: test.Do, call: wait",
    ],
)
def test_an_attempt_that_takes_longer_than_its_timeout_fails(timed: Lab, task: str) -> None:
    timed.doings["wait"] = lambda context, value: context.wait(30)

    begun = timed.clock.now()

    run = timed.run(f"- {{id: a, {task}, timeout: PT0.15S}}\n- {{id: b, type: test.Mark}}")

    assert timed.clock.now() - begun < 20
    assert run.state is State.FAILED
    assert run.error is not None
    assert (run.error["code"], run.error["address"]) == ("timeout", "a")
    assert "0.15 s" in run.error["message"]
    assert made(timed, run, "a") == [(1, State.FAILED)]


def test_a_sleep_that_is_shorter_than_its_timeout_succeeds(timed: Lab) -> None:
    run = timed.run("- {id: a, type: core.flow.Sleep, duration: PT0.02S, timeout: PT20S}")

    assert run.state is State.SUCCESS


def test_the_timeout_is_that_of_each_attempt_and_not_of_the_wait_between(timed: Lab) -> None:
    timed.doings["wait"] = lambda context, value: context.wait(0 if context.attempt == 3 else 30)
    retry = "retry: {type: constant, interval: PT1H, maxAttempts: 3}"

    run = timed.run(f"- {{id: a, type: test.Do, call: wait, timeout: PT0.1S, {retry}}}", observer=hurry(timed, 3600))

    assert run.state is State.SUCCESS
    assert made(timed, run, "a") == [(1, State.FAILED), (2, State.FAILED), (3, State.SUCCESS)]


def test_a_sleep_that_timed_out_sleeps_anew_when_it_is_tried_again(timed: Lab) -> None:
    retry = "retry: {type: constant, interval: PT1M, maxAttempts: 2}"
    run = timed.run(
        f"- {{id: a, type: core.flow.Sleep, duration: PT50S, timeout: PT0.1S, {retry}}}", observer=hurry(timed, 60)
    )

    assert run.state is State.FAILED
    assert made(timed, run, "a") == [(1, State.FAILED), (2, State.FAILED)]


@pytest.mark.parametrize(
    ("timeout", "told"),
    [
        ("{{ inputs.gone }}", "gone"),
        ("{{ outputs.first.value }}", "`timeout` of `a`"),
    ],
)
def test_a_timeout_that_cannot_be_worked_out_fails_the_task(timed: Lab, timeout: str, told: str) -> None:
    run = timed.run(
        f"- {{id: first, type: test.Mark, value: soon}}\n- {{id: a, type: test.Mark, timeout: '{timeout}'}}"
    )

    assert timed.states(run) == {"first": "SUCCESS", "a": "FAILED"}
    assert run.error is not None
    assert told in run.error["message"]


def test_a_timeout_may_be_an_expression(timed: Lab) -> None:
    run = timed.run("""
        - {id: long, type: test.Mark, value: PT0.1S}
        - {id: a, type: core.flow.Sleep, duration: PT30S, timeout: "{{ outputs.long.value }}"}
    """)

    assert run.error is not None
    assert run.error["code"] == "timeout"


def test_a_timeout_that_is_allowed_lets_the_flow_go_on(timed: Lab) -> None:
    run = timed.run("""
        - {id: a, type: core.flow.Sleep, duration: PT30S, timeout: PT0.1S, allowFailure: true}
        - {id: b, type: test.Mark}
    """)

    assert run.state is State.WARNING
    assert timed.states(run) == {"a": "WARNING", "b": "SUCCESS"}


# how long


@pytest.mark.parametrize(
    ("retry", "delays"),
    [
        (Retry("constant", 5.0), [5, 5, 5, 5]),
        (Retry("exponential", 5.0), [5, 10, 20, 40]),
        (Retry("exponential", 5.0, max_interval=15.0, factor=1.5), [5, 7.5, 11.25, 15]),
        (Retry("constant", 5.0, max_attempts=3), [5, 5, None, None]),
        (Retry("constant", 5.0, max_duration=12.0), [5, 5, None, None]),
    ],
)
def test_delays(retry: Retry, delays: list[float | None]) -> None:
    now, found = 100.0, list[float | None]()
    for failures in range(1, 5):
        found.append(delay_of(retry, failures, began=100.0, now=now, seed="a"))
        now += found[-1] or 0.0

    assert found == delays


@given(st.floats(0, 100), st.floats(0, 100), st.integers(1, 9), st.text(max_size=5))
def test_a_random_delay_lies_between_its_bounds_and_is_the_same_whoever_asks(
    least: float, more: float, failures: int, seed: str
) -> None:
    retry = Retry("random", least, max_interval=least + more)
    delay = delay_of(retry, failures, began=0.0, now=0.0, seed=seed)

    assert delay is not None
    assert least <= delay <= least + more
    assert delay == delay_of(retry, failures, began=5.0, now=9.0, seed=seed)


def test_a_wait_goes_on_only_where_the_last_attempt_was_to_follow_a_failed_one() -> None:
    retry = Retry("constant", 10.0)

    def tried(*states: State, now: float = 5.0) -> tuple[int, float | None]:
        attempts = [Attempt("id", number, state, 1.0) for number, state in enumerate(states, 1)]
        found = taken_up(retry, attempts, began=0.0, now=now, seed="a")
        return found.failures, found.until

    assert tried(State.RUNNING) == (0, None)
    assert tried(State.FAILED, State.RUNNING) == (1, 11.0)
    assert tried(State.FAILED, State.RUNNING, now=11.0) == (1, None)
    assert tried(State.FAILED, State.KILLED, State.RUNNING) == (1, None)
