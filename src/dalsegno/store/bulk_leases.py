"""Who drives which bulk replay: a lock on a file, or a heartbeat, as for runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from dalsegno.errors import BulkIsLive, DalSegnoError, NotFound
from dalsegno.store import bulk_statements as sql
from dalsegno.store.bulk import check_bulk_lease
from dalsegno.store.bulk_port import BulkLease
from dalsegno.store.filelease import FileLock
from dalsegno.store.rows import Row
from dalsegno.store.uses import Fetch

#: changes rows, and gives what the statement returns
Returned = Callable[[str, Mapping[str, Any]], list[Row]]
Change = Callable[[str, Mapping[str, Any]], int]


def _live(owner: str | None) -> BulkIsLive:
    holder = owner or "another process"
    return BulkIsLive(f"it is being driven by {holder}, which is alive: wait for it, or end that process first")


def _missing(job: str) -> NotFound:
    return NotFound(f"there is no bulk replay {job} in this store")


class LockedBulkLeases:
    """Locks on files: one ends with the process that holds it, and never before.

    Parameters
    ----------
    folder : where the files stand.
    """

    def __init__(self, folder: Path, fetch: Fetch, returned: Returned, change: Change) -> None:
        self._folder = folder
        self._fetch = fetch
        self._returned = returned
        self._change = change
        self._held: dict[BulkLease, FileLock] = {}
        self._lock = Lock()

    def acquire(self, job: str, owner: str) -> BulkLease:
        lock = FileLock(self._folder, f"bulk-{job}", lambda: self._driven(job))
        try:
            found = self._returned(sql.TAKE_LEASE, {"job": job, "owner": owner, "now": None})
            if not found:
                raise _missing(job)
        except BaseException:
            lock.release()
            raise
        lease = BulkLease(job, found[0][0], owner)
        with self._lock:
            self._held[lease] = lock
        return lease

    def _driven(self, job: str) -> BulkIsLive:
        held = self._fetch(sql.READ_LEASE, {"job": job})
        return _live(held[0][1] if held else None)

    def beat(self, lease: BulkLease) -> None:
        check_bulk_lease(lease, list(self._fetch(sql.READ_LEASE, {"job": lease.job})))

    def release(self, lease: BulkLease) -> None:
        with self._lock:
            lock = self._held.pop(lease, None)
        if lock is None:
            return
        try:
            # the lock alone decides who may take the lease next
            with suppress(DalSegnoError):
                self._change(sql.RELEASE, {"job": lease.job, "number": lease.number})
        finally:
            lock.release()

    def close(self) -> None:
        """Give all back."""
        for lease in list(self._held):
            self.release(lease)


class BeatingBulkLeases:
    """Heartbeats: a lease whose holder was silent for so long may be taken.

    Parameters
    ----------
    now : the clock that leases live by.
    silence : after so many seconds without a heartbeat a lease may be taken.
    """

    def __init__(
        self, now: Callable[[], float], silence: float, fetch: Fetch, returned: Returned, change: Change
    ) -> None:
        self._now = now
        self._silence = silence
        self._fetch = fetch
        self._returned = returned
        self._change = change
        self._held: set[BulkLease] = set()

    def acquire(self, job: str, owner: str) -> BulkLease:
        now = self._now()
        found = self._returned(
            sql.TAKE_EXPIRED_LEASE, {"job": job, "owner": owner, "now": now, "expired": now - self._silence}
        )
        if not found:
            held = self._fetch(sql.READ_LEASE, {"job": job})
            raise _live(held[0][1]) if held else _missing(job)
        lease = BulkLease(job, found[0][0], owner)
        self._held.add(lease)
        return lease

    def beat(self, lease: BulkLease) -> None:
        if not self._change(sql.BEAT, {"job": lease.job, "number": lease.number, "now": self._now()}):
            check_bulk_lease(lease, list(self._fetch(sql.READ_LEASE, {"job": lease.job})))

    def release(self, lease: BulkLease) -> None:
        self._held.discard(lease)
        with suppress(DalSegnoError):
            self._change(sql.RELEASE, {"job": lease.job, "number": lease.number})

    def close(self) -> None:
        """Give all back."""
        for lease in list(self._held):
            self.release(lease)
