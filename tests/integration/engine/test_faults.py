"""What goes wrong in a task fails the task; what goes wrong around it loses nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import pytest
from tests.integration.engine.lab import Lab

from dalsegno.errors import DalSegnoError, LeaseLost, MoveRefused, RunIsLive, StoreUnavailable
from dalsegno.model.progress import Logged, Progress, TaskMoved
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.open import open_store
from dalsegno.store.port import AppendLogs, EndTask, RunFilter, StartTask, Write

TWO = """
- {id: a, type: test.Do, call: it}
- {id: b, type: test.Mark}
"""
SIDE = """
- id: side
  type: core.flow.Parallel
  tasks:
    - {id: a, type: test.Do, call: it}
    - {id: b, type: test.Mark}
"""


@pytest.mark.parametrize("tasks", [TWO, SIDE], ids=["alone", "side by side"])
@pytest.mark.parametrize("error", [ValueError("bad"), SystemExit(3), RecursionError("deep"), MemoryError()])
def test_a_task_type_that_raises_anything_fails_its_task(lab: Lab, tasks: str, error: BaseException) -> None:
    def fail(context: Any, value: Any) -> None:
        raise error

    lab.doings["it"] = fail
    run = lab.run(tasks)

    assert run.state is State.FAILED
    assert run.error is not None
    assert run.error["code"] == "task-type-broke"
    assert type(error).__name__ in run.error["message"]
    assert "in fail" in run.error["details"]["traceback"]
    assert lab.states(run)["a"] is State.FAILED


@pytest.mark.parametrize("result", [5, "text", [1], {"x": object()}, {"x": float("nan")}, {"x": {1, 2}}])
def test_a_task_type_that_gives_what_cannot_be_kept_fails_its_task(lab: Lab, result: Any) -> None:
    lab.doings["it"] = lambda context, value: result
    run = lab.run(TWO)

    assert run.error is not None
    assert (run.state, run.error["code"], run.error["address"]) == (State.FAILED, "bad-output", "a")


@pytest.mark.parametrize("result", [None, {}, {"number": "many"}, {"number": 1, "more": 2}])
def test_outputs_other_than_the_type_declares_fail_the_task(lab: Lab, result: Any) -> None:
    lab.doings["it"] = lambda context, value: result
    run = lab.run("- {id: a, type: test.Typed, call: it}")

    assert run.error is not None
    assert (run.state, run.error["code"]) == (State.FAILED, "bad-output")
    assert "test.Typed" in run.error["message"]


def test_outputs_are_the_same_for_who_reads_them_now_and_later(lab: Lab) -> None:
    lab.doings["it"] = lambda context, value: {"pair": (1, 2), "map": {3: "three"}}
    lab.doings["see"] = lambda context, value: {"seen": repr(value)}
    run = lab.run("""
        - {id: a, type: test.Do, call: it}
        - {id: b, type: test.Do, call: see, value: "{{ outputs.a }}"}
    """)

    assert lab.output(run, "b", "seen") == repr({"pair": [1, 2], "map": {"3": "three"}})
    assert lab.output(lab.replay(run, start=("b",)), "b", "seen") == lab.output(run, "b", "seen")


def test_a_property_of_the_wrong_type_fails_its_task_and_names_it(lab: Lab) -> None:
    run = lab.run("""
        - {id: a, type: test.Mark, value: many}
        - {id: b, type: test.Mark, size: "{{ outputs.a.value }}"}
    """)

    assert run.error is not None
    assert (run.error["code"], run.error["address"]) == ("bad-property", "b")
    assert "`size`" in run.error["message"]


def test_a_pin_that_cannot_be_kept_is_refused_or_fails_its_task_alone(lab: Lab) -> None:
    try:
        run = lab.run(TWO, ReplayRequest(outputs={"a": {"x": float("nan")}}))
    except DalSegnoError:
        assert not lab.store.runs.list(RunFilter(limit=0))
    else:
        assert run.state is State.FAILED
        assert run.error is not None
        assert run.error["address"] == "a"


def test_an_observer_that_fails_is_told_nothing_more_and_the_run_goes_on(lab: Lab) -> None:
    told: list[Progress] = []

    def broken(progress: Progress) -> None:
        told.append(progress)
        if isinstance(progress, Logged):
            raise BrokenPipeError("nobody listens")

    created = lab.create("- {id: a, type: test.Mark}\n- {id: b, type: test.Mark}")
    with pytest.raises(BrokenPipeError):
        lab.cases.execute(created.id, observer=broken)

    assert lab.cases.get(created.id).state is State.SUCCESS
    assert [item.address for item in told if isinstance(item, Logged)] == ["a"]
    assert not [item for item in told if isinstance(item, TaskMoved) and item.address == "b"]


def test_an_engine_whose_run_was_taken_over_stops_and_writes_nothing_more(lab: Lab) -> None:
    other = open_store(lab.home / "dalsegno.db", now=lab.clock.now)

    def take_over(context: Any, value: Any) -> None:
        leases = lab.home / "leases"
        for path in leases.iterdir():
            path.unlink()
        other.acquire(context.run_id, "another engine")
        context.wait(30)

    lab.doings["it"] = take_over
    created = lab.create(TWO)
    with pytest.raises(LeaseLost, match="another engine"):
        lab.cases.execute(created.id)

    assert lab.states(created) == {"a": State.RUNNING}
    assert lab.executed(created) == ["a"]
    with pytest.raises(RunIsLive):
        lab.cases.execute(created.id)
    other.close()


class _Away:
    """Makes the store unavailable for some commits."""

    def __init__(self, kind: type[Write], times: int) -> None:
        self._kind = kind
        self._left = times

    def __call__(self, writes: Sequence[Write]) -> None:
        if self._left and any(isinstance(write, self._kind) for write in writes):
            self._left -= 1
            raise StoreUnavailable("the disk is full")


@pytest.mark.parametrize("kind", [EndTask, StartTask])
def test_a_store_that_goes_away_ends_the_engine_and_the_run_can_be_carried_on(lab: Lab, kind: type[Write]) -> None:
    lab.store.before = _Away(kind, 1)
    created = lab.create("- {id: a, type: test.Mark}\n- {id: b, type: test.Mark}")
    with pytest.raises(StoreUnavailable, match="disk is full"):
        lab.cases.execute(created.id)

    run = lab.cases.execute(created.id)

    assert run.state is State.SUCCESS
    assert lab.states(run) == {"a": State.SUCCESS, "b": State.SUCCESS}


def test_log_lines_wait_for_a_store_that_is_away_for_a_moment(lab: Lab) -> None:
    away = _Away(AppendLogs, 1)

    def chat(context: Any, value: Any) -> None:
        for number in range(3000):
            context.log.stream("stdout", f"line {number}")
            if number == 2000:
                lab.store.before = away

    lab.doings["it"] = chat
    created = lab.create("- {id: a, type: test.Do, call: it}")
    try:
        run = lab.cases.execute(created.id)
    except StoreUnavailable:
        run = lab.cases.execute(created.id)

    lines = lab.cases.logs(run.id, limit=10_000)
    last = max(line.attempt for line in lines)
    assert [line.line.text for line in lines if line.attempt == last] == [f"line {number}" for number in range(3000)]


def test_nothing_is_written_for_a_move_that_is_not_allowed(lab: Lab) -> None:
    run = lab.run("- {id: a, type: test.Mark}")
    before = lab.store.events.after(run.id)
    lease = lab.store.acquire(run.id, "a test")
    with pytest.raises(MoveRefused):
        lab.store.commit(lease, [EndTask(lab.at(run, "a").id, State.FAILED, 1.0, {}, None, {}, {}, None)])
    lab.store.release(lease)

    assert lab.store.events.after(run.id) == before


def test_an_exit_in_a_task_does_not_end_the_process(lab: Lab) -> None:
    lab.doings["it"] = lambda context, value: sys.exit("gone")

    assert lab.run(TWO).state is State.FAILED
