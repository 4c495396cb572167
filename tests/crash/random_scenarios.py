"""Random runs to stop: groups nested in any way, failures, retries, waits, and replays of what came of it, up to three deep:
with pins, kept results, overrides, `only`, `until`, `changed`, breakpoints and other names. Equal seeds give equal runs.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, cast

from tests.crash.scenarios import Scenario

from dalsegno.replay.request import ORIGIN, ReplayRequest

Tasks = list[dict[str, Any]]


@dataclass
class _Flow:
    """A flow that grows.

    Parameters
    ----------
    readable : the ids of tasks in no loop, which any later one may read.
    startable : the ids of tasks that are always reached.
    marks : the ids of tasks that leave a mark.
    hidden : how many branches and handlers stand around what is made.
    """

    random: Random
    failing: float
    ids: list[str] = field(default_factory=list[str])
    readable: list[str] = field(default_factory=list[str])
    startable: list[str] = field(default_factory=list[str])
    marks: list[str] = field(default_factory=list[str])
    hidden: int = 0

    def tasks(self, *, depth: int, loops: int, side_by_side: bool = False) -> Tasks:
        """Give some tasks that stand in one group."""
        known = list(self.readable)
        made: Tasks = []
        for _ in range(self.random.randint(1, 3)):
            if depth < 3 and self.random.random() < 0.45:
                made.append(self._group(depth, loops))
            else:
                made.append(self._wait() if self.random.random() < 0.12 else self._mark(loops))
            if side_by_side:
                # what stands beside a task may not have run when it begins
                self.readable = list(known)
        return made

    def _id(self) -> str:
        self.ids.append(f"t{len(self.ids) + 1}")
        if not self.hidden:
            self.startable.append(self.ids[-1])
        return self.ids[-1]

    def _hidden(self, *, depth: int, loops: int) -> Tasks:
        """Give tasks that may not run, so that nothing else reads them or starts there."""
        known = list(self.readable)
        self.hidden += 1
        tasks = self.tasks(depth=depth, loops=loops)
        self.hidden -= 1
        self.readable = known
        return tasks

    def _wait(self) -> dict[str, Any]:
        """Give a task that waits: a short time, or until somebody resumes it."""
        kind = self.random.choice(("Sleep", "Pause", "Pause"))
        delay = {"duration": "PT0.003S"} if kind == "Sleep" else self.random.choice(({}, {"delay": "PT0.003S"}))
        return {"id": self._id(), "type": f"core.flow.{kind}", **delay}

    def _mark(self, loops: int) -> dict[str, Any]:
        task: dict[str, Any] = {"id": self._id(), "type": "test.Mark", "value": self.random.randint(1, 3)}
        self.marks.append(task["id"])
        if loops and self.random.random() < 0.5:
            task["value"] = "{{ taskrun.value }}"
        elif self.readable and self.random.random() < 0.6:
            task["value"] = f"{{{{ outputs.{self.random.choice(self.readable)}.value }}}}"
        if self.random.random() < 0.1:
            task |= self.random.choice([{"size": 20_000}, {"file": "content"}])
        if self.random.random() < self.failing:
            task["fail"] = "{{ taskrun.value == 2 }}" if loops else True
            if self.random.random() < 0.4:
                task["retry"] = {"type": "constant", "interval": "PT0.002S", "maxAttempts": 60}
                task["fail"] = "{{ taskrun.attemptsCount < 1 }}"
        if not loops:
            self.readable.append(task["id"])
        return task

    def _group(self, depth: int, loops: int) -> dict[str, Any]:
        kind = self.random.choice(["Sequential", "Parallel", "ForEach", "If", "Dag", "AllowFailure"])
        group: dict[str, Any] = {"id": self._id(), "type": f"core.flow.{kind}"}
        if kind in ("Parallel", "Dag"):
            group["concurrent"] = self.random.choice([0, 0, 1, 2])
        if kind == "ForEach":
            group["values"] = self.random.choice([[], ["a"], ["a", "a", 2], [1, 2, 3], [{"k": 1}, 2]])
            group["concurrencyLimit"] = self.random.choice([0, 1, 2])
        looped = loops + (kind == "ForEach")
        before = list(self.readable)
        if kind == "If":
            group["condition"] = "{{ taskrun.value == 2 }}" if loops else self.random.choice([True, False])
            return {**group, **{name: self._hidden(depth=depth + 1, loops=loops) for name in ("then", "else")}}
        tasks = self.tasks(depth=depth + 1, loops=looped, side_by_side=kind in ("Parallel", "Dag"))
        group["tasks"] = self._depending(tasks) if kind == "Dag" else tasks
        if kind == "AllowFailure":
            self.readable = before
        for handler in ("errors", "finally"):
            if self.random.random() < 0.25:
                group[handler] = self._hidden(depth=3, loops=loops)
        return group

    def _depending(self, tasks: Tasks) -> Tasks:
        """Give the entries of a Dag, each of which depends on some that stand before it."""
        return [
            {"task": task, "dependsOn": [other["id"] for other in tasks[:number] if self.random.random() < 0.5]}
            for number, task in enumerate(tasks)
        ]


def random_scenario(seed: int) -> Scenario:
    """Give the scenario of a seed."""
    random = Random(seed)
    flow = _Flow(random, failing=random.choice([0.0, 0.1, 0.3]))
    tasks = flow.tasks(depth=0, loops=0)
    name, text = f"random {seed}", _text(tasks)
    if random.random() < 0.3:
        stops = ReplayRequest(breakpoints=(random.choice(flow.ids),)) if random.random() < 0.3 else ReplayRequest()
        return Scenario(name, text, stops, otherwise=ReplayRequest())
    before = (ReplayRequest(), *(_request(random, flow) for _ in range(random.choice([0, 0, 1, 2]))))
    again = _request(random, flow)
    if random.random() < 0.4:
        return Scenario(name, text, again, before=before, otherwise=ReplayRequest())
    fixed = _text(_mended(tasks))
    if random.random() < 0.4:
        # what has another name now is its old self
        old = random.choice(flow.ids)
        fixed = re.sub(rf"\b{old}\b", "renamed", fixed)
        again = _named_anew(again, old, "renamed")
    return Scenario(
        name, text, replace(again, revision="latest"), before=before, fixed=fixed, otherwise=ReplayRequest(revision="latest")
    )  # fmt: skip


def _request(random: Random, flow: _Flow) -> ReplayRequest:
    """Give a request for a replay; some are refused."""
    request = random.choice(
        [
            ReplayRequest(),
            ReplayRequest(skip_successful=True),
            ReplayRequest(start=(random.choice(flow.startable),)),
            ReplayRequest(start=(random.choice(flow.startable), random.choice(flow.startable)), skip_successful=True),
            ReplayRequest(changed=True),
            ReplayRequest(only=(random.choice(flow.ids),)),
            ReplayRequest(until=(random.choice(flow.startable),)),
            ReplayRequest(until=(random.choice(flow.ids),), skip_successful=True),
        ]
    )
    given: dict[str, Any] = {}
    if flow.marks and random.random() < 0.35:
        value = random.choice([ORIGIN, {"value": 9, "text": "", "uri": None}])
        given["outputs"] = {random.choice(flow.marks): value}
    if flow.marks and random.random() < 0.25:
        given["task_inputs"] = {random.choice(flow.marks): {"value": 7}}
    if random.random() < 0.2:
        given["breakpoints"] = (random.choice(flow.ids),)
    return replace(request, **given)


def _named_anew(request: ReplayRequest, old: str, new: str) -> ReplayRequest:
    def name(text: str) -> str:
        return new if text == old else text

    lists = {field: tuple(map(name, getattr(request, field))) for field in ("start", "only", "until", "breakpoints")}
    maps = {field: {name(text): value for text, value in getattr(request, field).items()} for field in _MAPS}
    return replace(request, renamed={new: old}, **lists, **maps)


_MAPS = ("outputs", "task_inputs")


def _text(tasks: Tasks) -> str:
    return f"tasks: {json.dumps(tasks)}\n"


def _mended(part: Any) -> Any:
    """Give tasks, or a part of them, with no failure left in them."""
    if isinstance(part, list):
        return [_mended(item) for item in cast("list[Any]", part)]
    if isinstance(part, dict):
        found = cast("dict[str, Any]", part)
        return {name: _mended(value) for name, value in found.items() if name not in ("fail", "retry")}
    return part
