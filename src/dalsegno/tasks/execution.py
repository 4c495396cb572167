"""The task types that change the run that they belong to: its variables, its labels, how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import BeforeValidator, Field

from dalsegno.errors import TaskFailed, closest, did_you_mean
from dalsegno.tasks.base import JsonList, JsonMap, TaskContext, TaskOutput, TaskType, Text, from_json_text, to_text

_SYSTEM = "system."


class SetVariables(TaskType):
    """Set variables for the tasks that stand after this one; they read them as `vars.name`, over those of the flow.

    What it sets is its result: a replay that keeps this task keeps what it set, and one that runs it again begins without it.
    """

    sets_variables: ClassVar[bool] = True

    variables: JsonMap = Field(
        description="The variables, by name; a map is put into the one that is there, at every depth."
    )
    overwrite: bool = Field(
        default=True, description="Replace variables that are there. If not, the task fails where one of them is."
    )

    class Output(TaskOutput):
        variables: dict[str, Any] = Field(description="What was set.")

    def run(self, context: TaskContext) -> Output:
        """Set the variables."""
        context.check_cancelled()
        there = [name for name in self.variables if name in context.variables]
        if there and not self.overwrite:
            listed = ", ".join(f"`{name}`" for name in there)
            raise TaskFailed(
                f"these variables are there already: {listed}",
                hint="`overwrite` is false: give others, or allow it",
                code="variable-taken",
            )
        return self.Output(variables=self.variables)


class UnsetVariables(TaskType):
    """Take variables away from the tasks that stand after this one."""

    sets_variables: ClassVar[bool] = True

    variables: JsonList = Field(description="Their names; `a.b` is `b` in the map `a`.")
    ignore_missing: bool = Field(
        default=False, alias="ignoreMissing", description="Pass over names that are not there. If not, the task fails."
    )

    class Output(TaskOutput):
        variables: list[str] = Field(description="The names of what was taken away.")

    def run(self, context: TaskContext) -> Output:
        """Take the variables away."""
        context.check_cancelled()
        names = [str(to_text(name)) for name in self.variables]
        there = [name for name in names if _is_there(context.variables, name)]
        missing = next((name for name in names if name not in there), None)
        if missing is not None and not self.ignore_missing:
            near = closest(missing, [str(name) for name in context.variables])
            raise TaskFailed(
                f"there is no variable `{missing}` to take away{did_you_mean(near)}",
                hint="set `ignoreMissing` where it need not be there",
                code="unknown-variable",
                closest=near,
            )
        return self.Output(variables=there)


def _is_there(variables: Mapping[str, Any], name: str) -> bool:
    found: Any = variables
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return False
        found = cast("Mapping[str, Any]", found)[part]
    return True


def _as_map(value: Any) -> Any:
    """Read labels: a map, a list of `key` and `value`, or the JSON text of one of them."""
    value = from_json_text(value)
    if not isinstance(value, list):
        return value
    labels: dict[str, Any] = {}
    for entry in cast("list[Any]", value):
        if not isinstance(entry, Mapping) or {"key", "value"} != set(cast("Mapping[str, Any]", entry)):
            raise ValueError("each label of a list has a `key` and a `value`")
        labels[str(entry["key"])] = entry["value"]
    return labels


class Labels(TaskType):
    """Put labels on the run, over those that it has."""

    labels: Annotated[dict[str, Text], BeforeValidator(_as_map)] = Field(
        description="The labels: a map, or a list of `key` and `value`."
    )

    class Output(TaskOutput):
        labels: dict[str, str] = Field(description="The labels that were put on the run.")

    def run(self, context: TaskContext) -> Output:
        """Put the labels on the run."""
        context.check_cancelled()
        own = next((name for name in self.labels if name.startswith(_SYSTEM)), None)
        if own is not None:
            message = f"the label `{own}` cannot be set: names that begin with `{_SYSTEM}` are not for flows"
            raise TaskFailed(message, code="bad-label")
        context.put_labels(self.labels)
        return self.Output(labels=self.labels)


def _state(value: Any) -> Any:
    if isinstance(value, str) and value.strip().upper() in ("CANCELED", "CANCELLED"):
        raise ValueError("Kestra's state CANCELED is not supported here: KILLED is the nearest")
    return value.strip().upper() if isinstance(value, str) else value


class Exit(TaskType):
    """End the run here, in a state of your choice: nothing that has not begun will, handlers neither.

    What runs beside it runs to its end, unless the state is KILLED. A replay does not keep this task: where it is reached it is
    executed again, and ends that run too; `--pin` it to go on behind it.
    """

    ends_run: ClassVar[bool] = True

    state: Annotated[Literal["SUCCESS", "WARNING", "FAILED", "KILLED"], BeforeValidator(_state)] = Field(
        default="SUCCESS", description="The state in which the run ends, and the groups around this task."
    )

    def run(self, context: TaskContext) -> None:
        """Ask for the end of the run."""
        context.check_cancelled()
        context.end_run(self.state)
