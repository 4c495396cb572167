"""What the two adapters share: the read ports, and the write door, over functions that an adapter gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dalsegno.store import reads
from dalsegno.store.access import Access
from dalsegno.store.answers import Answers
from dalsegno.store.bulk import Bulk
from dalsegno.store.figures import Figures
from dalsegno.store.files import Files
from dalsegno.store.flows import Flows
from dalsegno.store.kv import Entries
from dalsegno.store.port import Lease, Write
from dalsegno.store.rows import Row
from dalsegno.store.transaction import Dialect, Execute, Transaction
from dalsegno.store.writes import carry_out, prepare

#: executes something in a transaction of its own and gives its result when that is committed
WriteDoor = Callable[[Callable[[Execute], Any]], Any]


class StoreCore:
    """A store without its leases.

    Parameters
    ----------
    fetch : reads.
    write : writes.
    dialect : how the database differs from the other one.
    """

    def __init__(self, fetch: reads.Fetch, write: WriteDoor, dialect: Dialect) -> None:
        self._fetch = fetch
        self._write = write
        self._dialect = dialect
        self.flows = Flows(fetch)
        self.runs = reads.Runs(fetch)
        self.task_runs = reads.TaskRuns(fetch)
        self.logs = reads.Logs(fetch)
        self.events = reads.Events(fetch)
        self.artifacts = reads.Artifacts(fetch)
        self.entries = Entries(fetch)
        self.files = Files(fetch)
        self.answers = Answers(fetch)
        self.bulk = Bulk(fetch)
        self.access = Access(fetch)
        self.figures = Figures(fetch)

    def commit(self, lease: Lease | None, writes: Sequence[Write]) -> None:
        """Carry out the writes in one transaction."""
        steps = prepare(writes)
        self._write(lambda execute: carry_out(Transaction(execute, self._dialect, lease), steps))

    def _change(self, statement: str, parameters: Mapping[str, Any]) -> int:
        return self._write(lambda execute: execute(statement, parameters).rowcount)

    def _returned(self, statement: str, parameters: Mapping[str, Any]) -> list[Row]:
        return self._write(lambda execute: execute(statement, parameters).fetchall())
