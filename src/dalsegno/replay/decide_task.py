"""What becomes of one task: the decisions in their order (a to g), and what flows on from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from dalsegno.errors import PlanRefusal
from dalsegno.model.address import parse
from dalsegno.model.files import differs
from dalsegno.model.flow import Effects, Kind, Read, Task
from dalsegno.model.plan import Action, Plan
from dalsegno.model.run import Result
from dalsegno.replay import fingerprint
from dalsegno.replay import reasons as why_
from dalsegno.replay.edges import STILL, Decided, Evaluate, Flowing, Scope
from dalsegno.replay.item_edges import made_from, whole_reads
from dalsegno.replay.origin import Origin
from dalsegno.replay.reasons import (
    NOTHING_RUNS,
    UNFINISHED,
    after_running,
    decision_on,
    has_result,
    kept_warnings,
    last_part,
    volatile,
    with_changes,
)
from dalsegno.replay.resolve import Resolved, calls, keeps_origin
from dalsegno.replay.select import Nodes, Target
from dalsegno.replay.untouched import Untouched
from dalsegno.replay.wish import NO_WISH, Wish

JsonMap = Mapping[str, Any]


def _ends(task: str, nodes: Nodes) -> bool:
    return task in nodes and nodes[task].task.ends


class TaskDecider:
    """Decides tasks. `decide.Decider` adds the groups that they stand in.

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
        self._results: Mapping[str, Result] = {} if origin is None else resolved.renamed.results(origin.results)
        if any(node.task.ends for node in nodes.values()):
            # to keep what ended the run would be to go on behind it
            self._results = {at: one for at, one in self._results.items() if not _ends(one.task, nodes)}
        self._evaluate = evaluate
        self._moved_to_run = moved_to_run or {}
        self._refused: set[str] = set()
        #: among `finally` of something of which nothing runs, and part is left out
        self._idle = False
        #: on the way, when nothing can be refused any more
        self._underway = False
        self.so_far = Decided()
        self._untouched = Untouched(nodes, resolved, self.so_far.hot, to_run=self._moved_to_run)

    def take(self, plan: Plan) -> None:
        """Take a plan's decisions as decided, to go on from there."""
        self._underway = True
        for decision in plan.decisions:
            keys = parse(decision.address).keys if "[" in decision.address else ()
            at = tuple(str(key) for key in keys)
            self.so_far.put(decision, Scope(keys=at))
            if decision.action is not Action.REUSE:
                marked = self.so_far.warm if self._asked.changed else self.so_far.hot
                marked.add(decision.task, at, decision.address)

    def _decide_task(self, task: Task, scope: Scope, flowing: Flowing) -> Flowing:
        address = scope.prefix + task.id
        result = self._results.get(address)
        if flowing is STILL and result is not None and self._untouched.keeps(task, address, scope, result):
            self._put(task, scope, Action.REUSE, NOTHING_RUNS, result)
            return flowing
        wish = self._wish(task, scope.keys, result) if task.id in self._asked.touched else NO_WISH
        hit = self._hit(task, scope, flowing)
        if wish.pin is not None:
            return self._pin(task, scope, flowing, wish=wish, result=result)
        check = self._check(task, scope, flowing) if self._asked.changed and hit is None else None
        if wish.skipped and not any(self._nodes[name].task.whole for name in self._nodes[task.id].parents):
            self._refuse_skip(task, address, hit=hit or check, result=result)
        why = None
        if hit is None and wish.named is None and self._has(result):
            changed = self._changed(task, result, wish.overrides)
            if wish.skipped:
                self._keep(task, scope, flowing, result=result, reason="you skip it", changed=changed)
                return flowing
            why = self._may_read(task, flowing) or self._file_changed(result) if self._asked.changed else None
            if why is None and self._may_keep(task, changed):
                if check is not None:
                    return self._check_later(task, scope, flowing, result=result, reason=check)
                self._keep(task, scope, flowing, result=result, reason=NOTHING_RUNS, changed=changed)
                return flowing
        return self._run(task, scope, flowing, wish=wish, hit=hit, result=result, why=why)

    def _has(self, result: Result | None) -> bool:
        """Whether there is a result; a tolerated failure is none where what succeeded, or did not change, is kept."""
        return result is not None and result.has_result and not (self._asked.strict and result.tolerated)

    def _may_keep(self, task: Task, changed: tuple[str, ...]) -> bool:
        """Whether a task with a result that nothing else touches is kept (rule c)."""
        if not self._asked.keeps or self._overridden(task) or self._differs(task):
            return False
        return not (self._asked.changed and changed)

    def _run(
        self,
        task: Task,
        scope: Scope,
        flowing: Flowing,
        *,
        wish: Wish,
        hit: str | None,
        result: Result | None,
        why: str | None,
    ) -> Flowing:
        """Have a task run, unless it is left out, or its effects are seen outside and were there before."""
        address, keys = scope.prefix + task.id, scope.keys
        if self._idle or self._asked.leaves(task.id, keys):
            self._leave(task, scope, result)
            return after_running(address, flowing, spreads=self._has(result))
        if task.effects is Effects.EXTERNAL and not wish.agreed and self._keeps_effects(task, scope, result):
            return flowing
        changed = self._changed(task, result, wish.overrides)
        reason = wish.named or hit or why
        if reason is None and self._asked.changed and changed and self._has(result):
            reason = f"definition changed: {', '.join(changed)}"
        else:
            given = {f"`{name}`" for name in self._given_now(task, wish)}
            left = tuple(name for name in changed if name not in given) if given else changed
            reason = with_changes(reason or self._own_reason(task, result), left)
        self._put(task, scope, Action.RUN, reason, result, warnings=volatile(task))
        if task.kind is Kind.SUBFLOW and result is not None and self._origin is not None:
            child = self._child(task, scope, wish=wish, hit=hit, result=result)
            self.so_far.decisions[address] = replace(self.so_far.decisions[address], child=child)
        if self._asked.changed and wish.named is None and hit is None:
            self.so_far.warm.add(task.id, keys, address)
            return flowing if flowing.check is not None else replace(flowing, check=address)
        self.so_far.hot.add(task.id, keys, address)
        return after_running(address, flowing, spreads=self._has(result) or wish.named is not None)

    def _given_now(self, task: Task, wish: Wish) -> Iterable[str]:
        """Name the properties whose values this request gives: they are no change of the definition."""
        # a step in Python gets what its pipeline makes of an input as a value
        through = task.properties if task.function is not None and self._overridden(task) else ()
        return (*wish.overrides, *through)

    def _child(self, task: Task, scope: Scope, *, wish: Wish, hit: str | None, result: Result) -> JsonMap:
        """Give what is asked of the run that a subflow called in the origin, where it runs again.

        A start in it holds there. Where it runs for want of a result, or since a value that it reads is another, what
        succeeded in it is kept as far as its inputs are the same; else all of it runs.
        """
        starts = [target.inner for target in self._asked.start.naming(task.id, scope.keys)]
        if wish.named is not None:
            return {"start": starts} if starts and all(starts) else {}
        if not self._asked.keeps:
            return {}
        if self._asked.changed and hit is None:
            return {"changed": True}
        reads = any(next(self.so_far.hot.read(read, self._nodes, scope), None) is not None for read in task.reads)
        lacks = hit is None and not self._has(result)
        return {"skip_successful": True} if lacks or reads or (hit is None and self._overridden(task)) else {}

    def _keeps_effects(self, task: Task, scope: Scope, result: Result | None) -> bool:
        """Whether the old result of something seen outside is kept, where it would be seen once more.

        What would run again without anybody's consent is refused.
        """
        address = scope.prefix + task.id
        asked = self._asked
        if self._origin is None or asked.acknowledges_all or asked.acknowledged.at(task.id, scope.keys) is not None:
            return False
        before = self._origin.ran_in(result.address if result is not None else address)
        if before is None:
            return False
        if not asked.keeps_effects or not has_result(result):
            self._refuse("effects", why_.unacknowledged(address, before), address)
            return False
        overridden = self._override_named(task, scope.keys)
        if overridden is not None:
            message = f"`{address}`: {overridden}, but `--effects reuse` keeps its old result, so that would do nothing"
            self._refuse("override-kept", f"{message}; allow it to run with `--acknowledge {address}`", address)
        self._put(task, scope, Action.PIN, "its effects are seen outside: its result is kept", result)
        return True

    def _leave(self, task: Task, scope: Scope, result: Result | None) -> None:
        address = scope.prefix + task.id
        asked = "only" if self._asked.only else "until"
        self._put(task, scope, Action.LEAVE, f"would run, but is left out by `{asked}`", result)
        self.so_far.hot.add(task.id, scope.keys, address)
        overridden = self._override_named(task, scope.keys)
        if overridden is not None:
            message = f"`{address}`: {overridden}, but `{asked}` leaves it out, so that would do nothing"
            self._refuse("override-left-out", f"{message}; add it to `{asked}`", address)

    def _check(self, task: Task, scope: Scope, flowing: Flowing) -> str | None:
        """Why a task is decided at its turn: something that it reads, or stands after, may come out otherwise."""
        if self._origin is None:
            return None
        if "secret" in task.volatile:
            return "is decided at its turn: it reads a secret"
        for read in self._whole_reads(task, scope):
            source = next(self.so_far.warm.read(read, self._nodes, scope), None)
            if source is not None:
                return f"is decided at its turn: it reads `{source}`"
        source = made_from(scope, self.so_far.warm)
        if source is not None:
            return f"is decided at its turn: it reads `{source}`"
        if flowing.check is not None:
            return f"is decided at its turn: it stands after `{flowing.check}`"
        return None

    def _may_read(self, task: Task, flowing: Flowing) -> str | None:
        """Why a task with a dynamic expression runs: nobody can tell beforehand whether what it reads has changed."""
        if flowing.check is not None and any(read.task is None for read in task.reads):
            return f"may read `{flowing.check}`, which {self._verb(flowing.check)}"
        return None

    def _file_changed(self, result: Result | None) -> str | None:
        """Why a task runs that used a file of a namespace: it has another content since, or there are others."""
        if self._origin is None or result is None:
            return None
        found = self._origin.file_changed(result.id)
        return None if found is None else differs(found)

    def _check_later(
        self, task: Task, scope: Scope, flowing: Flowing, *, result: Result | None, reason: str
    ) -> Flowing:
        address = scope.prefix + task.id
        if self._idle or self._asked.leaves(task.id, scope.keys):
            self._leave(task, scope, result)
            return after_running(address, flowing, spreads=True)
        if task.effects is Effects.EXTERNAL and self._keeps_effects(task, scope, result):
            return flowing
        self._put(task, scope, Action.CHECK, reason, result, warnings=volatile(task))
        self.so_far.warm.add(task.id, scope.keys, address)
        return flowing if flowing.check is not None else replace(flowing, check=address)

    def _keep(
        self,
        task: Task,
        scope: Scope,
        flowing: Flowing,
        *,
        result: Result | None,
        reason: str,
        changed: tuple[str, ...],
    ) -> None:
        if changed and self._asked.stale == "refuse":
            self._refuse_stale(scope.prefix + task.id, changed)
        judged = self._asked.changed
        warnings = kept_warnings(task, flowing, changed, judged=judged, gone=self._gone_task, nodes=self._nodes)
        if result is not None and result.action is Action.PIN and self._asked.carried_pins.at(task.id, scope.keys):
            warnings = ("kept, though its result was given by a person", *warnings)
        self._put(task, scope, Action.REUSE, reason, result, warnings=warnings)

    def _pin(self, task: Task, scope: Scope, flowing: Flowing, *, wish: Wish, result: Result | None) -> Flowing:
        address = scope.prefix + task.id
        if keeps_origin(wish.pin):
            if not has_result(result):
                why = "a fresh run has no origin" if self._origin is None else f"it {self._own_reason(task, result)}"
                message = f"`{address}` cannot be kept: {why}; pin its result instead"
                self._refuse("keep-without-result", message, address)
            self._put(task, scope, Action.PIN, "its result is kept, whatever has changed", result)
            return flowing
        reason = "its result is given" if wish.own_pin else "its result was given for the origin"
        self._put(task, scope, Action.PIN, reason, result)
        given = fingerprint.result_digest(task, wish.pin or {})
        if result is not None and result.has_result and result.output_digest == given:
            return flowing
        if self._asked.changed:
            self.so_far.warm.add(task.id, scope.keys, address)
            return replace(flowing, ran=flowing.ran or address)
        self.so_far.hot.add(task.id, scope.keys, address)
        return flowing if flowing.ran is not None else replace(flowing, ran=address)

    def _wish(self, task: Task, keys: tuple[str, ...], result: Result | None) -> Wish:
        """Give what the request says about one task run."""
        asked = self._asked
        own = asked.pins.at(task.id, keys)
        pin = asked.pin(task.id, keys)
        taken_back = result is not None and result.action is not Action.PIN
        nothing_to_keep = keeps_origin(pin) and not has_result(result)
        if (own is None and (taken_back or nothing_to_keep)) or (self._underway and nothing_to_keep):
            # the origin has a result of another kind since, or none that could be kept: what is carried refuses nothing
            pin = None
        return Wish(
            named=self._named(task, keys),
            agreed=asked.start.at(task.id, keys) is not None or asked.only.at(task.id, keys) is not None,
            skipped=asked.skip.at(task.id, keys) is not None,
            pin=pin,
            own_pin=own is not None,
            overrides=asked.overrides(task.id, keys),
        )

    def _named(self, task: Task, keys: tuple[str, ...]) -> str | None:
        start = self._asked.start.at(task.id, keys)
        if start is not None:
            return self._start_reason(start, task)
        only = self._asked.only.at(task.id, keys)
        if only is not None:
            alone = only.task == task.id and not only.inside
            return "you ask for it alone" if alone else f"you ask for `{only.text}` alone"
        return self._override_named(task, keys)

    def _start_reason(self, start: Target, task: Task) -> str:
        if start.inner and start.task == task.id:
            return f"you start at `{start.text}` in its subflow"
        if start.inside and start.task == task.id:
            return f"you start at `{start.text}` inside it, and it runs as one"
        if start.inside:
            return f"stands in `{start.task}`, which runs as one"
        return "you start here" if start.task == task.id else f"`{start.text}` starts here"

    def _override_named(self, task: Task, keys: tuple[str, ...]) -> str | None:
        """Say which of its values this request overrides, its own or those of a group around it."""
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
        for read in self._whole_reads(task, scope) if not task.batches else ():
            hot = self.so_far.hot.read(read, self._nodes, scope)
            source = flowing.ran if read.task is None else next(hot, None)
            if source is not None:
                return f"reads `{source}`, which {self._verb(source)}"
        why = self._item_hit(scope)
        if why is not None:
            return why
        if flowing.wave is not None:
            return f"stands after `{flowing.wave}`, which {self._verb(flowing.wave)}"
        return None

    def _item_hit(self, scope: Scope) -> str | None:
        """Why the item in which something stands is not that of the origin."""
        source = made_from(scope, self.so_far.hot)
        if source is not None:
            return f"reads `{source}`, which {self._verb(source)}"
        return scope.items[-1].differs if scope.items else None

    def _whole_reads(self, task: Task, scope: Scope) -> Iterable[Read]:
        """Give what a task reads itself, and none of its items."""
        return whole_reads(task, scope, self._nodes, self.so_far)

    def _verb(self, address: str) -> str:
        decision = self.so_far.decisions.get(address)
        if decision is None or decision.action is Action.RUN:
            return "runs"
        if decision.action is Action.PIN:
            return "is pinned to another result"
        if decision.action is Action.LEAVE:
            return "would run, but is left out"
        return "is decided at its turn" if decision.action is Action.CHECK else "comes out otherwise"

    def _overridden(self, task: Task) -> list[str]:
        overridden = self._asked.overridden
        return [name for name in task.inputs if name in overridden] if overridden else []

    def _differs(self, task: Task) -> str | None:
        """Say what a task reads of the run besides its inputs that differs from the origin; only where changes count."""
        differing = self._asked.differing
        return (
            next((differing[path] for path in (*task.context, calls(task.id)) if path in differing), None)
            if differing
            else None
        )

    def _own_reason(self, task: Task, result: Result | None) -> str:
        if self._origin is None:
            return "first run"
        if result is None:
            return "has no result in the origin"
        if not result.has_result:
            return UNFINISHED.get(result.state, "had not ended in the origin")
        if not self._has(result):
            return "failed in the origin, where that was tolerated"
        overridden = self._overridden(task)
        if overridden:
            return f"input {', '.join(f'`{name}`' for name in overridden)} is overridden"
        differs = self._differs(task)
        if differs is not None:
            return differs
        return "everything is run again"

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
                f"type {last_part(result.type)} → {last_part(task.type)}",
                *(name for name in changed if name != "`type`"),
            )
        return changed or ("its definition",)

    def _refuse_skip(self, task: Task, address: str, *, hit: str | None, result: Result | None) -> None:
        if self._origin is None:
            self._refuse_fresh(address)
        elif not has_result(result):
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
        self.so_far.put(decision_on(task, scope, action, reason, result, warnings=warnings), scope)
