"""What is told of runs beyond what is recorded of each task: what never began and why, and what each run of a lineage did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dalsegno.errors import NotFound
from dalsegno.model.graph import Node, index
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import UNFINISHED, State
from dalsegno.replay.stored import plan_from_bytes
from dalsegno.replay.unbegun import Tracing, Unbegun, unbegun
from dalsegno.service.finding import find_run
from dalsegno.service.flow_graph import edges_into
from dalsegno.service.revisions import revision_of
from dalsegno.store.port import RunFilter, Store


@dataclass(frozen=True, slots=True)
class Did:
    """What a run did, counted in tasks that hold no others.

    Parameters
    ----------
    ran : how many it executed; `failed` of them failed or were killed.
    reused, pinned : how many it kept, and how many were given.
    saved : how long what it kept took where it ran, in seconds.
    """

    ran: int = 0
    failed: int = 0
    reused: int = 0
    pinned: int = 0
    saved: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {name: getattr(self, name) for name in self.__slots__}


class TellingCases:
    """Tell what became of runs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def unbegun(self, run: str) -> list[Unbegun]:
        """Give what was planned in a run that failed and never began, and what failed before it."""
        found = find_run(self._store, run)
        if found.state not in UNFINISHED:
            return []
        revision = revision_of(self._store, found)
        stored = self._store.runs.plan(found.id)
        if revision is None or stored is None:
            raise NotFound(f"{found.name} was deleted, and its plan with it", code="unknown-plan")
        plan = plan_from_bytes(stored)
        columns, bars = self._store.task_runs.bars(found.id)
        address, state = columns.index("address"), columns.index("state")
        states = {row[address]: State(row[state]) for row in bars}
        planned = [(each.address, each.task) for each in plan.decisions if each.action is not Action.LEAVE]
        return unbegun(planned, states, Tracing(index(revision.flow), edges_into(revision.flow), states))

    def lineage(self, run: str) -> Mapping[str, Did]:
        """Give what each run of a lineage did, by its id."""
        root = find_run(self._store, run).root
        runs = {each.id: each for each in self._store.runs.list(RunFilter(root=root, limit=0, deleted=True))}
        done = dict.fromkeys(runs, Did())
        nodes: dict[tuple[str, int], Mapping[str, Node]] = {}
        for tally in self._store.task_runs.tallies(root):
            node = self._nodes(runs[tally.run], nodes).get(tally.task)
            if node is None or not node.task.kind.is_group:
                failed = tally.count if tally.state in UNFINISHED else 0
                done[tally.run] = _with(done[tally.run], tally.action, tally.count, failed, tally.seconds or 0.0)
        return done

    def _nodes(self, run: Run, known: dict[tuple[str, int], Mapping[str, Node]]) -> Mapping[str, Node]:
        key = (f"{run.namespace}.{run.flow}", run.revision)
        if key not in known:
            revision = revision_of(self._store, run)
            known[key] = {} if revision is None else index(revision.flow)
        return known[key]


def _with(done: Did, action: Action, count: int, failed: int, seconds: float) -> Did:
    if action is Action.REUSE:
        return replace(done, reused=done.reused + count, saved=done.saved + seconds)
    if action is Action.PIN:
        return replace(done, pinned=done.pinned + count)
    return replace(done, ran=done.ran + count, failed=done.failed + failed)
