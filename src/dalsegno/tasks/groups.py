"""The groups: tasks that hold other tasks. The engine runs what they hold; here are their own properties.

What stands below `tasks`, `then`, `cases` and the like is compiled to tasks of their own and never reaches these models.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dalsegno.model.flow import Kind
from dalsegno.tasks.base import TaskOutput, TaskType, Text, from_json_text
from dalsegno.tasks.durations import Duration


def _items(value: Any) -> Any:
    """Read the items of a loop: a list, or the JSON text of one."""
    if isinstance(value, str):
        value = _from_text(value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, dict):
        raise ValueError("the items must be a list, and this is a map; loop over its keys or its values")  # noqa: TRY004
    return value


def _from_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        start = text if len(text) <= 60 else text[:60] + "..."
        message = (
            f'the items must be a list, or the JSON text of one such as `["a", "b"]`, and this is the text `{start}`'
        )
        raise ValueError(message) from None


#: true or false, or the text of one, as an expression may give it
Flag = Annotated[bool, BeforeValidator(from_json_text)]
Frequency = Annotated["CheckFrequency", BeforeValidator(from_json_text)]
Items = Annotated[list[Any], BeforeValidator(_items)]


class Sequential(TaskType):
    """Run the tasks inside one after the other."""

    kind: ClassVar[Kind] = Kind.SEQUENCE


class Parallel(TaskType):
    """Run the tasks inside side by side."""

    kind: ClassVar[Kind] = Kind.PARALLEL

    concurrent: int = Field(default=0, ge=0, description="How many may run at once; 0 is no limit.")


class ForEach(TaskType):
    """Run the tasks inside once for every item of a list. They read the item as `taskrun.value`."""

    kind: ClassVar[Kind] = Kind.LOOP

    values: Items = Field(description="The items: a list, the JSON text of one, or an expression that gives either.")
    concurrency_limit: int = Field(
        default=1, ge=0, alias="concurrencyLimit", description="How many items may run at once; 0 is no limit."
    )


class EachSequential(TaskType):
    """Run the tasks inside once for every item of a list, one item after the other: the older form of ForEach."""

    kind: ClassVar[Kind] = Kind.LOOP
    at_once: ClassVar[int] = 1

    value: Items = Field(description="The items: a list, the JSON text of one, or an expression that gives either.")


class EachParallel(TaskType):
    """Run the tasks inside for every item of a list, all of them side by side: an older form of ForEach.

    The tasks of one item do not wait for each other either; a Sequential inside has them follow each other.
    """

    kind: ClassVar[Kind] = Kind.LOOP
    abreast: ClassVar[bool] = True

    value: Items = Field(description="The items: a list, the JSON text of one, or an expression that gives either.")
    concurrent: int = Field(default=0, ge=0, description="How many items may run at once; 0 is no limit.")


class CheckFrequency(BaseModel):
    """How often a loop that repeats does so."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    max_iterations: int = Field(default=100, ge=1, alias="maxIterations", description="How often at the most.")
    max_duration: Duration = Field(
        default=timedelta(hours=1), alias="maxDuration", description="How long at the most, from its beginning on."
    )
    interval: Duration = Field(default=timedelta(seconds=1), description="The wait between two turns.")


class LoopUntil(TaskType):
    """Run the tasks inside one after the other, again and again until a condition holds.

    The condition is rendered when they have run. It reads the outputs of the last turn, and so does what stands after the loop.
    """

    kind: ClassVar[Kind] = Kind.LOOP
    at_once: ClassVar[int] = 1
    repeats: ClassVar[bool] = True
    whole: ClassVar[bool] = True
    rendered_inside: ClassVar[frozenset[str]] = frozenset({"condition"})

    condition: Any = Field(description="When to stop; mostly an expression. Empty, `false` and `0` do not hold.")
    fail_on_max_reached: Flag = Field(
        default=False,
        alias="failOnMaxReached",
        description="Whether the loop fails where it has repeated as often or as long as it may.",
    )
    check_frequency: Frequency = Field(
        default=CheckFrequency(),
        alias="checkFrequency",
        description="How often, how long, and with which wait between.",
    )

    class Output(TaskOutput):
        iteration_count: int = Field(alias="iterationCount")


class If(TaskType):
    """Run the tasks in `then` where a condition holds, else those in `else`."""

    kind: ClassVar[Kind] = Kind.CHOICE
    branches: ClassVar[tuple[str, ...]] = ("then", "else")
    needed_branches: ClassVar[tuple[str, ...]] = ("then",)

    condition: Any = Field(description="Mostly an expression. Empty, `false` and `0` do not hold, all other values do.")

    class Output(TaskOutput):
        evaluation_result: bool = Field(alias="evaluationResult", description="Whether the condition holds.")


class Switch(TaskType):
    """Run the tasks of the case in `cases` that a value names, else those in `defaults`. Without either it fails."""

    kind: ClassVar[Kind] = Kind.CHOICE
    branches: ClassVar[tuple[str, ...]] = ("defaults",)
    branch_map: ClassVar[str] = "cases"

    value: Text = Field(description="The name of the case; mostly an expression.")

    class Output(TaskOutput):
        value: str = Field(description="The value as it was rendered.")
        defaults: bool = Field(description="Whether it has no case, so that `defaults` are taken.")


class Dag(TaskType):
    """Run the tasks inside as soon as those have ended that each names in `dependsOn`."""

    kind: ClassVar[Kind] = Kind.DAG

    concurrent: int = Field(default=0, ge=0, description="How many may run at once; 0 is no limit.")


class AllowFailure(TaskType):
    """Run the tasks inside one after the other; where one fails, end with a warning and let the flow go on."""

    kind: ClassVar[Kind] = Kind.SEQUENCE
    tolerates: ClassVar[bool] = True
