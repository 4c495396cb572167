"""What the deciding function walks with: scopes, and what comes along order edges (`Flowing`) and data edges (`Hot`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from dalsegno.errors import PlanRefusal
from dalsegno.model.address import item_prefix
from dalsegno.model.flow import Key, Read, Task
from dalsegno.model.plan import Decision
from dalsegno.replay.select import Nodes


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a loop: which loop, its key, its value, and its place among the items, from 0.

    Parameters
    ----------
    reads : the addresses of the task runs of another mapped step that it is made from, where it is made from no others.
    differs : how what it is made from is known to differ from the origin's.
    """

    loop: str
    key: str
    value: Any
    index: int = 0
    reads: tuple[str, ...] = ()
    differs: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the children of a group stand: below which items, and with what before their addresses."""

    items: tuple[Item, ...] = ()
    prefix: str = ""
    #: the keys of the items, outermost first
    keys: tuple[str, ...] = ()

    def enter(self, loop: str, key: str, value: Any, index: int = 0) -> Scope:
        """Give the scope inside one item of a loop that stands here."""
        return self.inside(Item(loop, key, value, index))

    def inside(self, item: Item) -> Scope:
        """Give the scope inside an item of a loop that stands here."""
        prefix = item_prefix(self.prefix + item.loop, item.key) + "."
        return Scope((*self.items, item), prefix, (*self.keys, item.key))


@dataclass(frozen=True, slots=True)
class NotYet:
    """The items of a loop cannot be known yet: until `waits_for` has run, or for another reason."""

    waits_for: str | None
    reason: str


#: gives the items of a loop, or `NotYet`; the decisions are those on what stands before it, by address
Evaluate = Callable[[Task, Scope, Mapping[str, Decision]], Sequence[Any] | NotYet]


@dataclass(frozen=True, slots=True)
class Flowing:
    """What comes along the order edges.

    Parameters
    ----------
    wave : an address that makes whatever stands after it run again (rule d).
    ran : an address before this point whose result is not the origin's; a dynamic expression reads it.
    wanting : an address that runs for want of a result: it makes nothing run that only stands after it.
    forced : why everything here runs; set inside a group that runs.
    check : with `changed`, an address that makes what stands after it be decided at its turn.
    """

    wave: str | None = None
    ran: str | None = None
    wanting: str | None = None
    forced: str | None = None
    check: str | None = None

    def join(self, others: Iterable[Flowing]) -> Flowing:
        """Give what comes out of tasks that stand side by side."""
        wave, ran, wanting, check = self.wave, self.ran, self.wanting, self.check
        for other in others:
            wave, ran, wanting = wave or other.wave, ran or other.ran, wanting or other.wanting
            check = check or other.check
        if wave is self.wave and ran is self.ran and wanting is self.wanting and check is self.check:
            return self
        return Flowing(wave, ran, wanting, self.forced, check)

    def with_ran(self, other: Flowing) -> Flowing:
        """Take over only what a dynamic expression reads."""
        return self if self.ran is not None or other.ran is None else replace(self, ran=other.ran)


#: nothing comes along the order edges
STILL = Flowing()


class Found:
    """Addresses of task runs, looked up by what a reader reads.

    An entry whose keys are fewer than the loops around its task stands for every item below them.
    """

    def __init__(self) -> None:
        self._by_task: dict[str, dict[tuple[str, ...], str]] = {}

    def add(self, task: str, keys: tuple[str, ...], address: str) -> None:
        """Add one task run."""
        self._by_task.setdefault(task, {}).setdefault(keys, address)

    def holds(self, task: str) -> bool:
        """Whether there is any task run of a task."""
        return task in self._by_task

    def read(self, read: Read, nodes: Nodes, scope: Scope) -> Iterator[str]:
        """Give the addresses that a reading finds. A dynamic one is the caller's to settle."""
        if read.task is None or read.task not in nodes:
            return iter(())
        found = self._by_task.get(read.task)
        if not found:
            return iter(())
        loops = nodes[read.task].loops
        if not loops:
            return iter(found.values())
        return self.at(read.task, wanted_keys(read, loops, scope), loops)

    def at(self, task: str, wanted: Sequence[str | None], loops: Sequence[str]) -> Iterator[str]:
        """Give the addresses of a task at these keys, where `None` is every item, and so is what is left out."""
        found = self._by_task.get(task)
        if not found:
            return
        if None in wanted or len(wanted) < len(loops):
            yield from (address for keys, address in found.items() if _fits(wanted, keys))
            return
        for length in range(len(wanted) + 1):
            address = found.get(cast("tuple[str, ...]", tuple(wanted[:length])))
            if address is not None:
                yield address


class Hot(Found):
    """Which task runs give something that is not the origin's result."""

    def __init__(self) -> None:
        super().__init__()
        self._addresses: set[str] = set()

    def __contains__(self, address: str) -> bool:
        return address in self._addresses

    def add(self, task: str, keys: tuple[str, ...], address: str) -> None:
        """Mark one task run."""
        self._addresses.add(address)
        super().add(task, keys, address)

    def add_inside(self, group: Task, keys: tuple[str, ...], address: str) -> None:
        """Mark a group and everything in it: its items are not known yet, or are not the origin's."""
        for task in group.walk():
            self.add(task.id, keys, address)


def wanted_keys(read: Read, loops: Sequence[str], scope: Scope) -> list[str | None]:
    """Give which item of each of the loops a reading in this scope names; `None` is every item."""
    own = {item.loop: item.key for item in scope.items}
    return [
        own.get(loop) if key is Key.OWN else None if isinstance(key, Key) else key
        for loop, key in zip(loops, read.keys, strict=False)
    ]


def inside_reason(address: str, why: str) -> str:
    """Say why something inside a group that runs must run."""
    return f"stands inside `{address}`, which runs: {why}"


def reads_of(
    read: Read, nodes: Nodes, scope: Scope, task_runs: Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
) -> list[str]:
    """Give the addresses among `task_runs` (task -> keys and address) that a reading in this scope finds."""
    if read.task is None:
        return [address for found in task_runs.values() for _, address in found]
    found = task_runs.get(read.task)
    if not found or read.task not in nodes:
        return []
    wanted = wanted_keys(read, nodes[read.task].loops, scope)
    return [address for keys, address in found if _fits(wanted, keys)]


def _fits(wanted: Sequence[str | None], keys: Sequence[str]) -> bool:
    return all(want is None or want == key for want, key in zip(wanted, keys, strict=False))


@dataclass(slots=True)
class Decided:
    """What has been decided so far. `order` is the order of the flow."""

    decisions: dict[str, Decision] = field(default_factory=dict[str, Decision])
    order: list[str] = field(default_factory=list[str])
    refusals: list[PlanRefusal] = field(default_factory=list[PlanRefusal])
    hot: Hot = field(default_factory=Hot)
    #: with `changed`: what runs because it changed, or is decided at its turn
    warm: Hot = field(default_factory=Hot)
    scopes: dict[str, Scope] = field(default_factory=dict[str, Scope])

    def put(self, decision: Decision, scope: Scope) -> None:
        """Add a decision at the end."""
        address = decision.address
        if address not in self.decisions:
            self.order.append(address)
        self.decisions[address] = decision
        self.scopes[address] = scope
