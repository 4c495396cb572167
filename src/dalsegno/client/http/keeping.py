"""What is kept and for how long, over HTTP."""

from __future__ import annotations

from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.model.run import Run
from dalsegno.service.keeping import Purged
from dalsegno.wire.reading import run_from_json
from dalsegno.wire.times import known_seconds


class HttpKeeping:
    """The use cases of keeping, as `service.keeping` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def delete(self, name: str) -> Run:
        """Delete a run."""
        return run_from_json(self._connection.delete(f"runs/{quote(name, safe='')}"))

    def purge(self, older_than: float, *, keep_failed: bool = False, dry_run: bool = False) -> Purged:
        """Delete old runs, and remove what nothing needs."""
        body = {"older_than": older_than, "keep_failed": keep_failed, "dry_run": dry_run}
        done = self._connection.post("purge", body)
        young = done["young"]
        return Purged(
            tuple(run_from_json(run) for run in done["runs"]),
            done["blobs"],
            done["bytes"],
            tuple((run_from_json(each["run"]), each["reason"]) for each in done["spared"]),
            young["blobs"],
            young["bytes"],
            known_seconds(young["since"]),
            None if young["held_by"] is None else run_from_json(young["held_by"]),
            done["dry_run"],
        )
