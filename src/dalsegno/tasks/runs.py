"""The task types about runs: counting them, resuming one that waits, fetching what was logged."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import JsonMap, TaskContext, TaskOutput, TaskType, Text, from_json_text

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
_STATES = ("CREATED", "QUEUED", "RUNNING", "PAUSED", "RETRYING", "SUCCESS", "WARNING", "FAILED", "KILLED", "SKIPPED")
_TRUE = "true"


def _upper(value: Any) -> Any:
    value = from_json_text(value)
    if isinstance(value, list):
        return [_upper(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return value.strip().upper() if isinstance(value, str) else value


def _level(value: Any) -> Any:
    value = _upper(value)
    return {"WARNING": "WARN"}.get(value, value) if isinstance(value, str) else value


def _time(value: Any) -> Any:
    """Read a point in time, as expressions give it or as text."""
    if not isinstance(value, str):
        return value
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(f"`{value}` is no point in time with its zone, such as `2024-05-01T10:00:00Z`")
    return found


Level = Annotated[Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], BeforeValidator(_level)]
Time = Annotated[datetime, BeforeValidator(_time)]


class CountedFlow(BaseModel):
    """A flow whose runs are counted."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    namespace: Text = Field(description="Its namespace.")
    flow_id: Text = Field(alias="flowId", description="Its id.")


class FlowCount(BaseModel):
    """How many runs of a flow there are."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    namespace: str = Field(description="The namespace of the flow.")
    flow_id: str = Field(alias="flowId", description="The id of the flow.")
    count: int = Field(description="How many of its runs were counted.")


class Count(TaskType):
    """Count the runs of flows that began in a time, and give the flows whose count is as it should, or should not, be."""

    raw_properties: ClassVar[frozenset[str]] = frozenset({"expression"})
    row_properties: ClassVar[frozenset[str]] = raw_properties

    flows: list[CountedFlow] | None = Field(
        default=None, description="The flows, each with `namespace` and `flowId`; one without runs has a count of 0."
    )
    namespaces: Annotated[list[Text] | None, BeforeValidator(from_json_text)] = Field(
        default=None, description="Namespaces: all flows in them that have runs. One of the two must be there."
    )
    states: Annotated[list[Literal[_STATES]], BeforeValidator(_upper)] = Field(  # pyright: ignore[reportInvalidTypeForm]
        default_factory=list, description="Count only runs in these states. By default all."
    )
    start_date: Time = Field(
        alias="startDate", description="From when on, such as `{{ now() | dateAdd(-1, 'DAYS') }}`."
    )
    end_date: Time | None = Field(default=None, alias="endDate", description="Until when. By default until now.")
    expression: Text = Field(
        default=_TRUE,
        description="Gives `true` for the flows that are wanted; `count` is their number of runs: `{{ count == 0 }}`.",
    )

    class Output(TaskOutput):
        results: list[FlowCount] = Field(description="The flows for which the expression gives `true`.")
        total: int = Field(description="The sum of their counts.")

    def run(self, context: TaskContext) -> Output:
        """Count the runs."""
        context.check_cancelled()
        if self.flows is None and self.namespaces is None:
            raise TaskFailed("nothing says which runs are counted: give `flows` or `namespaces`", code="bad-property")
        until = (self.end_date or context.now()).timestamp()
        found = context.runs.count(self.start_date.timestamp(), until, self.states)
        counts = {(flow.namespace, flow.flow_id): 0 for flow in self.flows or ()}
        counts |= {
            flow: count for flow, count in sorted(found.items()) if flow in counts or flow[0] in (self.namespaces or ())
        }
        results = [
            FlowCount.model_validate({"namespace": namespace, "flowId": flow, "count": count})
            for (namespace, flow), count in counts.items()
            if str(context.evaluate(self.expression, {"count": count})).strip().lower() == _TRUE
        ]
        return self.Output(results=results, total=sum(result.count for result in results))


class Resume(TaskType):
    """Resume another run that waits at a Pause, and execute it here, to its end or to where it waits next."""

    execution_id: Text | None = Field(
        default=None, alias="executionId", description="The run: its id, a unique prefix of it, or its name."
    )
    namespace: Text | None = Field(
        default=None,
        description="Without `executionId`: the namespace of the flow of which the newest waiting run is meant.",
    )
    flow_id: Text | None = Field(default=None, alias="flowId", description="The id of that flow.")
    inputs: JsonMap = Field(default_factory=dict, description="Answers to what the pause asks, by name.")

    class Output(TaskOutput):
        execution_id: str = Field(alias="executionId", description="The id of the run.")
        state: str = Field(description="How it ended, or PAUSED where it waits again.")

    def run(self, context: TaskContext) -> Output:
        """Resume the run."""
        context.check_cancelled()
        run = self.execution_id
        if run is None:
            if self.flow_id is None:
                raise TaskFailed(
                    "nothing says which run is meant: give `executionId`, or `flowId`", code="bad-property"
                )
            run = context.runs.paused(self.namespace or context.namespace, self.flow_id)
        identity, state = context.runs.resume(run, self.inputs)
        return self.Output.model_validate({"executionId": identity, "state": state})


class Fetch(TaskType):
    """Write what the tasks of a run have logged so far to a file: a row of Ion a line."""

    execution_id: Text | None = Field(
        default=None, alias="executionId", description="The run: its id or name. Default: the run of this task."
    )
    namespace: Text | None = Field(default=None, description="Taken for Kestra's sake: `executionId` names the run.")
    flow_id: Text | None = Field(
        default=None, alias="flowId", description="Taken for Kestra's sake: `executionId` names the run."
    )
    tasks_id: Annotated[list[Text], BeforeValidator(from_json_text)] = Field(
        default_factory=list, alias="tasksId", description="Only what these tasks have logged, by their ids."
    )
    level: Level = Field(default="INFO", description="Only lines that are at least so important.")

    class Output(TaskOutput):
        uri: str = Field(description="The URI of the file.")
        size: int = Field(description="How many lines there are.")

    def run(self, context: TaskContext) -> Output:
        """Write the lines."""
        least, size = _LEVELS.index(self.level), 0
        path = context.files.new(".ion")
        with path.open("w", encoding="utf-8", errors="surrogatepass") as out:
            for row in context.runs.lines(self.execution_id):
                context.check_cancelled()
                if _LEVELS.index(row["level"]) >= least and (not self.tasks_id or row["taskId"] in self.tasks_id):
                    out.write(json.dumps(row) + "\n")
                    size += 1
        context.count("records", size)
        return self.Output(uri=context.files.store(path, "logs.ion"), size=size)


class PurgeLogs(TaskType):
    """Drop what tasks have logged, for good: of one run, a flow, a namespace, or everywhere, up to a point in time.

    Runs, their results and their replays stay as they are; `dalsegno logs` shows what is left.
    """

    namespace: Text | None = Field(
        default=None, description="Of runs in this namespace and those below it; with `flowId`, of this one alone."
    )
    flow_id: Text | None = Field(default=None, alias="flowId", description="Of runs of this flow; needs `namespace`.")
    execution_id: Text | None = Field(default=None, alias="executionId", description="Of this run: its id or name.")
    log_levels: Annotated[list[Level], BeforeValidator(from_json_text)] = Field(
        default_factory=list, alias="logLevels", description="Only lines of these levels. By default of all."
    )
    start_date: Time | None = Field(
        default=None, alias="startDate", description="From when on. By default from the beginning."
    )
    end_date: Time = Field(alias="endDate", description="Until when, such as `{{ now() | dateAdd(-1, 'MONTHS') }}`.")
    purge_execution_logs: bool = Field(
        default=True, alias="purgeExecutionLogs", description="Whether the logs of runs are meant; there are no others."
    )
    purge_non_execution_logs: bool = Field(
        default=True, alias="purgeNonExecutionLogs", description="Taken for Kestra's sake: there are no such logs."
    )

    class Output(TaskOutput):
        count: int = Field(description="How many lines were dropped.")
        execution_logs_count: int = Field(alias="executionLogsCount", description="The same: all lines are of runs.")
        non_execution_logs_count: int = Field(default=0, alias="nonExecutionLogsCount", description="0.")

    def run(self, context: TaskContext) -> Output:
        """Drop the lines."""
        context.check_cancelled()
        if self.flow_id is not None and self.namespace is None:
            raise TaskFailed("`flowId` needs the `namespace` of the flow", code="bad-property")
        count = 0
        if self.purge_execution_logs:
            since = 0.0 if self.start_date is None else self.start_date.timestamp()
            count = context.runs.purge_lines(
                self.end_date.timestamp(),
                since=since,
                levels=self.log_levels,
                namespace=self.namespace,
                flow=self.flow_id,
                run=self.execution_id,
            )
        return self.Output.model_validate({"count": count, "executionLogsCount": count})
