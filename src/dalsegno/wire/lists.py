"""What may be asked of lists, in the address of a request."""

from __future__ import annotations

from pydantic import Field

from dalsegno.wire.requests import Body

_TIME = "ISO 8601, or how long ago: `30m`, `12h`, `2d`."


class RunsWanted(Body):
    """Which runs a list shows; all parts combine."""

    namespace: str | None = Field(default=None, description="This namespace and those below it.")
    flow: str | None = Field(default=None, description="`namespace.id`, or the id alone.")
    revision: int | None = Field(default=None, ge=1, description="This revision of the flow.")
    state: list[str] = Field(default=[], description="In this state. May be repeated.")
    label: list[str] = Field(
        default=[], description="With this label, `NAME=VALUE`. May be repeated: with all of them."
    )
    since: str | None = Field(default=None, description=f"Made at this time or later. {_TIME}")
    until: str | None = Field(default=None, description=f"Made before this time. {_TIME}")
    started_since: str | None = Field(default=None, description=f"Begun at this time or later. {_TIME}")
    started_until: str | None = Field(default=None, description=f"Begun before this time. {_TIME}")
    ended_since: str | None = Field(default=None, description=f"Ended at this time or later. {_TIME}")
    ended_until: str | None = Field(default=None, description=f"Ended before this time. {_TIME}")
    failed_task: str | None = Field(default=None, description="The id of the task that failed first.")
    text: str | None = Field(
        default=None, max_length=500,
        description="Words, each the beginning of one in the name, reason, error, labels or inputs.",
    )  # fmt: skip
    origin: str | None = Field(default=None, description="Direct replays of this run.")
    root: str | None = Field(default=None, description="Runs of the lineage that this run began.")
    replayed: bool | None = Field(default=None, description="Whether it was replayed.")
    fixed: bool | None = Field(
        default=None, description="Of what failed or was stopped: whether a replay has fixed it."
    )
    author: str | None = Field(default=None, description="Who started it.")
    top: bool = Field(default=False, description="Without subflow runs.")
    below: bool = Field(default=True, description="With the namespaces below `namespace`.")
    whole: bool = Field(default=False, description="Only runs that did all of their flow.")
    deleted: bool = Field(default=False, description="Deleted ones too; only of a flow, an origin or a root.")
    caller: str | None = Field(default=None, description="What this task run called, by its id.")
    parent: str | None = Field(default=None, description="What this run called, by its id.")
    full: bool = Field(default=False, description="With what else a run by itself shows.")
    limit: int = Field(default=50, ge=1, le=500, description="At most so many.")
    cursor: str | None = Field(default=None, max_length=200, description="The `next` of the part before.")
    counts: bool = Field(default=False, description="Count by state too, up to 1,000.")
    lineages: bool = Field(default=False, description="With the roots of the runs that are in a lineage with replays.")
