"""Removes stored files that only one run needs: no other run, no flow, no key and no replay is to miss one."""

from __future__ import annotations

from collections.abc import Iterable

from dalsegno.artifacts.port import ArtifactStore, parse_uri
from dalsegno.engine.values import digests_in, uris_in
from dalsegno.model.clock import Clock
from dalsegno.model.plan import Action
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.store.port import RunFilter, Store

_EXECUTING = (State.CREATED, State.QUEUED, State.RUNNING, State.RETRYING)


class Removal:
    """Removes files of a run while it executes. What its tasks gave can be made again by a replay; what it was given cannot."""

    def __init__(self, store: Store, artifacts: ArtifactStore, clock: Clock, run: Run) -> None:
        self._store = store
        self._artifacts = artifacts
        self._clock = clock
        self._run = run

    def made(self) -> list[str]:
        """Give the URIs of the files that tasks of the run itself have made so far, each once."""
        found: dict[str, None] = {}
        for task_run in self._store.task_runs.of_run(self._run.id):
            if task_run.action is not Action.REUSE:
                found |= dict.fromkeys(uris_in(task_run.outputs))
        return list(found)

    def remove(self, uris: Iterable[str]) -> list[str]:
        """Remove the content of files, and give the URIs of those that were removed.

        One stays that the run was given, that another run, a flow or a key needs, or that was stored since an other run
        that still executes was created: that one may be about to need it.
        """
        now = self._clock.now()
        digests = {uri: parsed[0] for uri in uris if (parsed := parse_uri(uri)) is not None}
        needed = self._store.artifacts.in_use(frozenset(digests.values()), frozenset({self._run.id}))
        needed |= set(digests_in(self._run.inputs)) | set(digests_in(self._run.request))
        executing = self._store.runs.list(RunFilter(states=_EXECUTING, limit=0))
        since = min([now, *(run.created for run in executing if run.id != self._run.id)])
        removed: set[str] = set()
        for digest in dict.fromkeys(digests.values()):
            if digest not in needed and self._artifacts.delete(digest, stored_before=since):
                removed.add(digest)
        return [uri for uri, digest in digests.items() if digest in removed]
