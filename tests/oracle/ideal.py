"""An ideal executor: carries out a plan over a described flow, with nothing between plan and result that could go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tests.oracle.describe import Described, keys_of
from tests.oracle.evaluator import Failed, Scope, World

from dalsegno.engine.expansion import Expansion
from dalsegno.model.flow import Task
from dalsegno.model.plan import Action, Decision
from dalsegno.model.run import Result
from dalsegno.model.state import State, worst
from dalsegno.replay import edges
from dalsegno.replay.fingerprint import definition_of, effective_digests, output_digest
from dalsegno.replay.resolve import Resolved


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


class Ideal:
    """Executes one plan. It stops as if killed when `budget` tasks have begun."""

    def __init__(
        self, nodes: dict[str, Task], resolved: Resolved, expansion: Expansion, run: Ran, *,
        origin: Ran | None, budget: int | None, gone: frozenset[str],
    ) -> None:  # fmt: skip
        self._nodes, self._resolved, self._expansion, self._run = nodes, resolved, expansion, run
        self._origin, self._budget, self._gone = origin, budget, gone

    def execute(self, tasks: tuple[Described, ...]) -> Ran:
        run = self._run
        run.state = self._group(tasks, (), stops=True)
        run.expanded = self._expansion.expanded
        return run

    def _group(self, tasks: tuple[Described, ...], scope: Scope, *, stops: bool) -> State:
        states: list[State] = []
        for task in tasks:
            states.append(self._one(task, scope))
            if stops and states[-1] in (State.FAILED, State.KILLED):
                break
        return worst(states)

    def _one(self, task: Described, scope: Scope) -> State:
        decision = self._expansion.decided(self._run.world.at(task.id, scope))
        if task.kind != "work":
            return self._around(task, scope, decision)
        if decision.action is Action.PIN:
            pinned = self._resolved.pin(task.id, tuple(key for _, key, _ in scope)) or {}
            self._run.given.add(decision.address)
            return self._record(task, scope, decision, State.SUCCESS, pinned.get("value"))
        if decision.action is Action.REUSE:
            return self._keep(decision)
        if self._budget is not None:
            self._budget -= 1
            if self._budget < 0:
                return self._record(task, scope, decision, State.KILLED, None)
        self._run.executed.append(decision.address)
        self._check_sources(task, scope)
        try:
            return self._record(task, scope, decision, State.SUCCESS, self._run.world.value(task, scope))
        except Failed:
            return self._record(task, scope, decision, State.FAILED, None)

    def _check_sources(self, task: Described, scope: Scope) -> None:
        """What a task reads is there: a plan that keeps what is gone from the store is wrong."""
        own = {loop: key for loop, key, _ in scope}
        for piece in task.all_pieces if not task.fails else ():
            if piece[0] == "read":
                keys = [own[loop] for loop in self._run.world.loops[piece[1]] if loop in own] + [*piece[2:]]
                for address, result in self._run.results.items():
                    fits = result.task == piece[1] and address.startswith(
                        _prefix(self._run.world.loops[piece[1]], keys)
                    )
                    assert not (fits and result.action is Action.REUSE and result.id in self._gone), (
                        f"{address} is gone"
                    )

    def _around(self, task: Described, scope: Scope, decision: Decision) -> State:
        keys: list[str] | None = None
        if task.kind != "loop":
            state = self._group(task.tasks, scope, stops=task.kind == "sequence")
        else:
            try:
                items = self._run.world.items(task, scope)
            except Failed:
                return self._record(task, scope, decision, State.FAILED, None)
            keys = self._run.world.keys[decision.address] = keys_of(items)
            state = self._items(task, scope, decision, items)
        if decision.action is Action.REUSE:
            return self._keep(decision)
        return self._record(task, scope, decision, state, None, keys=tuple(keys) if keys is not None else None)

    def _items(self, task: Described, scope: Scope, decision: Decision, items: list[Any]) -> State:
        keys = self._run.world.keys[decision.address]
        assert decision.keys in (None, tuple(keys)), f"{decision.address}: planned {decision.keys}, got {keys}"
        at = edges.Scope()
        for loop, key, value in scope:
            at = at.enter(loop, key, value)
        self._expansion.expand(self._nodes[task.id], at, keys=keys, values=items)
        states: list[State] = []
        for key, item in zip(keys, items, strict=True):
            states.append(self._group(task.tasks, (*scope, (task.id, key, item)), stops=True))
            if task.concurrency == 1 and states[-1] in (State.FAILED, State.KILLED):
                break
        return worst(states)

    def _keep(self, decision: Decision) -> State:
        assert self._origin is not None
        kept = next(found for found in self._origin.results.values() if found.id == decision.origin_task_run)
        run = self._run
        run.results[decision.address] = replace(
            kept, address=decision.address, id=f"{run.number}:{decision.address}", action=Action.REUSE
        )
        run.digests[f"{run.number}:{decision.address}"] = self._origin.digests[kept.id]
        if kept.address in self._origin.given:
            run.given.add(decision.address)
        if kept.address in self._origin.world.outputs:
            run.world.outputs[decision.address] = self._origin.world.outputs[kept.address]
        return kept.state

    def _record(
        self, task: Described, scope: Scope, decision: Decision, state: State, value: Any, *,
        keys: tuple[str, ...] | None = None,
    ) -> State:  # fmt: skip
        run, model = self._run, self._nodes[task.id]
        identity = f"{run.number}:{decision.address}"
        overrides = self._resolved.overrides(task.id, tuple(key for _, key, _ in scope))
        digest = None
        if task.kind == "work" and state is State.SUCCESS:
            run.world.outputs[decision.address] = value
            digest = output_digest({"value": value})
        run.digests[identity] = effective_digests(model, overrides)
        run.results[decision.address] = Result(
            identity, decision.address, task.id, model.type, state, decision.action, definition_of(model, overrides), 1, 0.1,
            digest, keys,
        )  # fmt: skip
        return state


def _prefix(loops: tuple[str, ...], keys: list[str]) -> str:
    return "".join(f"{loop}[{key}]." for loop, key in zip(loops, keys, strict=False))
