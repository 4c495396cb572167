"""The engine of a server: executes the runs that are handed to it, each on a thread of its own, and carries on what a
process that died left behind.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from dalsegno.errors import BulkIsLive, DalSegnoError, LeaseLost, RunIsLive, StoreUnavailable
from dalsegno.model.clock import Clock
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.service.bulk_driving import Wishes
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
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="dalsegno-run")
        self._at_once = at_once
        self._active: dict[str, Callable[[], None] | None] = {}
        self._paused: dict[str, _Sleeper] = {}
        self._jobs: dict[str, tuple[threading.Thread, Wishes]] = {}
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
                self._active[run] = None
        if room:
            self._pool.submit(self._execute, run)
        else:
            self._wake.set()

    @property
    def active(self) -> int:
        """How many runs are being executed."""
        return len(self._active)

    def close(self, grace: float) -> None:
        """Take nothing more, and give what is being executed `grace` seconds to end."""
        self._closing = True
        self._wake.set()
        self._thread.join()
        self._leave_jobs()
        waited = threading.Thread(target=self._pool.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        waited.start()
        waited.join(grace)

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

        for job in self._service.bulk.hosted():
            self.take_job(job.id)

    # bulk replays

    def take_job(self, job: str) -> None:
        """Drive a bulk replay, unless that is done already."""
        with self._lock:
            if self._closing or job in self._jobs:
                return
            wishes = Wishes(threading.Event())
            thread = threading.Thread(target=self._drive, args=(job, wishes), name="dalsegno-bulk", daemon=True)
            self._jobs[job] = (thread, wishes)
        thread.start()

    def _drive(self, job: str, wishes: Wishes) -> None:
        try:
            self._service.bulk.drive_by_engine(job, self.take, wishes)
        except (BulkIsLive, LeaseLost, StoreUnavailable):
            # another process drives it, or the store is away for a moment: this one looks again later
            pass
        except Exception as error:  # noqa: BLE001 - one job's fault is not to end the engine
            warnings.warn(f"the bulk replay {job} could not be driven: {type(error).__name__}: {error}", stacklevel=1)
        finally:
            with self._lock:
                self._jobs.pop(job, None)

    def _leave_jobs(self) -> None:
        with self._lock:
            jobs = list(self._jobs.values())
        for _, wishes in jobs:
            wishes.ask_to_leave()
        for thread, _ in jobs:
            thread.join()

    def _is_due(self, run: Run) -> bool:
        if run.state is not State.PAUSED:
            return True
        sleeper = self._paused.get(run.id)
        if sleeper is None:
            sleeper = self._paused[run.id] = _Sleeper(self._service.runs.wakes_at(run))
        return sleeper.at is not None and sleeper.at <= self._clock.now()

    def _execute(self, run: str) -> None:
        try:
            self._service.runs.carry_on(run)
        except RunIsLive:
            # another process executes it, and this one looks again later
            pass
        except Exception as error:  # noqa: BLE001 - one run's fault is not to end the engine
            warnings.warn(f"the run {run} could not be executed: {type(error).__name__}: {error}", stacklevel=1)
        finally:
            with self._lock:
                self._active.pop(run, None)
                self._paused.pop(run, None)
            self._wake.set()
