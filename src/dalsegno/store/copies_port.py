"""The write that copies a run of another store."""

from __future__ import annotations

from dataclasses import dataclass

from dalsegno.model.run import Artifact, Attempt, Event, Run, TaskRun


@dataclass(frozen=True, slots=True)
class CopyRun:
    """Add a run of another store as it is, with everything of it but its log. Needs no lease. Refused (`MoveRefused`) if it has
    not ended, or is there already.

    It keeps its id, and its name where that is free; else it is named as a new run is. A whole run that ended well is noted on
    every run above it that has no `fixed_by` yet.

    Parameters
    ----------
    plan, graph : as for `CreateRun`.
    task_runs, events : in their order.
    """

    run: Run
    plan: bytes
    graph: str | None
    task_runs: tuple[TaskRun, ...]
    attempts: tuple[Attempt, ...]
    events: tuple[Event, ...]
    artifacts: tuple[Artifact, ...]
