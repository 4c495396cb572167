"""Figures of many runs, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from dalsegno.client.http.connection import Connection
from dalsegno.model.figures import FailingFlow, Statistics, TaskCount
from dalsegno.service.figures import StatisticsQuery
from dalsegno.wire.figures import failing_from_json, statistics_from_json, task_counts_from_json


class HttpFigures:
    """The use cases of figures, as `service.figures` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def statistics(self, query: StatisticsQuery) -> Statistics:
        """Count runs by day or hour."""
        asked = {name: value for name, value in asdict(query).items() if value is not None}
        return statistics_from_json(self._connection.get("statistics", **asked))

    def failing(self, since: str | None = None, *, limit: int = 50) -> list[FailingFlow]:
        """Give the flows that fail."""
        return failing_from_json(self._connection.get("statistics/failing", since=since, limit=limit))

    def task_counts(self, runs: Sequence[str]) -> Mapping[str, Sequence[TaskCount]]:
        """Count the task runs of runs."""
        return task_counts_from_json(self._connection.get("statistics/tasks", run=list(runs)))
