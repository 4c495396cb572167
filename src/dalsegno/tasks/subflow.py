"""Subflow: a flow that runs as a run of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, cast

from pydantic import BeforeValidator, Field

from dalsegno.errors import TaskFailed
from dalsegno.model.flow import Kind
from dalsegno.tasks.base import JsonMap, TaskContext, TaskOutput, TaskType, Text, from_json_text

_ENDED_BADLY = ("FAILED", "KILLED")


def _flag(value: Any) -> Any:
    return {"true": True, "false": False}.get(value.strip().lower(), value) if isinstance(value, str) else value


def _labels(value: Any) -> Any:
    value = from_json_text(value)
    if not isinstance(value, list):
        return value
    entries = cast("list[Any]", value)
    if all(
        isinstance(entry, Mapping) and set(cast("Mapping[str, Any]", entry)) == {"key", "value"} for entry in entries
    ):
        return {str(entry["key"]): entry["value"] for entry in cast("list[dict[str, Any]]", entries)}
    raise ValueError("labels are a map, or a list of maps with `key` and `value`")


Flag = Annotated[bool, BeforeValidator(_flag)]


class Calls(TaskType):
    """Says which flow is called, and how."""

    namespace: Text = Field(description="The namespace of the flow.")
    flow_id: Text = Field(alias="flowId", description="The flow's id.")
    revision: int | None = Field(default=None, ge=1, description="Its revision; the latest if not given.")
    inputs: JsonMap = Field(default={}, description="The inputs of the run, by name.")
    labels: Annotated[dict[str, Text], BeforeValidator(_labels)] = Field(
        default={}, description="Labels of the run: a map, or a list of `key` and `value`."
    )
    inherit_labels: Flag = Field(
        default=False, alias="inheritLabels", description="Whether it has the labels of this run as well."
    )
    wait: Flag = Field(default=True, description="Whether to wait for its end. Without, what follows begins at once.")
    transmit_failed: Flag = Field(
        default=True,
        alias="transmitFailed",
        description="Whether the task fails where the run did, or was killed, and ends with a warning where the run did.",
    )


class Subflow(Calls):
    """Have another flow run, as a run of its own, and wait for its end.

    The run has this task run as its caller. Where the task is tried again, or runs again in a replay since it failed, the run
    that it calls is a replay of the one before: what succeeded there is kept.
    """

    kind: ClassVar[Kind] = Kind.SUBFLOW
    not_supported: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "outputs": "declare `outputs` in the flow that is called, and read them as `outputs.<task>.outputs`",
            "scheduleDate": "it is called when its turn comes; a Pause with a `delay` before it waits",
            "restartBehavior": "a replay keeps what succeeded in it, and a start at the task itself runs all of it again",
        }
    )

    class Output(TaskOutput):
        execution_id: str = Field(alias="executionId", description="The id of the run.")
        state: str | None = Field(default=None, description="How it ended; nothing where it was not waited for.")
        outputs: dict[str, Any] = Field(default={}, description="The outputs that the flow declares.")

    def run(self, context: TaskContext) -> Output:
        """Call the flow."""
        called = context.call(
            self.namespace,
            self.flow_id,
            revision=self.revision,
            inputs=self.inputs,
            labels=self.labels,
            inherit_labels=self.inherit_labels,
            wait=self.wait,
        )
        context.check_cancelled()
        if not self.wait:
            return self.Output(executionId=called.id)
        if self.transmit_failed and called.state in _ENDED_BADLY:
            raise _failed(called.name, called.state, called.error)
        if self.transmit_failed and called.state == "WARNING":
            context.end_with_warning(f"{called.name}, which it called, ended with a warning")
        return self.Output(executionId=called.id, state=called.state, outputs=dict(called.outputs))


def _failed(name: str, state: str, error: Mapping[str, Any] | None) -> TaskFailed:
    why = f": {error['message']}" if error and error.get("message") else ""
    at = f" at `{error['address']}`" if error and error.get("address") else ""
    return TaskFailed(
        f"{name}, which it called, ended as {state}{at}{why}",
        code="subflow-failed",
        hint=f"`dalsegno show {name}` tells more; a replay from here keeps what succeeded in it",
        details={"run": name},
    )
