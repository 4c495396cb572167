"""The one deciding function: what becomes of the children of a group.

`Decider.expand` walks a group in the order of the flow. Everything a child may depend on has been decided by then: what it
reads (data edges) and what it stands after (order edges, carried along as `Flowing`). The planner calls it for the whole
flow; the engine calls the same function for the items of a loop that only the run could know. The letters are those of
the rules in `docs/replay.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from dalsegno.model.address import Items, item_keys
from dalsegno.model.flow import Effects, Flow, Kind, Task
from dalsegno.model.graph import in_order
from dalsegno.model.plan import Action, Decision
from dalsegno.model.run import Result
from dalsegno.replay import reasons as why_
from dalsegno.replay.decide_whole import WholeDecider
from dalsegno.replay.edges import STILL, Flowing, Item, NotYet, Scope, inside_reason
from dalsegno.replay.ending import may_end_otherwise
from dalsegno.replay.item_edges import by_item, differing_items, is_mapped, loop_of
from dalsegno.replay.reasons import (
    AFTER_IT,
    VERBS,
    after_running,
    decision_on,
    has_result,
    moved_items,
    volatile,
    with_changes,
)

JsonMap = Mapping[str, Any]
#: what becomes of something that has what follows the run run again
_IN_IT = {Action.PIN: "is pinned", Action.ENTER: "is entered"}


class Decider(WholeDecider):
    """Decides. One object serves one pass over a flow, or the expansions of one run."""

    def expand(self, tasks: Sequence[Task], scope: Scope, flowing: Flowing, *, parallel: bool = False) -> Flowing:
        """Decide tasks that stand in one group, and all inside them; give what flows out of the group."""
        if parallel:
            return self._side_by_side([((task,), scope) for task in tasks], flowing)
        first = flowing
        for task in tasks:
            if task.batches:
                flowing = flowing.join(
                    [self._decide(task, scope, self._before_batches(tasks[0], scope, first, flowing))]
                )
            else:
                flowing = self._decide(task, scope, flowing)
        return flowing

    def _before_batches(self, cut: Task, scope: Scope, first: Flowing, flowing: Flowing) -> Flowing:
        """Give what comes to batches along the order edges: what came to the task that cuts them, and not that it runs again.

        What it gives is the batches, and each of them is told from others by what is in it. A start at that task means all
        that stands after it, as any start does.
        """
        if self._asked.start.at(cut.id, scope.keys) is not None:
            return flowing
        return replace(first, ran=flowing.ran)

    def expand_items(
        self, loop: Task, scope: Scope, flowing: Flowing, *, keys: Sequence[str], values: Sequence[Any]
    ) -> Flowing:
        """Decide the items of a loop: siblings, of which none stands after another."""
        made_from = (values.reads if isinstance(values, Items) else ()) or [()] * len(keys)
        differs = self._differing_items(loop, scope, keys=keys, values=values)
        found = zip(keys, values, made_from, strict=True)
        items = [
            Item(loop.id, key, value, index, reads, differs.get(key)) for index, (key, value, reads) in enumerate(found)
        ]
        return self.expand_parts(loop, scope, flowing, items)

    def _differing_items(
        self, loop: Task, scope: Scope, *, keys: Sequence[str], values: Sequence[Any]
    ) -> Mapping[str, str]:
        """Say of items of a mapped step that are made from something else than in the origin, how they differ."""
        result = self._results.get(scope.prefix + loop.id)
        if self._origin is None or result is None or not self._kept_by_item(loop):
            return {}
        return differing_items(self._origin.items(result.id), dict(zip(keys, values, strict=True)), self._origin.name)

    def _kept_by_item(self, loop: Task) -> bool:
        """Whether the items of a mapped step over other lists than the origin's are kept where each is the same."""
        return self._asked.keeps and not self._asked.changed and is_mapped(loop) and bool(self._overridden(loop))

    def expand_parts(self, group: Task, scope: Scope, flowing: Flowing, parts: Sequence[Item]) -> Flowing:
        """Decide some items of a loop, or the branch that a choice takes: it is the one item that there is then."""
        if group.kind is Kind.CHOICE:
            return self._expand_inside(group, scope, flowing, [part.key for part in parts])
        scopes = [scope.inside(part) for part in parts]
        if group.abreast:
            return self._side_by_side([((task,), at) for at in scopes for task in group.tasks], flowing)
        return self._side_by_side([(group.tasks, at) for at in scopes], flowing)

    def _side_by_side(self, lanes: Iterable[tuple[Sequence[Task], Scope]], flowing: Flowing) -> Flowing:
        """Decide what does not stand after each other. A dynamic expression may still find what stands further up."""
        out: list[Flowing] = []
        for tasks, scope in lanes:
            out.append(self.expand(tasks, scope, flowing))
            flowing = flowing.with_ran(out[-1])
        return flowing.join(out)

    def _decide(self, task: Task, scope: Scope, flowing: Flowing) -> Flowing:
        if task.kind.is_group:
            return self._decide_group(task, scope, flowing)
        return self._decide_task(task, scope, flowing)

    def _decide_group(self, task: Task, scope: Scope, flowing: Flowing) -> Flowing:
        address = scope.prefix + task.id
        result = self._results.get(address)
        named = self._named(task, scope.keys) if task.id in self._asked.touched else None
        overridden = self._overridden_group(task)
        if (self._asked.changed and is_mapped(task)) or self._kept_by_item(task):
            # the items of a mapped step are compared by their values, one by one
            overridden = None
        why = named or self._hit(task, scope, flowing) or overridden
        if why is None and self._keeps_tolerated(task, scope, flowing, result):
            return flowing
        if task.whole and self._origin is not None:
            why = self._why_unit_runs(task, scope, flowing, result=result, hit=why)
            if why is None:
                return flowing
        self.so_far.put(Decision(address, task.id, task.type, Action.ENTER, ""), scope)
        if task.repeats:
            return self._whole(task, scope, flowing, why=why, not_yet=NotYet(None, why_.TURNS))
        return self._enter(task, scope, flowing, why=why, named=named, result=result)

    def _enter(
        self, task: Task, scope: Scope, flowing: Flowing, *, why: str | None, named: str | None, result: Result | None
    ) -> Flowing:
        """Decide a group by what is in it.

        Parameters
        ----------
        why : why all that is in it runs; `named` where the request says so.
        """
        address = scope.prefix + task.id
        first = len(self.so_far.order)
        changed = self._changed(task, result, self._asked.overrides(task.id, scope.keys))
        keys, values, not_yet = self._items(task, scope, flowing)
        if not_yet is not None:
            return self._whole(task, scope, flowing, why=why, not_yet=not_yet)
        inner = flowing
        if why is not None and flowing.forced is None:
            inner = replace(flowing, forced=inside_reason(address, why))
        elif self._asked.changed and changed and flowing.check is None:
            inner = replace(flowing, check=address)
        if task.kind is Kind.LOOP:
            # what stands inside may read by the items around it
            self.so_far.decisions[address] = replace(self.so_far.decisions[address], keys=tuple(keys))
            after = self.expand_items(task, scope, inner, keys=keys, values=values)
        else:
            after = self._expand_inside(task, scope, inner, keys)
        moved = self._comes_out_otherwise(task, scope, result, keys)
        if task.lasts:
            after = self._expand_lasts(task, scope, after, first)
        settled = self._settle(task, scope, first, why=why, moved=moved, changed=changed)
        if task.kind in (Kind.LOOP, Kind.CHOICE):
            settled = replace(settled, keys=tuple(keys), wave=flowing.wave, ran=flowing.ran, check=inner.check)
        self.so_far.decisions[address] = settled
        return self._out_of(
            address, flowing, after, moved=moved, spreads=why is not None and (named or self._has(result))
        )

    def _comes_out_otherwise(self, task: Task, scope: Scope, result: Result | None, keys: Sequence[str]) -> str | None:
        """Say how the items or the branch of a group are not those of the origin; `None` if they are."""
        if task.kind not in (Kind.LOOP, Kind.CHOICE):
            return None
        if task.kind is Kind.LOOP or result is not None:
            return moved_items(task, result, keys)
        taken = task.branches.get(keys[0], ()) if keys else ()
        for child in task.tasks:
            inside = child.walk() if child.id not in taken else ()
            closed = next((inner.id for inner in inside if scope.prefix + inner.id in self._results), None)
            if closed is not None:
                return f"it now takes {f'`{keys[0]}`' if keys else 'no branch'}, without `{closed}`"
        return None

    def _out_of(
        self, address: str, flowing: Flowing, after: Flowing, *, moved: str | None, spreads: bool | str
    ) -> Flowing:
        """Give what flows out of a group."""
        check = after.check
        if moved is not None and self._asked.changed:
            return Flowing(after.wave, after.ran, after.wanting, flowing.forced, check or address)
        wave, ran = (address, address) if moved is not None or spreads else (None, None)
        return Flowing(after.wave or wave, after.ran or ran, after.wanting, flowing.forced, check)

    def _expand_inside(self, task: Task, scope: Scope, flowing: Flowing, keys: Sequence[str]) -> Flowing:
        """Decide the tasks of a group that is no loop."""
        if task.kind is Kind.CHOICE:
            taken = task.branches.get(keys[0], ()) if keys else ()
            return self.expand([child for child in task.tasks if child.id in taken], scope, flowing)
        if task.kind is Kind.DAG:
            return self.expand_graph(task.tasks, task.depends, scope, flowing)
        return self.expand(task.tasks, scope, flowing, parallel=task.kind is Kind.PARALLEL)

    def expand_flow(self, flow: Flow) -> Flowing:
        """Decide the tasks of the flow itself, the outermost group."""
        if flow.depends is None:
            return self.expand(flow.tasks, Scope(), STILL)
        return self.expand_graph(flow.tasks, flow.depends, Scope(), STILL)

    def expand_graph(
        self, tasks: Sequence[Task], depends: Mapping[str, Sequence[str]], scope: Scope, flowing: Flowing
    ) -> Flowing:
        """Decide the tasks of a Dag, or of a flow that is one, each after those that it depends on."""
        # of those alone out of which something flows that does not flow in
        before: dict[str, Flowing] = {}
        out: dict[str, Flowing] = {}
        for child in in_order(tasks, depends):
            names = [name for name in depends.get(child.id, ()) if name in out] if out else []
            comes = flowing
            if names:
                by_item = self._stands_by_item(child, scope)
                # what happens to some items of a mapped step is no matter of the others that are made from it
                comes = flowing.join((before if name in by_item else out)[name] for name in names)
            goes = self._decide(child, scope, comes)
            if goes is not flowing:
                before[child.id], out[child.id] = comes, goes
                flowing = flowing.with_ran(goes)
        return flowing.join(out.values())

    def _stands_by_item(self, task: Task, scope: Scope) -> frozenset[str]:
        """Name the mapped steps that another one stands after only since its items are made from theirs, one from one."""
        named = {read.task for read in task.reads}
        loops = (loop_of(name, self._nodes) for name in by_item(task, scope, self._nodes, self.so_far))
        return frozenset(loop for loop in loops if loop not in named)

    def _expand_lasts(self, owner: Task, scope: Scope, flowing: Flowing, first: int) -> Flowing:
        """Decide `finally`: it runs if anything in its scope runs (rule 6)."""
        return self.expand_lasts(
            owner.lasts, scope, flowing, self.so_far.order[first:], f"at the end of `{owner.id}`, in which"
        )

    def expand_lasts(
        self, lasts: Sequence[Task], scope: Scope, flowing: Flowing, inside: Sequence[str], what: str
    ) -> Flowing:
        """Decide the tasks at the end of a group, of the flow or after the run, from what became of everything in it.

        Parameters
        ----------
        what : where they stand, in words before the address of something that runs.
        """
        if not lasts:
            return flowing
        matters = self._may_end_otherwise if what == AFTER_IT else self._does_something
        ran = next((name for name in inside if matters(self.so_far.decisions[name])), None)
        if ran is None:
            idle, self._idle = self._idle, any(self.so_far.decisions[name].action is Action.LEAVE for name in inside)
            out = self.expand(lasts, scope, flowing)
            self._idle = idle
            return out
        if flowing.forced is not None:
            return self.expand(lasts, scope, flowing)
        inner = replace(flowing, forced=f"{what} `{ran}` {_IN_IT.get(self.so_far.decisions[ran].action, 'runs')}")
        out = self.expand(lasts, scope, inner)
        if self._asked.changed:
            return Flowing(flowing.wave, out.ran, out.wanting, flowing.forced, out.check or out.wave)
        return replace(out, forced=flowing.forced)

    def _may_end_otherwise(self, decision: Decision) -> bool:
        return may_end_otherwise(decision, self._results.get(decision.address), self._nodes, self._asked)

    def _does_something(self, decision: Decision) -> bool:
        if decision.action in (Action.RUN, Action.CHECK):
            return True
        # what is in it is decided at its turn
        later = decision.check is not None or self._nodes[decision.task].task.batches
        return decision.action is Action.ENTER and decision.keys is None and later

    def _overridden_group(self, task: Task) -> str | None:
        overridden = self._overridden(task) if self._origin is not None else []
        if overridden:
            return f"input `{overridden[0]}` is overridden"
        return self._differs(task) if self._origin is not None else None

    def _items(self, task: Task, scope: Scope, flowing: Flowing) -> tuple[Sequence[str], Sequence[Any], NotYet | None]:
        if task.kind not in (Kind.LOOP, Kind.CHOICE):
            return (), (), None
        for read in self._whole_reads(task, scope):
            found = self.so_far.hot.read(read, self._nodes, scope)
            found = [*found, *self.so_far.warm.read(read, self._nodes, scope)]
            running = (name for name in found if self.so_far.decisions[name].action is not Action.PIN)
            source = (flowing.ran or flowing.check) if read.task is None else next(running, None)
            if source is not None:
                return (), (), NotYet(source, f"{why_.WHAT[task.kind]} decided when `{source}` has run")
        items = self._evaluate(task, scope, self.so_far.decisions)
        if isinstance(items, NotYet):
            return (), (), items
        return [str(item) for item in items] if task.kind is Kind.CHOICE else item_keys(items), items, None

    def _whole(self, task: Task, scope: Scope, flowing: Flowing, *, why: str | None, not_yet: NotYet) -> Flowing:
        """A loop whose items only the run can know runs whole."""
        address = scope.prefix + task.id
        result = self._results.get(address)
        reason = why or (self._own_reason(task, result) if self._origin is None else not_yet.reason)
        if self._left_whole(task, scope):
            self._leave(task, scope, result)
            self.so_far.hot.add_inside(task, scope.keys, address)
            return after_running(address, flowing, spreads=self._has(result))
        one_by_one = task.batches and self._origin is not None and self._asked.keeps
        checks = why is None and (one_by_one or (self._asked.changed and self._has(result)))
        if not checks:
            self._refuse_skips_inside(task, address, scope)
        self._refuse_effects_inside(task)
        if checks and task.batches:
            reason = f"{reason}; those that were there before are kept"
        action = Action.ENTER if checks else Action.RUN
        decision = decision_on(task, scope, action, reason, result, forced=not checks)
        check = flowing.check or address if checks and self._asked.changed else None
        self.so_far.decisions[address] = replace(
            decision, waits_for=not_yet.waits_for, wave=flowing.wave, ran=flowing.ran, check=check
        )
        if check is not None:
            self.so_far.warm.add_inside(task, scope.keys, address)
            return replace(flowing, check=check)
        self.so_far.hot.add_inside(task, scope.keys, address)
        named = task.id in self._asked.touched and self._named(task, scope.keys) is not None
        return after_running(address, flowing, spreads=named or self._has(result))

    def _left_whole(self, group: Task, scope: Scope) -> bool:
        """Whether nothing in a group that only the run could expand lies inside of what was asked for."""
        if not (self._asked.only or self._asked.until or self._idle):
            return False
        return self._idle or all(self._asked.leaves_all(task.id, scope.keys) for task in group.walk())

    def _refuse_effects_inside(self, group: Task) -> None:
        """What is seen outside, in a group that only the run can expand, is acknowledged by its task."""
        if self._origin is None:
            return
        for task in group.walk():
            if task.effects is not Effects.EXTERNAL or self._agreed_by_name(task.id):
                continue
            for address, before in self._origin.ran(self._asked.renamed.old(task.id)).items():
                if not (self._asked.keeps_effects and has_result(self._origin.results.get(address))):
                    self._refuse("effects", why_.unacknowledged(task.id, before), task.id)
                    break

    def _agreed_by_name(self, task: str) -> bool:
        names = {task, *self._nodes[task].parents}
        asked = (*self._asked.start.targets, *self._asked.only.targets, *self._asked.acknowledged.targets)
        return self._asked.acknowledges_all or any(target.task in names for target in asked)

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

    def _settle(
        self, task: Task, scope: Scope, first: int, *, why: str | None, moved: str | None, changed: tuple[str, ...]
    ) -> Decision:
        """Say what becomes of a group from what became of everything inside it."""
        so_far, address = self.so_far, scope.prefix + task.id
        result = self._results.get(address)
        inside = [so_far.decisions[name] for name in islice(so_far.order, first, None)]
        action, reason = self._outcome(task, result, inside, why=why, moved=moved, changed=changed)
        warnings = volatile(task)
        if action is Action.REUSE:
            if changed and self._asked.stale == "refuse":
                self._refuse_stale(address, changed)
            judged = self._asked.changed
            warnings = why_.kept_warnings(
                task, Flowing(), changed, judged=judged, gone=self._gone_task, nodes=self._nodes
            )
        self._mark(task, scope, action, inside, moved=moved is not None)
        forced = why is not None and action is Action.RUN
        return decision_on(task, scope, action, reason, result, warnings=warnings, forced=forced)

    def _outcome(
        self,
        task: Task,
        result: Result | None,
        inside: Sequence[Decision],
        *,
        why: str | None,
        moved: str | None,
        changed: tuple[str, ...],
    ) -> tuple[Action, str]:
        actions = {decision.action for decision in inside}
        doing = next((decision for decision in inside if decision.action is not Action.REUSE), None)
        if Action.LEAVE in actions and not actions & {Action.RUN, Action.PIN, Action.CHECK, Action.ENTER}:
            if task.kind is Kind.LOOP and Action.REUSE in actions:
                # who reads what is kept in it needs its items
                return Action.ENTER, "part of what is inside it is left out"
            return Action.LEAVE, "what would run inside it is left out"
        if why is not None and Action.LEAVE not in actions:
            return Action.RUN, with_changes(why, changed)
        whole = actions <= {Action.RUN} and not (self._asked.keeps and self._has(result))
        if self._origin is None or whole:
            return Action.RUN, self._own_reason(task, result)
        if moved is not None:
            return Action.ENTER, moved
        if self._asked.changed and changed:
            return Action.ENTER, f"definition changed: {', '.join(changed)}"
        if doing is not None:
            return Action.ENTER, f"`{doing.address}` inside it {VERBS[doing.action]}"
        if not has_result(result):
            return Action.ENTER, self._own_reason(task, result)
        return Action.REUSE, "nothing inside it runs"

    def _mark(self, task: Task, scope: Scope, action: Action, inside: Sequence[Decision], *, moved: bool) -> None:
        """Mark a group as something whose result is not, or may not be, the origin's."""
        address, hot, warm = scope.prefix + task.id, self.so_far.hot, self.so_far.warm
        if moved:
            (warm if self._asked.changed else hot).add_inside(task, scope.keys, address)
        elif action is Action.RUN or any(decision.address in hot for decision in inside):
            hot.add(task.id, scope.keys, address)
        if self._asked.changed and any(decision.address in warm for decision in inside):
            warm.add(task.id, scope.keys, address)
