"""The one deciding function: what becomes of the children of a group.

`Decider.expand` walks a group in the order of the flow. Everything a child may depend on has been decided by then: what it
reads (data edges) and what it stands after (order edges, carried along as `Flowing`). The planner calls it for the whole
flow; the engine calls the same function for the items of a loop that only the run could know. The letters are those of
the rules in `docs/replay.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dalsegno.errors import PlanRefusal
from dalsegno.model.address import item_keys
from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Action, Decision
from dalsegno.model.run import Result
from dalsegno.model.state import State
from dalsegno.replay import fingerprint
from dalsegno.replay.edges import Decided, Evaluate, Flowing, NotYet, Scope
from dalsegno.replay.origin import Origin
from dalsegno.replay.resolve import Resolved
from dalsegno.replay.select import Nodes, Target


class Decider:
    """Decides. One object serves one pass over a flow, or the expansions of one run.

    Parameters
    ----------
    nodes : the graph of the requested revision.
    resolved : the request.
    origin : the origin; `None` for a fresh run.
    evaluate : gives the items of a loop.
    moved_to_run : address -> reason, for what earlier rounds found that it must run (rule g).
    """

    def __init__(
        self,
        nodes: Nodes,
        resolved: Resolved,
        origin: Origin | None,
        *,
        evaluate: Evaluate,
        moved_to_run: Mapping[str, str] | None = None,
    ) -> None:
        self._nodes = nodes
        self._asked = resolved
        self._origin = origin
        self._evaluate = evaluate
        self._moved_to_run = moved_to_run or {}
        self.so_far = Decided()

    def expand(self, tasks: Sequence[Task], scope: Scope, flowing: Flowing, *, parallel: bool = False) -> Flowing:
        """Decide tasks that stand in one group, and all inside them; give what flows out of the group."""
        if parallel:
            return flowing.join([self._decide(task, scope, flowing) for task in tasks])
        for task in tasks:
            flowing = self._decide(task, scope, flowing)
        return flowing

    def expand_items(
        self, loop: Task, scope: Scope, flowing: Flowing, *, keys: Sequence[str], values: Sequence[Any]
    ) -> Flowing:
        """Decide the items of a loop: siblings, of which none stands after another."""
        inside = [
            self.expand(loop.tasks, scope.enter(loop.id, key, value), flowing)
            for key, value in zip(keys, values, strict=True)
        ]
        return flowing.join(inside)

    def _decide(self, task: Task, scope: Scope, flowing: Flowing) -> Flowing:
        if task.kind is Kind.WORK:
            return self._decide_task(task, scope, flowing)
        return self._decide_group(task, scope, flowing)

    # tasks

    def _decide_task(self, task: Task, scope: Scope, flowing: Flowing) -> Flowing:
        address = scope.prefix + task.id
        keys = scope.keys
        result = self._result(address)
        named = self._named(task, keys)
        hit = self._hit(task, scope, flowing)
        self._refuse_contradictions(task, address, scope=scope, hit=hit, result=result)
        pinned = self._asked.pin(task.id, keys)
        if pinned is not None:
            return self._pin(task, scope, flowing, outputs=pinned)
        if named is None and hit is None:
            kept = self._kept_reason(task, keys, result)
            if kept is not None:
                self._refuse_stale(task, scope)
                self._add(task, scope, Action.REUSE, kept, result, warnings=self._kept_warnings(task, scope, flowing))
                return flowing
        reason = self._with_changes(named or hit or self._own_reason(task, result), task, scope)
        self._add(task, scope, Action.RUN, reason, result, warnings=_volatile(task))
        return self._after_running(address, flowing, spreads=named is not None or _has_result(result))

    def _after_running(self, address: str, flowing: Flowing, *, spreads: bool) -> Flowing:
        wave = address if spreads and flowing.wave is None else flowing.wave
        wanting = flowing.wanting if wave is not None or flowing.wanting is not None else address
        if flowing.ran is not None and wave is flowing.wave and wanting is flowing.wanting:
            return flowing
        return Flowing(wave, flowing.ran or address, wanting, flowing.forced)

    def _pin(self, task: Task, scope: Scope, flowing: Flowing, *, outputs: Mapping[str, Any]) -> Flowing:
        address = scope.prefix + task.id
        result = self._result(address)
        own = self._asked.pins.at(task.id, scope.keys) is not None
        same = _has_result(result) and result is not None and result.output_digest == fingerprint.output_digest(outputs)
        reason = "its result is given" if own else "its result was given for the origin"
        self._add(task, scope, Action.PIN, reason, result, hot=not same)
        return flowing if same else replace(flowing, ran=flowing.ran or address)

    def _named(self, task: Task, keys: tuple[str, ...]) -> str | None:
        start = self._asked.start.at(task.id, keys)
        if start is not None:
            return "you start here" if start.task == task.id else f"`{start.text}` starts here"
        if not self._asked.task_inputs:
            return None
        for name in (task.id, *reversed(self._nodes[task.id].parents)):
            values = self._asked.task_inputs.at(name, keys)
            if values:
                listed = ", ".join(f"`{value}`" for value in values)
                return f"{listed} is overridden" if name == task.id else f"{listed} of `{name}` is overridden"
        return None

    def _hit(self, task: Task, scope: Scope, flowing: Flowing) -> str | None:
        """Why a task must run whatever it has: rule (d), rule (g), or a group around it that runs."""
        moved = self._moved_to_run.get(scope.prefix + task.id) if self._moved_to_run else None
        if moved is not None:
            return moved
        if flowing.forced is not None:
            return flowing.forced
        if self._origin is None:
            return None
        for read in task.reads:
            source = flowing.ran if read.task is None else self.so_far.hot.read(read, self._nodes, scope)
            if source is not None:
                return f"reads `{source}`, which {self._verb(source)}"
        if flowing.wave is not None:
            return f"stands after `{flowing.wave}`, which {self._verb(flowing.wave)}"
        return None

    def _verb(self, address: str) -> str:
        decision = self.so_far.decisions.get(address)
        if decision is None or decision.action is Action.RUN:
            return "runs"
        return "is pinned to another result" if decision.action is Action.PIN else "comes out otherwise"

    def _kept_reason(self, task: Task, keys: tuple[str, ...], result: Result | None) -> str | None:
        """Why a task that nothing else touches is kept; `None` where it runs (rules b and c)."""
        if not _has_result(result):
            return None
        if self._asked.skip.at(task.id, keys) is not None:
            return "you skip it"
        if not self._asked.keeps or self._overridden(task):
            return None
        return "nothing that it depends on runs"

    def _overridden(self, task: Task) -> list[str]:
        return [name for name in task.inputs if name in self._asked.overridden]

    def _own_reason(self, task: Task, result: Result | None) -> str:
        if self._origin is None:
            return "first run"
        if result is None:
            return "has no result in the origin"
        if not result.has_result:
            return _UNFINISHED.get(result.state, "had not ended in the origin")
        overridden = self._overridden(task)
        if overridden:
            return f"input {', '.join(f'`{name}`' for name in overridden)} is overridden"
        return "everything is run again"

    def _kept_warnings(self, task: Task, scope: Scope, flowing: Flowing) -> tuple[str, ...]:
        warnings: list[str] = []
        changed = self._changed(task, scope)
        if changed:
            warnings.append(f"kept, though its definition has changed since: {', '.join(changed)}")
        if flowing.wanting is not None:
            warnings.append(f"kept, though it stands after `{flowing.wanting}`, which runs")
        return tuple(warnings)

    def _refuse_stale(self, task: Task, scope: Scope) -> None:
        if self._asked.stale == "refuse":
            changed = self._changed(task, scope)
            if changed:
                message = (
                    f"`{scope.prefix}{task.id}` would be kept, though its definition has changed: {', '.join(changed)}"
                )
                self._refuse(
                    "stale", f"{message}; start there, or allow it with `--stale warn`", scope.prefix + task.id
                )

    def _with_changes(self, reason: str, task: Task, scope: Scope) -> str:
        changed = self._changed(task, scope)
        return f"{reason}; definition changed: {', '.join(changed)}" if changed else reason

    def _changed(self, task: Task, scope: Scope) -> tuple[str, ...]:
        """Name what differs between the definition that ran in the origin and the one that would run now."""
        result = self._result(scope.prefix + task.id)
        if result is None or self._origin is None or result.action is Action.PIN:
            return ()
        overrides = self._asked.overrides(task.id, scope.keys)
        if fingerprint.definition_of(task, overrides) == result.definition:
            return ()
        before = self._origin.digests(result.id)
        changed = fingerprint.changes(before, fingerprint.effective_digests(task, overrides))
        if result.type != task.type:
            changed = (
                f"type {_last(result.type)} → {_last(task.type)}",
                *(name for name in changed if name != "`type`"),
            )
        return changed

    # groups

    def _decide_group(self, task: Task, scope: Scope, flowing: Flowing) -> Flowing:
        address = scope.prefix + task.id
        result = self._result(address)
        named = self._named(task, scope.keys)
        hit = self._hit(task, scope, flowing)
        overridden = self._overridden(task) if self._origin is not None else []
        why = named or hit or (f"input `{overridden[0]}` is overridden" if overridden else None)
        inner = flowing
        if why is not None:
            inner = replace(flowing, forced=flowing.forced or f"stands inside `{address}`, which runs: {why}")
        first = self._place(address, task, scope)
        keys, values, not_yet = self._items(task, scope)
        if not_yet is not None:
            return self._whole(task, scope, flowing, why=why, not_yet=not_yet)
        if task.kind is Kind.LOOP:
            after = self.expand_items(task, scope, inner, keys=keys, values=values)
        else:
            after = self.expand(task.tasks, scope, inner, parallel=task.kind is Kind.PARALLEL)
        after = replace(after, forced=flowing.forced)
        moved = _moved(result, keys) if task.kind is Kind.LOOP else None
        settled = self._settle(task, scope, first, why=why, moved=moved)
        if task.kind is Kind.LOOP:
            settled = replace(settled, keys=tuple(keys), wave=flowing.wave, ran=flowing.ran)
        self.so_far.decisions[address] = settled
        if moved is not None or (why is not None and (named is not None or _has_result(result))):
            after = replace(after, wave=after.wave or address, ran=after.ran or address)
        return after

    def _place(self, address: str, task: Task, scope: Scope) -> int:
        """Give a group its place in the order, before what is inside it (`_settle` says what becomes of it), and give the
        position of the first thing inside it.
        """
        self.so_far.put(Decision(address, task.id, task.type, Action.ENTER, ""), scope)
        return len(self.so_far.order)

    def _items(self, task: Task, scope: Scope) -> tuple[list[str], Sequence[Any], NotYet | None]:
        if task.kind is not Kind.LOOP:
            return [], (), None
        found = self._evaluate(task, scope, self.so_far.decisions)
        if isinstance(found, NotYet):
            return [], (), found
        return item_keys(found), found, None

    def _whole(self, task: Task, scope: Scope, flowing: Flowing, *, why: str | None, not_yet: NotYet) -> Flowing:
        """A loop whose items only the run can know runs whole."""
        address = scope.prefix + task.id
        result = self._result(address)
        reason = why or (self._own_reason(task, result) if self._origin is None else not_yet.reason)
        self._refuse_skips_inside(task, address, scope)
        decision = self._decision(task, scope, Action.RUN, reason, result, forced=True)
        self.so_far.decisions[address] = replace(
            decision, waits_for=not_yet.waits_for, wave=flowing.wave, ran=flowing.ran
        )
        self.so_far.hot.add_whole(task, address)
        named = self._named(task, scope.keys) is not None
        return self._after_running(address, flowing, spreads=named or _has_result(result))

    def _refuse_skips_inside(self, loop: Task, address: str, scope: Scope) -> None:
        inside = {task.id for task in loop.walk()}
        for target in self._asked.skip.targets:
            if target.task in inside and Target(target.text, target.task, target.keys[: len(scope.keys)]).covers(
                scope.keys
            ):
                message = f"`{target.text}` cannot be skipped: it stands inside `{address}`, which runs"
                self._refuse("skip-below-run", f"{message}; skip what makes that run as well, or neither", target.text)

    def _settle(self, task: Task, scope: Scope, first: int, *, why: str | None, moved: str | None) -> Decision:
        """Say what becomes of a group from what became of everything inside it."""
        address = scope.prefix + task.id
        result = self._result(address)
        inside = [self.so_far.decisions[name] for name in self.so_far.order[first:]]
        doing = [decision for decision in inside if decision.action is not Action.REUSE]
        whole = all(decision.action is Action.RUN for decision in inside)
        warnings: tuple[str, ...] = ()
        if why is not None:
            action, reason = Action.RUN, self._with_changes(why, task, scope)
        elif self._origin is None or (whole and not (self._asked.keeps and _has_result(result))):
            action, reason = Action.RUN, self._own_reason(task, result)
        elif moved is not None:
            action, reason = Action.ENTER, moved
        elif doing:
            action, reason = Action.ENTER, f"`{doing[0].address}` inside it {_VERBS[doing[0].action]}"
        elif not _has_result(result):
            action, reason = Action.ENTER, self._own_reason(task, result)
        else:
            self._refuse_stale(task, scope)
            action, reason = Action.REUSE, "nothing inside it runs"
            warnings = self._kept_warnings(task, scope, Flowing())
        if action is Action.RUN or moved is not None or any(item.action is Action.RUN for item in doing):
            self.so_far.hot.add(task.id, scope.keys, address)
        return self._decision(task, scope, action, reason, result, warnings=warnings, forced=why is not None)

    # both

    def _result(self, address: str) -> Result | None:
        return None if self._origin is None else self._origin.results.get(address)

    def _refuse_contradictions(
        self, task: Task, address: str, *, scope: Scope, hit: str | None, result: Result | None
    ) -> None:
        asked = self._asked
        keys = scope.keys
        skipped = asked.skip.at(task.id, keys)
        started = asked.start.at(task.id, keys)
        inputs = asked.task_inputs.at(task.id, keys)
        pinned = asked.pins.at(task.id, keys)
        if skipped is None and pinned is None:
            return
        if skipped is not None and started is not None:
            self._refuse("contradiction", f"`{address}` is both started and skipped; drop one of them", address)
        if skipped is not None and pinned is not None:
            self._refuse("contradiction", f"`{address}` is both skipped and pinned; drop one of them", address)
        if pinned is not None and started is not None:
            self._refuse("contradiction", f"`{address}` is both pinned and started; drop one of them", address)
        for other in ("skipped",) * (skipped is not None) + ("pinned",) * (pinned is not None):
            if inputs:
                message = f"`{address}` is {other} and will not run, so its override of `{next(iter(inputs))}` would do nothing"
                self._refuse("contradiction", f"{message}; drop one of them", address)
        if skipped is not None and started is None and not inputs:
            self._refuse_skip(task, address, hit=hit, result=result)

    def _refuse_skip(self, task: Task, address: str, *, hit: str | None, result: Result | None) -> None:
        if self._origin is None:
            self._refuse("skip-without-result", f"`{address}` cannot be skipped: a fresh run has no origin", address)
        elif not _has_result(result):
            why = self._own_reason(task, result)
            self._refuse(
                "skip-without-result", f"`{address}` cannot be skipped: it {why}; pin its result instead", address
            )
        elif hit is not None:
            self._refuse(
                "skip-below-run", f"`{address}` cannot be skipped: it {hit}; skip that as well, or neither", address
            )
        elif self._overridden(task):
            name = self._overridden(task)[0]
            message = f"`{address}` cannot be skipped: it reads the input `{name}`, which this request overrides"
            self._refuse("skip-overridden", message, address)

    def _refuse(self, code: str, message: str, address: str) -> None:
        if all(known.message != message for known in self.so_far.refusals):
            self.so_far.refusals.append(PlanRefusal(code, message, address))

    def _add(
        self,
        task: Task,
        scope: Scope,
        action: Action,
        reason: str,
        result: Result | None,
        *,
        warnings: tuple[str, ...] = (),
        hot: bool | None = None,
    ) -> None:
        decision = self._decision(task, scope, action, reason, result, warnings=warnings)
        self.so_far.put(decision, scope)
        if hot if hot is not None else action is Action.RUN:
            self.so_far.hot.add(task.id, scope.keys, decision.address)

    def _decision(
        self,
        task: Task,
        scope: Scope,
        action: Action,
        reason: str,
        result: Result | None,
        *,
        warnings: tuple[str, ...] = (),
        forced: bool = False,
    ) -> Decision:
        matched, took = (None, None) if result is None else (result.id, result.seconds)
        return Decision(
            scope.prefix + task.id, task.id, task.type, action, reason, warnings, matched, took, forced=forced
        )


_UNFINISHED = {State.FAILED: "failed in the origin", State.KILLED: "was killed in the origin"}
_VERBS = {Action.RUN: "runs", Action.PIN: "is pinned", Action.ENTER: "is entered", Action.REUSE: "is kept"}


def _has_result(result: Result | None) -> bool:
    return result is not None and result.has_result


def _volatile(task: Task) -> tuple[str, ...]:
    if not task.volatile:
        return ()
    return (f"volatile: {', '.join(f'`{name}()`' for name in task.volatile)} gives something new each time",)


def _moved(result: Result | None, keys: Sequence[str]) -> str | None:
    """How the items of a loop differ from those of the origin, in words; `None` if they do not."""
    if result is None or result.keys is None or list(result.keys) == list(keys):
        return None
    added = [key for key in keys if key not in result.keys]
    gone = [key for key in result.keys if key not in keys]
    parts = [
        f"{word} {', '.join(f'`{key}`' for key in found[:3])}"
        for word, found in (("new", added), ("gone", gone))
        if found
    ]
    return f"its items differ from the origin's: {'; '.join(parts) or 'another order'}"


def _last(type_name: str) -> str:
    return type_name.rpartition(".")[2]
