"""Frames: where a run stands in each group that it is in.

A frame holds what a group has not started yet and counts what runs. It knows no store and no thread: the runner asks it what
may start, and tells it how things ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dalsegno.model.flow import Kind, Task
from dalsegno.model.state import State, worst
from dalsegno.replay.edges import Scope


@dataclass(frozen=True, slots=True)
class GroupRun:
    """The task run of a group."""

    task: Task
    task_run: str
    address: str
    attempt: int
    started: float


@dataclass(frozen=True, slots=True)
class ItemStart:
    """One item of a loop that has not started."""

    loop: Task
    key: str
    value: Any


@dataclass(slots=True)
class Frame:
    """Where a run stands in one group, in one item of a loop, or in the flow itself.

    Parameters
    ----------
    scope : where its children stand.
    pending : what has not started.
    limit : how many of them may run at once; 0 is no limit.
    stops : whether nothing more starts once something failed.
    owner : the group's task run; `None` for an item and for the flow.
    """

    scope: Scope
    pending: deque[Task | ItemStart]
    limit: int = 1
    stops: bool = True
    parent: Frame | None = None
    owner: GroupRun | None = None
    running: int = 0
    states: set[State] = field(default_factory=set[State])

    def next(self, *, stopping: bool) -> Task | ItemStart | None:
        """Take what may start now."""
        if stopping:
            if self.pending:
                self.states.add(State.KILLED)
                self.pending.clear()
            return None
        if not self.pending or (self.limit and self.running >= self.limit):
            return None
        if self.stops and (State.FAILED in self.states or State.KILLED in self.states):
            self.pending.clear()
            return None
        self.running += 1
        return self.pending.popleft()

    def ended(self, state: State) -> None:
        """Take note that something in it has ended."""
        self.running -= 1
        self.states.add(state)

    @property
    def final(self) -> State | None:
        """How it ended; `None` while something runs or may start."""
        if self.running or self.pending:
            return None
        return worst(list(self.states))


def frame_of_flow(tasks: Sequence[Task]) -> Frame:
    """Give the outermost frame."""
    return Frame(Scope(), deque[Task | ItemStart](tasks))


def frame_of_group(owner: GroupRun, scope: Scope, parent: Frame) -> Frame:
    """Give the frame of a Sequential or Parallel that stands in `scope`."""
    pending = deque[Task | ItemStart](owner.task.tasks)
    if owner.task.kind is Kind.PARALLEL:
        return Frame(scope, pending, owner.task.concurrency, stops=False, parent=parent, owner=owner)
    return Frame(scope, pending, parent=parent, owner=owner)


def frame_of_loop(owner: GroupRun, scope: Scope, parent: Frame, *, keys: Sequence[str], values: Sequence[Any]) -> Frame:
    """Give the frame of a loop: one item after the other where one may run at once, and then none after a failure."""
    task = owner.task
    pending = deque[Task | ItemStart](ItemStart(task, key, value) for key, value in zip(keys, values, strict=True))
    return Frame(scope, pending, task.concurrency, stops=task.concurrency == 1, parent=parent, owner=owner)


def frame_of_item(item: ItemStart, parent: Frame) -> Frame:
    """Give the frame of one item of the loop whose frame is `parent`."""
    scope = parent.scope.enter(item.loop.id, item.key, item.value)
    return Frame(scope, deque[Task | ItemStart](item.loop.tasks), parent=parent)
