"""What the process of an engine does: executes the runs that are handed to it, each on a thread of its own, and carries on
what a process that died left behind.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter

from dalsegno.engine.leaving import Leave
from dalsegno.errors import BulkIsLive, DalSegnoError, LeaseLost, RunIsLive, StoreUnavailable
from dalsegno.executors.port import WorkOrder
from dalsegno.executors.threads import ThreadExecutor
from dalsegno.model.clock import Clock
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.server.engine import AT_ONCE
from dalsegno.service.bulk_driving import Wishes
from dalsegno.service.service import Service

#: how often it looks for what other processes handed over, and for what is due, in seconds
LOOK_EVERY = 0.5
#: how many runs are begun within one moment, and how long that is, in seconds
_AT_A_MOMENT, _MOMENT = 6, 0.1
#: how many runs that wait for a thread it remembers; the others are found in the store
_REMEMBERED = 10_000
#: how long it leaves a run alone that could not be executed, in seconds: twice as long each time, up to the second
_FIRST_REST, _LONGEST_REST = 1.0, 60.0

_log = logging.getLogger("dalsegno.engine")


class EngineHost:
    """Executes what is handed over.

    Parameters
    ----------
    service : where runs are found and executed.
    at_once : how many runs at the most.
    ended : is told of each run that was executed to its end, from any thread.
    """

    def __init__(
        self, service: Service, clock: Clock, *, at_once: int = AT_ONCE, ended: Callable[[Run], None] | None = None
    ) -> None:
        self._service = service
        self._clock = clock
        self._leave = Leave()
        self._pool = ThreadExecutor(at_once, name="dalsegno-run")
        self._at_once = at_once
        self._ended = ended
        #: what is being executed, and when that began
        self._active: dict[str, float] = {}
        #: what was handed over here and has no thread yet, in order; the first thread that is free takes the first of it
        self._next: OrderedDict[str, None] = OrderedDict()
        #: when a paused run goes on by itself; `None` where it waits for a person
        self._due: dict[str, float | None] = {}
        #: how often a run could not be executed, and until when it is left alone
        self._faults: dict[str, tuple[int, float]] = {}
        self._jobs: dict[str, tuple[threading.Thread, Wishes]] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._waiting = False
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name="dalsegno-engine", daemon=True)

    def start(self) -> None:
        """Begin: what was left behind is carried on first."""
        self._thread.start()

    def take(self, run: str) -> None:
        """Execute a run that was just handed over, without waiting until it is found."""
        with self._lock:
            self._due.pop(run, None)
            if self._closing or run in self._next:
                return
            room = run not in self._active and not self._next and self._has_room()
            if room:
                self._active[run] = perf_counter()
            elif run not in self._active and len(self._next) < _REMEMBERED:
                self._next[run] = None
                self._wake.set()
            else:
                self._waiting = True
        if room:
            self._pool.submit(WorkOrder(run, self._execute, run), _done)

    @property
    def active(self) -> int:
        """How many runs are being executed."""
        return len(self._active)

    @property
    def alive(self) -> bool:
        """Whether it takes what is handed over."""
        return self._thread.is_alive() and not self._closing

    def close(self, grace: float) -> None:
        """Take nothing more, and let go of what is being executed: what is running has `grace` seconds to end.

        Whoever executes for the same store later carries on what was let go of.
        """
        self._closing = True
        self._leave.ask(self._clock.now() + grace)
        self._wake.set()
        self._thread.join()
        self._leave_jobs()
        self._pool.close()

    def _has_room(self) -> bool:
        """Whether one more run may begin: few are begun at the same moment, for threads that all have something to do at once
        are in each other's way; what takes longer waits for something, or for a processor, and makes room.
        """
        if len(self._active) >= self._at_once:
            return False
        moment_ago = perf_counter() - _MOMENT
        return sum(1 for began in self._active.values() if began > moment_ago) < _AT_A_MOMENT

    def _begin_next(self) -> None:
        """Begin what waits for its turn, as far as there is room."""
        while True:
            with self._lock:
                if self._closing or not self._next or not self._has_room():
                    return
                run, _ = self._next.popitem(last=False)
                self._active[run] = perf_counter()
            self._pool.submit(WorkOrder(run, self._execute, run), _done)

    def _loop(self) -> None:
        due = 0.0
        with suppress(DalSegnoError):
            self._service.runs.hosted.queue_forgotten()
        while not self._closing:
            self._begin_next()
            timely = perf_counter() >= due
            if timely:
                due = perf_counter() + LOOK_EVERY
            if timely or self._waiting:
                # the store may be away for a moment
                with suppress(DalSegnoError):
                    self._look(begun=timely)
            self._wake.wait(_MOMENT if self._next else due - perf_counter())
            self._wake.clear()

    def _look(self, *, begun: bool) -> None:
        """Take what is there to take: what was begun and is nobody's, and what waits."""
        self._waiting = False
        for run in self._service.runs.hosted.begun() if begun else ():
            if run.id not in self._active and self._is_due(run):
                self.take(run.id)
        room = self._at_once - len(self._active) - len(self._next)
        for run in self._service.runs.hosted.queued(room) if room > 0 else ():
            # one that was taken a moment ago may not have begun
            if run.id not in self._active and not self._is_left_alone(run.id):
                self.take(run.id)
        for job in self._service.bulk.hosted() if begun else ():
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
        except Exception:  # noqa: BLE001 - one job's fault is not to end the engine
            _log.exception("the bulk replay %s could not be driven", job, extra={"fields": {"bulk": job}})
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

    # runs

    def _is_left_alone(self, run: str) -> bool:
        return run in self._faults and self._faults[run][1] > self._clock.now()

    def _is_due(self, run: Run) -> bool:
        if self._is_left_alone(run.id):
            return False
        if run.state is not State.PAUSED:
            return True
        if run.id not in self._due:
            self._due[run.id] = self._service.runs.hosted.wakes_at(run)
        due = self._due[run.id]
        return due is not None and due <= self._clock.now()

    def _execute(self, first: str) -> None:
        """Execute a run, and then whatever waits for a thread."""
        run: str | None = first
        while run is not None:
            self._carry_on(run)
            run = self._after(run)

    def _after(self, run: str) -> str | None:
        """Let go of a run, and give the one that is next."""
        with self._lock:
            self._active.pop(run, None)
            self._due.pop(run, None)
            following = None
            if self._next and not self._closing:
                following, _ = self._next.popitem(last=False)
                self._active[following] = perf_counter()
        if self._waiting:
            self._wake.set()
        return following

    def _carry_on(self, run: str) -> None:
        began = self._clock.now()
        try:
            ended = self._service.runs.hosted.carry_on(run, leave=self._leave)
        except RunIsLive:
            self._rest(run)
        except Exception:  # noqa: BLE001 - one run's fault is not to end the engine
            self._rest(run)
            _log.exception("the run %s could not be executed", run, extra={"fields": {"run": run}})
        else:
            self._faults.pop(run, None)
            # one that had ended before is none that ended here
            if ended.ended is None or ended.ended >= began:
                self._tell(ended)

    def _rest(self, run: str) -> None:
        """Leave a run alone for a while: another process executes it, or something is wrong with it."""
        count = self._faults.get(run, (0, 0.0))[0]
        rest = min(_FIRST_REST * 2**count, _LONGEST_REST)
        self._faults[run] = (count + 1, self._clock.now() + rest)

    def _tell(self, run: Run) -> None:
        if run.state.ended and self._ended is not None:
            self._ended(run)
        seconds = None if run.ended is None or run.started is None else round(run.ended - run.started, 3)
        fields = {"run": run.id, "name": run.name, "state": run.state.value, "seconds": seconds}
        _log.info("%s %s", run.name, run.state.value, extra={"fields": fields})


def _done(_run: str, _result: object, _error: BaseException | None) -> None:
    """Take the end of an execution: what there is to tell stands in the store."""
