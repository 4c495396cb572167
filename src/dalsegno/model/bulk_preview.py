"""What a bulk replay would do, as it is told: the plans of all its replays taken together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """What is said alike of several runs.

    Parameters
    ----------
    message : as it is said of `example`, the first of them.
    """

    code: str
    message: str
    count: int
    example: str

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON data."""
        return {"code": self.code, "message": self.message, "count": self.count, "example": self.example}


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What a bulk replay would do.

    Parameters
    ----------
    runs : the ids of the runs, those that are refused or skipped among them, in the order in which they get their turn.
    replays : how many can be replayed.
    tasks_run, tasks_reused, tasks_pinned, tasks_checked : over all replays; what is checked is decided at its turn.
    revisions : how many replays run on which revision, by `namespace.flow` and number.
    skipped, refusals, warnings : each kind once, those first that concern most runs.
    work_s : how long the tasks took that will run, one after the other; `None` where nothing is known.
    seconds : how long the job takes at its pace, by that.
    """

    runs: tuple[str, ...]
    replays: int = 0
    tasks_run: int = 0
    tasks_reused: int = 0
    tasks_pinned: int = 0
    tasks_checked: int = 0
    revisions: tuple[tuple[str, int, int], ...] = ()
    skipped: tuple[Said, ...] = ()
    refusals: tuple[Said, ...] = ()
    warnings: tuple[Said, ...] = ()
    work_s: float | None = None
    seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it as every door shows it."""
        return {
            "runs": list(self.runs),
            "replays": self.replays,
            "tasks": {
                "run": self.tasks_run, "reused": self.tasks_reused, "pinned": self.tasks_pinned,
                "checked": self.tasks_checked,
            },
            "revisions": [{"flow": flow, "revision": number, "count": count} for flow, number, count in self.revisions],
            "skipped": [each.as_json() for each in self.skipped],
            "refusals": [each.as_json() for each in self.refusals],
            "warnings": [each.as_json() for each in self.warnings],
            "work_s": self.work_s,
            "seconds": self.seconds,
        }  # fmt: skip
