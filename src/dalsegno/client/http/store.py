"""The store of a server, for who executes a run of it in this process: reads over HTTP, and writes under a lease there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from inspect import signature
from typing import Any, cast
from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.errors import DalSegnoError, LeaseLost, Refusal
from dalsegno.service.creating import environment
from dalsegno.store.access_port import AccessReads
from dalsegno.store.answers_port import AnswerReads
from dalsegno.store.bulk_port import BulkLeases, BulkReads
from dalsegno.store.figures_port import FigureReads
from dalsegno.store.files_port import FileReads
from dalsegno.store.kv_port import EntryReads
from dalsegno.store.port import (
    AppendLogs,
    ArtifactReads,
    EventReads,
    FlowReads,
    Lease,
    LogReads,
    RunReads,
    SaveArtifact,
    TaskRunReads,
    Wishes,
    Write,
)
from dalsegno.wire.exact import read_as
from dalsegno.wire.leased import answer_of, port_of, writes_to_json

#: a lease is kept by beats, as many in the time after which it would end, and by every commit
_BEATS = 10
#: what never changes once it is there
_LASTING = frozenset({("runs", "plan"), ("runs", "graph"), ("flows", "revision")})


class _Reads:
    """The reads of one noun. What never changes is asked for once."""

    def __init__(self, connection: Connection, noun: str) -> None:
        self._connection = connection
        self._noun = noun
        self._known: dict[tuple[Any, ...], Any] = {}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        answer = answer_of(self._noun, method)
        names = list(signature(getattr(port_of(self._noun), method)).parameters)[1:]

        def ask(*args: Any, **kwargs: Any) -> Any:
            key = (method, *args)
            if key in self._known:
                return self._known[key]
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            body = {"noun": self._noun, "method": method, "with": given}
            found = read_as(answer, self._connection.post("reads", body))
            if (self._noun, method) in _LASTING and found is not None and not kwargs:
                self._known[key] = found
            return found

        # the next call need not look for it
        setattr(self, method, ask)
        return ask


class _Held:
    """A lease that the server holds for this process."""

    def __init__(self, key: str, lease: Lease, *, beat_every: float, heard: float) -> None:
        self.path = f"leases/{key}"
        self.lease = lease
        self.beat_every = beat_every
        self.wishes = Wishes()
        self.heard = heard


class HttpStore:
    """The metadata store of a server, as far as the engine of this process needs it for the runs that it leases."""

    def __init__(self, connection: Connection, now: Callable[[], float]) -> None:
        self._connection = connection
        self._now = now
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self.flows = cast("FlowReads", _Reads(connection, "flows"))
        self.runs = cast("RunReads", _Runs(connection, self._wishes))
        self.task_runs = cast("TaskRunReads", _Reads(connection, "task_runs"))
        self.logs = cast("LogReads", _Reads(connection, "logs"))
        self.events = cast("EventReads", _Reads(connection, "events"))
        self.artifacts = cast("ArtifactReads", _Reads(connection, "artifacts"))
        # tasks of YAML read and write these, and they run on the server
        self.entries = cast("EntryReads", _Reads(connection, "entries"))
        self.files = cast("FileReads", _Reads(connection, "files"))
        # nothing of these is done by the engine of this process: the server refuses to read them
        self.answers = cast("AnswerReads", _Reads(connection, "answers"))
        self.bulk = cast("BulkReads", _Reads(connection, "bulk"))
        self.bulk_leases = cast("BulkLeases", _Reads(connection, "bulk_leases"))
        self.access = cast("AccessReads", _Reads(connection, "access"))
        self.figures = cast("FigureReads", _Reads(connection, "figures"))

    def _wishes(self, run: str) -> Wishes | None:
        """Tell what somebody asked of a run that is leased here, as the last answer said."""
        held = self._held.get(run)
        return None if held is None else held.wishes

    def changes(self) -> int:
        """Nobody here waits for changes."""
        raise Refusal("what changes on a server is told by its events", code="not-remote")

    def commit(self, lease: Lease | None, writes: Sequence[Write]) -> None:
        """Carry out the writes in one transaction there. Lines and artifacts go under the lease of their run."""
        if not writes:
            return
        run = lease.run if lease is not None else _run_of(writes[0])
        held = self._held.get(run)
        if held is None or (lease is not None and held.lease != lease):
            raise LeaseLost(f"the lease of the run {run} is not held here: take it first")
        answer = self._connection.post(f"{held.path}/commit", {"writes": writes_to_json(writes)})
        held.wishes, held.heard = read_as(Wishes, answer), self._now()

    def acquire(self, run: str, owner: str) -> Lease:
        """Have the server take the lease of a run for this process."""
        body = {"owner": owner, "environment": environment()}
        found = self._connection.post(f"runs/{quote(run, safe='')}/lease", body)
        lease = Lease(found["run"], found["number"], found["owner"])
        held = _Held(found["key"], lease, beat_every=found["silence"] / _BEATS, heard=self._now())
        with self._lock:
            self._held[lease.run] = held
        return lease

    def beat(self, lease: Lease) -> None:
        """Keep the lease; a server is not asked more often than it has to be."""
        held = self._held.get(lease.run)
        if held is None:
            raise LeaseLost(f"the lease of the run {lease.run} has been given back")
        now = self._now()
        if now - held.heard >= held.beat_every:
            held.heard = now
            held.wishes = read_as(Wishes, self._connection.post(f"{held.path}/beat"))

    def release(self, lease: Lease) -> None:
        """Give the lease back."""
        with self._lock:
            held = self._held.pop(lease.run, None)
        if held is not None:
            # a server that is away lets go of it by itself
            with suppress(DalSegnoError):
                self._connection.delete(held.path)

    def close(self) -> None:
        """Give all leases back. The connection belongs to whoever opened it."""
        for held in list(self._held.values()):
            self.release(held.lease)


class _Runs(_Reads):
    """Runs; what is asked of one that is leased here was told by the last answer."""

    def __init__(self, connection: Connection, wishes: Callable[[str], Wishes | None]) -> None:
        super().__init__(connection, "runs")
        self._wishes = wishes

    def wishes(self, id: str) -> Wishes:
        """Give what somebody asked of the run."""
        told = self._wishes(id)
        if told is not None:
            return told
        body = {"noun": "runs", "method": "wishes", "with": {"id": id}}
        return read_as(Wishes, self._connection.post("reads", body))


def _run_of(write: Write) -> str:
    if isinstance(write, AppendLogs):
        return write.run
    if isinstance(write, SaveArtifact):
        return write.artifact.run or ""
    raise Refusal(f"`{type(write).__name__}` is done by the server", code="not-remote")
