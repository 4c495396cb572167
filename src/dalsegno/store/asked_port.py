"""What is asked of a run by others than who executes it: these writes need no lease."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueRun:
    """Hand a run to the engine of a server: from CREATED it moves to QUEUED, with an event. Needs no lease.

    Refused (`MoveRefused`) if the run has ended.

    Parameters
    ----------
    due : when it may be begun; at once by default.
    """

    run: str
    at: float
    due: float | None = None


@dataclass(frozen=True, slots=True)
class RequestKill:
    """Ask the engine that executes `run` to stop it. Needs no lease. Refused (`MoveRefused`) if the run has ended."""

    run: str


@dataclass(frozen=True, slots=True)
class RequestPause:
    """Ask the engine that executes `run` to pause it, or take that back. Needs no lease. Refused (`MoveRefused`) if the run
    has ended.
    """

    run: str
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody wishes of a run that has not ended: that it stops, that it pauses."""

    kill: bool = False
    pause: bool = False


@dataclass(frozen=True, slots=True)
class DeleteRun:
    """Make a tombstone of a run. Needs no lease. Refused (`MoveRefused`) if it, or a direct replay of it, has not ended.

    What it was given and gave, its plan and its events go. So do the task runs of deleted runs of its lineage that no other
    run reuses any more, with their attempts, logs and records of artifacts. Records of overridden and pinned values stay
    while a run of the lineage does.
    """

    run: str
    at: float
