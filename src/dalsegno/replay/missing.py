"""Results that are kept but gone from the artifact store, or damaged there (rules 2 and g)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from dalsegno.errors import PlanRefusal
from dalsegno.model.flow import Kind, Read, Task
from dalsegno.model.plan import Action, Decision
from dalsegno.replay.edges import Decided, Found, Scope, wanted_keys
from dalsegno.replay.item_edges import whole_reads
from dalsegno.replay.origin import Origin
from dalsegno.replay.resolve import Resolved, keeps_origin
from dalsegno.replay.select import Nodes

_KEPT = (Action.REUSE, Action.CHECK)


class Missing:
    """Finds what was kept, is read by something that runs, and is gone; with `verify` all that is kept is looked at."""

    def __init__(self, decided: Decided, nodes: Nodes, resolved: Resolved, origin: Origin) -> None:
        self._decided = decided
        self._nodes = nodes
        self._resolved = resolved
        self._origin = origin
        self._kept: list[str] = []
        self._found = Found()
        self._asked: set[tuple[str, tuple[str | None, ...]]] = set()

    def find(self) -> tuple[dict[str, str], list[PlanRefusal]]:
        """Give what must run after all, with the reasons, and the refusals of what was named to be skipped.

        What must run after all reads in its turn, so one call follows a whole chain.
        """
        waiting = self._sort()
        seen: set[str] = set()
        more: dict[str, str] = {}
        refused = list(self._gone_pins())
        sources = self._first(waiting)
        while sources is not None:
            for source in sources:
                if source in seen:
                    continue
                seen.add(source)
                message = self._gone(source)
                if message is None:
                    continue
                refusal = self._refusal(source, message)
                if refusal is not None:
                    refused.append(refusal)
                else:
                    more[source] = message
                    waiting.append(self._decided.decisions[source])
            sources = self._sources(waiting.pop()) if waiting else None
        return more, refused

    def _first(self, waiting: list[Decision]) -> Iterator[str]:
        """What is looked at whatever runs."""
        if self._resolved.verify:
            return iter(self._kept)
        return self._read_by_handlers() if waiting else iter(())

    def _refusal(self, address: str, message: str) -> PlanRefusal | None:
        """Refuse to keep what is not there any more and may not run either."""
        task, keys = self._decided.decisions[address].task, self._decided.scopes[address].keys
        if self._resolved.skip.at(task, keys):
            return PlanRefusal("artifact-missing", f"`{address}` cannot be skipped: {message}", address)
        if self._resolved.verify and self._resolved.leaves(task, keys):
            asked = "only" if self._resolved.only else "until"
            text = f"`{address}` cannot be kept: {message}, and `{asked}` leaves it out; add it to `{asked}`"
            return PlanRefusal("artifact-missing", text, address)
        return None

    def _gone_pins(self) -> Iterator[PlanRefusal]:
        """Refuse to keep a result, whatever has changed, that is not there any more."""
        for address, decision in self._decided.decisions.items():
            if decision.action is Action.PIN and decision.origin_task_run:
                pin = self._resolved.pin(decision.task, self._decided.scopes[address].keys)
                message = self._gone(address) if pin is None or keeps_origin(pin) else None
                if message is not None:
                    yield PlanRefusal("artifact-missing", f"`{address}` cannot be kept: {message}", address)

    def _sort(self) -> list[Decision]:
        """Tell what is kept from what runs; give what runs, if it may read anything that is kept."""
        running: list[Decision] = []
        for address, decision in self._decided.decisions.items():
            if decision.action is Action.REUSE:
                self._kept.append(address)
            elif decision.action is Action.CHECK:
                self._kept.append(address)
                running.append(decision)
            elif decision.action is not Action.PIN and decision.action is not Action.LEAVE:
                running.append(decision)
        return running if self._kept else []

    @cached_property
    def _by_task(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for address in self._kept:
            found.setdefault(self._decided.decisions[address].task, []).append(address)
        return found

    @cached_property
    def _unread(self) -> list[str]:
        """The kept ones that no dynamic expression has read yet, in the order of the flow, the last first."""
        return sorted(self._kept, key=self._position, reverse=True)

    def _position(self, address: str) -> int:
        return self._nodes[self._decided.decisions[address].task].position

    def _gone(self, address: str) -> str | None:
        task_run = self._decided.decisions[address].origin_task_run
        if task_run is None:
            return None
        gone = self._origin.gone(task_run)
        if gone:
            return f"{_listed(gone)} of its result is gone from the artifact store"
        damaged = self._origin.damaged(task_run) if self._resolved.verify else ()
        return f"{_listed(damaged)} of its result is not what was stored: it is damaged" if damaged else None

    def _sources(self, decision: Decision) -> Iterator[str]:
        scope = self._decided.scopes[decision.address]
        task = self._nodes[decision.task].task
        whole = task.kind in (Kind.LOOP, Kind.CHOICE) and decision.keys is None
        # what may have to run when something in it fails reads as well
        handlers = (inner for handler in task.errors for inner in handler.walk())
        for reader in task.walk() if whole else (task, *handlers):
            yield from self._reads(reader, scope)

    def _reads(self, reader: Task, scope: Scope) -> Iterator[str]:
        for item in scope.items[-1:]:
            yield from (address for address in item.reads if self._is_kept(address))
        for read in whole_reads(reader, scope, self._nodes, self._decided):
            yield from self._read(read, scope, self._nodes[reader.id].position)

    def _is_kept(self, address: str) -> bool:
        decision = self._decided.decisions.get(address)
        return decision is not None and decision.action in _KEPT

    def _read_by_handlers(self) -> Iterator[str]:
        for node in self._nodes.values():
            if node.handles == "errors" and all(self._nodes[name].handles for name in node.parents):
                yield from self._reads(node.task, Scope())

    def _read(self, read: Read, scope: Scope, position: int) -> Iterator[str]:
        if read.task is None:
            while self._unread and self._position(self._unread[-1]) < position:
                yield self._unread.pop()
        elif read.task in self._nodes:
            wanted = tuple(wanted_keys(read, self._nodes[read.task].loops, scope))
            if (read.task, wanted) not in self._asked:
                self._asked.add((read.task, wanted))
                for task in self._nodes[read.task].task.walk():
                    for address in self._by_task.pop(task.id, ()):
                        self._found.add(task.id, self._decided.scopes[address].keys, address)
                    yield from self._found.read(Read(task.id, read.keys), self._nodes, scope)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
