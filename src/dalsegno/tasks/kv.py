"""The task types that keep values by key in a namespace, for other tasks, runs and flows."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, field_validator

from dalsegno.model.kv import ValueType
from dalsegno.tasks.base import TaskContext, TaskOutput, TaskType, Text
from dalsegno.tasks.durations import Duration

_NAMESPACE = "Where it is kept. Default: the namespace of the flow."


class Set(TaskType):
    """Keep a value under a key of a namespace, for other tasks, runs and flows; it can be read with `core.kv.Get` and `kv()`.

    It is written at once. Setting a key again gives what is there already, so a replay need not be asked about it; mark the
    task with `effects: external` where the value must not be set anew unasked.
    """

    code: ClassVar[frozenset[str]] = frozenset({"namespace", "key", "value"})

    key: Text = Field(description="The key: letters, digits, `.`, `_` and `-`.")
    value: Any = Field(description="The value. It is kept with its type: text, number, true or false, map, list.")
    namespace: Text | None = Field(default=None, description=_NAMESPACE)
    overwrite: bool = Field(
        default=True,
        description="Replace the value that the key has. If not, the task fails where something else has set one.",
    )
    ttl: Duration | None = Field(
        default=None, description="How long it stays, in ISO 8601: `PT1H`, `P30D`. Without it, until it is deleted."
    )
    kv_type: ValueType | None = Field(
        default=None,
        alias="kvType",
        description="The type that a text is read as. Without it, the type that the value has.",
    )
    kv_description: Text | None = Field(default=None, alias="kvDescription", description="What the value is for.")

    @field_validator("kv_type", mode="before")
    @classmethod
    def _in_capitals(cls, value: Any) -> Any:
        return value.strip().upper() if isinstance(value, str) else value

    def run(self, context: TaskContext) -> None:
        """Keep the value."""
        context.check_cancelled()
        context.entries.set(
            self.key,
            self.value,
            namespace=self.namespace,
            type=self.kv_type,
            ttl=self.ttl,
            description=self.kv_description,
            overwrite=self.overwrite,
        )


class Get(TaskType):
    """Read the value of a key."""

    key: Text = Field(description="The key.")
    namespace: Text | None = Field(
        default=None,
        description="Where it is kept. Default: the namespace of the flow, or else the nearest one above that has the key.",
    )
    error_on_missing: bool = Field(
        default=False, alias="errorOnMissing", description="Fail where the key has no value; else `value` is empty."
    )

    class Output(TaskOutput):
        value: Any = Field(default=None, description="The value, of the type with which it was set.")

    def run(self, context: TaskContext) -> Output:
        """Read the value."""
        context.check_cancelled()
        found = context.entries.find(self.key, self.namespace)
        if found is None and self.error_on_missing:
            raise context.entries.missing(self.key, self.namespace)
        return self.Output(value=None if found is None else found.value)


class GetKeys(TaskType):
    """List the keys of a namespace."""

    prefix: Text = Field(default="", description="Only keys that begin with this.")
    namespace: Text | None = Field(default=None, description=_NAMESPACE)

    class Output(TaskOutput):
        keys: list[str] = Field(description="The keys, in order.")

    def run(self, context: TaskContext) -> Output:
        """List the keys."""
        context.check_cancelled()
        return self.Output(keys=context.entries.keys(self.namespace, self.prefix))


class Delete(TaskType):
    """Remove a key of a namespace with its value."""

    code: ClassVar[frozenset[str]] = frozenset({"namespace", "key"})

    key: Text = Field(description="The key.")
    namespace: Text | None = Field(default=None, description=_NAMESPACE)
    error_on_missing: bool = Field(
        default=False, alias="errorOnMissing", description="Fail where the key has no value."
    )

    class Output(TaskOutput):
        deleted: bool = Field(description="Whether the key had a value.")

    def run(self, context: TaskContext) -> Output:
        """Remove the key."""
        context.check_cancelled()
        deleted = context.entries.delete(self.key, self.namespace)
        if not deleted and self.error_on_missing:
            raise context.entries.missing(self.key, self.namespace)
        return self.Output(deleted=deleted)
