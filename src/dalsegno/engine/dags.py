"""Which tasks of a Dag may start: those whose predecessors all have a result, in the order of the text; and what is passed
by of what a group begins with, since it has ended already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from dalsegno.model.flow import Effects, Task
from dalsegno.model.state import State


def first_ended(
    tasks: Iterable[Task],
    depends: Mapping[str, Sequence[str]] | None,
    ended: Callable[[str], State | None],
    *,
    limit: int = 0,
) -> dict[str, State]:
    """Give the tasks that have ended already and stand after nothing else, in the order of the text, each with its state.

    Where the text of a Dag stands in another order than that in which its tasks may start, it ends: what follows is looked
    at in its turn. So it does where as many have to run as a Dag has run at once (`limit`; 0 is no limit).
    """
    passed: dict[str, State] = {}
    starting = 0
    others: set[str] = set()
    for task in tasks:
        before = () if depends is None else depends.get(task.id, ())
        lacking = [name for name in before if name not in passed]
        if lacking and not others.issuperset(lacking):
            break
        state = None if lacking else ended(task.id)
        if state is not None:
            passed[task.id] = state
        elif depends is None:
            break
        else:
            others.add(task.id)
            starting += not lacking
            if limit and starting == limit:
                break
    return passed


class Ready:
    """The tasks of a Dag that have not started. Each end costs what stands directly after it, however many there are."""

    def __init__(self, tasks: Iterable[Task], depends: Mapping[str, Sequence[str]]) -> None:
        self._tasks = list(tasks)
        known = {task.id for task in self._tasks}
        self._place = {task.id: place for place, task in enumerate(self._tasks)}
        self._lacks = {name: len({*depends.get(name, ())} & known) for name in known}
        self._after: dict[str, list[str]] = {}
        for name in known:
            for before in {*depends.get(name, ())} & known:
                self._after.setdefault(before, []).append(name)
        self._ready = [place for place, task in enumerate(self._tasks) if not self._lacks[task.id]]
        heapify(self._ready)

    def take(self) -> Task | None:
        """Take the first task that may start; `None` while all that is left waits."""
        return self._tasks[heappop(self._ready)] if self._ready else None

    def ended(self, task: str) -> None:
        """Take note that a task ended with a result."""
        for name in self._after.get(task, ()):
            self._lacks[name] -= 1
            if not self._lacks[name]:
                heappush(self._ready, self._place[name])


class Edges:
    """What counts, of what a step in Python stands directly after, where it is asked if something has moved.

    A step is given values, and all of them are compared: what it reads counts by them, and not by whatever else came out
    otherwise there. What it only stands after counts, and what is seen outside.
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._outer: dict[str, str] = {}
        self._seen_outside: set[str] = set()
        for task in tasks:
            for inner in task.walk():
                self._outer[inner.id] = task.id
                if inner.effects is Effects.EXTERNAL:
                    self._seen_outside.add(task.id)

    def that_count(self, task: Task, names: Sequence[str]) -> Sequence[str]:
        """Give those of these names that count for a task."""
        if not names or (task.function is None and not (task.tasks and task.tasks[0].function)):
            return names
        read = {self._outer.get(each.task or "") for one in task.walk() for each in one.reads}
        return [name for name in names if name not in read or name in self._seen_outside]
