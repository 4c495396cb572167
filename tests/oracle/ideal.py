"""An ideal executor: carries out a plan over a described flow, with nothing between plan and result that could go wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.oracle.describe import Described, Failed, Scope, keys_of, parts_of_flow
from tests.oracle.evaluator import World

from dalsegno.engine.expansion import Expansion
from dalsegno.model.flow import Task
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.model.run import Result
from dalsegno.model.state import State, worst
from dalsegno.replay import edges
from dalsegno.replay.fingerprint import definition_of, effective_digests, output_digest
from dalsegno.replay.resolve import Resolved, keeps_origin

BAD = (State.FAILED, State.KILLED)


@dataclass
class Ran:
    """A run as the ideal executor left it."""

    number: int
    state: State = State.SUCCESS
    inputs: dict[str, Any] = field(default_factory=dict[str, Any])
    results: dict[str, Result] = field(default_factory=dict[str, Result])
    digests: dict[str, Any] = field(default_factory=dict[str, Any])
    world: World = field(default_factory=lambda: World((), {}))
    #: what was executed, in order
    executed: list[str] = field(default_factory=list[str])
    expanded: list[Decision] = field(default_factory=list[Decision])
    #: whose results somebody gave, in this run or in one before it
    given: set[str] = field(default_factory=set[str])
    #: what each task read, by address, and the ids of what was executed in this run and those before it
    used: dict[str, list[Any]] = field(default_factory=dict[str, "list[Any]"])
    lineage: Mapping[str, str] = field(default_factory=dict[str, str])


class Ideal:
    """Executes one plan. It stops as if killed when `budget` tasks have begun."""

    def __init__(
        self, nodes: dict[str, Task], resolved: Resolved, expansion: Expansion, run: Ran, *,
        origin: Ran | None, budget: int | None, gone: frozenset[str],
    ) -> None:  # fmt: skip
        self._nodes, self._resolved, self._expansion, self._run = nodes, resolved, expansion, run
        self._origin, self._budget, self._gone = origin, budget, gone
        self._moved = False
        self._lost: set[str] = set()

    def execute(self, tasks: tuple[Described, ...], plan: Plan) -> Ran:
        for decision in plan.decisions:
            if decision.action is Action.REUSE:
                self._keep(decision)
        own, lasts, after = parts_of_flow(tasks)
        self._run.state = self._handled(Described("", "sequence", tasks=own, lasts=lasts), ())
        if self._run.state is not State.KILLED and self._row(after, ()) is State.KILLED:
            self._run.state = State.KILLED
        self._run.expanded = self._expansion.expanded
        return self._run

    def _handled(self, group: Described, scope: Scope, items: list[Any] | None = None) -> State:
        states = self._inside(group, scope, items)
        if State.FAILED in states and State.KILLED not in states:
            states.append(self._row(group.errors, scope))
        if State.KILLED not in states:
            states.append(self._row(group.lasts, scope))
        return worst(states)

    def _inside(self, group: Described, scope: Scope, items: list[Any] | None) -> list[State]:
        if group.kind in ("parallel", "dag"):
            return self._side_by_side(group, scope)
        if group.kind == "choice":
            return [self._row(group.branch((items or [""])[0]), scope)]
        if group.kind != "loop":
            return [self._row(group.tasks, scope)]
        states: list[State] = []
        for key, item in zip(keys_of(items or []), items or [], strict=True):
            states.append(self._row(group.tasks, (*scope, (group.id, key, item))))
            if group.concurrency == 1 and states[-1] in BAD:
                break
        return states

    def _side_by_side(self, group: Described, scope: Scope) -> list[State]:
        states: dict[str, State] = {}
        for task in group.tasks:
            if all(states.get(name, State.FAILED) not in BAD for name in task.after):
                states[task.id] = self._one(task, scope)
        return [State.SUCCESS, *states.values()]

    def _row(self, tasks: Iterable[Described], scope: Scope) -> State:
        states = [State.SUCCESS]
        for task in tasks:
            states.append(self._one(task, scope))
            if states[-1] in BAD:
                break
        return worst(states)

    def _one(self, task: Described, scope: Scope) -> State:
        known = self._run.results.get(self._run.world.at(task.id, scope))
        if known is not None:
            return known.state
        decision = self._expansion.decision(self._run.world.at(task.id, scope), self._nodes[task.id], _scope(scope))
        if decision.action is Action.LEAVE:
            return State.SKIPPED
        if decision.action is Action.CHECK:
            decision = self._expansion.settle(decision, self._why_it_runs(task, scope, decision))
        if decision.action is Action.REUSE:
            return self._keep(decision)
        if task.kind != "work":
            return self._group(task, scope, decision)
        if decision.action is Action.PIN:
            self._run.given.add(decision.address)
            return self._record(task, scope, decision, State.SUCCESS, self._pinned(task, scope, decision))
        return self._work(task, scope, decision)

    def _work(self, task: Described, scope: Scope, decision: Decision) -> State:
        if self._budget is not None:
            self._budget -= 1
            if self._budget < 0:
                return self._record(task, scope, decision, State.KILLED, None)
        self._run.executed.append(decision.address)
        self._run.used[decision.address] = self._used(task, scope)
        self._check_sources(task, scope)
        try:
            return self._record(task, scope, decision, State.SUCCESS, self._run.world.value(task, scope))
        except Failed:
            state = State.WARNING if task.allow else State.FAILED
            return self._record(task, scope, decision, state, None, tolerated=task.allow)

    def _why_it_runs(self, task: Described, scope: Scope, decision: Decision) -> str | None:
        """With `changed`: whether what it uses differs, or something that ran before it left something else."""
        kept = self._kept(decision)
        before = self._origin.used.get(kept.address) if self._origin is not None and kept is not None else None
        return "something differs" if self._moved or before != self._used(task, scope) else None

    def _used(self, task: Described, scope: Scope) -> list[Any]:
        found: list[Any] = []
        for piece in task.all_pieces if not task.fails else ():
            try:
                found.append(self._run.world.piece(piece, scope))
            except Failed:
                found.append(None)
        return [*found, scope[-1][2] if scope else None]

    def _check_sources(self, task: Described, scope: Scope) -> None:
        """What a task reads is there: a plan that keeps what is gone from the store is wrong."""
        own = {loop: key for loop, key, _ in scope}
        for piece in task.all_pieces if not task.fails else ():
            if piece[0] in ("read", "maybe"):
                loops = self._run.world.loops[piece[1]]
                prefix = _prefix(loops, [own[loop] for loop in loops if loop in own] + [*piece[2:]])
                for address, result in self._run.results.items():
                    fits = result.task == piece[1] and address.startswith(prefix)
                    lost = fits and result.action is Action.REUSE and address in self._lost
                    assert not lost, f"{address} is gone"

    def _group(self, task: Described, scope: Scope, decision: Decision) -> State:
        keys: list[str] | None = None
        items: list[Any] | None = None
        if task.kind in ("loop", "choice"):
            try:
                items = self._run.world.parts(task, scope)
            except Failed:
                return self._record(task, scope, decision, State.FAILED, None)
            keys = self._run.world.keys[decision.address] = keys_of(items)
            assert decision.keys in (None, tuple(keys)), f"{decision.address}: planned {decision.keys}, got {keys}"
            self._expansion.expand(self._nodes[task.id], _scope(scope), keys=keys, values=items)
        state = self._handled(task, scope, items)
        if state is State.FAILED and (task.kind == "allow" or task.allow):
            state = State.WARNING
        return self._record(task, scope, decision, state, None, keys=tuple(keys) if keys is not None else None)

    def _kept(self, decision: Decision) -> Result | None:
        found = self._origin.results.values() if self._origin is not None else ()
        return next((result for result in found if result.id == decision.origin_task_run), None)

    def _keep(self, decision: Decision) -> State:
        kept, origin, run = self._kept(decision), self._origin, self._run
        assert kept is not None, f"{decision.address} is kept, and the origin has no such result"
        assert origin is not None
        identity = f"{run.number}:{decision.address}"
        run.results[decision.address] = replace(
            kept, address=decision.address, id=identity, action=Action.REUSE, task=decision.task
        )
        run.digests[identity] = origin.digests[kept.id]
        if kept.id in self._gone:
            self._lost.add(decision.address)
        if kept.address in origin.given or any("definition" in warning for warning in decision.warnings):
            run.given.add(decision.address)
        if kept.address in origin.world.outputs:
            run.world.outputs[decision.address] = origin.world.outputs[kept.address]
        if kept.address in origin.used:
            run.used[decision.address] = origin.used[kept.address]
        if kept.keys is not None:
            run.world.keys[decision.address] = list(kept.keys)
        return kept.state

    def _pinned(self, task: Described, scope: Scope, decision: Decision) -> Any:
        pin = self._resolved.pin(task.id, tuple(key for _, key, _ in scope))
        if pin is not None and not keeps_origin(pin):
            return pin.get("value")
        kept = self._kept(decision)
        assert kept is not None, f"{decision.address} is to be kept, and the origin has no such result"
        return self._origin.world.outputs.get(kept.address) if self._origin is not None else None

    def _record(
        self, task: Described, scope: Scope, decision: Decision, state: State, value: Any, *,
        keys: tuple[str, ...] | None = None, tolerated: bool = False,
    ) -> State:  # fmt: skip
        run, model = self._run, self._nodes[task.id]
        identity = f"{run.number}:{decision.address}"
        overrides = self._resolved.overrides(task.id, tuple(key for _, key, _ in scope))
        digest = None
        if task.kind == "work" and state is State.SUCCESS and value is not None:
            run.world.outputs[decision.address] = value
            digest = output_digest({"value": value})
        run.digests[identity] = effective_digests(model, overrides)
        kept = self._kept(decision)
        if decision.action is not Action.PIN:
            before = self._origin.results.get(kept.address) if self._origin is not None and kept is not None else None
            self._moved = self._moved or before is None or (before.output_digest, before.keys) != (digest, keys)
        run.results[decision.address] = Result(
            identity, decision.address, task.id, model.type, state, decision.action, definition_of(model, overrides), 1, 0.1,
            digest, keys, tolerated,
        )  # fmt: skip
        return state


def _scope(scope: Scope) -> edges.Scope:
    at = edges.Scope()
    for loop, key, value in scope:
        at = at.enter(loop, key, value)
    return at


def _prefix(loops: tuple[str, ...], keys: list[str]) -> str:
    return "".join(f"{loop}[{key}]." for loop, key in zip(loops, keys, strict=False))
