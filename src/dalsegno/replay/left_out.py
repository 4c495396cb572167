"""With `only` and `until`: what runs must not read what is left out, and what is asked for must not be left out."""

from __future__ import annotations

from collections.abc import Iterator

from dalsegno.errors import PlanRefusal
from dalsegno.model.flow import Kind, Read, Task
from dalsegno.model.plan import Action, Decision
from dalsegno.replay.edges import Decided, Hot, Scope
from dalsegno.replay.item_edges import made_from, whole_reads
from dalsegno.replay.resolve import Resolved
from dalsegno.replay.select import Nodes

_RUNS = (Action.RUN, Action.CHECK)


class LeftOut:
    """Finds readings of what is left out."""

    def __init__(self, decided: Decided, nodes: Nodes, resolved: Resolved) -> None:
        self._decided = decided
        self._nodes = nodes
        self._resolved = resolved
        self._left = Hot()
        #: the first that is left out, by its place in the flow: a dynamic expression reads what stands before it
        self._first: str | None = None

    def refusals(self) -> Iterator[PlanRefusal]:
        """Refuse what runs and reads what is left out, and what is to begin and is left out."""
        for address, decision in self._decided.decisions.items():
            scope = self._decided.scopes[address]
            task = self._nodes[decision.task].task
            if decision.action is Action.LEAVE:
                for inner in task.walk() if self._unknown(decision) else (task,):
                    self._left.add(inner.id, scope.keys, address)
                self._note(address)
            elif self._unknown(decision):
                for inner in task.walk():
                    if inner is not task and self._resolved.leaves_all(inner.id, scope.keys):
                        self._left.add(inner.id, scope.keys, f"{address}[*].{inner.id}")
        for address, decision in self._decided.decisions.items():
            if decision.action in _RUNS or (decision.action is Action.ENTER and self._unknown(decision)):
                yield from self._of(address, decision)
        yield from self._starts()

    def _unknown(self, decision: Decision) -> bool:
        kind = self._nodes[decision.task].task.kind
        return kind in (Kind.LOOP, Kind.CHOICE) and decision.keys is None

    def _note(self, address: str) -> None:
        if self._first is None or self._position(address) < self._position(self._first):
            self._first = address

    def _position(self, address: str) -> int:
        return self._nodes[self._decided.decisions[address].task].position

    def _of(self, address: str, decision: Decision) -> Iterator[PlanRefusal]:
        task, scope = self._nodes[decision.task].task, self._decided.scopes[address]
        for reader in task.walk() if self._unknown(decision) else (task,):
            if reader is not task and self._resolved.leaves_all(reader.id, scope.keys):
                continue
            shown = address if reader is task else f"{address}[*].{reader.id}"
            for source in dict.fromkeys(self._sources(reader, scope)):
                message = f"`{shown}` reads `{source}`, which would run but is left out; add it, or pin its result"
                yield PlanRefusal("reads-left-out", message, shown)

    def _sources(self, reader: Task, scope: Scope) -> Iterator[str]:
        source = made_from(scope, self._left)
        if source is not None:
            yield source
        for read in whole_reads(reader, scope, self._nodes, self._decided):
            if read.task is None:
                if self._first is not None and self._position(self._first) < self._nodes[reader.id].position:
                    yield self._first
            elif read.task in self._nodes:
                for inner in self._nodes[read.task].task.walk():
                    yield from self._left.read(Read(inner.id, read.keys), self._nodes, scope)

    def _starts(self) -> Iterator[PlanRefusal]:
        """A start of which nothing runs would do nothing."""
        for target in self._resolved.start.targets:
            inside = {task.id for task in self._nodes[target.task].task.walk()}
            found = [
                decision.action
                for address, decision in self._decided.decisions.items()
                if decision.task in inside and target.covers(self._decided.scopes[address].keys)
            ]
            if found and all(action is Action.LEAVE for action in found):
                message = f"start `{target.text}` would run, but `until` leaves it out; drop one of them"
                yield PlanRefusal("start-left-out", message, target.text)
