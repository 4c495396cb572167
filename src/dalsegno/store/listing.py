"""What lists are asked for and give: which runs, flows in short, log lines with where they belong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dalsegno.model.plan import Action
from dalsegno.model.run import Event, LogLine, Run
from dalsegno.model.state import State


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs a list shows; parts combine. `limit` 0 is no limit; newest first. Times are seconds since 1970.

    Parameters
    ----------
    below : whether the namespaces below `namespace` are meant too.
    revision : of `flow`.
    labels : labels with their values that a run must have, all of them.
    fixed : of the runs that failed or were stopped those that were fixed, or those that were not.
    whole : whether only whole runs are meant.
    deleted : whether deleted runs are among them; only for those of a lineage or of a flow, without anything else.
    caller : only what this task run called.
    parent : only what this run called.
    top : whether subflow runs are left out.
    replayed : only those that were replayed, or those that were not.
    failed_task : the id of the task that failed first.
    author : who started it.
    text : words, each the beginning of one in the name, the reason, the error, the labels or the inputs.
    after : only what comes after this place in the list.
    """

    namespace: str | None = None
    flow: str | None = None
    states: tuple[State, ...] = ()
    origin: str | None = None
    root: str | None = None
    limit: int = 50
    labels: tuple[tuple[str, str], ...] = ()
    fixed: bool | None = None
    whole: bool = False
    ended_before: float | None = None
    deleted: bool = False
    caller: str | None = None
    parent: str | None = None
    top: bool = False
    below: bool = False
    revision: int | None = None
    replayed: bool | None = None
    failed_task: str | None = None
    author: str | None = None
    text: str | None = None
    created_from: float | None = None
    created_before: float | None = None
    started_from: float | None = None
    started_before: float | None = None
    ended_from: float | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """Part of a list of runs, and the place after which the next part begins; `None` where there is none."""

    runs: tuple[Run, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event, with what is known of the task run that moved.

    Parameters
    ----------
    seconds, error : of a task run that has ended with this event.
    """

    event: Event
    task: str | None = None
    type: str | None = None
    action: Action | None = None
    seconds: float | None = None
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FlowSummary:
    """One flow of a list.

    Parameters
    ----------
    disabled : whether it cannot be run: the text of its latest revision says so, or it is switched off.
    off : since when it is switched off, whatever its text says.
    deleted : when it was deleted.
    """

    namespace: str
    id: str
    revision: int
    description: str | None
    disabled: bool
    updated: float
    off: float | None = None
    deleted: float | None = None

    @property
    def full_id(self) -> str:
        """Namespace and id, joined by a dot."""
        return f"{self.namespace}.{self.id}"


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A log line with where it belongs. `position` grows within a run; ask for what comes after it to follow."""

    position: int
    task_run: str
    address: str
    attempt: int
    line: LogLine


@dataclass(frozen=True, slots=True)
class Mention:
    """A task run that may have to do with a stored value: what it used names it, or what it was given, or it was kept.

    Parameters
    ----------
    run, run_name : the run that it is of.
    used : for each value that it used, by its path, the value's digest.
    given : whether the digest of the value stands in what it was given.
    """

    run: str
    run_name: str
    task_run: str
    address: str
    state: State
    action: Action
    reused_from: str | None
    used: Mapping[str, str]
    given: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many task runs of a task in a run came to a state by an action, and how long they took together."""

    run: str
    task: str
    action: Action
    state: State
    count: int
    seconds: float | None
