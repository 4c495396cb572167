"""A store that stops its user at one of its commits, as a crash would."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Literal

from dalsegno.store.port import Lease, Store, Write


class Stopped(BaseException):
    """The process would be dead here. No handler for ordinary errors sees it."""


class StoppingStore:
    """Everything of `inner`, but the commit number `stop_at` (from 1) and all after it raise `Stopped`.

    Parameters
    ----------
    mode : `before` stops before that commit is carried out; `after` when it is, but its caller has not heard of it.
    """

    def __init__(self, inner: Store, stop_at: int, *, mode: Literal["before", "after"] = "before") -> None:
        self.inner = inner
        self.commits = 0
        self._stop_at = stop_at
        self._mode = mode
        self._lock = Lock()
        self.flows = inner.flows
        self.runs = inner.runs
        self.task_runs = inner.task_runs
        self.logs = inner.logs
        self.events = inner.events
        self.artifacts = inner.artifacts
        self.entries = inner.entries
        self.files = inner.files
        self.answers = inner.answers
        self.access = inner.access
        self.figures = inner.figures
        self.changes = inner.changes
        self.bulk = inner.bulk
        self.bulk_leases = inner.bulk_leases

    @property
    def stopped(self) -> bool:
        """Whether the commit at which it stops has come."""
        return self.commits >= self._stop_at

    def commit(self, lease: Lease | None, writes: Sequence[Write]) -> None:
        # one at a time: which commits were carried out before the stop is then certain
        with self._lock:
            self.commits += 1
            if self.commits > self._stop_at or (self.stopped and self._mode == "before"):
                raise Stopped(f"stopped {self._mode} commit {self._stop_at}; this was number {self.commits}")
            self.inner.commit(lease, writes)
            if self.stopped:
                raise Stopped(f"stopped after commit {self._stop_at}")

    def acquire(self, run: str, owner: str) -> Lease:
        return self.inner.acquire(run, owner)

    def beat(self, lease: Lease) -> None:
        self.inner.beat(lease)

    def release(self, lease: Lease) -> None:
        self.inner.release(lease)

    def close(self) -> None:
        self.inner.close()
