"""Many replays by one request: which runs, and what is asked of each."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from dalsegno.errors import Refusal
from dalsegno.model.times import iso
from dalsegno.replay.request import ReplayRequest
from dalsegno.store.port import RunFilter


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """Many replays by one request.

    Parameters
    ----------
    runs : the runs, each by what `find_run` takes; or
    filter : which runs, the oldest first.
    request : what is asked of each replay; it has no origin.
    first_failed : have each begin at the task that failed first in its origin.
    fixed_too : replay runs too that a later replay has fixed.
    """

    runs: tuple[str, ...] = ()
    filter: RunFilter | None = None
    request: ReplayRequest = field(default_factory=ReplayRequest)
    first_failed: bool = False
    fixed_too: bool = False

    def selection_as_json(self) -> dict[str, Any]:
        """Say how the runs are chosen, as JSON data."""
        if self.filter is None:
            return {"runs": len(self.runs)}
        standard = RunFilter()
        asked = {
            name: value
            for name, value in asdict(self.filter).items()
            if name not in ("limit", "created_from") and value != getattr(standard, name)
        }
        since = self.filter.created_from
        return asked if since is None else {**asked, "since": iso(since)}


def check(asked: BulkRequest) -> None:
    """Refuse what contradicts itself, before anything is looked up."""
    request = asked.request
    if asked.runs and asked.filter is not None:
        raise Refusal("runs are either named or chosen by a filter, not both", code="contradiction")
    if not asked.runs and asked.filter is None:
        raise Refusal("say which runs: name them, or choose them, such as those that FAILED", code="no-runs")
    if request.origin is not None:
        raise Refusal("a bulk replay has many origins: its request names none", code="contradiction")
    if request.debug:
        raise Refusal("a bulk replay has no debugger: replay one run with it", code="contradiction")
    if asked.first_failed and (request.start or request.only):
        message = "each replay begins at the task that failed first, or at those that are named: drop one of the two"
        raise Refusal(message, code="contradiction")
