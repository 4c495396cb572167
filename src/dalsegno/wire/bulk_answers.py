"""What a server answers about bulk replays, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dalsegno.model.bulk import BulkState, RowState
from dalsegno.wire.answers import Answer, Time


class Counts(Answer):
    """How many runs of a bulk replay are in which state."""

    waiting: int
    running: int
    paused: int
    succeeded: int
    failed: int
    refused: int
    skipped: int


class Pace(Answer):
    """How fast a bulk replay goes, and what holds it up."""

    rate: float | None = Field(description="Replays begun a second at the most.")
    at_once: int
    canary: int = Field(description="How many are replayed first, alone.")
    approve: bool = Field(description="Whether a person says that the others follow.")
    stop_above: float | None = Field(description="The share of failures above which it stops.")


class BulkReplay(Answer):
    """A bulk replay."""

    id: str
    name: str
    state: BulkState
    why: str | None = Field(description="Why it is in its state, where that is no matter of course.")
    created: Time
    started: Time | None
    ended: Time | None
    author: str | None
    hosted: bool = Field(description="Whether the engine of a server drives it.")
    owner: str | None = Field(description="Who drives it now.")
    approved: bool
    total: int
    counts: Counts
    pace: Pace
    selection: dict[str, Any] = Field(description="How the runs were chosen.")
    request: dict[str, Any] = Field(description="What is asked of each replay.")
    first_failed: bool
    fixed_too: bool


class BulkReplays(Answer):
    """Bulk replays, newest first."""

    bulk_replays: list[BulkReplay]


class OriginOfRow(Answer):
    """The run that is replayed."""

    id: str
    name: str


class ReplayOfRow(OriginOfRow):
    """The replay that was made of it."""

    state: str | None


class BulkRow(Answer):
    """What has become of one run of a bulk replay."""

    position: int
    origin: OriginOfRow
    state: RowState
    replay: ReplayOfRow | None
    code: str | None = Field(description="Why it was refused or passed over, as a word.")
    why: str | None
    at: Time | None


class BulkRows(Answer):
    """What has become of the runs of a bulk replay, in the order of their turns."""

    rows: list[BulkRow]


class Said(Answer):
    """What plans say, each kind once."""

    code: str
    message: str
    count: int
    example: str = Field(description="One of the runs.")


class TasksOfBulk(Answer):
    """How many tasks there are over all replays."""

    run: int
    reused: int
    pinned: int
    checked: int = Field(description="Decided when their turn comes.")


class RevisionOfBulk(Answer):
    """How many replays run on a revision."""

    flow: str
    revision: int
    count: int


class BulkPreview(Answer):
    """What a bulk replay would do."""

    runs: list[str] = Field(description="Ids, in the order of their turns.")
    replays: int
    tasks: TasksOfBulk
    revisions: list[RevisionOfBulk]
    skipped: list[Said]
    refusals: list[Said]
    warnings: list[Said]
    work_s: float | None = Field(description="How long the tasks took that will run, one after the other.")
    seconds: float | None = Field(description="How long it takes at its pace, by that.")
