"""The bodies of tasks: where they run, what waits for its time, and whose time runs out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from queue import Empty, SimpleQueue
from typing import Any

from dalsegno.engine.frames import Frame
from dalsegno.engine.leaving import Leave
from dalsegno.engine.stopping import Stop
from dalsegno.engine.worker import Attempted, Outcome, Waiting, attempt, stopped
from dalsegno.errors import TaskFailed
from dalsegno.executors.port import Executor, WorkOrder
from dalsegno.model.clock import Clock
from dalsegno.model.plan import Decision
from dalsegno.model.state import State

#: what comes in from the executor's threads; an empty id only wakes
_Told = tuple[str, Outcome | Waiting | None]


@dataclass(slots=True)
class Live:
    """A task run whose body runs, waits, or is about to run. `failures` counts the attempts of this run that failed."""

    order: Attempted
    frame: Frame
    decision: Decision
    failures: int = 0


class Bodies:
    """Runs bodies and gives their ends. A wait holds no thread.

    Parameters
    ----------
    held : tells whether the run is to pause: then no attempt begins any more.
    """

    def __init__(self, executor: Executor, clock: Clock, stop: Stop, leave: Leave, held: Callable[[], bool]) -> None:
        self._executor = executor
        self._clock = clock
        self._stop = stop
        self._leave = leave
        self._held = held
        self._starting: list[Live] = []
        self._live: dict[str, Live] = {}
        self._told: SimpleQueue[_Told] = SimpleQueue()
        #: the waits that are the tasks' own: when, and which task run
        self._waiting: list[tuple[float, str]] = []
        #: the waits for another attempt
        self._later: list[tuple[float, str]] = []
        self._timeouts: list[tuple[float, str, int]] = []
        stop.listen(lambda: self._told.put(("", None)))

    def add(self, live: Live) -> None:
        """Take a body that is to start with the next `start`, once its record is committed."""
        self._starting.append(live)

    def add_later(self, live: Live, at: float) -> None:
        """Take a body that is to start at a time."""
        self._live[live.order.task_run] = live
        heappush(self._later, (at, live.order.task_run))

    @property
    def idle(self) -> bool:
        """Whether nothing runs, waits or is about to start."""
        return not self._starting and not self._live

    @property
    def at_rest(self) -> bool:
        """Whether nothing but the wait for another attempt is left."""
        return not self._starting and len(self._live) == len(self._later)

    def start(self, *, here: bool = True) -> None:
        """Start what was added. A lone one runs on this thread where it may, unless its time is limited."""
        starting, self._starting = self._starting, []
        alone = here and len(starting) == 1 and not self._live
        for live in starting:
            order = live.order
            self._live[order.task_run] = live
            if alone and order.timeout is None and order.stop is None:
                self._told.put((order.task_run, attempt(order)))
            else:
                self._submit(order)

    def take_ends(self, *, until: float | None = None) -> list[tuple[Live, Outcome]]:
        """Wait until something has ended, and take all that has. Meanwhile begin what has waited long enough.

        Parameters
        ----------
        until : when to come back though nothing has ended. A run that is to stop and has nothing to wait for comes back too.
        """
        ends: list[tuple[str, Outcome]] = []
        while not ends and not (self._stop.wanted and not self._live) and self._leave.by is None:
            if self._held() and self.at_rest:
                break
            if until is not None and self._told.empty() and until <= self._clock.now():
                break
            for task_run, outcome in self._take_told(until):
                if isinstance(outcome, Waiting):
                    heappush(self._waiting, (outcome.until, task_run))
                elif outcome is not None:
                    ends.append((task_run, outcome))
            self._end_late_attempts()
            ends += self._end_waits()
        return [(self._live.pop(task_run), outcome) for task_run, outcome in ends]

    def wake(self) -> None:
        """Have whoever waits for an end look again whether the run is let go of, or is to pause."""
        self._told.put(("", None))

    def take_last(self, by: float) -> list[tuple[Live, Outcome]]:
        """Take what ends until a time, of what runs; what waits for its own time is left alone."""
        ends: list[tuple[Live, Outcome]] = []
        while len(self._live) > len(self._waiting) + len(self._later) and self._clock.now() < by:
            with suppress(Empty):
                task_run, outcome = self._told.get(timeout=max(0.0, by - self._clock.now()))
                if isinstance(outcome, Waiting):
                    heappush(self._waiting, (outcome.until, task_run))
                elif outcome is not None:
                    ends.append((self._live.pop(task_run), outcome))
        return ends

    def stop_inside(self, frame: Frame) -> None:
        """Let what waits in a group that was told to stop learn of it; what runs finds out by itself."""
        for task_run, live in self._live.items():
            if live.frame.stands_in(frame):
                self._end_wait_of(task_run)

    def _submit(self, order: Attempted) -> None:
        if order.timeout is not None:
            late = self._clock.now() + order.timeout.seconds
            heappush(self._timeouts, (late, order.task_run, order.attempt))
        self._executor.submit(WorkOrder(order.task_run, attempt, order), self._done)

    def _done(self, task_run: str, outcome: Any, error: BaseException | None) -> None:
        if error is not None:
            order = self._live[task_run].order
            failure = TaskFailed(f"the attempt broke: {type(error).__name__}: {error}", code="attempt-broke").as_json()
            shown = {**failure, "address": order.address}
            outcome = Outcome(State.FAILED, self._clock.now(), {}, {}, None, {}, {}, (), shown)
        self._told.put((task_run, outcome))

    def _take_told(self, until: float | None) -> list[_Told]:
        known = [waits[0][0] for waits in (*self._counting(), self._timeouts) if waits]
        known += [] if until is None else [until]
        due = min(known, default=None)
        timeout = None if due is None else max(0.0, due - self._clock.now())
        try:
            told = [self._told.get(timeout=timeout)]
        except Empty:
            return []
        while not self._told.empty():
            told.append(self._told.get())
        return told

    def _end_late_attempts(self) -> None:
        """Tell attempts to stop whose time has passed."""
        while self._timeouts and self._timeouts[0][0] <= self._clock.now():
            _, task_run, number = heappop(self._timeouts)
            live = self._live.get(task_run)
            if live is not None and live.order.attempt == number and live.order.timeout is not None:
                live.order.timeout.set()
                self._end_wait_of(task_run)

    def _end_wait_of(self, task_run: str) -> None:
        """Let an attempt go on that waits, so that it learns that its time has passed."""
        for waits in (self._waiting, self._later):
            if any(waiting == task_run for _, waiting in waits):
                waits[:] = [found for found in waits if found[1] != task_run]
                heapify(waits)
                heappush(self._waiting, (0.0, task_run))

    def _counting(self) -> list[list[tuple[float, str]]]:
        """Give the waits that count now: of a run that is to pause, no attempt begins."""
        return [self._waiting] if self._held() else [self._waiting, self._later]

    def _end_waits(self) -> list[tuple[str, Outcome]]:
        """Begin what has waited long enough; where tasks are to stop, end what waits."""
        ends: list[tuple[str, Outcome]] = []
        for waits in self._counting():
            while waits and (self._stop.wanted or waits[0][0] <= self._clock.now()):
                _, task_run = heappop(waits)
                order = self._live[task_run].order
                if order.stopping.wanted:
                    ends.append((task_run, stopped(order)))
                else:
                    self._submit(replace(order, waited=waits is self._waiting))
        return ends
