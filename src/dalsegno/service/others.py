"""What a task may ask about runs, its own and others, and have done with them: `tasks.base.TaskRuns`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

from dalsegno.engine.logs import LogWriter
from dalsegno.errors import Refusal
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State
from dalsegno.service.finding import find_run, refuse_deleted
from dalsegno.store.port import DropLines, RunFilter, Store, StoredLine

_PAGE = 1000

#: resumes a run with these answers and executes it, to its end or to where it waits next
Resume = Callable[[Run, Mapping[str, Any]], Run]


class OtherRuns:
    """Runs, as the tasks of one run see them."""

    def __init__(self, store: Store, run: Run, logs: LogWriter, resume: Resume) -> None:
        self._store = store
        self._run = run
        self._logs = logs
        self._resume = resume

    def count(self, since: float, until: float, states: Sequence[str]) -> Mapping[tuple[str, str], int]:
        """Count the runs of each flow that were created in a time, by namespace and id of the flow."""
        return self._store.runs.counts(since, until, frozenset(State(state) for state in states))

    def lines(self, run: str | None) -> Iterator[Mapping[str, Any]]:
        """Give the log lines of a run, of this one by default: of what it kept, from where that ran, then its own."""
        found = self._run if run is None else refuse_deleted(find_run(self._store, run), "read")
        if found.id == self._run.id:
            self._logs.flush()
        task_runs = self._store.task_runs.of_run(found.id)
        kept = (item.reused_from for item in task_runs if item.reused_from is not None)
        reads = self._store.logs
        stored = chain(
            chain.from_iterable(_pages(partial(reads.of_task_run, name)) for name in kept),
            _pages(partial(reads.of_run, found.id)),
        )
        tasks = {item.reused_from or item.id: item for item in task_runs}
        for line in stored:
            if line.task_run in tasks:
                yield _row(found, tasks[line.task_run], line)

    def purge_lines(
        self,
        until: float,
        *,
        since: float,
        levels: Sequence[str],
        namespace: str | None,
        flow: str | None,
        run: str | None,
    ) -> int:
        """Drop log lines of runs, and tell how many. A namespace without a flow stands for all below it too."""
        count = 0
        for found in self._runs(namespace, flow, run):
            dropped: list[int] = []
            for stored in _pages(partial(self._store.logs.of_run, found.id)):
                level = {"WARNING": "WARN"}.get(stored.line.level, stored.line.level)
                if since <= stored.line.at < until and (not levels or level in levels):
                    dropped.append(stored.position)
            if dropped:
                self._store.commit(None, [DropLines(found.id, tuple(dropped))])
            count += len(dropped)
        return count

    def _runs(self, namespace: str | None, flow: str | None, run: str | None) -> Iterator[Run]:
        if run is not None:
            yield find_run(self._store, run)
            return
        exact = namespace if flow is not None else None
        for found in self._store.runs.list(RunFilter(namespace=exact, flow=flow, limit=0, deleted=True)):
            if namespace is None or f"{found.namespace}.".startswith(f"{namespace}."):
                yield found

    def resume(self, run: str, answers: Mapping[str, Any]) -> tuple[str, str]:
        """Resume another run that waits, and execute it here; give its id, and how it ended or that it waits again."""
        found = refuse_deleted(find_run(self._store, run), "resumed")
        if found.id == self._run.id:
            message = "a run cannot resume itself: while this task runs, it does not wait"
            raise Refusal(message, code="resumes-itself")
        ended = self._resume(found, answers)
        return ended.id, ended.state.value

    def paused(self, namespace: str, flow: str) -> str:
        """Give the id of the newest run of a flow that waits. Raises `Refusal` if none does."""
        waiting = self._store.runs.list(RunFilter(namespace=namespace, flow=flow, states=(State.PAUSED,), limit=1))
        if not waiting:
            raise Refusal(f"no run of `{namespace}.{flow}` waits", code="nothing-waits")
        return waiting[0].id


def _pages(read: Callable[[int, int], list[StoredLine]]) -> Iterator[StoredLine]:
    after = 0
    while page := read(after, _PAGE):
        yield from page
        after = page[-1].position


def _row(run: Run, task_run: TaskRun, stored: StoredLine) -> dict[str, Any]:
    line = stored.line
    return {
        "namespace": run.namespace,
        "flowId": run.flow,
        "executionId": run.id,
        "taskId": task_run.task,
        "taskRunId": task_run.id,
        "address": task_run.address,
        "attemptNumber": stored.attempt,
        "timestamp": datetime.fromtimestamp(line.at, UTC).isoformat().replace("+00:00", "Z"),
        "level": {"WARNING": "WARN"}.get(line.level, line.level),
        "message": line.text,
    }
