"""What the Client tells of many runs at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dalsegno.client.transport import Transport
    from dalsegno.model.figures import FailingFlow, Statistics, TaskCount
    from dalsegno.service.figures import StatisticsQuery


class FiguresClient:
    """Figures of many runs."""

    _service: Transport

    def statistics(self, query: StatisticsQuery) -> Statistics:
        """Count runs by day or hour and by what became of them, and tell how long they took.

        Raises `Refusal` for a flow, a time or a zone that there is not, or for more than 400 periods.
        """
        return self._service.figures.statistics(query)

    def failing_flows(self, since: str | None = None, *, limit: int = 50) -> list[FailingFlow]:
        """Give the flows in which runs failed, or were stopped, that nothing has fixed: where something failed last, first.

        Parameters
        ----------
        since : only runs made at this time or later; a time (ISO 8601), or how long ago (`7d`).
        """
        return self._service.figures.failing(since, limit=limit)

    def task_counts(self, runs: Sequence[str]) -> Mapping[str, Sequence[TaskCount]]:
        """Count the task runs of at most 500 runs by state, by the ids of the runs."""
        return self._service.figures.task_counts(runs)
