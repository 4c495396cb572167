"""One commit that is being carried out, and where the statements of the two databases differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dalsegno.errors import LeaseLost
from dalsegno.model.state import State
from dalsegno.store import rows
from dalsegno.store import statements as sql
from dalsegno.store.port import Kept, Lease

Parameters = Mapping[str, Any]


class Cursor(Protocol):
    """What the drivers' cursors share."""

    @property
    def rowcount(self) -> int: ...
    def fetchall(self) -> list[rows.Row]: ...


Execute = Callable[[str, Parameters], Cursor]


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the statements of the two databases differ.

    Parameters
    ----------
    lock_run : reads the lease of a run, and holds its row until the transaction ends.
    hold_origin : reads when a run was deleted, and keeps it from being deleted until the transaction ends.
    keep : copies task runs that are kept for one reason; `kept` gives its parameters.
    """

    lock_run: str
    hold_origin: str
    keep: str
    kept: Callable[[Sequence[Kept]], dict[str, Any]]


class Transaction:
    """One commit that is being carried out: whose it is, and which runs it has made itself."""

    __slots__ = ("_created", "_execute", "dialect", "lease")

    def __init__(self, execute: Execute, dialect: Dialect, lease: Lease | None) -> None:
        self._execute = execute
        self._created: set[str] = set()
        self.dialect = dialect
        self.lease = lease

    def fetch(self, statement: str, parameters: Parameters) -> list[rows.Row]:
        """Execute a statement that gives rows."""
        return self._execute(statement, parameters).fetchall()

    def change(self, statement: str, parameters: Parameters) -> int:
        """Execute a statement that gives none, and tell how many rows it touched."""
        return self._execute(statement, parameters).rowcount

    def check_lease(self) -> None:
        """Refuse unless the lease, if there is one, is the current one."""
        if self.lease is not None:
            check_lease(self.lease, self.fetch(self.dialect.lock_run, {"run": self.lease.run}))

    def made(self, run: str) -> None:
        """Note that this commit has made a run."""
        self._created.add(run)

    def own(self, run: str) -> None:
        """Refuse unless this commit may write to a run."""
        if run not in self._created and run != self.run:
            raise LeaseLost(f"the run {run} can only be written with its lease: acquire it first")

    @property
    def run(self) -> str | None:
        """The run of the lease."""
        return None if self.lease is None else self.lease.run

    def event(self, kind: str, run: str, state: State, at: float, **where: Any) -> None:
        """Add the next event of a run."""
        values = {"address": None, "attempt": None, **where}
        self.change(sql.ADD_EVENT, {"kind": kind, "run": run, "state": state.value, "at": at, **values})


def check_lease(lease: Lease, found: Sequence[rows.Row]) -> None:
    """Refuse unless `found`, number and owner as the run's row has them, is this lease."""
    if not found:
        raise LeaseLost(f"the run {lease.run} is no longer in the store")
    number, owner = found[0]
    if number != lease.number:
        taken = f" by {owner}" if owner else ""
        raise LeaseLost(
            f"the run {lease.run} was taken over{taken} (lease {number}, this was {lease.number}): "
            "nothing was written, and this process must stop writing to it"
        )
    if owner is None:
        raise LeaseLost(f"the lease of the run {lease.run} was given back: acquire it again to go on")
