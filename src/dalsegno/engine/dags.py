"""Which tasks of a Dag may start: those whose predecessors all have a result, in the order of the text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from dalsegno.model.flow import Task


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
