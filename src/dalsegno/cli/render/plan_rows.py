"""A plan's decisions brought into rows: items of a loop that say the same are one, and groups speak where they matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dalsegno.cli.render.lines import count, listed
from dalsegno.model.address import parse
from dalsegno.model.flow import Kind
from dalsegno.model.plan import Action, Decision, Plan

#: the types that only hold other tasks, and how
Groups = Mapping[str, Kind]

_OPENING = (Kind.LOOP, Kind.CHOICE)
_INSIDE = re.compile(r"^`.*` inside it ")
#: in which order rows are kept where there are too many to show
_WEIGHT = {Action.RUN: 0, Action.CHECK: 1, Action.PIN: 2, Action.ENTER: 3}


@dataclass(frozen=True, slots=True)
class Row:
    """Decisions that say the same of one task, for one item of a loop or for many."""

    decision: Decision
    addresses: tuple[str, ...]

    @property
    def name(self) -> str:
        """The address, or the task and how many items."""
        if len(self.addresses) == 1:
            return self.addresses[0]
        return f"{self.decision.task} ({count(len(self.addresses), 'item')})"

    @property
    def reason(self) -> str:
        """Why; of many items what is said of each, with which they are."""
        if len(self.addresses) == 1:
            return self.decision.reason
        return f"{_of_each(self.decision, self.decision.reason)}  [{listed(_keys(self.addresses), 4)}]"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds that tasks took last time: of those that run, that are decided at their turn, and that are kept. Nothing where
    none is known.
    """

    runs_s: float | None
    kept_s: float | None
    checks_s: float | None = None


def opens_later(decision: Decision, groups: Groups) -> bool:
    """Whether it is a loop or a choice of which only the run can know what is in it."""
    return groups.get(decision.type) in _OPENING and decision.keys is None and decision.action is not Action.REUSE


def works(plan: Plan, groups: Groups) -> list[Decision]:
    """The decisions on tasks that do something themselves, and on what only the run can open."""
    return [
        each
        for each in plan.decisions
        if opens_later(each, groups)
        or (each.type not in groups and each.keys is None and each.action is not Action.ENTER)
    ]


def estimate(plan: Plan, groups: Groups) -> Estimate:
    """Add up what tasks took last time. Groups are left out, unless they are not opened yet: their time is that of what
    they hold.
    """
    known = [each for each in works(plan, groups) if each.estimate_s is not None]

    def total(*actions: Action) -> float | None:
        found = [each.estimate_s or 0.0 for each in known if each.action in actions]
        return sum(found) if found else None

    # a group that is entered to be decided item by item may run whole
    return Estimate(total(Action.RUN), total(Action.REUSE, Action.PIN), total(Action.CHECK, Action.ENTER))


def rows(decisions: Iterable[Decision]) -> list[Row]:
    """Fold what is said alike of many items of a loop into one row."""
    found: dict[tuple[object, ...], list[Decision]] = {}
    for each in decisions:
        alone = "[" not in each.address
        said = tuple(_of_each(each, text) for text in (each.reason, *each.warnings))
        key = (each.address,) if alone else (each.task, each.action, each.stops, each.waits_for, said)
        found.setdefault(key, []).append(each)
    return [Row(group[0], tuple(each.address for each in group)) for group in found.values()]


def weightiest(folded: Sequence[Row], most: int) -> tuple[list[Row], list[Row]]:
    """Divide rows into those that are shown, in their order, and those that are not: what runs is shown first."""
    ranked = sorted(range(len(folded)), key=lambda at: _WEIGHT.get(folded[at].decision.action, 9))
    shown = set(ranked[:most])
    return (
        [row for at, row in enumerate(folded) if at in shown],
        [row for at, row in enumerate(folded) if at not in shown],
    )


def told(plan: Plan, groups: Groups) -> Iterator[Decision]:
    """Give the decisions that a reader must see one by one: neither what is kept or left out, nor groups that only hold."""
    doing = {id(each) for each in works(plan, groups) if each.action not in (Action.REUSE, Action.LEAVE)}
    for each in plan.decisions:
        if id(each) in doing or each.stops or (each.action is Action.ENTER and _speaks(each, groups)):
            yield each


def _speaks(entered: Decision, groups: Groups) -> bool:
    """Whether a group that is entered says more than what stands in it."""
    outermost = groups.get(entered.type) is Kind.LOOP and "[" not in entered.address
    return outermost or bool(entered.warnings) or _INSIDE.match(entered.reason) is None


def shares(plan: Plan) -> dict[str, str]:
    """Say of each loop that is entered, and stands in no other, how many of its items do something."""
    loops = {
        each.address: len(each.keys)
        for each in plan.decisions
        if each.action is Action.ENTER and each.keys is not None and "[" not in each.address
    }
    doing: dict[str, dict[Action, set[str | None]]] = {}
    for each in plan.decisions if loops else ():
        loop, bracket, _ = each.address.partition("[")
        if bracket and loop in loops:
            doing.setdefault(loop, {}).setdefault(each.action, set()).add(parse(each.address).items[0][1])
    return {loop: _share(loops[loop], items) for loop, items in doing.items()}


def _share(whole: int, items: Mapping[Action, set[str | None]]) -> str:
    run = items.get(Action.RUN, set[str | None]())
    checked = items.get(Action.CHECK, set[str | None]()) - run
    of_all = f"of {count(whole, 'item')}"
    parts = [f"{len(run):,} {of_all} {'runs' if len(run) == 1 else 'run'}"] if run else []
    if checked:
        turn = "its turn" if len(checked) == 1 else "their turn"
        parts.append(f"{len(checked):,} {'' if run else f'{of_all} '}decided at {turn}")
    return ", ".join(parts)


def why(row: Row, groups: Groups, share: Mapping[str, str]) -> str:
    """Say why, and what of it is not known yet."""
    decision, text = row.decision, row.reason
    part = share.get(decision.address)
    if part:
        text = part if _INSIDE.match(decision.reason) else f"{part}; {text}"
    if opens_later(decision, groups) and "decided when" not in text and decision.waits_for is not None:
        what = "its branch is" if groups[decision.type] is Kind.CHOICE else "its items are"
        known = f"`{decision.waits_for}`" in text
        text = f"{text}; {what} decided {'then' if known else f'when `{decision.waits_for}` has run'}"
    return f"the run stops before it and waits; {text}" if decision.stops else text


def _of_each(decision: Decision, text: str) -> str:
    """Take the items around a task run out of what is said of it: a neighbour in the same item is just its task."""
    address = decision.address
    at = address.rfind("].")
    while at > 0 and "[" in text:
        text = text.replace(f"`{address[: at + 2]}", "`")
        at = address.rfind("].", 0, at)
    return text


def _keys(addresses: Iterable[str]) -> list[str]:
    found: list[str] = []
    for address in addresses:
        items = parse(address).items
        found.append("/".join(key or "*" for _, key in items))
    return found
