"""What a server answers about runs, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dalsegno.wire.answers import Answer, Refused, Time


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
    clock: Time | None = Field(default=None, description="This and what follows stands with a run by itself.")
    plan_digest: str | None = None
    request: dict[str, Any] | None = None
    environment: dict[str, Any] | None = None


class Runs(Answer):
    """Runs, newest first."""

    runs: list[Run]


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
    given: list[str] = Field(description="The values that a person gave and that it used, by their paths.")


class RunShown(Run):
    """A run with its task runs."""

    task_runs: list[TaskRun]
    waits: list[dict[str, Any]] | None = Field(default=None, description="Of a paused run, what it waits for.")


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
