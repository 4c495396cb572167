"""Groups that are kept with all that is in them: where a failure was tolerated, and those that are one unit.

A unit (`Task.whole`: its tasks share a folder, or repeat until something holds) is never entered. Either nothing touches what
is in it, and it is kept with that, or it runs whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from dalsegno.model.address import parse
from dalsegno.model.flow import Task
from dalsegno.model.run import Result
from dalsegno.model.state import State
from dalsegno.replay.decide_task import TaskDecider
from dalsegno.replay.edges import Flowing, Item, Scope
from dalsegno.replay.reasons import has_result
from dalsegno.replay.resolve import keeps_origin

Results = list[tuple[str, Result]]


class WholeDecider(TaskDecider):
    """Decides what is kept whole. `decide.Decider` adds the groups that are decided by what is in them."""

    def _keeps_tolerated(self, task: Task, scope: Scope, flowing: Flowing, result: Result | None) -> bool:
        """Keep a group in which a failure was tolerated as it ended, with what failed and what never began in it.

        Such a failure is a result for `start` and `only` alone, and only where nothing touches what stands inside. Where
        `errors` ran in it, it runs again: what they gave is never inherited.
        """
        if not (task.tolerates or task.allow_failure) or result is None or result.state is not State.WARNING:
            return False
        if self._asked.strict or not self._asked.keeps or flowing.wave is not None:
            return False
        inside = [inner for inner in task.walk() if inner is not task]
        if any(self._is_touched(inner, scope, flowing) for inner in inside):
            return False
        found = self._results_inside(inside, scope)
        if all(has_result(one) for _, one in found) or any(address in self._moved_to_run for address, _ in found):
            return False
        if self._handled(found):
            return False
        self._keep_all(task, scope, flowing, result, found, reason="a failure in it was tolerated in the origin")
        return True

    def _keep_all(
        self, task: Task, scope: Scope, flowing: Flowing, result: Result, found: Results, *, reason: str
    ) -> None:
        """Keep a group, and all that was in it."""
        self._keep_one(task, scope, flowing, result, reason)
        for address, one in found:
            at, inner = _scope_of(address, one.task), self._nodes[one.task].task
            self._keep_one(inner, at, flowing, one, f"stands in `{task.id}`, which is kept")

    def _keep_one(self, task: Task, scope: Scope, flowing: Flowing, result: Result, reason: str) -> None:
        changed = self._changed(task, result, {})
        self._keep(task, scope, flowing, result=result, reason=reason, changed=changed)
        if result.keys is not None:
            address = scope.prefix + task.id
            self.so_far.decisions[address] = replace(self.so_far.decisions[address], keys=result.keys)

    def _is_touched(self, task: Task, scope: Scope, flowing: Flowing) -> bool:
        if task.id in self._asked.touched or self._overridden(task) or self._differs(task):
            return True
        if any(read.task is None for read in task.reads):
            return flowing.ran is not None
        return any(next(self.so_far.hot.read(read, self._nodes, scope), None) is not None for read in task.reads)

    @cached_property
    def _results_by_task(self) -> Mapping[str, list[tuple[str, Result]]]:
        found: dict[str, list[tuple[str, Result]]] = {}
        for address, result in self._results.items():
            found.setdefault(result.task, []).append((address, result))
        return found

    def _results_inside(self, tasks: list[Task], scope: Scope) -> Results:
        found = [pair for task in tasks for pair in self._results_by_task.get(task.id, ())]
        return [(address, result) for address, result in found if address.startswith(scope.prefix)]

    def _handled(self, found: Results) -> bool:
        """Whether `errors` ran among these."""
        return any(self._nodes[one.task].handles == "errors" for _, one in found)

    # units

    def _why_unit_runs(
        self, task: Task, scope: Scope, flowing: Flowing, *, result: Result | None, hit: str | None
    ) -> str | None:
        """Say why a unit runs in a replay; where it does not, it has been kept with all that is in it.

        Parameters
        ----------
        hit : why it runs by itself, as any group.
        """
        skipped = task.id in self._asked.touched and self._asked.skip.at(task.id, scope.keys) is not None
        inside = [inner for inner in task.walk() if inner is not task]
        found = self._results_inside(inside, scope)
        why = hit or self._unit_lacks(task, result, found) or self._why_inside(inside, scope, flowing, found)
        if skipped and not (task.repeats and why):
            self._refuse_skip(task, scope.prefix + task.id, hit=why, result=result)
        elif why is None:
            why = self._unit_changed(task, flowing, result, found)
        if why is not None or result is None:
            return why or self._own_reason(task, result)
        reason = "you skip it" if skipped else "nothing that it depends on runs"
        self._keep_all(task, scope, flowing, result, found, reason=reason)
        return None

    def _unit_lacks(self, task: Task, result: Result | None, found: Results) -> str | None:
        """Say what of a unit has no result that can be kept."""
        if not self._has(result):
            reason = self._own_reason(task, result)
            return f"{reason}, and it runs as one" if any(has_result(one) for _, one in found) else reason
        if self._handled(found):
            return "its `errors` ran in the origin"
        moved = next((self._moved_to_run[address] for address, _ in found if address in self._moved_to_run), None)
        if moved is not None:
            return moved
        failed = next((address for address, one in found if not self._has(one)), None) if self._asked.strict else None
        return None if failed is None else f"`{failed}` inside it failed in the origin, where that was tolerated"

    def _unit_changed(self, task: Task, flowing: Flowing, result: Result | None, found: Results) -> str | None:
        """Say why a unit that nothing touches is not kept all the same (rule c, and `changed`)."""
        if not self._asked.keeps:
            return self._own_reason(task, result)
        if not self._asked.changed:
            return None
        if flowing.check is not None:
            return f"it stands after `{flowing.check}`, and it runs as one"
        pairs = [(task, result), *((self._nodes[one.task].task, one) for _, one in found)]
        for inner, one in pairs:
            changed = self._changed(inner, one, {})
            if changed:
                of = "" if inner is task else f" of `{inner.id}`"
                return f"definition{of} changed: {', '.join(changed)}"
            file = self._file_changed(one)
            if file is not None:
                return file if inner is task else f"{file}, which `{inner.id}` used"
        return None

    def _why_inside(self, inside: list[Task], scope: Scope, flowing: Flowing, found: Results) -> str | None:
        """Say what touches the tasks in a unit: what they read, or what is asked of them."""
        for inner in inside:
            for why in self._touching(inner, scope, flowing):
                return f"`{inner.id}` inside it {why}, and it runs as one"
        ran = {one.task for _, one in found}
        new = next((inner for inner in inside if inner.id not in ran and self._must_have_run(inner)), None)
        return None if new is None else f"`{new.id}` inside it has no result in the origin"

    def _must_have_run(self, task: Task) -> bool:
        """Whether a task in a unit that ended well cannot have been passed by."""
        node = self._nodes[task.id]
        return not node.handles and all(self._nodes[name].task.whole for name in node.parents[-1:])

    def _touching(self, task: Task, scope: Scope, flowing: Flowing) -> Iterator[str]:
        given = (target for target, _ in self._asked.task_inputs.given)
        pinned = (target for target, pin in self._asked.pins.given if not keeps_origin(pin))
        if any(target.task == task.id and target.may_cover(scope.keys) for target in given):
            yield "is overridden"
        if any(target.task == task.id and target.may_cover(scope.keys) for target in pinned):
            yield "is pinned"
        for name in self._overridden(task):
            yield f"reads the input `{name}`, which is overridden"
        differs = self._differs(task)
        if differs is not None:
            yield f"is not as in the origin: {differs}"
        for read in task.reads:
            found = [*self.so_far.hot.read(read, self._nodes, scope), *self.so_far.warm.read(read, self._nodes, scope)]
            source = (flowing.ran or flowing.check) if read.task is None else next(iter(found), None)
            if source is not None:
                yield f"reads `{source}`, which {self._verb(source)}"


def _scope_of(address: str, task: str) -> Scope:
    """Give where a task run stands, as far as its address tells: the values of the items are not known."""
    items = tuple(Item(loop, str(key), None) for loop, key in parse(address).items)
    return Scope(items, address.removesuffix(task), tuple(item.key for item in items))
