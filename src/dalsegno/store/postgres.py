"""The metadata store in PostgreSQL: for a team, on several machines. Imported only for an address that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from dalsegno.errors import DalSegnoError, LeaseLost, MoveRefused, NotFound, RunIsLive, StoreUnavailable
from dalsegno.store import statements as sql
from dalsegno.store import version
from dalsegno.store.bulk_leases import BeatingBulkLeases
from dalsegno.store.core import StoreCore
from dalsegno.store.port import Kept, Lease
from dalsegno.store.rows import Row
from dalsegno.store.transaction import Cursor, Dialect, Execute, check_lease

#: a lease whose holder has not been heard of for so many seconds may be taken
LEASE_SECONDS = 15.0

_IDLE_CONNECTIONS = 8

#: PostgreSQL ends one of two transactions that wait on each other, and expects it to be sent again
_TRIES = 5


def _kept(kept: Sequence[Kept]) -> dict[str, Any]:
    return {
        "ids": [one.id for one in kept],
        "origins": [one.origin_task_run for one in kept],
    }


_DIALECT = Dialect(lock_run=sql.LOCK_RUN, hold_origin=sql.HOLD_ORIGIN, keep=sql.KEEP_POSTGRES, kept=_kept)


def _public(address: str) -> str:
    """Give the address as a message may show it: without the password."""
    parts = conninfo_to_dict(address)
    return f"postgresql://{parts.get('host') or ''}/{parts.get('dbname') or ''}"


def translate(error: psycopg.Error, where: str) -> Exception:
    """Make one of our errors of one of the driver's."""
    if isinstance(error, errors.IntegrityError):
        return MoveRefused(f"a write to the store {where} contradicts what stands there ({error}); nothing was written")
    if isinstance(error, errors.DiskFull):
        advice = "the server's disk is full. Free some space there and try again"
    elif isinstance(error, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction):
        advice = "its user may not write there. Check the user's rights"
    elif isinstance(error, psycopg.OperationalError):
        advice = "it cannot be reached. Check that the server runs and that the address is right"
    else:
        advice = "see the reason that it gives, and try again"
    return StoreUnavailable(f"the store {where} cannot be used: {advice} ({error}). Nothing of this write was kept.")


class _Connections:
    """A few connections. Each is used by one thread at a time, and kept for the next."""

    def __init__(self, address: str, where: str) -> None:
        self._address = address
        self._where = where
        self._idle: list[psycopg.Connection] = []
        self._lock = Lock()
        self._closed = False

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection:
        """Open a new connection."""
        return psycopg.connect(self._address, autocommit=autocommit)

    def execute_first(
        self, statement: bytes, parameters: Mapping[str, Any] | None = None
    ) -> tuple[psycopg.Connection, psycopg.Cursor]:
        """Take a connection and execute one statement on it, of a kind that may be sent twice.

        A connection that was kept may have died meanwhile, with a server that was started anew: it is replaced.
        """
        kept = self._idle_one()
        connection = kept or self.connect()
        try:
            return connection, connection.execute(statement, parameters)
        except BaseException as error:
            self.give_back(connection)
            if kept is None or not kept.closed or not isinstance(error, psycopg.OperationalError):
                raise
        return self.execute_first(statement, parameters)

    def _idle_one(self) -> psycopg.Connection | None:
        with self._lock:
            if self._closed:
                raise StoreUnavailable(f"the store {self._where} has been closed: open it again")
            return self._idle.pop() if self._idle else None

    def give_back(self, connection: psycopg.Connection) -> None:
        """Keep a connection for the next user, if it can be used."""
        usable = connection.info.transaction_status is TransactionStatus.IDLE
        with self._lock:
            if usable and not self._closed and len(self._idle) < _IDLE_CONNECTIONS:
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


class PostgresStore(StoreCore):
    """A metadata store in a PostgreSQL database.

    Parameters
    ----------
    address : `postgresql://...`, with all that libpq understands.
    now : the clock that leases live by. Engines on several machines need clocks that agree within some seconds.
    """

    def __init__(self, address: str, *, now: Callable[[], float]) -> None:
        self._where = _public(address)
        self._now = now
        self._connections = _Connections(address, self._where)
        self._leases: set[Lease] = set()
        try:
            self._bring_up_to_date()
        except psycopg.Error as error:
            self._connections.close()
            raise translate(error, self._where) from error
        except BaseException:
            self._connections.close()
            raise
        super().__init__(self._read, self._transact, _DIALECT)
        self.bulk_leases = BeatingBulkLeases(now, LEASE_SECONDS, self._fetch, self._returned, self._change)

    def changes(self) -> int:
        """Give how far the log of the server has been written."""
        return int(self._fetch(sql.WRITTEN_POSTGRES, {})[0][0])

    def acquire(self, run: str, owner: str) -> Lease:
        """Take the lease of a run, if nobody holds it or its holder has not been heard of for a while."""
        now = self._now()
        parameters = {"run": run, "owner": owner, "now": now, "expired": now - LEASE_SECONDS}
        found = self._returned(sql.TAKE_EXPIRED_LEASE, parameters)
        if not found:
            held = self._fetch(sql.READ_LEASE, {"run": run})
            if not held:
                raise NotFound(f"there is no run {run} in this store")
            raise RunIsLive(
                f"the run {run} is being executed by {held[0][1] or 'another process'}, which was heard of in the last "
                f"{LEASE_SECONDS:.0f} seconds: wait for it, or end that process first"
            )
        lease = Lease(run, found[0][0], owner)
        self._leases.add(lease)
        return lease

    def beat(self, lease: Lease) -> None:
        """Tell that the holder is alive."""
        if not self._change(sql.BEAT, {"run": lease.run, "number": lease.number, "now": self._now()}):
            check_lease(lease, self._fetch(sql.READ_LEASE, {"run": lease.run}))
            raise LeaseLost(f"the lease of the run {lease.run} is gone: this process must stop writing to it")

    def release(self, lease: Lease) -> None:
        """Give the lease back."""
        self._leases.discard(lease)
        # one that cannot be given back ends by itself
        with suppress(DalSegnoError):
            self._change(sql.RELEASE, {"run": lease.run, "number": lease.number})

    def close(self) -> None:
        """Give all leases back and close."""
        for lease in list(self._leases):
            self.release(lease)
        self.bulk_leases.close()
        self._connections.close()

    def _read(self, statement: str, parameters: Mapping[str, Any]) -> list[Row]:
        try:
            connection, cursor = self._connections.execute_first(sql.for_postgres(statement), parameters)
            try:
                return cursor.fetchall()
            finally:
                self._connections.give_back(connection)
        except psycopg.Error as error:
            raise translate(error, self._where) from error

    def _transact(self, work: Callable[[Execute], Any]) -> Any:
        try:
            for _ in range(_TRIES - 1):
                with suppress(errors.DeadlockDetected, errors.SerializationFailure):
                    return self._transact_once(work)
            return self._transact_once(work)
        except psycopg.Error as error:
            raise translate(error, self._where) from error

    def _transact_once(self, work: Callable[[Execute], Any]) -> Any:
        connection, _ = self._connections.execute_first(b"BEGIN")

        def execute(statement: str, parameters: Mapping[str, Any]) -> Cursor:
            return connection.execute(sql.for_postgres(statement), parameters)

        try:
            result = work(execute)
            connection.execute(b"COMMIT")
        except BaseException:
            with suppress(psycopg.Error):
                connection.execute(b"ROLLBACK")
            raise
        finally:
            self._connections.give_back(connection)
        return result

    def _bring_up_to_date(self) -> None:
        if not version.needs_migration(self._found_version(), self._where):
            return
        # Alembic and SQLAlchemy take some tenths of a second to import: only where there is something to migrate
        from dalsegno.store.migrate import migrate

        migrate("postgresql+psycopg", lambda: self._connections.connect(autocommit=False))

    def _found_version(self) -> str | None:
        try:
            connection, cursor = self._connections.execute_first(version.READ_VERSION.encode())
        except errors.UndefinedTable:
            return None
        rows = cursor.fetchall()
        self._connections.give_back(connection)
        return rows[0][0] if rows else None
