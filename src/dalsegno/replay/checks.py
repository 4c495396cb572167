"""Checks of a request's names against what was decided (rules 13 and 15)."""

from __future__ import annotations

from collections.abc import Iterator

from dalsegno.errors import PlanRefusal, closest, did_you_mean
from dalsegno.model.flow import Kind
from dalsegno.replay.edges import Decided, Found
from dalsegno.replay.resolve import Resolved
from dalsegno.replay.select import Nodes, Target


def unexpanded(decided: Decided, nodes: Nodes) -> list[str]:
    """Give the addresses of the loops whose items only the run can know."""
    return [
        address
        for address, decision in decided.decisions.items()
        if decision.keys is None and nodes[decision.task].task.kind is Kind.LOOP
    ]


def check_names(resolved: Resolved, decided: Decided, nodes: Nodes) -> tuple[tuple[str, ...], list[PlanRefusal]]:
    """Give the names that only the run can check, and the refusals of those that name nothing."""
    if not any(nodes[target.task].loops or target.keys for target in resolved.targets):
        return (), []
    names = _Names(decided, nodes)
    unchecked: dict[str, None] = {}
    refused: list[PlanRefusal] = []
    for target in resolved.targets:
        if names.fits(target):
            continue
        if not names.may_come(target):
            started = any(target is start for start in resolved.start.targets)
            refused.append(names.refuse(target, started=started))
        elif any(key is not None for key in target.keys):
            unchecked[target.text] = None
    return tuple(unchecked), refused


class _Names:
    def __init__(self, decided: Decided, nodes: Nodes) -> None:
        self._decided = decided
        self._nodes = nodes
        self._unexpanded = unexpanded(decided, nodes)
        self._found = Found()
        for address, decision in decided.decisions.items():
            self._found.add(decision.task, decided.scopes[address].keys, address)

    def fits(self, target: Target) -> bool:
        """Whether it names a task run, or an item of a loop, that is decided."""
        return next(self._fitting(target), None) is not None

    def _fitting(self, target: Target) -> Iterator[str]:
        loops = self._nodes[target.task].loops
        found = self._found.at(target.task, target.keys[: len(loops)], loops)
        if len(target.keys) == len(loops):
            return found
        key = target.keys[-1]
        return (address for address in found if self._has(address, key))

    def _has(self, loop: str, key: str | None) -> bool:
        keys = self._decided.decisions[loop].keys or ()
        return bool(keys) if key is None else key in keys

    def may_come(self, target: Target) -> bool:
        """Whether what it names may stand in a loop whose items only the run can know."""
        for address in self._unexpanded:
            loop, at = self._decided.decisions[address].task, self._decided.scopes[address].keys
            inside = loop in self._nodes[target.task].parents or (target.task == loop and len(target.keys) > len(at))
            keys = zip(target.keys, at, strict=False)
            if inside and all(wanted is None or wanted == key for wanted, key in keys):
                return True
        return False

    def refuse(self, target: Target, *, started: bool) -> PlanRefusal:
        """Say which item is not there."""
        loops = (*self._nodes[target.task].loops, target.task)[: len(target.keys)]
        for loop, key in zip(loops, target.keys, strict=True):
            known = [
                item for found in self._decided.decisions.values() if found.task == loop for item in found.keys or ()
            ]
            if key is not None and key not in known:
                near = closest(key, known)
                listed = did_you_mean(near) or f"; it has {', '.join(f'`{name}`' for name in known[:8]) or 'none'}"
                message = f"`{target.text}`: the loop `{loop}` has no item `{key}`{listed}"
                return PlanRefusal("unknown-item", message, target.text, near)
        why = f"the loop {' or '.join(f'`{loop}`' for loop in loops)} has no item for it now"
        if started:
            return PlanRefusal("start-not-reached", f"start `{target.text}` is not reached: {why}", target.text)
        return PlanRefusal("unknown-item", f"`{target.text}` names nothing in this run: {why}", target.text)
