"""Plays a story with the real service and engine, on a data directory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.oracle.compiled import compile_flow, flow_text
from tests.oracle.describe import keys_in, tried
from tests.oracle.evaluator import World
from tests.oracle.judge import INPUTS, as_request
from tests.oracle.stories import Step, Story, Tasks

from dalsegno.errors import Refusal
from dalsegno.model.flow import Kind
from dalsegno.model.graph import Node, index
from dalsegno.model.plan import Action, Plan
from dalsegno.model.progress import Progress, TaskMoved
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import ENDED_WELL, State
from dalsegno.replay.request import ReplayRequest, request_from_json
from dalsegno.replay.resolve import Resolved, keeps_origin, resolve_request
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
        self._stale = False
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
        killer = Killer(step.budget)
        run = self._execute(run, killer)
        self._runs.append(run)
        self._judge(where, step, run, plan, None if at is None else self._given[at])
        failed = _failed_behind(self._service.runs.task_runs(run.id))
        if run.state is State.SUCCESS and not failed and not request.only and not request.until:
            self._unchanged(where, run, changed=len(self._runs) % 2 == 0 and not self._stale)

    def _execute(self, run: Run, killer: Killer) -> Run:
        return self._service.runs.execute(run.id, observer=killer.observe, stop=killer.stop)

    def _unchanged(self, where: str, run: Run, *, changed: bool) -> None:
        """A replay of what succeeded and has not changed executes nothing."""
        plan = self._service.runs.plan_replay(
            ReplayRequest(origin=run.id, skip_successful=not changed, changed=changed)
        )
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
        kept = {
            name: found
            for name, found in works.items()
            if found.action is Action.REUSE and _is_given(found, plan, given)
        }
        stale = {decision.address for decision in plan.decisions if decision.action is Action.REUSE
                 and any("definition" in warning for warning in decision.warnings)}  # fmt: skip
        self._given.append({item for name, found in works.items() if name in kept or name in stale
                            or found.action is Action.PIN for item in (name, found.id)})  # fmt: skip
        whole = run.state is State.SUCCESS and not _failed_behind(made.values())
        self._check_actions(where, plan, made, nodes=nodes, whole=whole)
        self._stale = bool(stale) or bool(kept)
        # behind its end too: then the run keeps its state
        stopped = run.state is State.KILLED or any(found.state is State.KILLED for found in made.values())
        unreached = (run.error or {}).get("code") in ("start-not-reached", "never-reached")
        after = run.state is State.WARNING and any(
            "stands after" in warning for decision in plan.decisions for warning in decision.warnings
        )
        if self._stale or kept or unreached or after or stopped:
            return
        self.compared += 1
        world = World(tasks, run.inputs, lambda task, at: resolved.overrides(task, keys_in(at)).get("value"))
        world.pinned = _pinned(plan, resolved, works)
        if None in world.pinned.values():
            return
        failed = tried([lambda: world.run(tasks)])
        found = {name: made.outputs["value"] for name, made in works.items() if "value" in made.outputs}
        left = step.request.get("only") or step.request.get("until")
        if left or (failed and run.state not in ENDED_WELL):
            self._compare(
                where, {name: value for name, value in found.items() if name in world.outputs}, world, part=True
            )
        elif failed:
            self.problems.append(f"{where}: a whole run fails ({failed}), the replay ended {run.state}")
        elif run.state not in ENDED_WELL:
            self.problems.append(f"{where}: a whole run succeeds, the replay ended {run.state}: {run.error}")
        else:
            self._compare(where, found, world, part=False)

    def _compare(self, where: str, found: dict[str, Any], world: World, *, part: bool) -> None:
        names = {*found, *(() if part else world.outputs)}
        wrong = {name: (world.outputs.get(name), found.get(name)) for name in names}
        listed = {name: pair for name, pair in wrong.items() if pair[0] != pair[1]}
        if listed:
            self.problems.append(f"{where}: outputs differ from a whole run's: {listed}")

    def _check_actions(
        self, where: str, plan: Plan, made: dict[str, TaskRun], *, nodes: Mapping[str, Node], whole: bool
    ) -> None:
        """What ran is the plan and, in groups that only the run could know, its expansions."""
        still_open = {found.task for found in plan.decisions if found.waits_for or found.keys is None}
        for address, found in made.items():
            decision = plan.by_address.get(address)
            node = nodes[found.task]
            if decision is None and not still_open.intersection(node.parents) and node.handles != "errors":
                self.problems.append(f"{where}: `{address}` was not planned")
            elif decision is not None and found.action not in _becomes(decision.action):
                self.problems.append(f"{where}: `{address}` was to {decision.action} and did {found.action}")
            if (found.action is Action.REUSE) != (found.reused_from is not None) or (
                found.action in (Action.REUSE, Action.PIN) and found.attempts
            ):
                self.problems.append(f"{where}: `{address}` is {found.action}, yet {found}")
        left = (decision for decision in plan.decisions if decision.action is not Action.LEAVE)
        missing = [decision.address for decision in left if decision.address not in made]
        if whole and missing:
            self.problems.append(f"{where}: planned, and never done: {missing}")


def _failed_behind(made: Iterable[TaskRun]) -> bool:
    """Whether, in a run that succeeded, something behind its end did not."""
    return any(found.state in (State.FAILED, State.WARNING, State.KILLED) for found in made)


def _becomes(action: Action) -> tuple[Action, ...]:
    """Give what may become of what was planned: only what is decided at its turn may become another thing."""
    return (Action.RUN, Action.REUSE) if action is Action.CHECK else (action,)


def _is_given(found: TaskRun, plan: Plan, given: set[str] | None) -> bool:
    """Whether a kept result was given by a person, in a run before."""
    decision = plan.by_address.get(found.address)
    return bool(given) and (found.address in given or (decision is not None and decision.origin_task_run in given))


def _pinned(plan: Plan, resolved: Resolved, works: dict[str, TaskRun]) -> dict[str, Any]:
    planned = [(found.address, found.task) for found in plan.decisions if found.action is Action.PIN]
    reached = [(name, found.task) for name, found in works.items() if found.action is Action.PIN]
    return {name: _given_value(task, name, resolved, works) for name, task in (*planned, *reached)}


def _given_value(task: str, name: str, resolved: Resolved, works: dict[str, TaskRun]) -> Any:
    pin = resolved.pin(task, keys_in(name))
    if pin is not None and not keeps_origin(pin):
        return pin.get("value")
    return works[name].outputs.get("value") if name in works else None


class Killer:
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
