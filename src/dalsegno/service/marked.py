"""Which of the values that a task run used a person gave: overrides and pins, of its own run or of one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dalsegno.model.address import parse
from dalsegno.model.plan import Action
from dalsegno.model.run import Run, TaskRun
from dalsegno.replay.request import ReplayRequest, request_from_json
from dalsegno.replay.resolve import Resolved, keeps_origin, resolve_request
from dalsegno.service.graphs import Graphs
from dalsegno.service.revisions import revision_of
from dalsegno.store.port import Store

#: how it is said that the whole result of a task run was given
RESULT = "result"


@dataclass(frozen=True, slots=True)
class _Given:
    """What a person gave for one run, or for a run before it whose results it kept.

    Parameters
    ----------
    inputs : the names of run inputs with another value than an earlier run's.
    pinned : the paths of the results that were given, such as `outputs.load`.
    """

    resolved: Resolved
    inputs: frozenset[str]
    pinned: frozenset[str]

    def used_by(self, task_run: TaskRun) -> Iterator[str]:
        """Name what a task run that was executed in this run used of it."""
        yield from (
            f"properties.{name}"
            for name in self.resolved.overrides(task_run.task, tuple(str(key) for key in parse(task_run.address).keys))
        )
        for path in task_run.used:
            if path.startswith("inputs."):
                if path.removeprefix("inputs.") in self.inputs:
                    yield path
            elif any(_within(path, pinned) or _within(pinned, path) for pinned in self.pinned):
                yield path


@dataclass(slots=True)
class _Seen:
    """What is known of the runs that were looked at, the first of the lineage first.

    Parameters
    ----------
    used : what each task run used of what was given, by its id.
    pinned : the ids of the task runs with a given result.
    before : the paths of those of the last run that was looked at.
    """

    used: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    pinned: set[str] = field(default_factory=set[str])
    before: frozenset[str] = frozenset()

    def is_pinned(self, row: TaskRun, resolved: Resolved) -> bool:
        """Whether a person gave the result of a task run, for its own run or for the one that it was kept from."""
        if row.action is not Action.PIN:
            return row.reused_from in self.pinned
        pin = resolved.pin(row.task, tuple(str(key) for key in parse(row.address).keys))
        return not keeps_origin(pin) or _path(row, resolved.renamed.old(row.task)) in self.before


class Marked:
    """Tells what was given, of the task runs of any run."""

    def __init__(self, store: Store, graphs: Graphs) -> None:
        self._store = store
        self._graphs = graphs

    def of(self, run: Run, task_runs: Sequence[TaskRun]) -> Mapping[str, tuple[str, ...]]:
        """Name the given values that each task run used, by its address; what used none is left out.

        A value is named by its path: `inputs.month`, `outputs.load.uri`, `properties.url` for a property that was
        overridden, `result` where the task run itself is pinned. What was kept used what it used where it really ran.
        """
        line = [*self._line(run)][::-1]
        if not any(_gives(request_from_json(each.request)) for each in line):
            return {}
        seen = _Seen()
        for each in line:
            rows = task_runs if each is run else self._store.task_runs.of_run(each.id)
            self._add(each, rows, seen)
        return {row.address: seen.used[row.id] for row in task_runs if row.id in seen.used}

    def _add(self, run: Run, rows: Sequence[TaskRun], seen: _Seen) -> None:
        """Add a run to what is known of those before it."""
        revision = revision_of(self._store, run)
        if revision is None:
            return
        asked = request_from_json(run.request)
        resolved = resolve_request(asked, self._graphs.of(revision))
        pinned = {_path(row): row.id for row in rows if seen.is_pinned(row, resolved)}
        given = _Given(resolved, frozenset(asked.overridden_inputs), frozenset(pinned))
        seen.pinned.update(pinned.values())
        seen.before = given.pinned
        for row in rows:
            names = seen.used.get(row.reused_from, ()) if row.reused_from else tuple(given.used_by(row))
            if row.action is Action.PIN and row.id in seen.pinned:
                names = (RESULT,)
            if names:
                seen.used[row.id] = names

    def _line(self, run: Run) -> Iterator[Run]:
        yield run
        while run.origin is not None:
            found = self._store.runs.get(run.origin)
            if found is None:
                return
            yield (run := found)


def _gives(asked: ReplayRequest) -> bool:
    return bool(asked.overridden_inputs or asked.task_inputs or asked.outputs)


def _path(task_run: TaskRun, task: str | None = None) -> str:
    keys = (str(key) for key in parse(task_run.address).keys)
    return ".".join(["outputs", task or task_run.task, *keys])


def _within(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")
