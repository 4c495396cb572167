"""Random runs to stop: groups nested in any way, failures, and replays of what came of it, and of those.
Equal seeds give equal runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, cast

from tests.crash.scenarios import Scenario

from dalsegno.replay.request import ORIGIN, ReplayRequest

Tasks = list[dict[str, Any]]
#: the parts of a request that name tasks
PARTS = ("start", "only", "until")


@dataclass
class _Flow:
    """A flow that grows.

    Parameters
    ----------
    readable : the ids of tasks in no loop, which any later one may read.
    startable : the ids of tasks that are always reached.
    hidden : how many branches and handlers stand around what is made.
    """

    random: Random
    failing: float
    ids: list[str] = field(default_factory=list[str])
    readable: list[str] = field(default_factory=list[str])
    startable: list[str] = field(default_factory=list[str])
    hidden: int = 0

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
    if random.random() < 0.5:
        return Scenario(name, text)
    fixed = _mended(tasks) if random.random() < 0.7 else None
    again = _request(random, flow, mended=fixed is not None)
    before = [ReplayRequest()]
    if random.random() < 0.3:
        # a replay of a replay
        before.append(ReplayRequest(start=(random.choice(flow.startable),), skip_successful=random.random() < 0.5))
    if fixed is None:
        return Scenario(name, text, again, before=tuple(before))
    changed = _text(fixed)
    if flow.readable and not flow.failing and random.random() < 0.3 and not again.outputs and not again.task_inputs:
        again, changed = _with_new_name(again, changed, random.choice(flow.readable))
    return Scenario(name, text, replace(again, revision="latest"), before=tuple(before), fixed=changed)


def _request(random: Random, flow: _Flow, *, mended: bool) -> ReplayRequest:
    """Give what is asked of the replay: such that no rule refuses it."""
    start, other = random.choice(flow.startable), random.choice(flow.startable)
    found = [
        ReplayRequest(),
        ReplayRequest(skip_successful=True),
        ReplayRequest(start=(start,)),
        ReplayRequest(start=(start, other), skip_successful=True),
        ReplayRequest(changed=True),
    ]
    if flow.readable:
        name = random.choice(flow.readable)
        given = {name: {"value": 7, "text": "given", "uri": None}}
        found += [
            ReplayRequest(outputs=given),
            ReplayRequest(outputs=given, skip_successful=True),
            ReplayRequest(outputs=given, changed=True),
            ReplayRequest(task_inputs={name: {"value": 8}}, skip_successful=True),
        ]
        if not flow.failing:
            found += [ReplayRequest(outputs={name: ORIGIN}), ReplayRequest(only=(name,))]
        if mended or not flow.failing:
            found.append(ReplayRequest(until=(name,)))
    return random.choice(found)


def _with_new_name(again: ReplayRequest, text: str, name: str) -> tuple[ReplayRequest, str]:
    """Give the request and the text in which a task has another name."""
    new = f"{name}_now"
    text = text.replace(f'"{name}"', f'"{new}"').replace(f"outputs.{name}.", f"outputs.{new}.")
    names = {part: tuple(new if item == name else item for item in getattr(again, part)) for part in PARTS}
    return replace(again, renamed={new: name}, **names), text


def _text(tasks: Tasks) -> str:
    return f"tasks: {json.dumps(tasks)}\n"


def _mended(part: Any) -> Any:
    """Give tasks, or a part of them, with no failure left in them."""
    if isinstance(part, list):
        return [_mended(item) for item in cast("list[Any]", part)]
    if isinstance(part, dict):
        found = cast("dict[str, Any]", part)
        return {name: _mended(value) for name, value in found.items() if name != "fail"}
    return part
