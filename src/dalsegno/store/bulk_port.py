"""The port of bulk replays: their writes, which belong to the closed set of `store.port`, their reads, and their lease."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dalsegno.model.bulk import BulkJob, BulkRow, BulkState, RowState, Tally


@dataclass(frozen=True, slots=True)
class BulkLease:
    """The right of one process to drive one bulk replay. `number` grows with every new holder."""

    job: str
    number: int
    owner: str


@dataclass(frozen=True, slots=True)
class NewBulkRow:
    """One run that is chosen. It is left out from the beginning where `code` says so."""

    origin: str
    code: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class CreateBulk:
    """Add a bulk replay with the runs that it is about, in their order. Needs no lease.

    Its name is given by the store: `bulk-<number>`; the name in `job` is ignored.
    """

    job: BulkJob
    rows: tuple[NewBulkRow, ...]


@dataclass(frozen=True, slots=True)
class MoveBulk:
    """Move a bulk replay. Guard: it is in one of these states, and `to` may follow it.

    Parameters
    ----------
    lease : of who drives it; a person who has it wait, go on or end needs none.
    approved : that what follows the canaries may follow, from now on.
    hosted : whether the engine of a server drives it from now on; `None` leaves that.
    forgiven : what had ended and what had failed so far, from where the share of failures counts; `None` leaves that.
    """

    job: str
    expected: frozenset[BulkState]
    to: BulkState
    at: float
    why: str | None = None
    lease: BulkLease | None = None
    approved: bool = False
    hosted: bool | None = None
    forgiven: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class MadeReplay:
    """Note the replay of a run, in the commit that creates it. Guards: the lease is the current one (`LeaseLost`), the job is
    RUNNING, and the run's turn has not been.
    """

    lease: BulkLease
    position: int
    replay: str
    at: float


@dataclass(frozen=True, slots=True)
class PassRow:
    """Note that a run is not replayed: `state` is REFUSED or SKIPPED. Guards: as for `MadeReplay`."""

    lease: BulkLease
    position: int
    state: RowState
    code: str
    why: str
    at: float


BulkWrite = CreateBulk | MoveBulk | MadeReplay | PassRow


class BulkReads(Protocol):
    """Bulk replays."""

    def get(self, id: str) -> BulkJob | None:
        """Give one by its id, with its tally."""
        ...

    def find(self, text: str, limit: int = 10) -> list[BulkJob]:
        """Give those whose name is `text` or whose id begins with it."""
        ...

    def list(self, *, limit: int = 50, before: tuple[float, str] | None = None) -> list[BulkJob]:
        """Give them, newest first, those alone that were created before a time and id."""
        ...

    def hosted(self) -> list[BulkJob]:
        """Give, without their tallies, those that are RUNNING and that the engine of a server drives."""
        ...

    def brief(self, id: str) -> BulkJob | None:
        """Give one by its id, without its tally."""
        ...

    def tally(self, id: str) -> Tally:
        """Count the runs of one by what has become of them."""
        ...

    def next_row(self, id: str) -> BulkRow | None:
        """Give the first run whose turn has not been."""
        ...

    def rows(
        self, id: str, *, after: int = -1, limit: int = 1000, states: frozenset[RowState] = frozenset()
    ) -> list[BulkRow]:
        """Give the runs of one after a position, in order; those in certain states alone where any is named."""
        ...


class BulkLeases(Protocol):
    """Who drives which bulk replay."""

    def acquire(self, job: str, owner: str) -> BulkLease:
        """Take the lease of a job. Raises `BulkIsLive` if a live process holds it."""
        ...

    def beat(self, lease: BulkLease) -> None:
        """Keep the lease alive. Raises `LeaseLost` if it is gone."""
        ...

    def release(self, lease: BulkLease) -> None:
        """Give the lease back. Never raises for a lease that is gone already."""
        ...
