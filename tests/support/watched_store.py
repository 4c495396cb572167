"""A store that tells of each commit, and can refuse it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dalsegno.store.port import Lease, Store, Write

Watch = Callable[[Sequence[Write]], None]


class WatchedStore:
    """A store that tells what is committed, before and after; what `before` raises, the commit raises."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.before: Watch = lambda writes: None
        self.after: Watch = lambda writes: None
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
        self.acquire = inner.acquire
        self.beat = inner.beat
        self.release = inner.release
        self.close = inner.close

    def commit(self, lease: Lease | None, writes: Sequence[Write]) -> None:
        self.before(writes)
        self.inner.commit(lease, writes)
        self.after(writes)
