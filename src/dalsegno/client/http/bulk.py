"""Bulk replays, over HTTP: the engine of the server drives them."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Iterable
from urllib.parse import quote, urlencode

from dalsegno.client.http.connection import Connection
from dalsegno.engine.bulk_request import BulkRequest, check
from dalsegno.model.bulk import BulkJob, BulkRow, BulkState, Pace, RowState
from dalsegno.model.bulk_preview import BulkPreview
from dalsegno.wire.bulk import bulk_body, bulk_from_json, bulk_row_from_json, preview_from_json

#: how often it asks how a job stands, in seconds
_LOOK_EVERY = 0.5


class HttpBulk:
    """The use cases of bulk replays, as `service.bulk` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def preview(
        self, asked: BulkRequest, pace: Pace | None = None, *, told: Callable[[int, int], None] | None = None
    ) -> BulkPreview:
        """Tell what a bulk replay would do."""
        check(asked)
        if told is not None:
            told(0, len(asked.runs))
        return preview_from_json(self._connection.post("bulk-replays/preview", bulk_body(asked, pace or Pace())))

    def create(self, asked: BulkRequest, pace: Pace | None = None, *, hosted: bool = True) -> BulkJob:  # noqa: ARG002
        """Make a bulk replay, which the engine of the server drives in any case."""
        check(asked)
        return bulk_from_json(self._connection.post("bulk-replays", bulk_body(asked, pace or Pace())))

    def get(self, job: str) -> BulkJob:
        """Give a bulk replay."""
        return bulk_from_json(self._connection.get(_path(job)))

    def list(self, *, limit: int = 50, before: str | None = None) -> builtins.list[BulkJob]:
        """Give bulk replays, newest first."""
        found = self._connection.get("bulk-replays", limit=limit, before=before)
        return [bulk_from_json(each) for each in found["bulk_replays"]]

    def rows(
        self, job: str, *, after: int = -1, limit: int = 1000, states: Iterable[RowState] = ()
    ) -> builtins.list[BulkRow]:
        """Give what has become of the runs of a bulk replay."""
        asked = [("after", after), ("limit", limit), *(("state", state.value) for state in states)]
        found = self._connection.get(f"{_path(job)}/rows?{urlencode(asked)}")
        return [bulk_row_from_json(each) for each in found["rows"]]

    def drive(
        self,
        job: str,
        *,
        observer: Callable[[BulkJob], None] | None = None,
        stop: Callable[[Callable[[], None]], None] | None = None,
    ) -> BulkJob:
        """Follow a bulk replay that the server drives until it has ended or waits."""
        woken = threading.Event()

        def pause() -> None:
            self.pause(job)
            woken.set()

        if stop is not None:
            stop(pause)
        told: BulkJob | None = None
        while True:
            found = self.get(job)
            if observer is not None and found != told:
                observer(found)
            told = found
            if found.state is not BulkState.RUNNING and not found.tally.running:
                return found
            woken.wait(_LOOK_EVERY)

    def pause(self, job: str) -> BulkJob:
        """Have a bulk replay wait."""
        return bulk_from_json(self._connection.post(f"{_path(job)}/pause"))

    def resume(self, job: str, *, hosted: bool | None = None) -> BulkJob:  # noqa: ARG002 - the server drives it
        """Have a bulk replay go on."""
        return bulk_from_json(self._connection.post(f"{_path(job)}/resume"))

    def approve(self, job: str) -> BulkJob:
        """Have what follows the first replays follow."""
        return bulk_from_json(self._connection.post(f"{_path(job)}/approve"))

    def abort(self, job: str, *, kill: bool = False) -> BulkJob:
        """End a bulk replay."""
        return bulk_from_json(self._connection.post(f"{_path(job)}/abort", {"kill": kill}))


def _path(job: str) -> str:
    return f"bulk-replays/{quote(job, safe='')}"
