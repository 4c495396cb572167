"""Checks of a request's names against what was decided (rules 13 and 15)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from dalsegno.errors import PlanRefusal, closest, did_you_mean
from dalsegno.model.flow import Kind
from dalsegno.model.plan import Decision
from dalsegno.replay.edges import Decided, Found
from dalsegno.replay.resolve import Resolved
from dalsegno.replay.select import Nodes, Target

_PARTS = (Kind.LOOP, Kind.CHOICE)


def unexpanded(decided: Decided, nodes: Nodes) -> list[str]:
    """Give the addresses of the loops and choices whose items or branch only the run can know."""
    return [
        address
        for address, decision in decided.decisions.items()
        if decision.keys is None and nodes[decision.task].task.kind in _PARTS
    ]


class Branches:
    """Knows which branch is taken where."""

    def __init__(self, decided: Decided, nodes: Nodes) -> None:
        self._nodes = nodes
        self._choices = Found()
        self._decisions = decided.decisions
        for address, decision in decided.decisions.items():
            if nodes[decision.task].task.kind is Kind.CHOICE:
                self._choices.add(decision.task, decided.scopes[address].keys, address)

    def closed(self, task: str, keys: Sequence[str | None]) -> Decision | None:
        """Give the choice that does not take the branch in which a task stands; `None` if it may be reached."""
        node = self._nodes[task]
        inside = (*node.parents, task)
        for name, child in pairwise(inside):
            choice = self._nodes[name]
            branch = next((known for known, ids in choice.task.branches.items() if child in ids), None)
            wanted = keys[: len(choice.loops)]
            found = [self._decisions[at] for at in self._choices.at(name, wanted, choice.loops)] if branch else []
            if found and all(at.keys is not None and branch not in at.keys for at in found):
                return found[0]
        return None


def check_names(resolved: Resolved, decided: Decided, nodes: Nodes) -> tuple[tuple[str, ...], list[PlanRefusal]]:
    """Give the names that only the run can check, and the refusals of those that name nothing."""
    if not any(_may_be_missing(target, nodes) for target in resolved.targets):
        return (), []
    names = _Names(decided, nodes)
    unchecked: dict[str, None] = {}
    refused: list[PlanRefusal] = []
    for target in resolved.targets:
        if names.fits(target):
            continue
        if not names.may_come(target):
            if any(target is agreed for agreed in resolved.acknowledged.targets):
                continue
            started = any(target is start for start in (*resolved.start.targets, *resolved.only.targets))
            refused.append(names.refuse(target, started=started))
        elif any(key is not None for key in target.keys) or _behind_a_condition(target, nodes):
            unchecked[target.text] = None
    return tuple(unchecked), refused


def _may_be_missing(target: Target, nodes: Nodes) -> bool:
    return bool(nodes[target.task].loops or target.keys) or _behind_a_condition(target, nodes)


def _behind_a_condition(target: Target, nodes: Nodes) -> bool:
    node = nodes[target.task]
    return node.handles == "errors" or any(nodes[name].task.kind is Kind.CHOICE for name in node.parents)


class _Names:
    def __init__(self, decided: Decided, nodes: Nodes) -> None:
        self._decided = decided
        self._nodes = nodes
        self._unexpanded = unexpanded(decided, nodes)
        self._branches = Branches(decided, nodes)
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
        if self._nodes[target.task].handles == "errors":
            return self._branches.closed(target.task, target.keys) is None
        for address in self._unexpanded:
            loop, at = self._decided.decisions[address].task, self._decided.scopes[address].keys
            inside = loop in self._nodes[target.task].parents or (target.task == loop and len(target.keys) > len(at))
            keys = zip(target.keys, at, strict=False)
            if inside and all(wanted is None or wanted == key for wanted, key in keys):
                return True
        return False

    def refuse(self, target: Target, *, started: bool) -> PlanRefusal:
        """Say which item is not there, or which branch is not taken."""
        choice = self._branches.closed(target.task, target.keys)
        if choice is not None:
            takes = f"`{choice.keys[0]}`" if choice.keys else "no branch"
            what = "start " if started else ""
            message = f"{what}`{target.text}` was not reached: `{choice.address}` now takes {takes}"
            return PlanRefusal("start-not-reached" if started else "not-reached", message, target.text)
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
