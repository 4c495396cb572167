"""Copies runs of another store into this one: with all that they need to be looked at, replayed, compared and debugged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import MoveRefused, NotFound, Refusal
from dalsegno.model.flow import Revision
from dalsegno.model.run import Artifact, Run, TaskRun
from dalsegno.service.finding import find_run
from dalsegno.store.copies_port import CopyRun
from dalsegno.store.jsontext import to_text
from dalsegno.store.port import AppendLogs, RunFilter, SaveRevision, Store, Write

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LINES = 10_000


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was copied.

    Parameters
    ----------
    run : the run, as it is called here.
    there : what it is called there.
    copied : the runs that were copied, oldest first: it, and those of its lineage and its subflows that were not here yet.
    blobs, size : how many values and files were copied, and their bytes.
    """

    run: Run
    there: str
    copied: tuple[Run, ...]
    blobs: int = 0
    size: int = 0


class PullCases:
    """Copies runs into this store."""

    def __init__(self, store: Store, artifacts: ArtifactStore) -> None:
        self._store = store
        self._artifacts = artifacts

    def pull(self, run: str, source: Store, values: ArtifactStore) -> Pulled:
        """Copy a run that has ended, and what it came from. What is here already is left as it is.

        Parameters
        ----------
        run : as it is called there.
        source, values : the other store, and where its values are kept.

        Raises
        ------
        NotFound : there is no such run there.
        Refusal : it has not ended.
        """
        found = find_run(source, run)
        if not found.state.ended:
            message = f"{found.name} has not ended, it is {found.state}: a run is copied when it has"
            raise Refusal(message, code="not-ended")
        copying = _Copying(self._store, self._artifacts, source, values)
        copied = [copying.copy(each) for each in _needed(source, found) if self._store.runs.get(each.id) is None]
        here = self._store.runs.get(found.id)
        assert here is not None  # noqa: S101 - it was just committed
        return Pulled(here, found.name, tuple(copied), copying.blobs, copying.size)


def _needed(source: Store, run: Run) -> list[Run]:
    """Give a run with those above it in its lineage, and those that they called, oldest first."""
    found: dict[str, Run] = {}
    waiting = [run]
    while waiting:
        each = waiting.pop()
        if each.id in found or not each.state.ended:
            continue
        found[each.id] = each
        waiting += source.runs.list(RunFilter(parent=each.id, limit=0))
        above = source.runs.get(each.origin) if each.origin is not None else None
        waiting += [] if above is None else [above]
    return sorted(found.values(), key=lambda one: (one.created, one.id))


class _Copying:
    """Copies runs, one commit each."""

    def __init__(self, store: Store, artifacts: ArtifactStore, source: Store, values: ArtifactStore) -> None:
        self._store = store
        self._artifacts = artifacts
        self._source = source
        self._values = values
        self.blobs = 0
        self.size = 0

    def copy(self, run: Run) -> Run:
        """Copy a run, and give it as it is here."""
        task_runs = self._source.task_runs.of_run(run.id)
        own = [each for each in task_runs if each.reused_from is None]
        plan, graph = self._source.runs.plan(run.id) or b"{}", self._source.runs.graph(run.id)
        artifacts = [*self._given(run), *self._made(own)]
        self._copy_blobs(_digests_of(run, task_runs, artifacts, graph))
        attempts = tuple(attempt for each in own for attempt in self._source.task_runs.attempts(each.id))
        events, lines = tuple(self._events(run)), list(self._lines(run))
        while True:
            revision, saving = self._revision(run)
            copied = replace(run, revision=revision.number, queued=None, fixed_by=self._fixed_by(run))
            write = CopyRun(copied, plan, graph, tuple(task_runs), attempts, events, tuple(artifacts))
            try:
                self._store.commit(None, [*saving, write, *lines])
                break
            except MoveRefused:
                latest = self._store.flows.latest(run.namespace, run.flow)
                if not saving or latest is None or latest.number < revision.number:
                    raise
        here = self._store.runs.get(run.id)
        assert here is not None  # noqa: S101 - it was just committed
        return here

    def _revision(self, run: Run) -> tuple[Revision, list[Write]]:
        """Give the revision of a run as it is numbered here, and the write that saves it where it is not here yet."""
        there = self._source.flows.revision(run.namespace, run.flow, run.revision)
        if there is None:
            raise NotFound(f"{run.name} has no revision there any more", code="unknown-revision")
        known = self._store.flows.with_digest(run.namespace, run.flow, there.digest)
        if known is not None:
            return known, []
        self._copy_blobs(set(_DIGEST.findall(there.source)))
        latest = self._store.flows.latest(run.namespace, run.flow)
        made = replace(there, number=1 if latest is None else latest.number + 1)
        return made, [SaveRevision(made)]

    def _fixed_by(self, run: Run) -> str | None:
        """Name the run that fixed it, where that is here."""
        return run.fixed_by if run.fixed_by and self._store.runs.get(run.fixed_by) is not None else None

    def _given(self, run: Run) -> Iterator[Artifact]:
        """Give the records of what a person gave to a run."""
        for digest in sorted(_found_in(run.request, run.inputs)):
            for artifact in self._source.artifacts.find(digest, 1000):
                if artifact.run == run.id and artifact.task_run is None:
                    yield artifact

    def _made(self, task_runs: Iterable[TaskRun]) -> Iterator[Artifact]:
        for each in task_runs:
            if each.outputs or each.metadata or each.error:
                yield from self._source.artifacts.of_task_run(each.id)

    def _events(self, run: Run) -> Iterator[Any]:
        after = 0
        while found := self._source.events.after(run.id, after, _LINES):
            yield from found
            after = found[-1].number

    def _lines(self, run: Run) -> Iterator[AppendLogs]:
        """Give the log of a run, in pieces of one attempt each."""
        after = 0
        while found := self._source.logs.of_run(run.id, after, _LINES):
            for (task_run, attempt), some in groupby(found, lambda one: (one.task_run, one.attempt)):
                yield AppendLogs(run.id, task_run, attempt, tuple(one.line for one in some))
            after = found[-1].position

    def _copy_blobs(self, digests: set[str]) -> None:
        """Copy what is there under these digests and not here; most digests are of something else."""
        for digest in sorted(digests):
            if self._artifacts.exists(digest):
                continue
            try:
                path = self._values.path(digest)
            except NotFound:
                continue
            if not self._artifacts.exists(digest):
                self._artifacts.put_file(path)
            self.blobs += 1
            self.size += path.stat().st_size


def _digests_of(run: Run, task_runs: Iterable[TaskRun], artifacts: Iterable[Artifact], graph: str | None) -> set[str]:
    """Give the digests of all blobs that a run may need."""
    found = _found_in(run.request, run.inputs, run.outputs, run.error)
    for each in task_runs:
        found |= _found_in(each.outputs, each.properties, each.metadata, each.value, each.values, each.error)
    found.update(artifact.digest for artifact in artifacts if artifact.size)
    found.update(_DIGEST.findall(graph or ""))
    return found


def _found_in(*values: Any) -> set[str]:
    return {digest for value in values if value for digest in _DIGEST.findall(to_text(value))}
