"""What is read of runs once, though it is asked for often: results of runs that have ended, since a plan is drawn up to be
looked at, and once more to be carried out; and digests of definitions, where the code of many tasks is another.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from dalsegno.model.run import Result, Run
from dalsegno.store.jsontext import map_from_text
from dalsegno.store.port import Store

#: results that are kept in memory, of all runs together; a run of 10,000 task runs takes 30 ms to read
_MOST = 100_000
#: task runs that are asked for one by one before all of a run are read at once
_ONE_BY_ONE = 8


class KnownResults:
    """Gives the results of a run, by address.

    What has ended never changes: those of a run that has are kept, as many as there is room for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[tuple[str, float], Mapping[str, Result]] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def of(self, run: Run) -> Mapping[str, Result]:
        """Give the results of a run, by address, in the order in which they were made."""
        if not run.state.ended or run.ended is None:
            return self._read(run)
        key = (run.id, run.ended)
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
                return found
        found = self._read(run)
        with self._lock:
            if self._known.setdefault(key, found) is found:
                self._held += len(found)
            while self._held > _MOST:
                self._held -= len(self._known.popitem(last=False)[1])
        return found

    def _read(self, run: Run) -> Mapping[str, Result]:
        return {result.address: result for result in self._store.task_runs.results(run.id)}


class Digests:
    """Gives, by the id of a task run of one run, the digests of its definition by property."""

    def __init__(self, store: Store, run: Run) -> None:
        self._store = store
        self._run = run
        self._asked = 0
        self._all: Mapping[str, str] | None = None

    def of(self, task_run: str) -> Mapping[str, str]:
        """Give the digests of a task run; none for one that is not there."""
        self._asked += 1
        if self._asked <= _ONE_BY_ONE:
            found = self._store.task_runs.get(task_run)
            return {} if found is None else found.digests
        if self._all is None:
            self._all = self._store.task_runs.digests(self._run.id)
        return map_from_text(self._all.get(task_run, "{}"))
