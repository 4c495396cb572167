"""What the deciding function walks with: scopes, and what comes along order edges (`Flowing`) and data edges (`Hot`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from dalsegno.errors import PlanRefusal
from dalsegno.model.address import item_prefix
from dalsegno.model.flow import Key, Read, Task
from dalsegno.model.plan import Decision
from dalsegno.replay.select import Nodes


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a loop: which loop, its key, its value."""

    loop: str
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the children of a group stand: below which items, and with what before their addresses."""

    items: tuple[Item, ...] = ()
    prefix: str = ""
    #: the keys of the items, outermost first
    keys: tuple[str, ...] = ()

    def enter(self, loop: str, key: str, value: Any) -> Scope:
        """Give the scope inside one item of a loop that stands here."""
        prefix = item_prefix(self.prefix + loop, key) + "."
        return Scope((*self.items, Item(loop, key, value)), prefix, (*self.keys, key))


@dataclass(frozen=True, slots=True)
class NotYet:
    """The items of a loop cannot be known yet: until `waits_for` has run, or for another reason."""

    waits_for: str | None
    reason: str


class Evaluate(Protocol):
    """Gives the items of a loop, or `NotYet`. `decided` holds what stands before it, by address."""

    def __call__(self, task: Task, scope: Scope, decided: Mapping[str, Decision]) -> Sequence[Any] | NotYet: ...


@dataclass(frozen=True, slots=True)
class Flowing:
    """What comes along the order edges.

    Parameters
    ----------
    wave : an address that makes whatever stands after it run again (rule d).
    ran : an address before this point whose result is not the origin's; a dynamic expression reads it.
    wanting : an address that runs for want of a result: it makes nothing run that only stands after it.
    forced : why everything here runs; set inside a group that runs.
    """

    wave: str | None = None
    ran: str | None = None
    wanting: str | None = None
    forced: str | None = None

    def join(self, others: Sequence[Flowing]) -> Flowing:
        """Give what comes out of tasks that stand side by side."""
        for other in others:
            self = replace(  # noqa: PLW0642 - a fold
                self, wave=self.wave or other.wave, ran=self.ran or other.ran, wanting=self.wanting or other.wanting
            )
        return self


class Hot:
    """Which task runs give something that is not the origin's result, looked up by what a reader reads."""

    def __init__(self) -> None:
        self._addresses: set[str] = set()
        self._by_task: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._whole: dict[str, str] = {}

    def add(self, task: str, keys: tuple[str, ...], address: str) -> None:
        """Mark one task run."""
        if address not in self._addresses:
            self._addresses.add(address)
            self._by_task.setdefault(task, []).append((keys, address))

    def add_whole(self, task: Task, address: str) -> None:
        """Mark all task runs of everything inside a loop whose items are not known yet."""
        for inner in task.walk():
            self._whole[inner.id] = address

    def read(self, read: Read, nodes: Nodes, scope: Scope) -> str | None:
        """Give an address that this reading finds and that is not the origin's result."""
        if read.task is None or read.task not in nodes:
            return None
        if read.task in self._whole:
            return self._whole[read.task]
        found = self._by_task.get(read.task)
        if not found:
            return None
        wanted = _wanted_keys(read, nodes, scope)
        return next((address for keys, address in found if _fits(wanted, keys)), None)


def _wanted_keys(read: Read, nodes: Nodes, scope: Scope) -> list[str | None]:
    own = {item.loop: item.key for item in scope.items}
    loops = nodes[read.task or ""].loops
    return [
        own.get(loop) if key is Key.OWN else None if key is Key.ANY else str(key)
        for loop, key in zip(loops, read.keys, strict=False)
    ]


def reads_of(
    read: Read, nodes: Nodes, scope: Scope, task_runs: Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
) -> list[str]:
    """Give the addresses among `task_runs` (task -> keys and address) that a reading in this scope finds."""
    if read.task is None:
        return [address for found in task_runs.values() for _, address in found]
    found = task_runs.get(read.task)
    if not found:
        return []
    wanted = _wanted_keys(read, nodes, scope)
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
    scopes: dict[str, Scope] = field(default_factory=dict[str, Scope])

    def put(self, decision: Decision, scope: Scope) -> None:
        """Add a decision at the end."""
        address = decision.address
        if address not in self.decisions:
            self.order.append(address)
        self.decisions[address] = decision
        self.scopes[address] = scope
