"""Runs in the hands of the engine of a server: handed over, found, carried on."""

from __future__ import annotations

from contextlib import suppress

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.leaving import Leave
from dalsegno.errors import MoveRefused
from dalsegno.model.clock import Clock
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.service.executing import Executing
from dalsegno.service.finding import find_run
from dalsegno.service.following import Following
from dalsegno.service.permitted import permit_execution
from dalsegno.service.resuming import Resuming, Resumption
from dalsegno.store.port import QueueRun, RunFilter, Store

#: how long after it failed a run is made again that was forgotten, in seconds
_REMEMBERED = 86_400.0


class HostedRuns:
    """What the engine of a server does with runs, and how they come to it."""

    def __init__(
        self,
        store: Store,
        artifacts: ArtifactStore,
        executing: Executing,
        resuming: Resuming,
        following: Following,
        clock: Clock,
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._executing = executing
        self._resuming = resuming
        self._following = following
        self._clock = clock

    def hand_over(self, run: str) -> Run:
        """Hand a run to the engine of a server, which begins it or carries it on. A run that has ended is given as it is."""
        found = find_run(self._store, run)
        if found.state.ended:
            return found
        permit_execution(found.request, self._store, self._artifacts)
        with suppress(MoveRefused):
            # that it has ended since is no fault
            self._store.commit(None, [QueueRun(found.id, self._clock.now())])
        return find_run(self._store, found.id)

    def resume(self, run: str, said: Resumption) -> Run:
        """Resume a run that waits for a person, and hand it over to be carried on.

        Gives the run that was resumed: where the one named waits for its subflow, that.
        """
        found, said = self._resuming.meant(find_run(self._store, run), said)
        self._resuming.record(found, said)
        return self.hand_over(found.id)

    def carry_on(self, run: str, *, leave: Leave | None = None) -> Run:
        """Execute a run that was handed over, and what waits for it; what is made in its place is handed over in its turn.

        Parameters
        ----------
        run : its id.
        leave : the wish that it is let go of.
        """
        ended = self._executing.carry_on(run, leave)
        if not ended.state.ended:
            return ended
        ended = self._following.above(ended)
        self._following.queue_again(ended)
        return ended

    def look_at(self, run: str) -> None:
        """See at once to what somebody has asked of a run, if this process executes it."""
        self._executing.look_at(run)

    def queue_forgotten(self) -> None:
        """Have runs made again that failed when the process died which was to see to that."""
        since = self._clock.now() - _REMEMBERED
        failed = RunFilter(states=(State.FAILED,), ended_from=since, limit=0)
        for run in self._store.runs.list(failed):
            if run.queued is not None:
                self._following.queue_again(run)

    def queued(self, limit: int) -> list[Run]:
        """Give the runs that wait to be begun and whose time has come, those first that wait longest."""
        return self._store.runs.queued(self._clock.now(), limit)

    def begun(self) -> list[Run]:
        """Give the runs that an engine of a server has begun and that have not ended."""
        return self._store.runs.handed_over()

    def wakes_at(self, run: Run) -> float | None:
        """Give when a paused run goes on by itself; `None` where it waits for a person alone."""
        if self._store.runs.wishes(run.id).pause:
            return None
        times = [wait.until for wait in self._resuming.waits(run) if wait.until is not None]
        return min(times, default=None)
