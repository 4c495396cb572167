"""What a server answers about runs, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import Field, RootModel

from dalsegno.wire.answers import Answer, Refused, Revision, Time


class Run(Answer):
    """A run, as lists show it."""

    id: str
    name: str
    namespace: str
    flow: str
    revision: int
    state: str
    attempt: int
    origin: str | None
    root: str
    caller: dict[str, Any] | None
    whole: bool
    fixed_by: str | None
    deleted: Time | None
    inputs: dict[str, Any]
    labels: dict[str, str]
    reason: str | None
    author: str | None
    created: Time
    queued: Time | None
    started: Time | None
    ended: Time | None
    outputs: dict[str, Any]
    error: dict[str, Any] | None
    clock: Time | None = Field(default=None, description="This and the next three where they are asked for.")
    plan_digest: str | None = None
    request: dict[str, Any] | None = None
    environment: dict[str, Any] | None = None


class LineageInShort(Answer):
    """The run that began a lineage, and how many replays there are in it."""

    root: Run
    replays: int


class Runs(Answer):
    """Runs, newest first."""

    runs: list[Run]
    next: str | None = Field(default=None, description="The cursor of the next part.")
    counts: dict[str, int] | None = Field(
        default=None, description="By state, where they are asked for; at most 1,000."
    )
    lineages: dict[str, LineageInShort] | None = Field(
        default=None, description="Where they are asked for, those with replays, by the id of the root."
    )


class Did(Answer):
    """What a run did, counted in tasks that hold no others."""

    ran: int
    failed: int = Field(description="Of those that ran, how many failed or were killed.")
    reused: int
    pinned: int
    saved: float = Field(description="How long what it kept took where it ran, in seconds.")


class Lineage(Answer):
    """All runs of a lineage, the root first."""

    runs: list[Run]
    did: dict[str, Did] | None = Field(default=None, description="By the id of a run, where it is asked for.")


class UnbegunTask(Answer):
    """What was planned and never began."""

    address: str
    task: str
    failed: list[str] = Field(description="The addresses of what failed before it.")


class UnbegunTasks(Answer):
    """What was planned in a run and never began."""

    unbegun: list[UnbegunTask]


class TaskRun(Answer):
    """A task run."""

    id: str
    address: str
    task: str
    type: str
    parent: str | None
    value: Any
    state: str
    attempt: int
    attempts: int
    action: str
    reason: str
    reused_from: str | None
    started: Time | None
    ended: Time | None
    outputs: dict[str, Any]
    error: dict[str, Any] | None


class TaskRunOfRun(TaskRun):
    """A task run where its run is shown."""

    given: list[str] = Field(description="The values that a person gave and that it used, by their paths.")


class WholeTaskRun(TaskRun):
    """A task run with all that is recorded of it."""

    run: str
    created: Time
    definition: str = Field(description="One digest over its definition as it ran.")
    digests: dict[str, str] = Field(description="One for each property.")
    used: dict[str, str] = Field(description="For each value that it used, by its path, the value's digest.")
    properties: dict[str, Any] = Field(description="As they were rendered.")
    output_digest: str | None
    keys: list[str] | None = Field(description="Of a loop, its items.")
    values: list[Any] | None
    metadata: dict[str, Any]


class TaskRuns(Answer):
    """The task runs of a run, in the order of the flow."""

    task_runs: list[WholeTaskRun | TaskRun]


class Gantt(Answer):
    """When each task run of a run ran. Times are seconds since 1970."""

    run: str
    state: str
    started: float | None
    ended: float | None
    columns: list[str] = Field(description="What stands in each row of `bars`.")
    bars: list[list[str | int | float | None]]


class Attempt(Answer):
    """One try of a task run."""

    task_run: str
    number: int
    state: str
    started: Time
    ended: Time | None
    error: dict[str, Any] | None


class Attempts(Answer):
    """The attempts of a task run, oldest first."""

    attempts: list[Attempt]


class Arguments(Answer):
    """What a step in Python got, by parameter, in its stored form."""

    arguments: dict[str, Any]


class Outputs(Answer):
    """The outputs of a run."""

    tasks: dict[str, dict[str, Any]]
    flow: dict[str, Any]


class Wait(Answer):
    """What a run waits for."""

    address: str
    kind: str = Field(description="`pause`, `breakpoint` or `subflow`.")
    run: str | None = Field(description="The subflow run that waits.")
    run_name: str
    since: Time
    asks: list[dict[str, Any]]
    until: Time | None
    then: str | None
    properties: dict[str, Any]
    task_run: WholeTaskRun


class Waits(Answer):
    """What a run waits for."""

    waits: list[Wait]


class LeaseHeld(Answer):
    """A lease that was taken."""

    key: str = Field(description="What its holder names it by.")
    run: str
    number: int
    owner: str
    silence: float = Field(description="It ends when nothing was heard of its holder for so many seconds.")


class ReadAsStored(RootModel[Any]):
    """What was asked for, exactly as it is stored: its shape is that of the method."""


class Wishes(Answer):
    """What somebody asked of a run that is executed."""

    kill: bool = Field(description="That it stops.")
    pause: bool = Field(description="That it pauses.")


class Given(Answer):
    """The values that a person gave and that task runs used, by address."""

    given: dict[str, list[str]]


class RunRevision(Revision):
    """The revision that a run is of."""

    code: str | None = Field(description="The pipeline whose code it is, as `module:name`.")


class Artifact(Answer):
    """The record of a stored value or file."""

    id: str
    digest: str
    kind: str
    name: str
    size: int
    created: Time
    run: str | None
    task_run: str | None
    output: str | None
    mark: str | None
    summary: dict[str, Any]


class Column(Answer):
    """A column of a table."""

    name: str
    type: str | None = Field(description="As the library names it that made the table; a file of text has none.")
    nulls: int | None = Field(
        default=None, description="How many cells are missing in all rows, where the file says so."
    )


class Table(Answer):
    """The beginning of a table."""

    columns: list[Column]
    rows: list[list[str | None]] = Field(description="The first rows, each cell as a short text.")
    total: int | None = Field(description="How many rows there are, where that is known.")


class Array(Answer):
    """The beginning of an array."""

    shape: list[int]
    dtype: str
    corner: list[list[str]] = Field(description="The first numbers of the last two dimensions, at 0 of all others.")
    least: str | None = Field(description="Of all numbers, as the next two, where it is not too large.")
    most: str | None
    mean: str | None


class Preview(Answer):
    """What a stored value or file looks like."""

    artifact: Artifact
    text: str | None = Field(description="The beginning of it, where it is text.")
    complete: bool = Field(description="Whether that is all of it.")
    table: Table | None = Field(description="Where it is a table.")
    array: Array | None = Field(description="Where it is an array.")
    image: str | None = Field(description="The media type, where it is a picture that a browser shows.")


class Use(Answer):
    """A task run that read a stored value or file, or that kept the result which it is of."""

    run: str
    run_name: str
    task_run: str
    address: str
    state: str
    kept: bool = Field(description="Whether it kept the result, and did not read it.")


class Uses(Answer):
    """What used a stored value or file, by run, the oldest first."""

    uses: list[Use]


class ArtifactOfRun(Artifact):
    """The record of a value or file that a task run of a run stored or kept."""

    address: str


class ArtifactsOfRun(Answer):
    """What a run stored or kept, in the order of its task runs."""

    artifacts: list[ArtifactOfRun]


class Artifacts(Answer):
    """What a task run stored."""

    artifacts: list[Artifact]


class Stored(Answer):
    """Content that was stored."""

    digest: str
    size: int


class Lacking(Answer):
    """Which content is not stored."""

    lacking: list[str]


class Line(Answer):
    """A log line."""

    position: int
    task_run: str
    address: str
    attempt: int
    at: Time
    level: str
    stream: str
    text: str


class Lines(Answer):
    """Log lines, oldest first."""

    lines: list[Line]
    next: int | None = Field(description="Where to go on, as `after`.")


class Compared(Answer):
    """Two runs, compared."""

    before: dict[str, str]
    after: dict[str, str]
    summary: str
    first_divergence: str | None
    read_equal: bool
    facts: list[dict[str, Any]]
    inputs: list[dict[str, Any]]
    versions: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    runs: dict[str, Run]


class RunShown(Run):
    """A run with its task runs."""

    task_runs: list[TaskRunOfRun] | None = Field(default=None, description="Unless they are left out.")
    last_event: int = Field(description="The number of its last event.")
    waits: list[dict[str, Any]] | None = Field(default=None, description="Of a paused run, what it waits for.")
    held: bool | None = Field(default=None, description="Of a paused run, whether somebody paused it.")


class Decision(Answer):
    """What a plan does at an address, and why."""

    address: str
    task: str
    type: str
    action: str
    reason: str
    warnings: list[str]
    origin_task_run: str | None
    estimate_s: float | None
    keys: list[str] | None
    waits_for: str | None
    breakpoint: bool
    subflow: dict[str, Any] | None


class Plan(Answer):
    """What a run would do."""

    digest: str
    revision: int
    decisions: list[Decision]
    dropped: list[str]
    not_reached: list[str]
    unchecked: list[str]
    warnings: list[str]
    refusals: list[Refused]


class Spared(Answer):
    """A run that is old enough and stays."""

    run: Run
    reason: str


class Young(Answer):
    """What nothing needs and what stays because it is new."""

    blobs: int
    size: int = Field(alias="bytes")
    since: Time
    held_by: Run | None


class Purged(Answer):
    """What was removed, or would be."""

    dry_run: bool
    runs: list[Run]
    blobs: int
    size: int = Field(alias="bytes")
    spared: list[Spared]
    young: Young
