"""The one deciding function: what becomes of the children of a group.

`Decider.expand` walks a group in the order of the flow. Everything a child may depend on has been decided by then: what it
reads (data edges) and what it stands after (order edges, carried along as `Flowing`). The planner calls it for the whole
flow; the engine calls the same function for the items of a loop that only the run could know. The letters are those of
the rules in `docs/replay.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

from dalsegno.errors import PlanRefusal
from dalsegno.model.address import item_keys, parse
from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.model.run import Result
from dalsegno.model.state import State
from dalsegno.replay import fingerprint
from dalsegno.replay.edges import Decided, Evaluate, Flowing, NotYet, Scope, inside_reason
from dalsegno.replay.origin import Origin
from dalsegno.replay.resolve import Resolved
from dalsegno.replay.select import Nodes

JsonMap = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request says about one task run.

    Parameters
    ----------
    named : why it runs, if the request names it to run.
    skipped : whether the request asks to keep it.
    pin, own_pin : the outputs given for it, and whether this very request gives them.
    overrides : property values that hold for it.
    """

    named: str | None = None
    skipped: bool = False
    pin: JsonMap | None = None
    own_pin: bool = False
    overrides: JsonMap = field(default_factory=dict[str, Any])


NO_WISH = Wish()


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
        self._results: Mapping[str, Result] = {} if origin is None else origin.results
        self._evaluate = evaluate
        self._moved_to_run = moved_to_run or {}
        self._refused: set[str] = set()
        self.so_far = Decided()

    def take(self, plan: Plan) -> None:
        """Take a plan's decisions as decided, to go on from there."""
        for decision in plan.decisions:
            keys = parse(decision.address).keys if "[" in decision.address else ()
            at = tuple(str(key) for key in keys)
            self.so_far.put(decision, Scope(keys=at))
            if decision.action is not Action.REUSE:
                self.so_far.hot.add(decision.task, at, decision.address)

    def expand(self, tasks: Sequence[Task], scope: Scope, flowing: Flowing, *, parallel: bool = False) -> Flowing:
        """Decide tasks that stand in one group, and all inside them; give what flows out of the group."""
        if parallel:
            return self._side_by_side([((task,), scope) for task in tasks], flowing)
        for task in tasks:
            flowing = self._decide(task, scope, flowing)
        return flowing

    def expand_items(
        self, loop: Task, scope: Scope, flowing: Flowing, *, keys: Sequence[str], values: Sequence[Any]
    ) -> Flowing:
        """Decide the items of a loop: siblings, of which none stands after another."""
        pairs = zip(keys, values, strict=True)
        return self._side_by_side([(loop.tasks, scope.enter(loop.id, key, value)) for key, value in pairs], flowing)

    def _side_by_side(self, lanes: Iterable[tuple[Sequence[Task], Scope]], flowing: Flowing) -> Flowing:
        """Decide what does not stand after each other. A dynamic expression may still find what stands further up."""
        out: list[Flowing] = []
        for tasks, scope in lanes:
            out.append(self.expand(tasks, scope, flowing))
            flowing = flowing.with_ran(out[-1])
        return flowing.join(out)

    def _decide(self, task: Task, scope: Scope, flowing: Flowing) -> Flowing:
        if task.kind is Kind.WORK:
            return self._decide_task(task, scope, flowing)
        return self._decide_group(task, scope, flowing)

    # tasks

    def _decide_task(self, task: Task, scope: Scope, flowing: Flowing) -> Flowing:
        address = scope.prefix + task.id
        result = self._results.get(address)
        kept = result is not None and result.has_result
        wish = self._wish(task, scope.keys, result) if task.id in self._asked.touched else NO_WISH
        hit = self._hit(task, scope, flowing)
        if wish.skipped:
            self._refuse_skip(task, address, hit=hit, result=result)
        if wish.pin is not None:
            return self._pin(task, scope, flowing, wish=wish, result=result)
        if kept and wish.named is None and hit is None:
            reason = self._kept_reason(task, skipped=wish.skipped)
            if reason is not None:
                self._keep(task, scope, flowing, result=result, reason=reason, overrides=wish.overrides)
                return flowing
        changed = self._changed(task, result, wish.overrides)
        reason = _with_changes(wish.named or hit or self._own_reason(task, result), changed)
        self._put(task, scope, Action.RUN, reason, result, warnings=_volatile(task))
        self.so_far.hot.add(task.id, scope.keys, address)
        return _after_running(address, flowing, spreads=kept or wish.named is not None)

    def _keep(
        self, task: Task, scope: Scope, flowing: Flowing, *, result: Result | None, reason: str, overrides: JsonMap
    ) -> None:
        changed = self._changed(task, result, overrides)
        if changed and self._asked.stale == "refuse":
            self._refuse_stale(scope.prefix + task.id, changed)
        warnings = self._kept_warnings(task, flowing, changed)
        if result is not None and result.action is Action.PIN:
            warnings = ("kept, though its result was given by a person", *warnings)
        self._put(task, scope, Action.REUSE, reason, result, warnings=warnings)

    def _pin(self, task: Task, scope: Scope, flowing: Flowing, *, wish: Wish, result: Result | None) -> Flowing:
        address = scope.prefix + task.id
        reason = "its result is given" if wish.own_pin else "its result was given for the origin"
        self._put(task, scope, Action.PIN, reason, result)
        given = fingerprint.output_digest(wish.pin or {})
        if result is not None and result.has_result and result.output_digest == given:
            return flowing
        self.so_far.hot.add(task.id, scope.keys, address)
        return flowing if flowing.ran is not None else replace(flowing, ran=address)

    def _wish(self, task: Task, keys: tuple[str, ...], result: Result | None) -> Wish:
        """Give what the request says about one task run."""
        asked = self._asked
        own = asked.pins.at(task.id, keys)
        pin = asked.pin(task.id, keys)
        if own is None and result is not None and result.action is not Action.PIN:
            # somebody has taken the carried pin back since: the origin has a result of another kind
            pin = None
        return Wish(
            named=self._named(task, keys),
            skipped=asked.skip.at(task.id, keys) is not None,
            pin=pin,
            own_pin=own is not None,
            overrides=asked.overrides(task.id, keys),
        )

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
            hot = self.so_far.hot.read(read, self._nodes, scope)
            source = flowing.ran if read.task is None else next(hot, None)
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

    def _kept_reason(self, task: Task, *, skipped: bool) -> str | None:
        """Why a task with a result that nothing else touches is kept; `None` where it runs (rules b and c)."""
        if skipped:
            return "you skip it"
        if not self._asked.keeps or self._overridden(task):
            return None
        return "nothing that it depends on runs"

    def _overridden(self, task: Task) -> list[str]:
        overridden = self._asked.overridden
        return [name for name in task.inputs if name in overridden] if overridden else []

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

    def _kept_warnings(self, task: Task, flowing: Flowing, changed: tuple[str, ...]) -> tuple[str, ...]:
        warnings: list[str] = []
        if changed:
            warnings.append(f"kept, though its definition has changed since: {', '.join(changed)}")
        if flowing.wanting is not None:
            warnings.append(f"kept, though it stands after `{flowing.wanting}`, which runs")
        for read in task.reads:
            if read.task is None and self._gone_task is not None:
                warnings.append(f"kept, though it may read `{self._gone_task}`, which is not in the flow any more")
            elif read.task is not None and read.task not in self._nodes:
                warnings.append(f"kept, though it reads `{read.task}`, which is not in the flow")
        return tuple(warnings)

    @cached_property
    def _gone_task(self) -> str | None:
        """A task that left a result in the origin and is not in the flow any more."""
        return next((result.task for result in self._results.values() if result.task not in self._nodes), None)

    def _refuse_stale(self, address: str, changed: tuple[str, ...]) -> None:
        message = f"`{address}` would be kept, though its definition has changed: {', '.join(changed)}"
        self._refuse("stale", f"{message}; start there, or allow it with `--stale warn`", address)

    def _changed(self, task: Task, result: Result | None, overrides: JsonMap) -> tuple[str, ...]:
        """Name what differs between the definition that ran in the origin and the one that would run now."""
        if result is None or self._origin is None or result.action is Action.PIN or not result.definition:
            return ()
        if fingerprint.definition_of(task, overrides) == result.definition:
            return ()
        before = self._origin.digests(result.id)
        changed = fingerprint.changes(before, fingerprint.effective_digests(task, overrides))
        if result.type != task.type:
            changed = (
                f"type {_last(result.type)} → {_last(task.type)}",
                *(name for name in changed if name != "`type`"),
            )
        return changed or ("its definition",)

    # groups

    def _decide_group(self, task: Task, scope: Scope, flowing: Flowing) -> Flowing:
        address = scope.prefix + task.id
        result = self._results.get(address)
        named = self._named(task, scope.keys) if task.id in self._asked.touched else None
        why = named or self._hit(task, scope, flowing) or self._overridden_group(task)
        self.so_far.put(Decision(address, task.id, task.type, Action.ENTER, ""), scope)
        first = len(self.so_far.order)
        keys, values, not_yet = self._items(task, scope, flowing)
        if not_yet is not None:
            return self._whole(task, scope, flowing, why=why, not_yet=not_yet)
        inner = flowing
        if why is not None and flowing.forced is None:
            inner = replace(flowing, forced=inside_reason(address, why))
        if task.kind is Kind.LOOP:
            # what stands inside may read by the items around it
            self.so_far.decisions[address] = replace(self.so_far.decisions[address], keys=tuple(keys))
            after = self.expand_items(task, scope, inner, keys=keys, values=values)
        else:
            after = self.expand(task.tasks, scope, inner, parallel=task.kind is Kind.PARALLEL)
        moved = _moved(result, keys) if task.kind is Kind.LOOP else None
        settled = self._settle(task, scope, first, why=why, moved=moved)
        if task.kind is Kind.LOOP:
            settled = replace(settled, keys=tuple(keys), wave=flowing.wave, ran=flowing.ran)
        self.so_far.decisions[address] = settled
        spreads = moved is not None or (why is not None and (named is not None or _has_result(result)))
        wave, ran = (address, address) if spreads else (None, None)
        return Flowing(after.wave or wave, after.ran or ran, after.wanting, flowing.forced)

    def _overridden_group(self, task: Task) -> str | None:
        overridden = self._overridden(task) if self._origin is not None else []
        return f"input `{overridden[0]}` is overridden" if overridden else None

    def _items(self, task: Task, scope: Scope, flowing: Flowing) -> tuple[Sequence[str], Sequence[Any], NotYet | None]:
        if task.kind is not Kind.LOOP:
            return (), (), None
        for read in task.reads:
            found = self.so_far.hot.read(read, self._nodes, scope)
            running = (name for name in found if self.so_far.decisions[name].action is not Action.PIN)
            source = flowing.ran if read.task is None else next(running, None)
            if source is not None:
                return (), (), NotYet(source, f"its items are decided when `{source}` has run")
        items = self._evaluate(task, scope, self.so_far.decisions)
        return ((), (), items) if isinstance(items, NotYet) else (item_keys(items), items, None)

    def _whole(self, task: Task, scope: Scope, flowing: Flowing, *, why: str | None, not_yet: NotYet) -> Flowing:
        """A loop whose items only the run can know runs whole."""
        address = scope.prefix + task.id
        result = self._results.get(address)
        reason = why or (self._own_reason(task, result) if self._origin is None else not_yet.reason)
        self._refuse_skips_inside(task, address, scope)
        decision = _decision(task, scope, Action.RUN, reason, result, forced=True)
        self.so_far.decisions[address] = replace(
            decision, waits_for=not_yet.waits_for, wave=flowing.wave, ran=flowing.ran
        )
        self.so_far.hot.add_inside(task, scope.keys, address)
        named = task.id in self._asked.touched and self._named(task, scope.keys) is not None
        return _after_running(address, flowing, spreads=named or _has_result(result))

    def _refuse_skips_inside(self, loop: Task, address: str, scope: Scope) -> None:
        related = {task.id for task in loop.walk()}.union(self._nodes[loop.id].parents)
        for target in self._asked.skip.targets:
            keys = zip(target.keys, scope.keys, strict=False)
            if target.task not in related or not all(one is None or one == other for one, other in keys):
                continue
            if self._origin is None:
                self._refuse_fresh(target.text)
                continue
            message = f"`{target.text}` cannot be skipped: `{address}` runs, and what is in it with it"
            self._refuse("skip-below-run", f"{message}; skip what makes it run as well, or neither", target.text)

    def _settle(self, task: Task, scope: Scope, first: int, *, why: str | None, moved: str | None) -> Decision:
        """Say what becomes of a group from what became of everything inside it."""
        so_far, address = self.so_far, scope.prefix + task.id
        result = self._results.get(address)
        inside = [so_far.decisions[name] for name in islice(so_far.order, first, None)]
        doing = next((decision for decision in inside if decision.action is not Action.REUSE), None)
        whole = all(decision.action is Action.RUN for decision in inside)
        warnings = _volatile(task)
        changed = self._changed(task, result, self._asked.overrides(task.id, scope.keys))
        if why is not None:
            action, reason = Action.RUN, _with_changes(why, changed)
        elif self._origin is None or (whole and not (self._asked.keeps and _has_result(result))):
            action, reason = Action.RUN, self._own_reason(task, result)
        elif moved is not None:
            action, reason = Action.ENTER, moved
        elif doing is not None:
            action, reason = Action.ENTER, f"`{doing.address}` inside it {_VERBS[doing.action]}"
        elif not _has_result(result):
            action, reason = Action.ENTER, self._own_reason(task, result)
        else:
            action, reason = Action.REUSE, "nothing inside it runs"
            if changed and self._asked.stale == "refuse":
                self._refuse_stale(address, changed)
            warnings = self._kept_warnings(task, Flowing(), changed)
        if moved is not None:
            so_far.hot.add_inside(task, scope.keys, address)
        elif action is Action.RUN or any(decision.address in so_far.hot for decision in inside):
            so_far.hot.add(task.id, scope.keys, address)
        return _decision(task, scope, action, reason, result, warnings=warnings, forced=why is not None)

    # both

    def _refuse_skip(self, task: Task, address: str, *, hit: str | None, result: Result | None) -> None:
        if self._origin is None:
            self._refuse_fresh(address)
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
            self._refuse("skip-overridden", f"{message}; drop one of them, or pin its result", address)

    def _refuse_fresh(self, text: str) -> None:
        self._refuse("skip-without-result", f"`{text}` cannot be skipped: a fresh run has no origin", text)

    def _refuse(self, code: str, message: str, address: str) -> None:
        if message not in self._refused:
            self._refused.add(message)
            self.so_far.refusals.append(PlanRefusal(code, message, address))

    def _put(
        self,
        task: Task,
        scope: Scope,
        action: Action,
        reason: str,
        result: Result | None,
        *,
        warnings: tuple[str, ...] = (),
    ) -> None:
        self.so_far.put(_decision(task, scope, action, reason, result, warnings=warnings), scope)


_UNFINISHED = {State.FAILED: "failed in the origin", State.KILLED: "was killed in the origin"}
_VERBS = {Action.RUN: "runs", Action.PIN: "is pinned", Action.ENTER: "is entered", Action.REUSE: "is kept"}


def _has_result(result: Result | None) -> bool:
    return result is not None and result.has_result


def _decision(
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
    return Decision(scope.prefix + task.id, task.id, task.type, action, reason, warnings, matched, took, forced=forced)


def _after_running(address: str, flowing: Flowing, *, spreads: bool) -> Flowing:
    wave = address if spreads and flowing.wave is None else flowing.wave
    wanting = flowing.wanting if wave is not None or flowing.wanting is not None else address
    if flowing.ran is not None and wave is flowing.wave and wanting is flowing.wanting:
        return flowing
    return Flowing(wave, flowing.ran or address, wanting, flowing.forced)


def _with_changes(reason: str, changed: tuple[str, ...]) -> str:
    return f"{reason}; definition changed: {', '.join(changed)}" if changed else reason


def _volatile(task: Task) -> tuple[str, ...]:
    if not task.volatile:
        return ()
    return (f"volatile: {', '.join(f'`{name}()`' for name in task.volatile)} gives something new each time",)


def _moved(result: Result | None, keys: Sequence[str]) -> str | None:
    """How the items of a loop differ from those of the origin, in words; `None` if they do not."""
    if result is None or result.keys is None or list(result.keys) == list(keys):
        return None
    before, after = set(result.keys), set(keys)
    added = [key for key in keys if key not in before]
    gone = [key for key in result.keys if key not in after]
    parts = [
        f"{word} {', '.join(f'`{key}`' for key in found[:3])}"
        for word, found in (("new", added), ("gone", gone))
        if found
    ]
    return f"its items differ from the origin's: {'; '.join(parts) or 'another order'}"


def _last(type_name: str) -> str:
    return type_name.rpartition(".")[2]
