"""Why a task of a run that has ended was never begun: which tasks failed before it.

Each address is traced along the edges into it, and then along those into the groups around it, to what failed or was killed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dalsegno.model.address import Address, parse
from dalsegno.model.graph import Node
from dalsegno.model.state import UNFINISHED, State


@dataclass(frozen=True, slots=True)
class Unbegun:
    """An address that was to run and never began, and the addresses of what failed before it."""

    address: str
    task: str
    failed: tuple[str, ...]


class Tracing:
    """Finds what failed before an address.

    Parameters
    ----------
    nodes : where the tasks of the flow stand.
    edges : from a task to what it stands after or reads.
    states : how what was begun ended, by address.
    """

    def __init__(
        self, nodes: Mapping[str, Node], edges: Mapping[str, Sequence[str]], states: Mapping[str, State]
    ) -> None:
        self._nodes = nodes
        self._edges = edges
        self._states = states
        self._known: dict[str, tuple[str, ...]] = {}

    def failed_before(self, address: str) -> tuple[str, ...]:
        """Give the addresses of the tasks that failed before an address, in the order of the run; none where none is known."""
        if address not in self._known:
            # a circle of edges cannot be; the walk ends all the same
            self._known[address] = ()
            self._known[address] = self._traced(address)
        return self._known[address]

    def _traced(self, address: str) -> tuple[str, ...]:
        where = parse(address)
        if where.task is None or where.task not in self._nodes:
            return ()
        before = [self._at(name, where) for name in self._edges.get(where.task, ())]
        found: dict[str, None] = {}
        for each in before:
            if each is not None:
                found.update(dict.fromkeys(self._failed_at(each)))
        around = self._around(where)
        if not found and around is not None:
            found.update(dict.fromkeys(self.failed_before(around) or self._failed_below(around)))
        return tuple(found)

    def _at(self, task: str, reader: Address) -> str | None:
        """Give the address of a task as who stands in the same items sees it; `None` where it stands in others."""
        node = self._nodes.get(task)
        loops = tuple(loop for loop, _ in reader.items)
        if node is None or node.loops != loops[: len(node.loops)]:
            return None
        return str(Address(reader.items[: len(node.loops)], task))

    def _around(self, where: Address) -> str | None:
        parents = self._nodes[where.task or ""].parents
        return self._at(parents[-1], where) if parents else None

    def _failed_at(self, address: str) -> tuple[str, ...]:
        state = self._states.get(address)
        if state is None:
            return self.failed_before(address)
        return (self._failed_below(address) or (address,)) if state in UNFINISHED else ()

    def _failed_below(self, group: str) -> tuple[str, ...]:
        """Give what failed inside of a group, without the groups there."""
        name = parse(group).task
        inside = {task for task, node in self._nodes.items() if name in node.parents and not node.task.kind.is_group}
        items = parse(group).items
        found: list[str] = []
        for address, state in self._states.items():
            where = parse(address)
            if state in UNFINISHED and where.task in inside and where.items[: len(items)] == items:
                found.append(address)
        return tuple(found)


def unbegun(planned: Iterable[tuple[str, str]], begun: Collection[str], tracing: Tracing) -> list[Unbegun]:
    """Give what was planned and never began, each address with its task, and what failed before it."""
    return [Unbegun(address, task, tracing.failed_before(address)) for address, task in planned if address not in begun]
