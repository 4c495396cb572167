"""The plan of a run while it is executed: what was decided before it began, and what the planner's own function decides on
the way for items that only the run could know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dalsegno.model.flow import Task
from dalsegno.model.plan import Decision, Plan
from dalsegno.replay.decide import Decider
from dalsegno.replay.edges import Flowing, NotYet, Scope, inside_reason
from dalsegno.replay.origin import Origin
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
        #: decisions made on the way, in the order in which they were made
        self.expanded: list[Decision] = []

    def decision(self, address: str) -> Decision:
        """Give what is to be done at an address."""
        return self._decisions[address]

    def last_attempt(self, decision: Decision) -> int:
        """Give the number of the last attempt of the matched task run of the origin; 0 without one."""
        if decision.origin_task_run is None:
            return 0
        return self._attempt_of(decision.origin_task_run)

    def expand(self, loop: Task, scope: Scope, *, keys: Sequence[str], values: Sequence[Any]) -> None:
        """Decide the items of a loop, where the plan has not."""
        address = scope.prefix + loop.id
        own = self._decisions[address]
        unknown = [key for key in keys if own.keys is None or key not in own.keys]
        if not unknown:
            return
        decider = self._get_decider()
        flowing = Flowing(own.wave, own.ran, None, inside_reason(address, own.reason) if own.forced else None)
        wanted = [(key, value) for key, value in zip(keys, values, strict=True) if key in set(unknown)]
        before = len(decider.so_far.order)
        decider.expand_items(
            loop, scope, flowing, keys=[key for key, _ in wanted], values=[value for _, value in wanted]
        )
        for name in decider.so_far.order[before:]:
            found = decider.so_far.decisions[name]
            self._decisions[name] = found
            self.expanded.append(found)

    def _get_decider(self) -> Decider:
        if self._decider is None:
            self._decider = Decider(self._nodes, self._resolved, self._origin(), evaluate=_not_yet)
            self._decider.take(self._plan)
        return self._decider


def _not_yet(task: Task, scope: Scope, _decided: Mapping[str, Decision]) -> NotYet:
    return NotYet(None, f"its items are decided when `{scope.prefix}{task.id}` begins")
