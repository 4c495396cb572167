"""Makes a run again that failed, where its flow says so: `retry` with `behavior: CREATE_NEW_EXECUTION`.

The new run is a whole replay of the one that failed. It bears the label `system.retry` with its number, the other one
`system.retried`; a replay that a person asks for begins with a whole budget.
"""

from __future__ import annotations

from dataclasses import dataclass

from dalsegno.engine.retries import delay_of
from dalsegno.model.address import parse
from dalsegno.model.flow import Retry
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.executing import owner
from dalsegno.service.graphs import Graphs
from dalsegno.service.revisions import revision_of
from dalsegno.store.port import LabelRun, RunFilter, Store

#: on a run that was made by a retry: which one it is, from 1
NUMBER = "system.retry"
#: on a run in whose place another one was made
RETRIED = "system.retried"


@dataclass(frozen=True, slots=True)
class Again:
    """A run that is to be made in the place of one that failed, after `delay` seconds."""

    delay: float
    request: ReplayRequest


class Retrying:
    """Tells whether a run that has failed is made again, and marks it."""

    def __init__(self, store: Store, graphs: Graphs) -> None:
        self._store = store
        self._graphs = graphs

    def of(self, run: Run) -> Again | None:
        """Give the run that is to be made in the place of one that has ended; `None` where there is none."""
        if run.state is not State.FAILED or run.started is None or run.ended is None or RETRIED in run.labels:
            return None
        retry = self._retry(run)
        if retry is None or not retry.new_run:
            return None
        failures = 1 + number_of(run)
        delay = delay_of(retry, failures, began=self._began(run), now=run.ended, seed=run.root)
        if delay is None:
            return None
        address = (run.error or {}).get("address")
        reason = f"retry {failures}: {f'`{address}`' if address else run.name} failed"
        labels = {NUMBER: str(failures)}
        # whoever wrote the retry has agreed to all that happens again with it
        return Again(delay, ReplayRequest(origin=run.id, labels=labels, reason=reason, acknowledge=("*",)))

    def made(self, run: Run) -> Run | None:
        """Give the run that was made already in the place of one."""
        number = (NUMBER, str(1 + number_of(run)))
        return next(iter(self._store.runs.list(RunFilter(origin=run.id, labels=(number,), limit=1))), None)

    def mark(self, run: Run) -> None:
        """Note on a run that another one was made in its place."""
        lease = self._store.acquire(run.id, owner())
        try:
            self._store.commit(lease, [LabelRun(run.id, {RETRIED: "true"})])
        finally:
            self._store.release(lease)

    def _retry(self, run: Run) -> Retry | None:
        """Give the retry of what failed first: of the task, the nearest group or the flow."""
        revision = revision_of(self._store, run)
        if revision is None:
            return None
        address = (run.error or {}).get("address")
        node = self._graphs.of(revision).get(parse(address).task or "") if address else None
        return node.task.retry if node is not None else revision.flow.retry

    def _began(self, run: Run) -> float:
        """Give when the first of the runs began that were made one in the place of the other."""
        while number_of(run) and run.origin is not None:
            before = self._store.runs.get(run.origin)
            if before is None:
                break
            run = before
        return run.started or run.created


def number_of(run: Run) -> int:
    """Give how many runs were made before this one, each in the place of the one before; 0 for one that a person made."""
    text = run.labels.get(NUMBER, "0")
    return int(text) if text.isdecimal() else 0
