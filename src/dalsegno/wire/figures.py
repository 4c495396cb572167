"""Figures of many runs over the wire: what a server answers, and from answers to what the service would have given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from dalsegno.model.figures import FailingFlow, Figures, Statistics, TaskCount
from dalsegno.model.plan import Action
from dalsegno.model.state import State
from dalsegno.wire.answers import Answer, Time
from dalsegno.wire.reading import run_from_json
from dalsegno.wire.requests import Body
from dalsegno.wire.run_answers import Run
from dalsegno.wire.times import known_seconds


class StatisticsWanted(Body):
    """Which runs are counted, and by which periods. Subflow runs are not."""

    namespace: str | None = Field(default=None, description="This namespace and those below it.")
    flow: str | None = Field(default=None, description="`namespace.id`, or the id alone.")
    since: str | None = Field(
        default=None,
        description="Made at this time or later: ISO 8601, or how long ago (`14d`).",
    )
    until: str | None = Field(default=None, description="Made before this time.")
    by: Literal["day", "hour"] = Field(default="day", description="How long a period is; at most 400 are told of.")
    zone: str = Field(default="UTC", max_length=100, description="The time zone whose days are meant.")


class FiguresShown(Answer):
    """What is told of the runs that were made in a period."""

    begin: Time
    end: Time
    runs: int
    counts: dict[str, int] = Field(description="By state.")
    fixed: int = Field(description="Those that failed or were stopped, and that a later replay has fixed.")
    half_s: float | None = Field(
        description="Half of those that ended well took no longer, in seconds, to about a tenth."
    )
    most_s: float | None = Field(description="95 % of those that ended well took no longer.")


class StatisticsShown(Answer):
    """Figures of runs, period by period, and of all of them."""

    by: str
    zone: str
    periods: list[FiguresShown]
    total: FiguresShown


class FailingFlowShown(Answer):
    """A flow with runs that failed or were stopped, and that nothing has fixed."""

    namespace: str
    flow: str
    runs: int
    first: Time = Field(description="When the first of them was made.")
    last: Run = Field(description="The last of them.")


class FailingFlows(Answer):
    """Flows that fail, those first in which something failed last."""

    flows: list[FailingFlowShown]


class TaskCountShown(Answer):
    """How many task runs are in a state, and what the plan had said of them."""

    action: str
    state: str
    count: int


class TaskCounts(Answer):
    """Task runs by state, by the ids of their runs."""

    runs: dict[str, list[TaskCountShown]]


def statistics_from_json(data: Mapping[str, Any]) -> Statistics:
    """Read figures of runs."""
    periods = tuple([_figures_from_json(each) for each in data["periods"]])
    return Statistics(data["by"], data["zone"], periods, _figures_from_json(data["total"]))


def _figures_from_json(data: Mapping[str, Any]) -> Figures:
    begin, end = known_seconds(data["begin"]), known_seconds(data["end"])
    return Figures(begin, end, data["counts"], data["fixed"], data["half_s"], data["most_s"])


def failing_from_json(data: Mapping[str, Any]) -> list[FailingFlow]:
    """Read which flows fail."""
    return [
        FailingFlow(
            each["namespace"], each["flow"], each["runs"], known_seconds(each["first"]), run_from_json(each["last"])
        )
        for each in data["flows"]
    ]


def task_counts_from_json(data: Mapping[str, Any]) -> Mapping[str, Sequence[TaskCount]]:
    """Read task runs by state."""
    return {
        run: [TaskCount(Action(each["action"]), State(each["state"]), each["count"]) for each in counts]
        for run, counts in data["runs"].items()
    }
