"""The engine of a server: executes the runs that are handed to it, each on a thread of its own, and carries on what a
process that died left behind.
"""

from __future__ import annotations

import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass

from dalsegno.engine.leaving import Leave
from dalsegno.errors import DalSegnoError, RunIsLive
from dalsegno.executors.port import WorkOrder
from dalsegno.executors.threads import ThreadExecutor
from dalsegno.model.clock import Clock
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.service.service import Service

#: how often it looks for what other processes handed over, and for what is due, in seconds
LOOK_EVERY = 0.5
#: how many runs it executes at once at the most
AT_ONCE = 64


@dataclass(slots=True)
class _Sleeper:
    """A paused run: when it goes on by itself, if it does."""

    at: float | None


class EngineHost:
    """Executes what is handed over.

    Parameters
    ----------
    service : where runs are found and executed.
    at_once : how many runs at the most.
    """

    def __init__(self, service: Service, clock: Clock, *, at_once: int = AT_ONCE) -> None:
        self._service = service
        self._clock = clock
        self._leave = Leave()
        self._pool = ThreadExecutor(at_once, name="dalsegno-run")
        self._at_once = at_once
        self._active: set[str] = set()
        self._paused: dict[str, _Sleeper] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name="dalsegno-engine", daemon=True)

    def start(self) -> None:
        """Begin: what was left behind is carried on first."""
        self._thread.start()

    def take(self, run: str) -> None:
        """Execute a run that was just handed over, without waiting until it is found."""
        with self._lock:
            self._paused.pop(run, None)
            room = not self._closing and run not in self._active and len(self._active) < self._at_once
            if room:
                self._active.add(run)
        if room:
            self._pool.submit(WorkOrder(run, self._execute, run), _done)
        else:
            self._wake.set()

    @property
    def active(self) -> int:
        """How many runs are being executed."""
        return len(self._active)

    def close(self, grace: float) -> None:
        """Take nothing more, and let go of what is being executed: what is running has `grace` seconds to end.

        Whoever executes for the same store later carries on what was let go of.
        """
        self._closing = True
        self._leave.ask(self._clock.now() + grace)
        self._wake.set()
        self._thread.join()
        self._pool.close()

    def _loop(self) -> None:
        while not self._closing:
            self._wake.clear()
            # the store may be away for a moment
            with suppress(DalSegnoError):
                self._look()
            self._wake.wait(LOOK_EVERY)

    def _look(self) -> None:
        for run in self._service.runs.begun_by_engine():
            if run.id not in self._active and self._is_due(run):
                self.take(run.id)
        room = self._at_once - len(self._active)
        for run in self._service.runs.queued(room) if room > 0 else ():
            self.take(run.id)

    def _is_due(self, run: Run) -> bool:
        if run.state is not State.PAUSED:
            return True
        sleeper = self._paused.get(run.id)
        if sleeper is None:
            sleeper = self._paused[run.id] = _Sleeper(self._service.runs.wakes_at(run))
        return sleeper.at is not None and sleeper.at <= self._clock.now()

    def _execute(self, run: str) -> None:
        try:
            self._service.runs.carry_on(run, leave=self._leave)
        except RunIsLive:
            # another process executes it, and this one looks again later
            pass
        except Exception as error:  # noqa: BLE001 - one run's fault is not to end the engine
            warnings.warn(f"the run {run} could not be executed: {type(error).__name__}: {error}", stacklevel=1)
        finally:
            with self._lock:
                self._active.discard(run)
                self._paused.pop(run, None)
            self._wake.set()


def _done(_run: str, _result: object, _error: BaseException | None) -> None:
    """Take the end of an execution: what there is to tell stands in the store."""
