"""The plan of a run while it is executed: what was decided before it began, and what the planner's own function decides on
the way for items that only the run could know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from dalsegno.engine.checking import moved_before
from dalsegno.model.flow import Task
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.model.run import Result
from dalsegno.replay.decide import Decider
from dalsegno.replay.edges import Flowing, Item, NotYet, Scope, inside_reason
from dalsegno.replay.origin import Origin
from dalsegno.replay.reasons import WHAT
from dalsegno.replay.resolve import Resolved
from dalsegno.replay.select import Nodes


class Expansion:
    """Decisions by address. Whatever the plan does not hold is decided by `Decider`, as the planner would have.

    Parameters
    ----------
    origin : gives the origin as the planner sees it, or `None` for a fresh run; asked only if something is left to decide.
    attempt_of : gives the number of the last attempt of a task run of the origin.
    """

    def __init__(
        self,
        plan: Plan,
        nodes: Nodes,
        resolved: Resolved,
        *,
        origin: Callable[[], Origin | None],
        attempt_of: Callable[[str], int],
    ) -> None:
        self._plan = plan
        self._attempt_of = attempt_of
        self._nodes = nodes
        self._resolved = resolved
        self._origin = origin
        self._decider: Decider | None = None
        self._decisions: dict[str, Decision] = dict(plan.by_address)
        #: for a group that is kept, what was decided with it, and where in that what follows it begins
        self._inside: dict[str, tuple[Sequence[str], int]] = {}
        #: decisions made on the way, in the order in which they were made
        self.expanded: list[Decision] = []

    def decided(self, address: str) -> Decision:
        """Give what was decided for an address."""
        return self._decisions[address]

    def decision(self, address: str, task: Task, scope: Scope) -> Decision:
        """Give what is to be done at an address. A handler is decided when something has failed, and not before."""
        if address not in self._decisions:
            why = "something failed, and it stands among `errors`"
            self._decide(lambda decider: decider.expand([task], scope, Flowing(forced=why)))
        return self._decisions[address]

    def settle(self, decision: Decision, why: str | None) -> Decision:
        """Settle what was to be decided at its turn: it runs, or its result is kept."""
        if why is None:
            settled = replace(decision, action=Action.REUSE, reason="nothing that it uses has changed")
        else:
            settled = replace(decision, action=Action.RUN, reason=why)
        self._decisions[decision.address] = settled
        self.expanded.append(settled)
        return settled

    def came_out_otherwise(self, address: str, keys: Sequence[str]) -> bool:
        """Whether a group has other items, or takes another branch, than in the origin (asked only with `changed`)."""
        if not self._resolved.changed:
            return False
        origin = self._origin()
        before = self._resolved.renamed.results(origin.results).get(address) if origin is not None else None
        return before is None or before.keys is None or list(before.keys) != list(keys)

    def moved_before(self, recorded: Mapping[str, Result]) -> set[str]:
        """Give the addresses of what moved of all that was recorded before this engine began (asked only with `changed`)."""
        origin = self._origin() if self._resolved.changed and recorded else None
        if origin is None:
            return set()
        return moved_before(recorded, self._resolved.renamed.results(origin.results), self._nodes)

    def last_attempt(self, decision: Decision) -> int:
        """Give the number of the last attempt of the matched task run of the origin; 0 without one."""
        if decision.origin_task_run is None:
            return 0
        return self._attempt_of(decision.origin_task_run)

    def expand(self, loop: Task, scope: Scope, *, keys: Sequence[str], values: Sequence[Any], first: int = 0) -> None:
        """Decide the items of a loop, or the branch of a choice, where the plan has not. `first` is the place of the first."""
        address = scope.prefix + loop.id
        own = self._decisions[address]
        new = set(keys).difference(own.keys or ())
        if not new:
            return
        forced = inside_reason(address, own.reason) if own.forced else None
        flowing = Flowing(own.wave, own.ran, None, forced, own.check)
        items = enumerate(zip(keys, values, strict=True), start=first)
        wanted = [Item(loop.id, key, value, index) for index, (key, value) in items if key in new]
        self._decide(lambda decider: self._expand_whole(decider, loop, scope, flowing, wanted))

    def _expand_whole(
        self, decider: Decider, group: Task, scope: Scope, flowing: Flowing, parts: Sequence[Item]
    ) -> None:
        """Decide the parts of a group, and what stands at its end where the plan could not."""
        first = len(decider.so_far.order)
        after = decider.expand_parts(group, scope, flowing, parts)
        if group.lasts and scope.prefix + group.lasts[0].id not in self._decisions:
            inside = decider.so_far.order[first:]
            decider.expand_lasts(group.lasts, scope, after, inside, f"at the end of `{group.id}`, in which")

    def _decide(self, work: Callable[[Decider], object]) -> None:
        decider = self._get_decider()
        before = len(decider.so_far.order)
        work(decider)
        names = decider.so_far.order[before:]
        for number, name in enumerate(names):
            found = decider.so_far.decisions[name]
            self._decisions[name] = found
            self.expanded.append(found)
            if found.action is Action.REUSE and self._nodes[found.task].task.kind.is_group:
                self._inside[name] = (names, number + 1)

    def inside(self, address: str) -> Iterator[Decision]:
        """Give what was decided inside a group that is kept, which stands right behind it."""
        group = self._decisions[address].task
        names, first = self._inside.get(address, ((), 0))
        found = (self._decisions[names[at]] for at in range(first, len(names)))
        return takewhile(lambda decision: group in self._nodes[decision.task].parents, found)

    def _get_decider(self) -> Decider:
        if self._decider is None:
            self._decider = Decider(self._nodes, self._resolved, self._origin(), evaluate=_not_yet)
            self._decider.take(self._plan)
        return self._decider


def _not_yet(task: Task, scope: Scope, _decided: Mapping[str, Decision]) -> NotYet:
    return NotYet(None, f"{WHAT[task.kind]} decided when `{scope.prefix}{task.id}` begins")
