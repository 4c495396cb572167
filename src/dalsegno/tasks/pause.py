"""A task that waits for a person, or for a time. The engine does the waiting; here is what a flow says about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from dalsegno.model.flow import Input, Kind
from dalsegno.model.inputs import input_of
from dalsegno.tasks.base import JsonMap, TaskOutput, TaskType
from dalsegno.tasks.durations import Duration


class Resumed(BaseModel):
    """How a pause ended: who resumed it, when (ISO 8601), and the state that the task got."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: str | None = None
    on: str | None = None
    to: str | None = None


class Pause(TaskType):
    """Hold the run until a person resumes it, or until a time has passed. Meanwhile nothing of it is running."""

    kind: ClassVar[Kind] = Kind.PAUSE
    input_properties: ClassVar[frozenset[str]] = frozenset({"onResume"})

    delay: Duration | None = Field(
        default=None,
        validation_alias=AliasChoices("delay", "pauseDuration"),
        description="How long to wait before going on by itself, in ISO 8601; none is until somebody resumes it.",
    )
    behavior: Literal["RESUME", "WARN", "CANCEL", "FAIL"] = Field(
        default="RESUME",
        description="What happens when `delay` has passed: go on, go on with a warning, end the run, or fail.",
    )
    timeout: Duration | None = Field(
        default=None, description="How long to wait for somebody before the task fails, in ISO 8601."
    )
    on_resume: list[JsonMap] = Field(
        default=[], alias="onResume", description="What to ask the person who resumes it: inputs, as a flow has them."
    )

    class Output(TaskOutput):
        model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

        on_resume: dict[str, Any] = Field(default={}, alias="onResume", description="The answers, by input.")
        resumed: Resumed | None = Field(default=None, description="Who resumed it, when, and to which state.")

    def inputs(self) -> tuple[Input, ...]:
        """Give what is asked, with its defaults rendered."""
        return inputs_of(self.on_resume)


def inputs_of(written: Sequence[Mapping[str, Any]]) -> tuple[Input, ...]:
    """Give the inputs that `onResume` declares, in the form that a flow has been checked for."""
    return tuple(input_of(entry) for entry in written)
