"""Waiting, stopping, killing and going on, in the middle of every kind of group.

Each test is a row, and `PLACES` are its columns: a run waits at a pause or a breakpoint, and another process resumes it; it is
killed while it waits; it is killed while a task sleeps or waits to be tried again; its process dies meanwhile. That a stop at
any write loses and doubles nothing is for `tests/crash`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.engine.lab import Lab
from tests.support.clock import MovedClock

from dalsegno.errors import TaskFailed
from dalsegno.model.plan import Action
from dalsegno.model.progress import Progress, TaskMoved
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.resuming import Resumption
from dalsegno.store.port import NewAttempt, StartTask

FIRST, LAST = "{id: first, type: test.Mark}", "{id: last, type: test.Mark}"

PLACES = {
    "item": "- {id: g, type: core.flow.ForEach, values: [x], tasks: [FIRST, INNER, LAST]}",
    "one of items side by side": """
- id: g
  type: core.flow.ForEach
  values: [x, y]
  concurrencyLimit: 0
  tasks:
    - id: mine
      type: core.flow.If
      condition: "{{ taskrun.value == 'x' }}"
      then: [FIRST, INNER, LAST]
""",
    "if": "- {id: g, type: core.flow.If, condition: true, then: [FIRST, INNER, LAST], else: [{id: no, type: test.Mark}]}",
    "else": "- {id: g, type: core.flow.If, condition: false, then: [{id: no, type: test.Mark}], else: [FIRST, INNER, LAST]}",
    "switch": "- {id: g, type: core.flow.Switch, value: b, cases: {a: [{id: no, type: test.Mark}], b: [FIRST, INNER, LAST]}}",
    "dag": """
- id: g
  type: core.flow.Dag
  tasks:
    - {task: LAST, dependsOn: [inner]}
    - {task: INNER, dependsOn: [first]}
    - {task: FIRST}
""",
    "parallel": """
- id: g
  type: core.flow.Parallel
  tasks:
    - {id: s, type: core.flow.Sequential, tasks: [FIRST, INNER, LAST]}
""",
    "allow": "- {id: g, type: core.flow.AllowFailure, tasks: [FIRST, INNER, LAST]}",
    "errors": """
- id: g
  type: core.flow.AllowFailure
  tasks: [{id: bad, type: core.execution.Fail}]
  errors: [FIRST, INNER, LAST]
""",
    "finally": "- {id: g, type: core.flow.Sequential, tasks: [FIRST], finally: [INNER, LAST]}",
    "turn": "- {id: g, type: core.flow.LoopUntil, condition: true, tasks: [FIRST, INNER, LAST]}",
}
INNERS = {
    "pause": "{id: inner, type: core.flow.Pause}",
    "breakpoint": "{id: inner, type: test.Mark}",
    "sleep": "{id: inner, type: core.flow.Sleep, duration: PT1H}",
    "retry": "{id: inner, type: test.Do, call: flaky, retry: {type: constant, interval: PT1H, maxAttempts: 2}}",
}


def flow(place: str, inner: str) -> str:
    group = PLACES[place].replace("FIRST", FIRST).replace("INNER", INNERS[inner]).replace("LAST", LAST)
    return f"- {{id: before, type: test.Mark}}\n{group}\n- {{id: end, type: test.Mark}}\n"


def asked(inner: str) -> ReplayRequest:
    return ReplayRequest(breakpoints=("inner",) if inner == "breakpoint" else ())


def names(lab: Lab, run: Run) -> list[str]:
    """What was executed, without the items around it."""
    return [address.rpartition(".")[2] for address in lab.executed(run)]


def well(place: str) -> State:
    return State.WARNING if place == "errors" else State.SUCCESS


@pytest.fixture
def timed(lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    """A lab in which time passes, and a task that fails once in each run."""
    tried: set[str] = set()

    def flaky(context: Any, value: Any) -> dict[str, Any]:
        if context.run_id not in tried:
            tried.add(context.run_id)
            raise TaskFailed("not yet")
        return {"value": 1}

    lab.doings["flaky"] = flaky
    with Lab(tmp_path / "timed", lab.tally, MovedClock()) as timed:
        yield timed


@pytest.mark.parametrize("inner", ["pause", "breakpoint"])
@pytest.mark.parametrize("place", PLACES)
def test_a_run_waits_in_the_middle_of_any_group_and_another_process_resumes_it(
    lab: Lab, place: str, inner: str
) -> None:
    run = lab.run(flow(place, inner), asked(inner))

    assert run.state is State.PAUSED
    assert names(lab, run) == ["before", "first"]
    lab.store.release(lab.store.acquire(run.id, "somebody else"))
    (wait,) = lab.cases.waits(run.id)
    assert wait.address.rpartition(".")[2] == "inner"

    with Lab(lab.home, lab.tally) as other:
        ended = other.cases.resume(run.id, Resumption())
        assert ended.state is well(place), ended.error
    own = ["inner"] if inner == "breakpoint" else []
    assert names(lab, run) == ["before", "first", *own, "last", "end"]
    assert all(state.ended for state in lab.states(run).values())


@pytest.mark.parametrize("inner", ["pause", "breakpoint"])
@pytest.mark.parametrize("place", PLACES)
def test_a_run_that_waits_in_the_middle_of_any_group_is_killed_at_once_and_replayed(
    lab: Lab, place: str, inner: str
) -> None:
    run = lab.run(flow(place, inner), asked(inner))

    assert lab.cases.kill(run.id).state is State.KILLED
    assert {state for state in lab.states(run).values() if not state.ended} == set()
    assert names(lab, run) == ["before", "first"]

    again = lab.replay(run, skip_successful=True)
    if inner == "pause":
        assert again.state is State.PAUSED
        assert lab.at(again, lab.cases.waits(again.id)[0].address).action is Action.RUN
    else:
        assert again.state is well(place), again.error
        assert names(lab, again)[-2:] == ["last", "end"]
    assert lab.at(again, "before").action is Action.REUSE


@pytest.mark.parametrize("inner", ["sleep", "retry"])
@pytest.mark.parametrize("place", PLACES)
def test_a_run_is_killed_at_once_while_something_waits_in_the_middle_of_any_group(
    timed: Lab, place: str, inner: str
) -> None:
    run = timed.create(flow(place, inner))

    ended = timed.cases.execute(run.id, observer=when_it_waits(inner, lambda: timed.cases.kill(run.id)))

    assert ended.state is State.KILLED
    assert names(timed, run) == ["before", "first", *(["inner"] if inner == "retry" else [])]
    assert {state for state in timed.states(run).values() if not state.ended} == set()
    groups = [item.state for item in timed.cases.task_runs(run.id) if item.address in ("g", "g[x].mine", "s")]
    assert set(groups) == {State.KILLED}


@pytest.mark.parametrize("inner", ["sleep", "retry"])
@pytest.mark.parametrize("place", PLACES)
def test_after_a_crash_in_the_middle_of_any_group_the_wait_goes_on_and_nothing_is_done_twice(
    timed: Lab, place: str, inner: str
) -> None:
    run = timed.create(flow(place, inner))
    crash(timed, run, inner)
    timed.clock.move(3600)

    ended = timed.cases.execute(run.id, observer=when_it_waits("sleep", lambda: timed.clock.move(3600)))

    assert ended.state is well(place), ended.error
    again = ["inner", "inner"] if inner == "retry" else []
    assert names(timed, run) == ["before", "first", *again, "last", "end"]
    assert all(state.ended for state in timed.states(run).values())


def when_it_waits(inner: str, do: Callable[[], object]) -> Callable[[Progress], None]:
    wanted = State.RETRYING if inner == "retry" else State.RUNNING

    def listen(progress: Progress) -> None:
        if isinstance(progress, TaskMoved) and progress.address.endswith("inner") and progress.state is wanted:
            do()

    return listen


class Crash(BaseException):
    """The process would be dead here."""


def crash(lab: Lab, run: Run, inner: str) -> None:
    """Execute a run until `inner` waits, and die there."""

    def watch(writes: Any) -> None:
        if any(begins(write) for write in writes):
            raise Crash

    def begins(write: Any) -> bool:
        if inner == "retry":
            return isinstance(write, NewAttempt)
        return isinstance(write, StartTask) and write.task_run.address.endswith("inner")

    after, lab.store.after = lab.store.after, watch
    with pytest.raises(Crash):
        lab.cases.execute(run.id)
    lab.store.after = after


@pytest.mark.parametrize("inner", ["sleep", "retry"])
def test_what_waits_holds_no_thread_however_much_of_it_there_is(timed: Lab, inner: str) -> None:
    many = 150
    timed.doings["flaky"] = lambda context, value: {"value": 1} if context.attempt > 1 else 1 / 0
    task = INNERS[inner]
    run = timed.create(f"""
        - id: each
          type: core.flow.ForEach
          values: "{{{{ range(0, {many - 1}) }}}}"
          concurrencyLimit: 0
          tasks: [{task}]
    """)
    waiting: set[str] = set()
    threads: list[int] = []
    wanted = State.RETRYING if inner == "retry" else State.RUNNING
    before = threading.active_count()

    def listen(progress: Progress) -> None:
        if isinstance(progress, TaskMoved) and progress.address.endswith("inner") and progress.state is wanted:
            waiting.add(progress.address)
            if len(waiting) == many and not threads:
                threads.append(threading.active_count() - before)
                timed.clock.move(3600)

    assert timed.cases.execute(run.id, observer=listen).state is State.SUCCESS
    assert len(waiting) == many
    assert threads[0] < many / 2
