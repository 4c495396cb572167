"""What a store tells of many runs at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dalsegno.model.figures import FailingFlow, Tally, TaskCount


class FigureReads(Protocol):
    """Reads of many runs. Deleted ones and subflow runs count nowhere but in `task_counts`."""

    def tally(
        self, since: float, until: float, *, namespace: str | None = None, flow: str | None = None, below: bool = False
    ) -> list[Tally]:
        """Count the runs that were made at or after a time and before another, alike ones together.

        Parameters
        ----------
        below : whether the namespaces below `namespace` are meant too.
        """
        ...

    def failing(self, since: float, limit: int) -> list[FailingFlow]:
        """Give the flows with runs that were made at a time or later, failed or were stopped, and are not fixed; those first in
        which something failed last.
        """
        ...

    def task_counts(self, runs: Sequence[str]) -> Mapping[str, Sequence[TaskCount]]:
        """Count the task runs of some runs, by id, in the order in which one of a kind was added first."""
        ...

    def replays(self, roots: Sequence[str]) -> Mapping[str, int]:
        """Count the replays in some lineages, by the id of the root; lineages without one are left out."""
        ...
