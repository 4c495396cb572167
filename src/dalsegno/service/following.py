"""What comes after a run has ended: what called it goes on, and what its flow has made in its place is executed."""

from __future__ import annotations

from collections.abc import Callable

from dalsegno.engine.stopping import Stop
from dalsegno.model.clock import Clock
from dalsegno.model.progress import Observer, RunRetried
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.acting import on_behalf_of
from dalsegno.service.executing import Executing
from dalsegno.service.retrying import Retrying
from dalsegno.store.port import QueueRun, Store

_Listen = Callable[[Callable[[], None]], None]


class Following:
    """Sees to what comes after a run.

    Parameters
    ----------
    replay : makes the run of a replay.
    """

    def __init__(
        self,
        store: Store,
        executing: Executing,
        retrying: Retrying,
        replay: Callable[[ReplayRequest], Run],
        clock: Clock,
    ) -> None:
        self._store = store
        self._executing = executing
        self._retrying = retrying
        self._replay = replay
        self._clock = clock

    def all_of(self, ended: Run, observer: Observer | None = None, stop: _Listen | None = None) -> Run:
        """Execute all that comes after a run, and give the last of it; a run that has not ended is given as it is."""
        return self.again(self.above(ended, observer, stop), observer, stop)

    def again(self, run: Run, observer: Observer | None = None, stop: _Listen | None = None) -> Run:
        """Make and execute what comes in the place of a run that failed, as often as its flow says."""
        while (again := self._retrying.of(run)) is not None:
            if observer is not None:
                observer(RunRetried(self._clock.now(), run.name, again.delay, run.error))
            wish = Stop()
            if stop is not None:
                stop(wish.set)
            if wish.wait(again.delay):
                break
            created = self._made(again.request, run)
            self._retrying.mark(run)
            run = self._executing.execute(created, observer=observer, stop=stop)
        return run

    def queue_again(self, run: Run) -> None:
        """Make what comes in the place of a run that failed, and leave it to the engine of a server, which begins it in time.

        May be called again for the same run: a process that dies in between forgets nothing, and nothing is made twice.
        """
        again = self._retrying.of(run)
        if again is None:
            return
        made = self._retrying.made(run) or self._made(again.request, run)
        if made.state is State.CREATED:
            due = (run.ended or 0.0) + again.delay
            self._store.commit(None, [QueueRun(made.id, self._clock.now(), due)])
        self._retrying.mark(run)

    def _made(self, request: ReplayRequest, run: Run) -> Run:
        """Make a run in the place of another one, for who started that."""
        with on_behalf_of(run.author):
            return self._replay(request)

    def above(self, ended: Run, observer: Observer | None = None, stop: _Listen | None = None) -> Run:
        """Execute what waits for a subflow run that has ended, and so on up."""
        while ended.caller is not None and ended.state.ended:
            above = self._store.runs.get(ended.caller.run)
            if above is None or above.state is not State.PAUSED:
                break
            ended = self._executing.execute(above, observer=observer, stop=stop)
        return ended
