"""The metadata store in a SQLite file: the default, for one machine."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Any

from dalsegno.errors import MoveRefused, NotFound, RunIsLive, StoreUnavailable
from dalsegno.store import statements as sql
from dalsegno.store import version
from dalsegno.store.bulk_leases import LockedBulkLeases
from dalsegno.store.core import StoreCore
from dalsegno.store.filelease import FileLock
from dalsegno.store.groupcommit import GroupCommit, file_lock
from dalsegno.store.jsontext import to_text
from dalsegno.store.port import Kept, Lease, Write
from dalsegno.store.rows import Row
from dalsegno.store.transaction import Dialect, Execute, check_lease

#: how long SQLite waits for a program that holds the database locked without our lock file
_BUSY_SECONDS = 20.0

_IDLE_READERS = 8

#: a replay that keeps 10,000 task runs is one transaction of some 15 MB: it is to fit in memory, and a few of them in the
#: write-ahead log, before a commit waits until all of that is moved to the database
_CACHE_KB = 32_000
_CHECKPOINT_PAGES = 24_000

_OLDEST_SQLITE = (3, 38)


def _kept(kept: Sequence[Kept]) -> dict[str, Any]:
    return {"kept": to_text({one.id: one.origin_task_run for one in kept})}


_DIALECT = Dialect(lock_run=sql.READ_LEASE, hold_origin=sql.READ_ORIGIN, keep=sql.KEEP_SQLITE, kept=_kept)


def _connect(path: Path, durability: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durability == 'full' else 'NORMAL'}")
        if durability == "full":
            # macOS alone: there a plain sync leaves data in the drive's cache
            connection.execute("PRAGMA fullfsync = ON")
    except BaseException:
        connection.close()
        raise
    return connection


_ADVICE = {
    "SQLITE_FULL": "the disk is full. Free some space and try again",
    "SQLITE_BUSY": "another program keeps it locked. End what has it open (a database tool?) and try again",
    "SQLITE_LOCKED": "another program keeps it locked. End what has it open (a database tool?) and try again",
    "SQLITE_READONLY": "it may not be written. Check the rights of the file and its folder",
    "SQLITE_CANTOPEN": "it cannot be opened. Check the path and the rights of its folder",
    "SQLITE_PERM": "it may not be opened. Check the rights of the file and its folder",
    "SQLITE_IOERR": "the disk reports an error, or is full. Check it and try again",
    "SQLITE_CORRUPT": "the file is damaged. Bring it back from a backup",
    "SQLITE_NOTADB": "the file is no SQLite database. Check the path",
}


def translate(error: Exception, path: Path) -> Exception:
    """Make one of our errors of one of the driver or the system; others stay as they are."""
    if isinstance(error, sqlite3.IntegrityError):
        return MoveRefused(f"a write to the store {path} contradicts what stands there ({error}); nothing was written")
    if isinstance(error, OSError | sqlite3.Error):
        name = getattr(error, "sqlite_errorname", "")
        family = "_".join(name.split("_")[:2])
        advice = _ADVICE.get(family, "see the reason that it gives, and try again")
        return StoreUnavailable(f"the store {path} cannot be used: {advice} ({error}). Nothing of this write was kept.")
    return error


class _Readers:
    """Connections for reading. Each is used by one thread at a time, and kept for the next."""

    def __init__(self, path: Path, durability: str) -> None:
        self._path = path
        self._durability = durability
        self._idle: list[sqlite3.Connection] = []
        self._lock = Lock()
        self._closed = False

    def fetch(self, statement: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Execute one statement that reads."""
        try:
            connection = self._take()
            try:
                return connection.execute(statement, parameters).fetchall()
            finally:
                self._give_back(connection)
        except sqlite3.Error as error:
            raise translate(error, self._path) from error

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StoreUnavailable(f"the store {self._path} has been closed: open it again")
            if self._idle:
                return self._idle.pop()
        return _connect(self._path, self._durability)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < _IDLE_READERS:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close what is idle, and what is in use when it is given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


class SqliteStore(StoreCore):
    """A metadata store in a SQLite file.

    Parameters
    ----------
    path : the file; it and its folder are made where they are missing. Locks stand beside it.
    durability : `normal` loses nothing when the process is killed; `full` neither when the power fails.
    """

    def __init__(self, path: Path, *, durability: str = "normal") -> None:
        self._path = path
        self._leases: dict[str, tuple[Lease, FileLock]] = {}
        self._leases_lock = Lock()
        self._lock_file, connection = _open(path, durability)
        self._group = GroupCommit(connection, self._lock_file, lambda error: translate(error, path))
        self._readers = _Readers(path, durability)
        self._watching: sqlite3.Connection | None = None
        self._watching_lock = Lock()
        self._closed = False
        super().__init__(self._readers.fetch, self._transact, _DIALECT)
        self.bulk_leases = LockedBulkLeases(path.parent / "leases", self._fetch, self._returned, self._change)

    def changes(self) -> int:
        """Give SQLite's own number, as one connection sees it."""
        with self._watching_lock:
            try:
                if self._watching is None:
                    self._watching = _connect(self._path, "normal")
                return self._watching.execute("PRAGMA data_version").fetchone()[0]
            except sqlite3.Error as error:
                raise translate(error, self._path) from error

    def acquire(self, run: str, owner: str) -> Lease:
        """Take the lease of a run: the lock of its file, and the next number."""
        try:
            lock = FileLock(self._path.parent / "leases", run, lambda: self._executed(run))
        except OSError as error:
            raise translate(error, self._path) from error
        try:
            found = self._returned(sql.TAKE_LEASE, {"run": run, "owner": owner, "now": None})
            if not found:
                raise NotFound(f"there is no run {run} in this store")
        except BaseException:
            lock.release()
            raise
        lease = Lease(run, found[0][0], owner)
        with self._leases_lock:
            self._leases[run] = (lease, lock)
        return lease

    def _executed(self, run: str) -> RunIsLive:
        found = self._fetch(sql.READ_LEASE, {"run": run})
        owner = (found and found[0][1]) or "another process"
        message = f"the run {run} is being executed by {owner}, which is alive: wait for it, or end that process first"
        return RunIsLive(message)

    def beat(self, lease: Lease) -> None:
        """Check that the lease is the current one. Its lock needs no care."""
        self._refuse_given_back(lease)
        check_lease(lease, self._fetch(sql.READ_LEASE, {"run": lease.run}))

    def commit(self, lease: Lease | None, writes: Sequence[Write]) -> None:
        """Carry out the writes in one transaction."""
        if lease is not None:
            self._refuse_given_back(lease)
        super().commit(lease, writes)

    def _refuse_given_back(self, lease: Lease) -> None:
        """Refuse a lease that is not held here any more. The lock is all there is to giving one back: nothing is written."""
        with self._leases_lock:
            held, _ = self._leases.get(lease.run, (None, None))
        if held != lease:
            check_lease(lease, self._fetch(sql.READ_LEASE, {"run": lease.run}))
            check_lease(lease, [(lease.number, None)])

    def release(self, lease: Lease) -> None:
        """Give the lease back."""
        with self._leases_lock:
            held, lock = self._leases.get(lease.run, (None, None))
            if held != lease or lock is None:
                return
            del self._leases[lease.run]
        lock.release()

    def close(self) -> None:
        """Finish what is being written, give back all leases and close."""
        if self._closed:
            return
        for lease, _ in list(self._leases.values()):
            self.release(lease)
        self.bulk_leases.close()
        self._closed = True
        with self._watching_lock:
            if self._watching is not None:
                self._watching.close()
        self._readers.close()
        self._group.close()
        os.close(self._lock_file)

    def _transact(self, work: Callable[[Execute], Any]) -> Any:
        if self._closed:
            raise StoreUnavailable(f"the store {self._path} has been closed: open it again")
        return self._group.commit(work)


def _open(path: Path, durability: str) -> tuple[int, sqlite3.Connection]:
    """Give the lock file and the connection that writes, with the tables in their newest version."""
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreUnavailable(
            f"Python uses SQLite {sqlite3.sqlite_version}, and Dal Segno needs 3.38 or newer: use a newer Python"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock_file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise translate(error, path) from error
    try:
        connection = _connect(path, durability)
        try:
            _bring_up_to_date(connection, lock_file, path, durability)
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        os.close(lock_file)
        raise translate(error, path) from error
    except BaseException:
        os.close(lock_file)
        raise
    return lock_file, connection


def _found_version(connection: sqlite3.Connection, path: Path) -> str | None:
    try:
        rows = connection.execute(version.READ_VERSION).fetchall()
        return rows[0][0] if rows else None
    except sqlite3.OperationalError:
        tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchall()
        if tables[0][0]:
            raise StoreUnavailable(
                f"{path} is a database of another program: name another file for Dal Segno's store"
            ) from None
        return None


def _bring_up_to_date(connection: sqlite3.Connection, lock_file: int, path: Path, durability: str) -> None:
    if not version.needs_migration(_found_version(connection, path), str(path)):
        return
    with file_lock(lock_file):
        connection.execute("PRAGMA journal_mode = WAL")
        found = _found_version(connection, path)
        if found is None:
            connection.executescript(version.NEW_SQLITE.read_text(encoding="utf-8"))
        elif version.needs_migration(found, str(path)):
            # Alembic and SQLAlchemy take some tenths of a second to import: only where there is something to migrate
            from dalsegno.store.migrate import migrate

            with closing(_connect(path, durability)) as own:
                migrate("sqlite", lambda: own)
