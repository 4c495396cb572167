"""Figures of many runs: by day or hour, flows that fail, tasks by state."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from dalsegno.model.times import iso
from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply
from dalsegno.service.figures import MOST_RUNS, StatisticsQuery
from dalsegno.service.views import run_as_json
from dalsegno.wire import figures as wire

router = APIRouter(prefix="/statistics", tags=["statistics"])


@router.get("", response_model=wire.StatisticsShown, summary="Count runs by day or hour")
def by_period(service: TheService, wanted: Annotated[wire.StatisticsWanted, Query()]) -> Response:
    """Count the runs that were made in each period by what became of them, and tell how long they took."""
    return reply(service.figures.statistics(StatisticsQuery(**wanted.model_dump())).as_json())


@router.get("/failing", response_model=wire.FailingFlows, summary="List the flows that fail")
def failing(
    service: TheService,
    since: Annotated[str | None, Query(description="Only runs made at this time or later.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Give the flows with runs that failed, or were stopped, and that nothing has fixed: where something failed last, first."""
    flows = [
        {"namespace": each.namespace, "flow": each.flow, "runs": each.runs, "first": iso(each.first),
         "last": run_as_json(each.last, full=True)}
        for each in service.figures.failing(since, limit=limit)
    ]  # fmt: skip
    return reply({"flows": flows})


@router.get("/tasks", response_model=wire.TaskCounts, summary="Count the task runs of runs")
def tasks(
    service: TheService,
    run: Annotated[list[str], Query(max_length=MOST_RUNS, description="A run. May be repeated.")],
) -> Response:
    """Count the task runs of each run by what the plan had said of them and the state that they are in."""
    found = service.figures.task_counts(run)
    return reply({"runs": {known: [each.as_json() for each in counts] for known, counts in found.items()}})
