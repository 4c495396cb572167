"""Plays a story with the ideal executor, and says what is wrong with the plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.oracle.compiled import revision
from tests.oracle.describe import keys_in
from tests.oracle.evaluator import Failed, World
from tests.oracle.ideal import Ideal, Ran
from tests.oracle.stories import Step, Story, Tasks

from dalsegno.engine.expansion import Expansion
from dalsegno.model.flow import Task
from dalsegno.model.graph import index
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.model.state import State
from dalsegno.replay.edges import NotYet, Scope
from dalsegno.replay.origin import Origin
from dalsegno.replay.plan import draw_up
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.resolve import Resolved, resolve_request

INPUTS: dict[str, Any] = {"x": "x1", "y": "y1", "pick": "t0", "cities": ["p", "q", "r"]}


def as_request(step: Step, *, origin: str | None) -> ReplayRequest:
    fields: dict[str, Any] = {**step.request}
    for name in ("start", "skip"):
        fields[name] = tuple(fields.get(name, ()))
    return ReplayRequest(origin=origin, revision=step.revision + 1, **fields)


class Player:
    """Plays one story. `problems` says what no plan may do; `replays` counts what was compared."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._runs: list[Ran] = []
        self._requests: list[ReplayRequest] = []
        self.problems: list[str] = []
        self.compared = 0
        self.refused = 0

    def play(self) -> list[str]:
        for number, step in enumerate(self._story.steps):
            try:
                self._step(number, step)
            except Exception as error:  # noqa: BLE001 - whatever is raised is a finding
                self.problems.append(f"step {number}: raised {type(error).__name__}: {error}")
        return self.problems

    def _step(self, number: int, step: Step) -> None:
        tasks = self._story.revisions[step.revision]
        at = None if step.origin is None or not self._runs else step.origin % len(self._runs)
        origin = None if at is None else self._runs[at]
        request = as_request(step, origin=None if at is None else str(at))
        if at is not None:
            request = replace(request, carried=self._requests[at].for_replay_of_it())
        ran, plan, resolved = self._carry_out(number, step, tasks, request, origin)
        self._expected(f"step {number}", step, plan)
        if ran is None:
            self.refused += 1
            return
        self._runs.append(ran)
        self._requests.append(request)
        self._judge(f"step {number}", tasks, resolved, plan, ran, killed=step.budget is not None)
        self._unchanged(number, step, tasks, ran, request)

    def _carry_out(
        self, number: int, step: Step, tasks: Tasks, request: ReplayRequest, origin: Ran | None
    ) -> tuple[Ran | None, Plan, Resolved]:
        inputs = {**(origin.inputs if origin else INPUTS), **request.inputs}
        rev = revision(tasks, step.revision + 1)
        nodes = index(rev.flow)
        overridden = [name for name in request.inputs if origin is None or origin.inputs[name] != inputs[name]]
        resolved = resolve_request(request, nodes, overridden)
        gone = frozenset(f"{origin.number}:{address}" for address in step.gone) if origin else frozenset[str]()
        seen = None if origin is None else _seen(origin, gone)
        run = Ran(number, inputs=inputs, world=World(tasks, inputs, lambda task, at: _override(resolved, task, at)))
        evaluate = _Evaluate(tasks, resolved, run, origin)
        plan = draw_up(rev, request, resolved, origin=seen, evaluate=evaluate)
        again = draw_up(rev, request, resolve_request(request, nodes, overridden), origin=seen, evaluate=evaluate)
        if plan.digest != again.digest:
            self.problems.append(f"step {number}: the digest is not stable")
        if plan.refusals:
            return None, plan, resolved
        expansion = Expansion(plan, nodes, resolved, origin=lambda: seen, attempt_of=lambda _: 1)
        models = {task.id: task for task in rev.flow.walk()}
        lost = frozenset(f"{number}:{address}" for address in step.gone)
        ideal = Ideal(models, resolved, expansion, run, origin=origin, budget=step.budget, gone=lost)
        return ideal.execute(tasks), plan, resolved

    def _expected(self, where: str, step: Step, plan: Plan) -> None:
        for address, action in step.expect.items():
            if plan.by_address[address].action != action:
                self.problems.append(f"{where}: `{address}` was to be {action}: {plan.by_address[address]}")
        if step.refused and step.refused not in {refusal.code for refusal in plan.refusals}:
            self.problems.append(f"{where}: was to be refused as {step.refused}: {plan.refusals}")

    def _judge(self, where: str, tasks: Tasks, resolved: Resolved, plan: Plan, ran: Ran, *, killed: bool) -> None:
        decisions = (*plan.decisions, *ran.expanded)
        planned = {decision.address for decision in decisions if decision.action is Action.RUN}
        if not planned.issuperset(ran.executed):
            self.problems.append(f"{where}: ran what was not planned: {set(ran.executed) - planned}")
        if killed or any(_excused(decision, ran) for decision in decisions):
            return
        whole = World(tasks, ran.inputs, ran.world.override)
        for decision in decisions:
            if decision.action is Action.PIN:
                whole.pinned[decision.address] = (resolved.pin(decision.task, keys_in(decision.address)) or {}).get(
                    "value"
                )
        try:
            whole.run(tasks)
            ok = True
        except Failed:
            ok = False
        self.compared += 1
        if ok != (ran.state is State.SUCCESS):
            self.problems.append(f"{where}: a whole run {'succeeds' if ok else 'fails'}, the replay ended {ran.state}")
        elif ok and whole.outputs != ran.world.outputs:
            names = {*whole.outputs, *ran.world.outputs}
            wrong = {n: (whole.outputs.get(n), ran.world.outputs.get(n)) for n in names}
            listed = {name: pair for name, pair in wrong.items() if pair[0] != pair[1]}
            self.problems.append(f"{where}: outputs differ from a whole run's: {listed}")

    def _unchanged(self, number: int, step: Step, tasks: Tasks, ran: Ran, request: ReplayRequest) -> None:
        """A replay of what succeeded and has not changed executes nothing."""
        if ran.state is not State.SUCCESS:
            return
        again = ReplayRequest(
            origin="?", revision=step.revision + 1, skip_successful=True, carried=request.for_replay_of_it()
        )
        replay, plan, _ = self._carry_out(number, replace(step, gone=(), budget=None), tasks, again, ran)
        pinned = plan.count(Action.PIN) > 0
        loud = [d for d in plan.decisions if d.action is Action.RUN or (d.action is Action.ENTER and not pinned)]
        if replay is None or replay.executed or loud:
            self.problems.append(f"step {number}: replayed unchanged, it would do {loud or plan.refusals}")


def _excused(decision: Decision, ran: Ran) -> bool:
    """Whether it is known that something kept is not what a whole run would give."""
    warned = any("definition" in warning or "not in the flow" in warning for warning in decision.warnings)
    return decision.action is Action.REUSE and (warned or decision.address in ran.given)


class _Evaluate:
    """Gives the items of a loop as far as a plan can know them."""

    def __init__(self, tasks: Tasks, resolved: Resolved, run: Ran, origin: Ran | None) -> None:
        self._by_id = {task.id: task for outer in tasks for task in outer.walk()}
        self._tasks, self._resolved, self._run, self._origin = tasks, resolved, run, origin

    def __call__(self, task: Task, scope: Scope, decided: Mapping[str, Decision]) -> Sequence[Any] | NotYet:
        world = World(self._tasks, self._run.inputs)
        for address, decision in decided.items():
            world.keys[address] = list(decision.keys or ())
            if decision.action is Action.REUSE and self._origin is not None and address in self._origin.world.outputs:
                world.outputs[address] = self._origin.world.outputs[address]
            elif decision.action is Action.PIN:
                given = self._resolved.pin(decision.task, keys_in(address)) or {}
                world.outputs[address] = given.get("value")
        at = tuple((item.loop, item.key, item.value) for item in scope.items)
        try:
            return world.items(self._by_id[task.id], at)
        except Failed:
            return NotYet(None, "its items cannot be worked out yet")


def _override(resolved: Resolved, task: str, address: str) -> Any:
    return resolved.overrides(task, keys_in(address)).get("value")


def _seen(origin: Ran, gone: frozenset[str]) -> Origin:
    return Origin(
        f"story-{origin.number}",
        dict(origin.results),
        lambda identity: origin.digests[identity],
        lambda identity: ("value",) if identity in gone else (),
    )
