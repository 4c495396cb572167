"""The use case of comparing two runs."""

from __future__ import annotations

from dalsegno.errors import NotFound
from dalsegno.model.run import Run
from dalsegno.replay.compare import Comparison, Side, compare_runs
from dalsegno.service.finding import find_run, refuse_deleted
from dalsegno.service.revisions import revision_of
from dalsegno.service.views import in_flow_order
from dalsegno.store.port import Store


class ComparingCases:
    """Compare runs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def compare(self, before: str, after: str) -> Comparison:
        """Compare two runs, each by id, unique prefix of an id, name, `last` or `last-failed`."""
        old = refuse_deleted(find_run(self._store, before), "compared")
        new = refuse_deleted(find_run(self._store, after), "compared")
        return compare_runs(self._side(old), self._side(new))

    def _side(self, run: Run) -> Side:
        revision = revision_of(self._store, run)
        if revision is None:
            raise NotFound(f"{run.name} has no revision in the store any more", code="unknown-revision")
        return Side(run, in_flow_order(self._store.task_runs.of_run(run.id), revision.flow))
