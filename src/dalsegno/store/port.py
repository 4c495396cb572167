"""The port of the metadata store: the closed set of writes, the reads, the lease.

One call of `commit` is one transaction. It fails whole if the lease is not the current one (`LeaseLost`) or a guarded state
has moved (`MoveRefused`). The order of the writes within a call holds.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dalsegno.model.light import light
from dalsegno.model.run import Artifact, Attempt, Event, LogLine, Result, Run, TaskRun
from dalsegno.model.state import State
from dalsegno.store.access_port import AccessReads, AccessWrite
from dalsegno.store.answers_port import AnswerReads, AnswerWrite
from dalsegno.store.asked_port import DeleteRun, QueueRun, RequestKill, RequestPause, Wishes
from dalsegno.store.bulk_port import BulkLeases, BulkReads, BulkWrite
from dalsegno.store.copies_port import CopyRun
from dalsegno.store.figures_port import FigureReads
from dalsegno.store.files_port import DeleteFile, FileReads, PutFile
from dalsegno.store.flows_port import DeleteFlow, DisableFlow, FlowReads, SaveRevision
from dalsegno.store.kv_port import DeleteEntry, EntryReads, SetEntry
from dalsegno.store.listing import Mention, RunFilter, RunPage, StoredLine, Tally, ToldEvent


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one engine to write to one run. `number` grows with every new holder."""

    run: str
    number: int
    owner: str


@dataclass(frozen=True, slots=True)
class CreateRun:
    """Add a run with its plan. Its `name` is given by the store: `<flow>-<number>`, the number counted in the same
    transaction per namespace and flow; the name in `run` is ignored. Refused (`MoveRefused`) if its origin was deleted.

    Parameters
    ----------
    plan : the plan's stored form, opaque to the store.
    graph : the stored form of the run's own graph, where it has one.
    """

    run: Run
    plan: bytes
    graph: str | None = None


@light
class Kept:
    """One task run of the origin whose result the new run keeps, under a new id; `renamed` where it has another name now, or
    stands in another group.
    """

    id: str
    origin_task_run: str
    reason: str
    renamed: NewName | None = None


@dataclass(frozen=True, slots=True)
class NewName:
    """What a kept task run is called in the new run, and the address of the group around it there."""

    address: str
    task: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class KeepTaskRuns:
    """Copy rows of the origin's task runs into `run`, in one statement however many there are.

    A copy has action REUSE, the new id and reason, `attempts` 0, `attempt`, state, times, digests, outputs, error, keys and
    values of the original, and `reused_from` pointing at the task run that really executed. Copies make no events.
    Guard: each has a result, or failed (which is kept in a group that tolerated it).
    """

    run: str
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class StartTask:
    """Add a task run in state RUNNING, with its first attempt (number `task_run.attempt`) and an event."""

    task_run: TaskRun


@dataclass(frozen=True, slots=True)
class RecordTask:
    """Add a task run that has ended already without executing (a pin, a skipped one), or that is PAUSED before it begins (a
    breakpoint), with an event.
    """

    task_run: TaskRun


@dataclass(frozen=True, slots=True)
class MoveTask:
    """Have a task run wait (PAUSED), or begin or go on (RUNNING), with an event. Guard: `to` may follow its state. Its open
    attempt stays open. The first move to RUNNING is its start.

    Parameters
    ----------
    used, properties, definition, digests : recorded with it where they are given.
    """

    task_run: str
    to: State
    at: float
    used: Mapping[str, str] | None = None
    properties: Mapping[str, Any] | None = None
    definition: str | None = None
    digests: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """Close the open attempt of a RUNNING task run as `closed`, and begin attempt `number`. Guard: it is RUNNING.

    With `again` it has ended, the group around it is RUNNING, and nothing of what it made is left.
    """

    task_run: str
    number: int
    at: float
    closed: State
    error: Mapping[str, Any] | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class EvaluateLoop:
    """Record the items of a loop. Guard: its task run is RUNNING."""

    task_run: str
    keys: tuple[str, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class EndTask:
    """End a task run and its open attempt, with an event. Guard: it is in a state from which `state` may follow."""

    task_run: str
    state: State
    at: float
    outputs: Mapping[str, Any]
    output_digest: str | None
    used: Mapping[str, str]
    properties: Mapping[str, Any]
    error: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class MoveRun:
    """Move a run, with an event. Guard: it is in state `expected`, and `to` may follow it.

    A whole run that ends well is noted on every run above it in its lineage that has no `fixed_by` yet.
    """

    run: str
    expected: State
    to: State
    at: float
    outputs: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class LabelRun:
    """Give a run labels, beside those that it has, and take others away."""

    run: str
    labels: Mapping[str, str]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AmendRun:
    """Record what is asked of a run from now on. Guard: it has not ended."""

    run: str
    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoteEnvironment:
    """Record what a run ran on, in the place of what was recorded: its tasks tell it as they go. Guard: it has not ended."""

    run: str
    environment: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SaveArtifact:
    """Record an artifact whose blob is in place already."""

    artifact: Artifact


@dataclass(frozen=True, slots=True)
class AppendLogs:
    """Add lines to the log of one attempt, in order."""

    run: str
    task_run: str
    attempt: int
    lines: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class DropLines:
    """Drop lines of a run's log, by their positions. Needs no lease. The others stay where they are."""

    run: str
    positions: tuple[int, ...]


Write = (
    SaveRevision
    | CreateRun
    | CopyRun
    | KeepTaskRuns
    | StartTask
    | RecordTask
    | MoveTask
    | NewAttempt
    | EvaluateLoop
    | EndTask
    | MoveRun
    | QueueRun
    | LabelRun
    | AmendRun
    | NoteEnvironment
    | SaveArtifact
    | AppendLogs
    | DropLines
    | RequestKill
    | RequestPause
    | DeleteRun
    | SetEntry
    | DeleteEntry
    | PutFile
    | DeleteFile
    | DisableFlow
    | DeleteFlow
    | AnswerWrite
    | BulkWrite
    | AccessWrite
)


class RunReads(Protocol):
    """Runs."""

    def get(self, id: str) -> Run | None:
        """Give a run by its whole id."""
        ...

    def find(self, text: str, limit: int = 10) -> list[Run]:
        """Give the runs whose name is `text` or whose id begins with it, newest first."""
        ...

    def list(self, filter: RunFilter) -> list[Run]:
        """Give the runs that the filter lets through, newest first."""
        ...

    def page(self, filter: RunFilter) -> RunPage:
        """Give part of such a list, and where the next part begins."""
        ...

    def count(self, filter: RunFilter) -> int:
        """Count such runs, at most `limit`."""
        ...

    def newest_ended(self, namespace: str, flow: str, limit: int) -> builtins.list[str]:
        """Give the ids of runs of a flow that have ended, newest first."""
        ...

    def queued(self, now: float, limit: int = 1000) -> builtins.list[Run]:
        """Give the runs that wait for the engine of a server and may be begun, those first that wait longest."""
        ...

    def handed_over(self, limit: int = 1000) -> builtins.list[Run]:
        """Give the runs that the engine of a server has begun to execute and that have not ended."""
        ...

    def counts(self, since: float, until: float, states: frozenset[State]) -> dict[tuple[str, str], int]:
        """Count the runs of each flow, by namespace and id, that were created in a time; without states those in any."""
        ...

    def plan(self, id: str) -> bytes | None:
        """Give the stored plan of a run."""
        ...

    def graph(self, id: str) -> str | None:
        """Give the stored form of a run's own graph; `None` where it has that of its revision."""
        ...

    def wishes(self, id: str) -> Wishes:
        """Give what somebody asked of the run."""
        ...


class TaskRunReads(Protocol):
    """Task runs and their attempts."""

    def of_run(self, run: str) -> list[TaskRun]:
        """Give a run's task runs, those that it executed and those that it kept, in the order they were added."""
        ...

    def in_short(self, run: str) -> list[TaskRun]:
        """Give what `of_run` does, without digests, used values, properties, values of items and metadata."""
        ...

    def results(self, run: str) -> list[Result]:
        """Give the light form of a run's task runs, in the order they were added."""
        ...

    def bars(self, run: str) -> tuple[Sequence[str], Sequence[tuple[Any, ...]]]:
        """Give when each task run of a run ran, as it stands in the store: the names of the columns, and the rows in the order
        they were added. Times are seconds since 1970.
        """
        ...

    def took(self, run: str) -> Mapping[tuple[str, str], float]:
        """Give the seconds that tasks took which were executed in a run and succeeded, by id and type; of several items of a
        loop the mean.
        """
        ...

    def used_files(self, run: str) -> Mapping[str, Mapping[str, str]]:
        """Give, by id, what those task runs used that looked something up in the files of namespaces."""
        ...

    def digests(self, run: str) -> Mapping[str, str]:
        """Give, by id, the stored form of the digests of each task run's definition by property."""
        ...

    def get(self, id: str) -> TaskRun | None:
        """Give one task run by its id."""
        ...

    def at(self, run: str, address: str) -> TaskRun | None:
        """Give the task run at an address."""
        ...

    def mentions(self, root: str, maker: str, path: str, digest: str, limit: int) -> list[Mention]:
        """Give the task runs of a lineage, and of the runs that it called, that used something at `path`, or were given a
        value of a digest, or that kept the result of the task run `maker`; by run, the oldest first.
        """
        ...

    def tallies(self, root: str) -> list[Tally]:
        """Count the task runs of all runs of a lineage, by run, task, action and state."""
        ...

    def attempts(self, task_run: str) -> list[Attempt]:
        """Give the attempts that were made under this id, oldest first (none for a kept one: ask `reused_from`)."""
        ...


class LogReads(Protocol):
    """Log lines."""

    def of_run(self, run: str, after: int = 0, limit: int = 1000) -> list[StoredLine]:
        """Give a run's own lines after a position, oldest first."""
        ...

    def of_task_run(self, task_run: str, after: int = 0, limit: int = 1000) -> list[StoredLine]:
        """Give the lines of one task run after a position, oldest first."""
        ...


class EventReads(Protocol):
    """Events."""

    def after(self, run: str, number: int = 0, limit: int = 1000) -> list[Event]:
        """Give a run's events after a number, oldest first."""
        ...

    def last(self, run: str) -> int:
        """Give the number of a run's last event; 0 where it has none."""
        ...

    def told(self, run: str, number: int = 0, limit: int = 1000) -> list[ToldEvent]:
        """Give a run's events after a number, each with what is known of its task run, oldest first."""
        ...

    def of_runs(self, since: float, limit: int = 1000) -> list[Event]:
        """Give what happened to runs themselves, not to their tasks, at or after a time, oldest first."""
        ...


class ArtifactReads(Protocol):
    """Records of artifacts."""

    def get(self, id: str) -> Artifact | None:
        """Give one by its id."""
        ...

    def find(self, prefix: str, limit: int = 10) -> list[Artifact]:
        """Give those whose id or digest begins with `prefix`."""
        ...

    def of_task_run(self, task_run: str) -> list[Artifact]:
        """Give those that a task run made, in the order they were added."""
        ...

    def of_run(self, run: str, limit: int = 1000) -> list[tuple[str, Artifact]]:
        """Give those that the task runs of a run made, or that they kept, each with the address."""
        ...

    def in_use(self, among: frozenset[str], without: frozenset[str] = frozenset()) -> set[str]:
        """Give, of the digests `among`, those of blobs that runs, flows, entries or files of namespaces still need.

        A run needs what stands in its inputs, request and outputs, in its task runs, and in those that it reuses.

        Parameters
        ----------
        without : ids of runs that are taken for deleted.
        """
        ...


class Store(Protocol):
    """A metadata store."""

    @property
    def flows(self) -> FlowReads: ...
    @property
    def runs(self) -> RunReads: ...
    @property
    def task_runs(self) -> TaskRunReads: ...
    @property
    def logs(self) -> LogReads: ...
    @property
    def events(self) -> EventReads: ...
    @property
    def artifacts(self) -> ArtifactReads: ...
    @property
    def entries(self) -> EntryReads: ...
    @property
    def files(self) -> FileReads: ...
    @property
    def answers(self) -> AnswerReads: ...
    @property
    def bulk(self) -> BulkReads: ...
    @property
    def bulk_leases(self) -> BulkLeases: ...
    @property
    def access(self) -> AccessReads: ...
    @property
    def figures(self) -> FigureReads: ...

    def commit(self, lease: Lease | None, writes: Sequence[Write]) -> None:
        """Carry out the writes in one transaction. `lease` may be `None` only where no write touches a run that exists
        (SaveRevision, CreateRun, KeepTaskRuns, RecordTask and SaveArtifact made with it) and for RequestKill, QueueRun,
        CopyRun, DeleteRun, SaveArtifact, AppendLogs, DropLines, and what touches no run that exists (entries, files, flows,
        answers, bulk replays, users and what they show).

        Raises
        ------
        LeaseLost : the lease is not the current one.
        MoveRefused : a guarded state has moved, or the table of moves does not allow it.
        StoreUnavailable : the store cannot be written (disk full, connection gone); nothing of the call was kept.
        """
        ...

    def changes(self) -> int:
        """Give a number that is another one whenever something has been committed since, by any process."""
        ...

    def acquire(self, run: str, owner: str) -> Lease:
        """Take the lease of a run.

        Raises
        ------
        RunIsLive : a live process holds it; the message names the owner.
        """
        ...

    def beat(self, lease: Lease) -> None:
        """Keep the lease alive. Raises `LeaseLost` if it is gone. On SQLite there is nothing to do but check."""
        ...

    def release(self, lease: Lease) -> None:
        """Give the lease back. Never raises for a lease that is gone already."""
        ...

    def close(self) -> None:
        """Finish what is being written and close."""
        ...
