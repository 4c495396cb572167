"""Runs, task runs and attempts, as they are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dalsegno.model.light import light
from dalsegno.model.plan import Action
from dalsegno.model.state import State

JsonMap = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """The task run that called a subflow: its run, itself, and which of its attempts."""

    run: str
    task_run: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of one revision with given inputs. Times are seconds since 1970, UTC.

    Parameters
    ----------
    name : `<flow>-<number>`, counted per namespace and flow.
    attempt : 1 + the replays between this run and its root.
    origin, root : the run that this one replays, and the top of its lineage (its own id for a fresh run).
    clock : what `execution.startDate` gives; a replay keeps its origin's.
    request : the request that made it, as JSON; with the overrides that a person set.
    plan_digest : of the plan that it executes.
    environment : versions, host; who started it is `author`.
    error : why it failed, as an error object with the address of the task that failed first.
    whole : whether it was to do all that its flow says, and not a part of it: only such a run is "the latest", and fixes.
    fixed_by : of a run that failed or was stopped, the first whole replay in its lineage below it that ended well.
    deleted : when it was deleted; what others reuse of it is still there.
    caller : of a subflow run, the task run that called it.
    queued : when it was handed to the engine of a server; `None` for one that whoever created it executes.
    """

    id: str
    name: str
    namespace: str
    flow: str
    revision: int
    state: State
    attempt: int
    root: str
    clock: float
    created: float
    origin: str | None = None
    inputs: JsonMap = field(default_factory=dict[str, Any])
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    request: JsonMap = field(default_factory=dict[str, Any])
    plan_digest: str = ""
    reason: str | None = None
    author: str | None = None
    environment: JsonMap = field(default_factory=dict[str, Any])
    started: float | None = None
    ended: float | None = None
    outputs: JsonMap = field(default_factory=dict[str, Any])
    error: JsonMap | None = None
    whole: bool = True
    fixed_by: str | None = None
    deleted: float | None = None
    caller: Caller | None = None
    queued: float | None = None


@dataclass(frozen=True, slots=True)
class TaskRun:
    """What became of one task in one run. Times are seconds since 1970, UTC.

    Parameters
    ----------
    address : its stable name; `parent` is the address of the group around it.
    value : the item, for a task inside a loop (the innermost one's).
    attempt : the number of its last attempt; goes on from the origin's. `attempts` counts those of this run.
    action, reason : what the plan said.
    reused_from : the id of the task run that really executed, where this one's result was kept.
    definition, digests : one digest over its definition as it ran, and one for each property.
    used : for each value that it used, by its path, the value's digest.
    properties : the rendered properties, secrets masked.
    outputs : by name. A value too large for a row stands as `{"$artifact": id}`.
    output_digest : over all outputs.
    keys, values : for a loop that was evaluated, its items.
    metadata : what the step in Python logged about itself.
    """

    id: str
    run: str
    address: str
    task: str
    type: str
    state: State
    action: Action
    reason: str = ""
    parent: str | None = None
    value: Any = None
    attempt: int = 0
    attempts: int = 0
    reused_from: str | None = None
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    definition: str = ""
    digests: Mapping[str, str] = field(default_factory=dict[str, str])
    used: Mapping[str, str] = field(default_factory=dict[str, str])
    properties: JsonMap = field(default_factory=dict[str, Any])
    outputs: JsonMap = field(default_factory=dict[str, Any])
    output_digest: str | None = None
    error: JsonMap | None = None
    keys: tuple[str, ...] | None = None
    values: tuple[Any, ...] | None = None
    metadata: JsonMap = field(default_factory=dict[str, Any])

    @property
    def has_result(self) -> bool:
        """Whether it left a result that a replay may keep."""
        return self.state.has_result


@light
class Result:
    """What a planner needs to know of a task run of the origin: a light form of `TaskRun`.

    Parameters
    ----------
    definition : one digest over the definition that ran.
    seconds : how long it took, where it really ran; `None` if it never ended.
    tolerated : whether it is a failure that counts as a warning.
    """

    id: str
    address: str
    task: str
    type: str
    state: State
    action: Action
    definition: str
    attempt: int
    seconds: float | None
    output_digest: str | None
    keys: tuple[str, ...] | None = None
    tolerated: bool = False

    @property
    def has_result(self) -> bool:
        """Whether it left a result that a replay may keep."""
        return self.state.has_result


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a task run. Number goes on from the origin's last one."""

    task_run: str
    number: int
    state: State
    started: float
    ended: float | None = None
    error: JsonMap | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that a task wrote, or that was written about it.

    Parameters
    ----------
    stream : `log`, `stdout` or `stderr`.
    level : `DEBUG`, `INFO`, `WARNING` or `ERROR`.
    """

    at: float
    level: str
    text: str
    stream: str = "log"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a run, numbered from 1 within it.

    Parameters
    ----------
    kind : `run` or `task_run`: what moved; `state` is where to.
    """

    run: str
    number: int
    at: float
    kind: str
    state: State
    address: str | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """A stored value.

    Parameters
    ----------
    digest : of its content: BLAKE3, 64 hex digits; also the blob's name.
    kind : `file` (bytes as they are) or `json` (a value too large for a row).
    name : a file's name, for people.
    size : bytes.
    run, task_run, output : who made it; `output` names the output, input or pin that it is.
    mark : `override` or `pin` where a person gave the value.
    summary : what it is, in a few words: shape, types, size, first rows; `unsafe` where loading it needs pickle.
    """

    id: str
    digest: str
    kind: str
    name: str
    size: int
    created: float
    run: str | None = None
    task_run: str | None = None
    output: str | None = None
    mark: str | None = None
    summary: JsonMap = field(default_factory=dict[str, Any])
