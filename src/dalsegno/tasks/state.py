"""The task types that keep a state: a small map that a flow finds again in its next run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic import Field

from dalsegno.errors import TaskFailed
from dalsegno.model.digest import digest
from dalsegno.model.kv import Entry
from dalsegno.tasks.base import JsonMap, TaskContext, TaskOutput, TaskType, Text
from dalsegno.tasks.kv_values import check_name, is_name


class _State(TaskType):
    """A state and where it is kept: as an entry of the flow's namespace."""

    name: Text = Field(default="default", description="The name of the state.")
    namespace: bool = Field(
        default=False, description="Share the state with all flows of the namespace. Else it is this flow's own."
    )
    taskrun_value: bool = Field(
        default=True,
        alias="taskrunValue",
        description="Inside of a loop, keep a state for each item of its own.",
    )

    def _key(self, context: TaskContext) -> str:
        """Give the key of the entry that holds the state."""
        try:
            check_name("name of a state", self.name)
        except ValueError as error:
            raise TaskFailed(str(error), code="bad-entry") from error
        parts = [] if self.namespace else [context.flow_id]
        parts += ["states", "tasks-states", self.name]
        if self.taskrun_value and context.item is not None:
            parts.append(context.item if is_name(context.item) else digest("value", context.item)[:12])
        return "_".join(parts)


class Set(_State):
    """Add to a state that the next run finds again: what is new is added, what is there is replaced, the rest stays.

    Runs that do so at once lose nothing of each other's. Setting the same again changes nothing.
    """

    data: JsonMap = Field(default_factory=dict, description="What to keep, by name.")

    class Output(TaskOutput):
        count: int = Field(description="How many names the state holds now.")
        key: str = Field(description="The key under which it is kept; see `dalsegno kv`.")

    def run(self, context: TaskContext) -> Output:
        """Add to the state."""
        context.check_cancelled()
        key = self._key(context)
        entry = context.entries.change(key, lambda found: {**_data(found), **self.data})
        return self.Output(count=len(entry.value), key=key)


class Get(_State):
    """Read a state."""

    error_on_missing: bool = Field(
        default=False, alias="errorOnMissing", description="Fail where there is no such state; else `data` is empty."
    )

    class Output(TaskOutput):
        count: int = Field(description="How many names the state holds.")
        data: dict[str, Any] = Field(description="What it holds, by name.")

    def run(self, context: TaskContext) -> Output:
        """Read the state."""
        context.check_cancelled()
        key = self._key(context)
        found = context.entries.find(key, context.namespace)
        if found is None and self.error_on_missing:
            raise _missing(self.name, key)
        data = _data(found)
        return self.Output(count=len(data), data=data)


class Delete(_State):
    """Remove a state."""

    error_on_missing: bool = Field(
        default=False, alias="errorOnMissing", description="Fail where there is no such state."
    )

    class Output(TaskOutput):
        deleted: bool = Field(description="Whether there was one.")

    def run(self, context: TaskContext) -> Output:
        """Remove the state."""
        context.check_cancelled()
        key = self._key(context)
        deleted = context.entries.delete(key)
        if not deleted and self.error_on_missing:
            raise _missing(self.name, key)
        return self.Output(deleted=deleted)


def _data(found: Entry | None) -> dict[str, Any]:
    """Give what a state holds."""
    if found is None:
        return {}
    if not isinstance(found.value, Mapping):
        message = f"the key `{found.key}` holds no state: it was set otherwise; remove it with `dalsegno kv delete`"
        raise TaskFailed(message, code="bad-entry")
    return dict(cast("Mapping[str, Any]", found.value))


def _missing(name: str, key: str) -> TaskFailed:
    hint = "the first run of a flow has no state yet: leave `errorOnMissing` out, or set the state first"
    return TaskFailed(f"there is no state `{name}` (key `{key}`)", hint=hint, code="unknown-state")
