"""Drives a bulk replay: has the next run replayed when its pace says so, and watches what becomes of the replays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

from dalsegno.errors import DalSegnoError, LeaseLost, MoveRefused, RequestRefused, RunIsLive, StoreUnavailable
from dalsegno.model.bulk import (
    Begin,
    BulkJob,
    BulkRow,
    BulkState,
    GoOn,
    Hold,
    RowState,
    Settle,
    Tally,
    next_due,
    row_state,
    what_next,
)
from dalsegno.model.clock import Clock
from dalsegno.model.run import Run
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.acting import on_behalf_of
from dalsegno.service.bulk_choosing import FIXED, fixed_already, request_for
from dalsegno.store.bulk_port import BulkLease, MadeReplay, MoveBulk, PassRow
from dalsegno.store.port import Store, Write

#: how often it looks what has become of replays, and what a person wishes, in seconds
LOOK_EVERY = 0.1
#: how often it tells that it is alive
_BEAT_EVERY = 2.0
#: how often it counts anew: a replay that waited for a person may have ended since
_COUNT_EVERY = 5.0
#: a write that is refused so often in a row will be refused for ever
_TRIES = 5

BulkObserver = Callable[[BulkJob], None]


class Replays(Protocol):
    """Makes replays; the use cases of runs."""

    def create_replay_with(
        self, request: ReplayRequest, also: Callable[[Run], Sequence[Write]], *, queue: bool = False
    ) -> Run: ...


class Hands(Protocol):
    """Has replays executed."""

    @property
    def queue(self) -> bool:
        """Whether replays are handed to the engine of a server."""
        ...

    def take(self, run: str, /) -> None:
        """Have a replay executed, or carried on."""
        ...


class Here:
    """Executes replays in this process, each on a thread of its own.

    Parameters
    ----------
    execute : executes a replay.
    woken : is set when one has ended.
    """

    queue = False

    def __init__(self, execute: Callable[[str], object], at_once: int, woken: threading.Event) -> None:
        self._do = execute
        self._woken = woken
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="dalsegno-bulk")
        self._taken: set[str] = set()
        self.fault: BaseException | None = None

    def take(self, run: str) -> None:
        if run not in self._taken:
            self._taken.add(run)
            self._pool.submit(self._execute, run)

    def _execute(self, run: str) -> None:
        try:
            self._do(run)
        except RunIsLive:
            # another process executes it, and what becomes of it stands in the store
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised where the job is driven
            self.fault = error
        finally:
            self._taken.discard(run)
            self._woken.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


@dataclass(slots=True)
class Wishes:
    """What is wished of whoever drives a job, from any thread.

    Parameters
    ----------
    woken : is set with each wish, and when there is something to look at.
    pause : have the job wait.
    leave : let go of the job as it is: somebody else will drive it.
    """

    woken: threading.Event
    pause: bool = False
    leave: bool = False

    def ask_for_pause(self) -> None:
        """Have the job wait."""
        self.pause = True
        self.woken.set()

    def ask_to_leave(self) -> None:
        """Have the driver let go of the job."""
        self.leave = True
        self.woken.set()


class Driver:
    """Drives one bulk replay, whose lease is held.

    Parameters
    ----------
    hands : what has replays executed.
    observer : is told of the job when something about it has changed.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        replays: Replays,
        lease: BulkLease,
        *,
        hands: Hands,
        wishes: Wishes,
        observer: BulkObserver | None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._replays = replays
        self._lease = lease
        self._hands = hands
        self._wishes = wishes
        self._observer = observer
        self._tally = Tally()
        self._flying: dict[str, RowState] = {}
        self._told: BulkJob | None = None
        self._due = 0.0
        self._beat_at = self._count_at = 0.0
        self._refused = 0

    def drive(self) -> None:
        """Drive the job until it is no longer RUNNING, or until it is wished that it be left."""
        while not self._wishes.leave:
            self._wishes.woken.clear()
            now = self._clock.now()
            self._stay_alive(now)
            job = self._job(now)
            if self._wishes.pause and job.state is BulkState.RUNNING:
                self._wishes.pause = False
                self._move(job, BulkState.PAUSED, None, now)
            elif job.state is BulkState.RUNNING:
                self._step(job, now)
            elif self._hands.queue or not self._tally.running:
                return
            else:
                # those that were begun here run to their end
                self._wait(None, now)

    def _step(self, job: BulkJob, now: float) -> None:
        match what_next(job, self._tally, now, self._due):
            case Begin():
                self._begin(job, now)
            case Hold(until):
                self._wait(until, now)
            case GoOn():
                self._move(job, BulkState.RUNNING, None, now, approved=True)
            case Settle(to, why):
                # what waits may have gone on, and a replay that failed may have been made again
                self._count(now)
                if what_next(job, self._tally, now, self._due) == Settle(to, why):
                    self._move(job, to, why, now)

    def _stay_alive(self, now: float) -> None:
        if now - self._beat_at >= _BEAT_EVERY or now < self._beat_at:
            self._store.bulk_leases.beat(self._lease)
            self._beat_at = now

    def _job(self, now: float) -> BulkJob:
        """Give the job as it is now, and tell of it."""
        if now - self._count_at >= _COUNT_EVERY or now < self._count_at:
            self._count(now)
        self._look()
        found = self._store.bulk.brief(self._lease.job)
        if found is None:
            raise LeaseLost(f"the bulk replay {self._lease.job} is no longer in the store")
        job = replace(found, tally=self._tally)
        if self._observer is not None and job != self._told:
            self._observer(job)
        self._told = job
        return job

    def _count(self, now: float) -> None:
        """Count anew, and have carried on what is under way."""
        unended = frozenset({RowState.RUNNING, RowState.PAUSED})
        self._flying = {
            row.replay: row.state
            for row in self._store.bulk.rows(self._lease.job, limit=1_000_000, states=unended)
            if row.replay is not None
        }
        self._tally = self._store.bulk.tally(self._lease.job)
        self._count_at = now
        if not self._hands.queue:
            for replay, state in self._flying.items():
                if state is RowState.RUNNING:
                    self._hands.take(replay)

    def _look(self) -> None:
        """See what has become of the replays that are under way."""
        for replay, before in list(self._flying.items()):
            run = self._store.runs.get(replay)
            after = RowState.RUNNING if run is None else row_state(run.state, fixed=run.fixed_by is not None)
            if after is before:
                continue
            self._tally = self._tally.moved(before, after)
            self._flying[replay] = after
            if after not in (RowState.RUNNING, RowState.PAUSED):
                del self._flying[replay]

    def _begin(self, job: BulkJob, now: float) -> None:
        """Give the next run its turn."""
        row = self._store.bulk.next_row(job.id)
        origin = None if row is None else self._store.runs.get(row.origin)
        if row is None or origin is None:
            self._count(now)
            return
        if origin.fixed_by is not None and not job.fixed_too:
            self._pass(row, RowState.SKIPPED, FIXED, fixed_already(self._store, origin), now)
            return
        try:
            with on_behalf_of(job.author):
                made = self._replays.create_replay_with(
                    request_for(self._store, job, origin),
                    lambda run: [MadeReplay(self._lease, row.position, run.id, now)],
                    queue=self._hands.queue,
                )
        except (LeaseLost, StoreUnavailable):
            raise
        except MoveRefused as error:
            self._moved_meanwhile(row, error, now)
        except RequestRefused as error:
            self._pass(row, RowState.REFUSED, error.code, "\n".join(each.message for each in error.refusals), now)
        except DalSegnoError as error:
            self._pass(row, RowState.REFUSED, error.code, error.message, now)
        else:
            self._begun(job, made, now)

    def _begun(self, job: BulkJob, made: Run, now: float) -> None:
        self._refused = 0
        after = row_state(made.state, fixed=False)
        self._tally = self._tally.moved(RowState.WAITING, after)
        self._due = next_due(job.pace, now, self._due)
        if after is RowState.RUNNING:
            self._flying[made.id] = after
            self._hands.take(made.id)

    def _moved_meanwhile(self, row: BulkRow, error: MoveRefused, now: float) -> None:
        """See to a write that was refused: a person may have had the job wait, or somebody changed what is replayed."""
        self._refused += 1
        job = self._store.bulk.brief(self._lease.job)
        if self._refused >= _TRIES and job is not None and job.state is BulkState.RUNNING:
            self._pass(row, RowState.REFUSED, error.code, error.message, now)
        self._count(now)

    def _pass(self, row: BulkRow, state: RowState, code: str, why: str, now: float) -> None:
        self._refused = 0
        try:
            self._store.commit(None, [PassRow(self._lease, row.position, state, code, why, now)])
        except MoveRefused:
            self._count(now)
            return
        self._tally = self._tally.moved(RowState.WAITING, state)

    def _move(self, job: BulkJob, to: BulkState, why: str | None, now: float, *, approved: bool = False) -> None:
        write = MoveBulk(job.id, frozenset({job.state}), to, now, why, self._lease, approved=approved)
        try:
            self._store.commit(None, [write])
        except MoveRefused:
            # a person was quicker
            return

    def _wait(self, until: float | None, now: float) -> None:
        fault = getattr(self._hands, "fault", None)
        if fault is not None:
            raise fault
        seconds = LOOK_EVERY if until is None else min(max(until - now, 0.0), LOOK_EVERY)
        self._wishes.woken.wait(seconds)
