"""One thread that watches all runs which this process executes: whether one is to stop, and that its lease is kept alive."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from dalsegno.engine.job import Job
from dalsegno.engine.stopping import Stop
from dalsegno.errors import DalSegnoError, LeaseLost
from dalsegno.model.clock import Clock
from dalsegno.store.port import Store

#: how often it looks, in seconds
WATCH_EVERY = 0.25


class _Watched:
    """A run that is executed here."""

    __slots__ = ("job", "lock", "over", "wish")

    def __init__(self, job: Job, wish: Stop) -> None:
        self.job = job
        self.wish = wish
        self.lock = threading.Lock()
        self.over = False


class _Thread:
    """Looks now and then, until it is ended."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._over = threading.Event()
        self._look = look
        self._thread = threading.Thread(target=self._work, name="dalsegno-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._over.wait(WATCH_EVERY):
            self._look()


class Watching:
    """Watches runs. Its thread begins with the first one, and ends with the last."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._runs: set[_Watched] = set()
        self._thread: _Thread | None = None

    @contextmanager
    def watch(self, job: Job, wish: Stop) -> Generator[None]:
        """Watch a run while it is executed: `wish` is set where somebody asked to stop it, its time has passed, or its lease
        is gone.
        """
        run = _Watched(job, wish)
        with self._lock:
            self._runs.add(run)
            if self._thread is None:
                self._thread = _Thread(self._look)
                self._thread.start()
        try:
            yield
        finally:
            with run.lock:
                run.over = True
            with self._lock:
                self._runs.discard(run)
                last, self._thread = (None, self._thread) if self._runs else (self._thread, None)
            if last is not None:
                last.end()

    def look_at(self, run: str) -> None:
        """Look at a run at once, if it is executed here: somebody has just asked something of it."""
        self._look(run)

    def _look(self, only: str | None = None) -> None:
        with self._lock:
            runs = [run for run in self._runs if only is None or run.job.run.id == only]
        for run in runs:
            with run.lock:
                if not run.over:
                    self._check(run)

    def _check(self, run: _Watched) -> None:
        job, lease = run.job, run.job.lease
        try:
            self._store.beat(lease)
            now = self._clock.now()
            late = job.leave.by is not None and job.leave.by <= now
            asked = self._store.runs.wishes(lease.run)
            if asked.pause:
                job.hold.ask()
            if late or asked.kill or job.limits.due(now):
                run.wish.set()
        except LeaseLost:
            run.wish.set()
        except DalSegnoError:
            # the store is away for a moment: the engine's own commit is the one to tell
            return
