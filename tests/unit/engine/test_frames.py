"""Where a run stands in a group: what may start, and how the group ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dalsegno.engine.frames import (
    Frame,
    GroupRun,
    ItemStart,
    frame_of_flow,
    frame_of_group,
    frame_of_item,
    frame_of_loop,
)
from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.model.state import State
from dalsegno.replay.edges import Scope

FLOW = frame_of_flow(Flow("test", "flow", ()))


def tasks(count: int) -> tuple[Task, ...]:
    return tuple(Task(f"t{number}", "core.log.Log") for number in range(count))


def group(kind: Kind, count: int, limit: int = 0) -> Frame:
    task = Task("group", "core.flow.Group", kind=kind, tasks=tasks(count), concurrency=limit)
    owner = GroupRun(task, "id", "group", 1, 0.0)
    if kind is Kind.LOOP:
        keys = [str(number) for number in range(count)]
        return frame_of_loop(owner, Scope(), FLOW, keys=keys, values=keys)
    return frame_of_group(owner, Scope(), FLOW)


def started(frame: Frame) -> int:
    count = 0
    while frame.next(stopping=False) is not None:
        count += 1
    return count


def test_a_sequence_starts_one_task_after_the_other() -> None:
    frame = group(Kind.SEQUENCE, 2)

    assert started(frame) == 1
    assert frame.final is None
    frame.ended(State.SUCCESS)
    assert started(frame) == 1
    frame.ended(State.WARNING)
    assert started(frame) == 0
    assert frame.final is State.WARNING


def test_a_sequence_starts_nothing_after_a_failure() -> None:
    frame = group(Kind.SEQUENCE, 3)

    started(frame)
    frame.ended(State.FAILED)

    assert started(frame) == 0
    assert frame.final is State.FAILED


def test_a_parallel_group_starts_all_and_the_worst_end_is_its_own() -> None:
    frame = group(Kind.PARALLEL, 3)

    assert started(frame) == 3
    for state in (State.FAILED, State.SUCCESS, State.KILLED):
        assert frame.final is None
        frame.ended(state)
    assert frame.final is State.KILLED


def test_an_empty_group_has_succeeded() -> None:
    frame = group(Kind.LOOP, 0)

    assert started(frame) == 0
    assert frame.final is State.SUCCESS


def test_a_group_that_is_stopped_starts_nothing_and_is_killed_if_anything_was_left() -> None:
    frame = group(Kind.SEQUENCE, 2)
    started(frame)

    assert frame.next(stopping=True) is None
    assert frame.final is None
    frame.ended(State.SUCCESS)
    assert frame.final is State.KILLED


def test_a_group_of_which_all_had_begun_is_not_killed_by_a_late_stop() -> None:
    frame = group(Kind.PARALLEL, 2)
    started(frame)
    frame.ended(State.SUCCESS)

    assert frame.next(stopping=True) is None
    frame.ended(State.SUCCESS)
    assert frame.final is State.SUCCESS


def test_an_item_stands_below_its_key() -> None:
    frame = group(Kind.LOOP, 1)
    item = frame.next(stopping=False)

    assert isinstance(item, ItemStart)
    assert frame_of_item(item, frame).scope.prefix == "group[0]."


@given(st.integers(0, 5), st.lists(st.sampled_from([State.SUCCESS, State.FAILED]), max_size=12))
def test_a_loop_never_runs_more_than_its_limit_and_loses_no_item(limit: int, ends: list[State]) -> None:
    frame = group(Kind.LOOP, len(ends), limit)
    begun = started(frame)
    for state in ends:
        assert not limit or frame.running <= limit
        if frame.running:
            frame.ended(state)
            begun += started(frame)

    stopped = limit == 1 and State.FAILED in ends
    assert frame.final is (State.FAILED if State.FAILED in ends else State.SUCCESS)
    assert begun == (ends.index(State.FAILED) + 1 if stopped else len(ends))
