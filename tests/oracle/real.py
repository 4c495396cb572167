"""Plays a story with the real service and engine, on a data directory."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.oracle.compiled import compile_flow, flow_text
from tests.oracle.describe import keys_in
from tests.oracle.evaluator import Failed, World
from tests.oracle.judge import INPUTS, as_request
from tests.oracle.stories import Step, Story, Tasks

from dalsegno.errors import Refusal
from dalsegno.model.flow import Kind
from dalsegno.model.graph import index
from dalsegno.model.plan import Action, Plan
from dalsegno.model.progress import Progress, TaskMoved
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest, request_from_json
from dalsegno.replay.resolve import Resolved, resolve_request
from dalsegno.service.service import Service
from dalsegno.store.port import RunFilter


class RealPlayer:
    """Plays one story in a namespace of its own."""

    def __init__(self, service: Service, story: Story, namespace: str) -> None:
        self._service = service
        self._story = story
        self._namespace = namespace
        self._runs: list[Run] = []
        self._given: list[set[str]] = []
        self.problems: list[str] = []
        self.compared = 0
        self.refused = 0
        texts = [self._text(tasks) for tasks in story.revisions]
        self._numbers = [service.flows.save(text).revision.number for text in texts]

    def _text(self, tasks: Tasks) -> str:
        return json.dumps({**json.loads(flow_text(tasks)), "namespace": self._namespace})

    def play(self) -> list[str]:
        for number, step in enumerate(self._story.steps):
            try:
                self._step(f"step {number}", step)
            except Exception as error:  # noqa: BLE001 - whatever is raised is a finding
                self.problems.append(f"step {number}: raised {type(error).__name__}: {error}")
        return self.problems

    def _step(self, where: str, step: Step) -> None:
        at = None if step.origin is None or not self._runs else step.origin % len(self._runs)
        request = as_request(step, origin=None if at is None else self._runs[at].id)
        before = self._written()
        try:
            run = self._create(step, request)
        except Refusal:
            self.refused += 1
            if self._written() != before:
                self.problems.append(f"{where}: a refused request wrote something")
            return
        plan = self._service.runs.plan_of(run.id)
        killer = _Killer(step.budget)
        run = self._service.runs.execute(run.id, observer=killer.observe, stop=killer.stop)
        self._runs.append(run)
        self._judge(where, step, run, plan, None if at is None else self._given[at])
        if run.state is State.SUCCESS:
            self._unchanged(where, run)

    def _unchanged(self, where: str, run: Run) -> None:
        """A replay of what succeeded and has not changed executes nothing."""
        plan = self._service.runs.plan_replay(ReplayRequest(origin=run.id, skip_successful=True))
        busy = [decision.address for decision in plan.decisions if decision.action is Action.RUN]
        if busy or plan.refusals:
            self.problems.append(f"{where}: replayed unchanged, it would run {busy}, refused {plan.refusals}")

    def _create(self, step: Step, request: ReplayRequest) -> Run:
        fields: dict[str, Any] = {name: getattr(request, name) for name in ReplayRequest.__dataclass_fields__}
        fields["revision"] = self._numbers[step.revision]
        if request.origin is None:
            fields["inputs"] = {**INPUTS, **request.inputs}
            return self._service.runs.create_fresh(f"{self._namespace}.story", ReplayRequest(**fields))
        return self._service.runs.create_replay(ReplayRequest(**fields))

    def _written(self) -> tuple[Any, ...]:
        runs = self._service.runs.list(RunFilter(namespace=self._namespace, limit=0))
        return ([run.id for run in runs], self._service.flows.get(f"{self._namespace}.story").number)

    def _judge(self, where: str, step: Step, run: Run, plan: Plan, given: set[str] | None) -> None:
        tasks = self._story.revisions[step.revision]
        nodes = index(compile_flow(tasks))
        resolved = resolve_request(request_from_json(run.request), nodes)
        made = {found.address: found for found in self._service.runs.task_runs(run.id)}
        works = {name: found for name, found in made.items() if nodes[found.task].task.kind is Kind.WORK}
        kept = {name for name, found in works.items() if found.action is Action.REUSE and name in (given or ())}
        self._given.append(kept | {name for name, found in works.items() if found.action is Action.PIN})
        self._check_actions(where, plan, made, whole=run.state is State.SUCCESS)
        stale = any("definition" in warning for decision in plan.decisions if decision.action is Action.REUSE
                    for warning in decision.warnings)  # fmt: skip
        if stale or kept or run.state is State.KILLED:
            return
        self.compared += 1
        world = World(tasks, run.inputs, lambda task, at: resolved.overrides(task, keys_in(at)).get("value"))
        world.pinned = _pinned(plan, resolved, works)
        try:
            world.run(tasks)
        except Failed as error:
            if run.state is State.SUCCESS:
                self.problems.append(f"{where}: a whole run fails ({error}), the replay ended {run.state}")
            return
        found = {name: task_run.outputs.get("value") for name, task_run in works.items()}
        if run.state is not State.SUCCESS:
            self.problems.append(f"{where}: a whole run succeeds, the replay ended {run.state}: {run.error}")
        elif found != world.outputs:
            names = {*found, *world.outputs}
            wrong = {name: (world.outputs.get(name), found.get(name)) for name in names}
            listed = {name: pair for name, pair in wrong.items() if pair[0] != pair[1]}
            self.problems.append(f"{where}: outputs differ from a whole run's: {listed}")

    def _check_actions(self, where: str, plan: Plan, made: dict[str, TaskRun], *, whole: bool) -> None:
        """What ran is the plan and, in loops whose items only the run could know, its expansions."""
        open_loops = tuple(f"{found.address}[" for found in plan.decisions if found.waits_for or found.keys is None)
        for address, found in made.items():
            decision = plan.by_address.get(address)
            if decision is None and not address.startswith(open_loops):
                self.problems.append(f"{where}: `{address}` was not planned")
            elif decision is not None and decision.action is not found.action:
                self.problems.append(f"{where}: `{address}` was to {decision.action} and did {found.action}")
            if (found.action is Action.REUSE) != (found.reused_from is not None) or (
                found.action in (Action.REUSE, Action.PIN) and found.attempts
            ):
                self.problems.append(f"{where}: `{address}` is {found.action}, yet {found}")
        missing = [decision.address for decision in plan.decisions if decision.address not in made]
        if whole and missing:
            self.problems.append(f"{where}: planned, and never done: {missing}")


def _pinned(plan: Plan, resolved: Resolved, works: dict[str, TaskRun]) -> dict[str, Any]:
    planned = [(found.address, found.task) for found in plan.decisions if found.action is Action.PIN]
    reached = [(name, found.task) for name, found in works.items() if found.action is Action.PIN]
    return {name: (resolved.pin(task, keys_in(name)) or {}).get("value") for name, task in (*planned, *reached)}


class _Killer:
    """Asks to stop once so many tasks have begun."""

    def __init__(self, budget: int | None) -> None:
        self._left = budget
        self._set: Callable[[], None] = lambda: None

    def stop(self, ask: Callable[[], None]) -> None:
        self._set = ask
        if self._left == 0:
            ask()

    def observe(self, progress: Progress) -> None:
        if self._left and isinstance(progress, TaskMoved) and progress.state is State.RUNNING and not progress.group:
            self._left -= 1
            if self._left == 0:
                self._set()
