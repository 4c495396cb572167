"""What a server answers, for the OpenAPI document. Data does not go through these: a test holds the answers against them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="ISO 8601 in UTC.")]


class Answer(BaseModel):
    """An answer: nothing stands in it that is not said here."""

    model_config = ConfigDict(extra="forbid")


class Error(Answer):
    """What is wrong, to what, and what to do next."""

    code: str = Field(description="A stable word for programs.")
    message: str
    address: str | None = Field(description="The task run concerned.")
    file: str | None
    line: int | None
    column: int | None
    closest: list[str] = Field(description="The names most like a wrong one, best first.")


class FlowProblem(Error):
    """One thing that is wrong with a flow, with its place."""

    severity: str = Field(description="`error`, `warning` or `note`.")


class Refused(Answer):
    """One reason why a request cannot be planned."""

    code: str
    message: str
    address: str | None
    closest: list[str]


class FaultShown(Answer):
    """One thing that is wrong with a request."""

    place: str = Field(description="Such as `body.request.skip[0]` or `query.limit`.")
    code: str
    message: str
    closest: list[str]
    line: int | None
    column: int | None


class ProblemShown(BaseModel):
    """What was refused or has failed (RFC 9457), with the text and the fields that the error has in Python."""

    type: str
    title: str
    status: int
    detail: str
    kind: str = Field(description="The class of the error in Python.")
    code: str
    message: str
    address: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    closest: list[str] = []
    refusals: list[Refused] | None = Field(default=None, description="Of a request that cannot be planned.")
    problems: list[FlowProblem] | None = Field(default=None, description="Of a flow's text.")
    faults: list[FaultShown] | None = Field(
        default=None, description="Of a request that is not written as it has to be."
    )
    plan: dict[str, Any] | None = Field(default=None, description="The new plan, where the plan has moved.")
    wait: float | None = Field(default=None, description="How many seconds to wait, after too many logins that failed.")
    newest: dict[str, Any] | None = Field(default=None, description="The newest revision, where another was expected.")
    diff: str | None = Field(default=None, description="What is newer in it.")


class LastRun(Answer):
    """A run of a flow, in short."""

    id: str
    name: str
    state: str
    created: Time
    started: Time | None
    ended: Time | None


class Flow(Answer):
    """A flow of a list."""

    namespace: str
    id: str
    revision: int = Field(description="The latest.")
    description: str | None
    disabled: bool = Field(description="Whether no run of it can be made.")
    off: Time | None = Field(description="Since when it is switched off.")
    deleted: Time | None
    updated: Time
    runs: list[LastRun] | None = Field(default=None, description="The newest runs, where they are asked for.")


class Flows(Answer):
    """A page of flows."""

    flows: list[Flow]
    next: str | None = Field(description="Where to go on, as `after`.")


class Compiled(Answer):
    """What the Client makes a revision of again."""

    flow: dict[str, Any]
    source: str
    graph: str


class Revision(Answer):
    """A revision of a flow."""

    namespace: str
    id: str
    revision: int
    digest: str
    created: Time
    author: str | None
    description: str | None
    disabled: bool
    tasks: list[str]
    code: str | None = Field(description="The pipeline in Python whose code it is, as `module:name`.")
    source: str | None = Field(default=None, description="The text, where one revision is shown.")
    compiled: Compiled | None = Field(default=None, description="Where it is asked for.")


class Saved(Revision):
    """What became of a text."""

    new: bool = Field(description="Whether it has made a revision.")
    warnings: list[FlowProblem]


class Revisions(Answer):
    """The revisions of a flow, the newest first."""

    revisions: list[Revision]


class Node(Answer):
    """A task in the graph of a flow."""

    id: str
    type: str
    kind: str
    description: str | None
    group: str | None = Field(description="The group around it.")
    branch: str | None
    handles: str | None = Field(description="`errors`, `finally` or `after`, where it stands among such.")
    position: int
    line: int | None
    effects: str


class Edge(Answer):
    """What stands after or reads from what."""

    before: str = Field(alias="from")
    to: str
    kind: str = Field(description="`order` or `data`.")


class Group(Answer):
    """A task that holds others."""

    id: str
    kind: str
    group: str | None
    tasks: list[str]
    errors: list[str]
    lasts: list[str] = Field(alias="finally")
    branches: dict[str, list[str]]


class Drawn(Answer):
    """What a picture of a flow shows."""

    nodes: list[Node]
    edges: list[Edge]
    groups: list[Group]


class Validated(Answer):
    """What is wrong with a text."""

    valid: bool
    problems: list[FlowProblem]
    error: Error | None = Field(description="What a save would be refused with.")
    graph: Drawn | None = Field(default=None, description="Where it is asked for, and the text can be read at all.")


class FoundLine(Answer):
    """A line in which a text was found."""

    line: int
    column: int
    text: str


class FoundFlow(Answer):
    """A flow in which a text was found."""

    namespace: str
    id: str
    revision: int
    count: int = Field(description="How many lines there are, also those left out.")
    lines: list[FoundLine]


class Found(Answer):
    """Where a text was found."""

    flows: list[FoundFlow]


class Graph(Revision):
    """The graph of a flow."""

    nodes: list[Node]
    edges: list[Edge]
    groups: list[Group]


class Diff(Answer):
    """A unified difference."""

    diff: str


class StepSource(Answer):
    """A step of a pipeline, as it is written."""

    task: str
    function: str = Field(description="As `module:qualname`.")
    file: str | None = Field(description="The module, or the file where it is none.")
    line: int | None = Field(description="The first line in it.")
    text: str | None = Field(description="With its decorators; null where it is not known.")


class StepSources(Answer):
    """The steps of a pipeline, in the order of its graph."""

    steps: list[StepSource]


class TaskTypes(Answer):
    """The names of task types."""

    types: list[str]


class TaskType(Answer):
    """A task type."""

    name: str
    summary: str
    kind: str
    properties: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    json_schema: dict[str, Any] = Field(alias="schema", description="JSON Schema of a task of this type.")


class Value(Answer):
    """The value of an expression."""

    value: Any


class Entry(Answer):
    """A value by key."""

    namespace: str
    key: str
    type: str
    value: Any
    description: str | None
    created: Time
    updated: Time
    expires: Time | None


class Entries(Answer):
    """A page of values."""

    entries: list[Entry]
    next: str | None


class File(Answer):
    """A file of a namespace."""

    namespace: str
    path: str
    size: int
    digest: str
    created: Time
    updated: Time


class Files(Answer):
    """A page of files."""

    files: list[File]
    next: str | None


class FilesPut(Answer):
    """What became of files."""

    namespace: str
    new: list[File]
    changed: list[File]
    unchanged: list[File]
    deleted: list[File]


class FilesDeleted(Answer):
    """What was removed."""

    deleted: list[File]
