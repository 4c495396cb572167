"""What has been executed in a lineage: where effects that are seen outside have happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.store.port import RunFilter, Store


class Happened:
    """Tells what was executed in the lineage of a run: what succeeded, or was started and did not end in FAILED."""

    def __init__(self, store: Store, run: Run) -> None:
        self._store = store
        self._run = run

    def at(self, address: str) -> str | None:
        """Name a run in which the task run at an address was executed; `None` if there is none."""
        return next((run.name for run in self._runs() if self._was_executed(run, address)), None)

    def of_task(self, task: str) -> Mapping[str, str]:
        """Give all addresses at which a task was executed, each with the name of a run."""
        found: dict[str, str] = {}
        for run in self._runs():
            for result in self._store.task_runs.results(run.id):
                if result.task == task and result.address not in found and self._was_executed(run, result.address):
                    found[result.address] = run.name
        return found

    def _runs(self) -> Iterator[Run]:
        return iter(self._store.runs.list(RunFilter(root=self._run.root, limit=0)))

    def _was_executed(self, run: Run, address: str) -> bool:
        found = self._store.task_runs.at(run.id, address)
        if found is None or found.action in (Action.REUSE, Action.PIN) or found.started is None:
            return False
        return found.state is not State.FAILED
