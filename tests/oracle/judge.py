"""Plays a story with the ideal executor, and says what is wrong with the plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.oracle.compiled import revision
from tests.oracle.describe import Failed, keys_in, tried
from tests.oracle.evaluator import World
from tests.oracle.ideal import Ideal, Ran
from tests.oracle.stories import KEEP, Step, Story, Tasks
from tests.support.graphs import of_task

from dalsegno.engine.expansion import Expansion
from dalsegno.model.flow import Task
from dalsegno.model.graph import index
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.model.state import ENDED_WELL, State
from dalsegno.replay.edges import NotYet, Scope
from dalsegno.replay.origin import Origin
from dalsegno.replay.plan import draw_up
from dalsegno.replay.request import ORIGIN, ReplayRequest
from dalsegno.replay.resolve import Resolved, keeps_origin, resolve_request

INPUTS: dict[str, Any] = {"x": "x1", "y": "y1", "pick": "t0", "cities": ["p", "q", "r"]}


def as_request(step: Step, *, origin: str | None) -> ReplayRequest:
    fields: dict[str, Any] = {**step.request}
    for name in ("start", "skip", "only", "until", "acknowledge"):
        fields[name] = tuple(fields.get(name, ()))
    given: dict[str, Any] = fields.get("outputs", {})
    fields["outputs"] = {name: ORIGIN if value == KEEP else value for name, value in given.items()}
    return ReplayRequest(origin=origin, revision=step.revision + 1, **fields)


class Player:
    """Plays one story. `problems` says what no plan may do; `replays` counts what was compared."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._runs: list[Ran] = []
        self._requests: list[ReplayRequest] = []
        self._stale = False
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
        if at is not None and request.carry_overrides:
            request = replace(request, carried=self._requests[at].for_replay_of_it())
        ran, plan, resolved = self._carry_out(number, step, tasks, request, origin)
        self._expected(f"step {number}", step, plan)
        if ran is None:
            self.refused += 1
            return
        self._runs.append(ran)
        self._requests.append(request)
        self._judge(f"step {number}", tasks, resolved, plan, ran, killed=step.budget is not None)
        self._stale = any(_excused(decision, ran) for decision in plan.decisions)
        self._unchanged(number, replace(step, gone=(), budget=None), tasks, ran, request)

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
        ideal = Ideal(models, resolved, expansion, run, origin=origin, budget=step.budget, gone=gone)
        ran = ideal.execute(tasks, plan)
        ran.lineage = {**(origin.lineage if origin else {}), **dict.fromkeys(_outside(ran), f"story-{number}")}
        return ran, plan, resolved

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
        if ran.state is State.WARNING and any(_stands_after(decision) for decision in decisions):
            # what failed and was tolerated may have kept a whole run from what is kept here
            return
        whole = World(tasks, ran.inputs, ran.world.override)
        for decision in decisions:
            if decision.action is Action.PIN:
                given = _given(decision, resolved)
                whole.pinned[decision.address] = ran.world.outputs.get(decision.address) if given is None else given
        if None in whole.pinned.values():
            return
        ok = tried([lambda: whole.run(tasks)]) is None
        self.compared += 1
        if any(decision.action is Action.LEAVE for decision in decisions):
            self._judge_part(where, whole, ran)
        elif ok != (ran.state in ENDED_WELL):
            self.problems.append(f"{where}: a whole run {'succeeds' if ok else 'fails'}, the replay ended {ran.state}")
        elif ok and whole.outputs != ran.world.outputs:
            names = {*whole.outputs, *ran.world.outputs}
            wrong = {n: (whole.outputs.get(n), ran.world.outputs.get(n)) for n in names}
            listed = {name: pair for name, pair in wrong.items() if pair[0] != pair[1]}
            self.problems.append(f"{where}: outputs differ from a whole run's: {listed}")

    def _judge_part(self, where: str, whole: World, ran: Ran) -> None:
        """Of what was left out nothing is read: what is there is what a whole run gives, as far as it comes."""
        for address, value in ran.world.outputs.items():
            if address in whole.outputs and whole.outputs[address] != value:
                wrong = (whole.outputs[address], value)
                self.problems.append(
                    f"{where}: `{address}` differs from a whole run's, though it is asked for: {wrong}"
                )

    def _unchanged(self, number: int, step: Step, tasks: Tasks, ran: Ran, request: ReplayRequest) -> None:
        """A replay of what succeeded and has not changed executes nothing."""
        if ran.state is not State.SUCCESS or request.only or request.until:
            return
        if any(result.state in (State.FAILED, State.WARNING) for result in ran.results.values()):
            # a failure behind the end, which a replay takes up again
            return
        again = ReplayRequest(
            origin="?", revision=step.revision + 1, carried=request.for_replay_of_it(),
            skip_successful=number % 2 == 0 or self._stale, changed=number % 2 == 1 and not self._stale,
        )  # fmt: skip
        replay, plan, _ = self._carry_out(number, step, tasks, again, ran)
        pinned = plan.count(Action.PIN) > 0
        loud = [d for d in plan.decisions if d.action is Action.RUN or (d.action is Action.ENTER and not pinned)]
        if replay is None or replay.executed or loud:
            self.problems.append(f"step {number}: replayed unchanged, it would do {loud or plan.refusals}")


def _excused(decision: Decision, ran: Ran) -> bool:
    """Whether it is known that something kept is not what a whole run would give."""
    warned = any("definition" in warning or "not in the flow" in warning for warning in decision.warnings)
    return decision.action is Action.REUSE and (warned or decision.address in ran.given)


def _stands_after(decision: Decision) -> bool:
    return any("stands after" in warning for warning in decision.warnings)


class _Evaluate:
    """Gives the items of a loop as far as a plan can know them."""

    def __init__(self, tasks: Tasks, resolved: Resolved, run: Ran, origin: Ran | None) -> None:
        self._by_id = {task.id: task for outer in tasks for task in outer.walk()}
        self._tasks, self._resolved, self._run, self._origin = tasks, resolved, run, origin

    def __call__(self, task: Task, scope: Scope, decided: Mapping[str, Decision]) -> Sequence[Any] | NotYet:
        world = World(self._tasks, self._run.inputs)
        for address, decision in decided.items():
            world.keys[address] = list(decision.keys or ())
            if decision.action is Action.REUSE and (before := _before(decision, self._origin)) is not None:
                world.outputs[address] = before
            elif decision.action is Action.PIN:
                world.outputs[address] = _pinned(decision, self._resolved, self._origin)
        at = tuple((item.loop, item.key, item.value) for item in scope.items)
        try:
            return world.parts(self._by_id[task.id], at)
        except Failed:
            return NotYet(None, "its items cannot be worked out yet")


def _override(resolved: Resolved, task: str, address: str) -> Any:
    return resolved.overrides(task, keys_in(address)).get("value")


def _pinned(decision: Decision, resolved: Resolved, kept_in: Ran | None) -> Any:
    """Give the value of a pin: a given one, or the old one."""
    given = _given(decision, resolved)
    return _before(decision, kept_in) if given is None else given


def _given(decision: Decision, resolved: Resolved) -> Any:
    given = resolved.pin(decision.task, keys_in(decision.address))
    return None if given is None or keeps_origin(given) else given.get("value")


def _before(decision: Decision, origin: Ran | None) -> Any:
    """Give what the matched task run gave."""
    address = (decision.origin_task_run or "").partition(":")[2]
    return None if origin is None else origin.world.outputs.get(address)


def _outside(ran: Ran) -> list[str]:
    """Name what a run did: what of it is seen outside is for the planner to know."""
    ended = ((name, result) for name, result in ran.results.items() if result.action is Action.RUN)
    return [name for name, result in ended if result.state is not State.FAILED]


def _seen(origin: Ran, gone: frozenset[str]) -> Origin:
    return Origin(
        f"story-{origin.number}",
        dict(origin.results),
        lambda identity: origin.digests[identity],
        lambda identity: ("value",) if identity in gone else (),
        ran_in=origin.lineage.get,
        ran=lambda task: of_task(origin.lineage, task),
    )
