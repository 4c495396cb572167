"""Random runs to stop: groups nested in any way, failures, and replays of what came of it. Equal seeds give equal runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.crash.scenarios import Scenario

from dalsegno.replay.request import ReplayRequest

Tasks = list[dict[str, Any]]


@dataclass
class _Flow:
    """A flow that grows.

    Parameters
    ----------
    readable : the ids of tasks in no loop, which any later one may read.
    """

    random: Random
    failing: float
    ids: list[str] = field(default_factory=list[str])
    readable: list[str] = field(default_factory=list[str])

    def tasks(self, *, depth: int, loops: int, side_by_side: bool = False) -> Tasks:
        """Give some tasks that stand in one group."""
        known = list(self.readable)
        made: Tasks = []
        for _ in range(self.random.randint(1, 3)):
            inside = depth < 3 and self.random.random() < 0.45
            made.append(self._group(depth, loops) if inside else self._mark(loops))
            if side_by_side:
                # what stands beside a task may not have run when it begins
                self.readable = list(known)
        return made

    def _id(self) -> str:
        self.ids.append(f"t{len(self.ids) + 1}")
        return self.ids[-1]

    def _mark(self, loops: int) -> dict[str, Any]:
        task: dict[str, Any] = {"id": self._id(), "type": "test.Mark", "value": self.random.randint(1, 3)}
        if loops and self.random.random() < 0.5:
            task["value"] = "{{ taskrun.value }}"
        elif self.readable and self.random.random() < 0.6:
            task["value"] = f"{{{{ outputs.{self.random.choice(self.readable)}.value }}}}"
        if self.random.random() < 0.1:
            task |= self.random.choice([{"size": 20_000}, {"file": "content"}])
        if self.random.random() < self.failing:
            task["fail"] = "{{ taskrun.value == 2 }}" if loops else True
        if not loops:
            self.readable.append(task["id"])
        return task

    def _group(self, depth: int, loops: int) -> dict[str, Any]:
        kind = self.random.choice(["Sequential", "Parallel", "ForEach"])
        group: dict[str, Any] = {"id": self._id(), "type": f"core.flow.{kind}"}
        if kind == "Parallel":
            group["concurrent"] = self.random.choice([0, 0, 1, 2])
        if kind == "ForEach":
            group["values"] = self.random.choice([[], ["a"], ["a", "a", 2], [1, 2, 3], [{"k": 1}, 2]])
            group["concurrencyLimit"] = self.random.choice([0, 1, 2])
        looped = loops + (kind == "ForEach")
        group["tasks"] = self.tasks(depth=depth + 1, loops=looped, side_by_side=kind == "Parallel")
        return group


def random_scenario(seed: int) -> Scenario:
    """Give the scenario of a seed."""
    random = Random(seed)
    flow = _Flow(random, failing=random.choice([0.0, 0.1, 0.3]))
    tasks = flow.tasks(depth=0, loops=0)
    name, text = f"random {seed}", _text(tasks)
    if random.random() < 0.5:
        return Scenario(name, text)
    again = random.choice(
        [
            ReplayRequest(),
            ReplayRequest(skip_successful=True),
            ReplayRequest(start=(random.choice(flow.ids),)),
            ReplayRequest(start=(random.choice(flow.ids), random.choice(flow.ids)), skip_successful=True),
        ]
    )
    fixed = _text(_mended(tasks)) if random.random() < 0.7 else None
    if fixed is not None:
        again = ReplayRequest(start=again.start, skip_successful=again.skip_successful, revision="latest")
    return Scenario(name, text, again, before=(ReplayRequest(),), fixed=fixed)


def _text(tasks: Tasks) -> str:
    return f"tasks: {json.dumps(tasks)}\n"


def _mended(tasks: Tasks) -> Tasks:
    """Give the tasks with no failure left in them."""
    mended = [{name: value for name, value in task.items() if name != "fail"} for task in tasks]
    return [{**task, "tasks": _mended(task["tasks"])} if "tasks" in task else task for task in mended]
