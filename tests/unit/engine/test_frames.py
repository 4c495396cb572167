"""Where a run stands in a group: what may start, and how the group ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dalsegno.engine.frames import (
    Entry,
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


@st.composite
def groups_with_ends(draw: st.DrawFn) -> tuple[Task, dict[str, State]]:
    """A group whose text stands in any order, and what of it has ended before."""
    names = [f"t{number}" for number in range(draw(st.integers(1, 8)))]
    # each stands after some before it in another order, so that nothing goes round
    order = draw(st.permutations(names))
    depends = {
        name: tuple(draw(st.lists(st.sampled_from(order[:place]), unique=True, max_size=3))) if place else ()
        for place, name in enumerate(order)
    }
    kind = draw(st.sampled_from([Kind.DAG, Kind.DAG, Kind.PARALLEL, Kind.SEQUENCE]))
    inside = tuple(Task(name, "core.log.Log") for name in names)
    limit = draw(st.sampled_from([0, 0, 1, 2]))
    ends = [State.SUCCESS, State.SUCCESS, State.SUCCESS, State.WARNING, State.SKIPPED, State.FAILED, None, None]
    found = {name: draw(st.sampled_from(ends)) for name in names}
    kept = {name: state for name, state in found.items() if state is not None}
    return Task("group", "core.flow.Group", kind=kind, tasks=inside, concurrency=limit, depends=depends), kept


def walk(frame: Frame, kept: Mapping[str, State], ends: list[State]) -> list[str]:
    """Walk a frame as the runner does; give what starts and ends, in order."""
    told: list[str] = []
    running: list[Task] = []

    def start() -> None:
        entry: Entry | None
        while (entry := frame.next(stopping=False)) is not None:
            assert isinstance(entry, Task)
            if entry.id in kept:
                frame.ended(kept[entry.id], task=entry.id)
            else:
                running.append(entry)
                told.append(f"{entry.id} starts, moved: {frame.moved}")

    start()
    for state in ends:
        if running:
            ended = running.pop(0)
            told.append(f"{ended.id} ends as {state}")
            frame.ended(state, task=ended.id, moved=state is State.WARNING)
            start()
    return [*told, f"{frame.final}", f"moved: {frame.inside_moved}", f"{sorted(frame.counts.items())}"]


@given(
    groups_with_ends(),
    st.lists(st.sampled_from([State.SUCCESS, State.SUCCESS, State.WARNING, State.FAILED]), min_size=8, max_size=8),
    st.booleans(),
)
def test_to_pass_by_what_has_ended_comes_to_the_same_as_to_walk_through_it(
    made: tuple[Task, dict[str, State]], ends: list[State], moved: bool
) -> None:
    task, kept = made
    owner, around = GroupRun(task, "id", "group", 1, 0.0), replace(FLOW, moved=moved)
    walked, passing = frame_of_group(owner, Scope(), around), frame_of_group(owner, Scope(), around)
    wanted = walk(walked, kept, ends)
    results = {name: state for name, state in kept.items() if state.has_result}

    passed = passing.pass_by(results.get)

    assert results.keys() >= set(passed)
    assert walk(passing, kept, ends) == wanted


def test_what_stands_in_another_order_in_the_text_starts_in_the_same_order() -> None:
    flow = Flow("test", "flow", tasks(3), depends={"t0": ("t2",)})
    frame, kept = frame_of_flow(flow), {"t2": State.SUCCESS}

    frame.pass_by(kept.get)

    assert walk(frame, kept, [])[:2] == ["t1 starts, moved: False", "t0 starts, moved: False"]


def test_what_is_passed_by_is_not_looked_at_again() -> None:
    inside = tasks(4)
    depends = {"t1": ("t0",), "t2": ("t1",), "t3": ("t2",)}
    frame = frame_of_flow(Flow("test", "flow", inside, depends=depends))
    kept = {"t0": State.SUCCESS, "t1": State.WARNING, "t3": State.SUCCESS}

    assert list(frame.pass_by(kept.get)) == ["t0", "t1"]
    assert list(frame.pending) == [inside[2], inside[3]]
    assert frame.next(stopping=False) == inside[2]
