"""What the Client does about bulk replays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dalsegno.client.transport import Transport
    from dalsegno.engine.bulk_request import BulkRequest
    from dalsegno.model.bulk import BulkJob, BulkRow, Pace, RowState
    from dalsegno.model.bulk_preview import BulkPreview


class BulkClient:
    """Many replays by one request, as a job."""

    _service: Transport

    def preview_bulk_replay(
        self, asked: BulkRequest, pace: Pace | None = None, *, told: Callable[[int, int], None] | None = None
    ) -> BulkPreview:
        """Tell what a bulk replay would do, all its plans taken together. Nothing is written.

        Parameters
        ----------
        told : is told how many of how many runs have been looked at.
        """
        return self._service.bulk.preview(asked, pace, told=told)

    def start_bulk_replay(self, asked: BulkRequest, pace: Pace | None = None, *, hosted: bool = False) -> BulkJob:
        """Make a bulk replay; which runs it is about is settled here. See `drive_bulk_replay`.

        Parameters
        ----------
        hosted : whether the engine of a server on the same data drives it; over HTTP the server does in any case.
        """
        return self._service.bulk.create(asked, pace, hosted=hosted)

    def drive_bulk_replay(
        self,
        job: str,
        *,
        observer: Callable[[BulkJob], None] | None = None,
        stop: Callable[[Callable[[], None]], None] | None = None,
    ) -> BulkJob:
        """Drive a bulk replay here (over HTTP: follow it) until it has ended or waits, and give it as it is then.

        Parameters
        ----------
        observer : is told of the job when something about it has changed.
        stop : is given a function that has the job wait; it may be called from a signal handler.

        Raises
        ------
        BulkIsLive : another live process drives it.
        """
        return self._service.bulk.drive(job, observer=observer, stop=stop)

    def get_bulk_replay(self, job: str) -> BulkJob:
        """Give a bulk replay by name, id, unique prefix of an id, or `last`."""
        return self._service.bulk.get(job)

    def list_bulk_replays(self, *, limit: int = 50, before: str | None = None) -> list[BulkJob]:
        """Give bulk replays, newest first; those alone that were made before one of them."""
        return self._service.bulk.list(limit=limit, before=before)

    def bulk_rows(
        self, job: str, *, after: int = -1, limit: int = 1000, states: Sequence[RowState] = ()
    ) -> list[BulkRow]:
        """Give what has become of the runs of a bulk replay after a position, in the order of their turns."""
        return self._service.bulk.rows(job, after=after, limit=limit, states=states)

    def pause_bulk_replay(self, job: str) -> BulkJob:
        """Have a bulk replay begin no more replays; those under way run to their end."""
        return self._service.bulk.pause(job)

    def resume_bulk_replay(self, job: str, *, hosted: bool | None = None) -> BulkJob:
        """Have a bulk replay go on that waits or was stopped."""
        return self._service.bulk.resume(job, hosted=hosted)

    def approve_bulk_replay(self, job: str) -> BulkJob:
        """Have what follows the first replays of a bulk replay follow."""
        return self._service.bulk.approve(job)

    def abort_bulk_replay(self, job: str, *, kill: bool = False) -> BulkJob:
        """End a bulk replay; with `kill` stop the replays that are under way too."""
        return self._service.bulk.abort(job, kill=kill)
