"""The groups: tasks that hold other tasks. The engine runs what they hold; here are their own properties.

What stands below `tasks` is compiled to tasks of their own and never reaches these models.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from dalsegno.model.flow import Kind
from dalsegno.tasks.base import TaskType


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

    values: Annotated[list[Any], BeforeValidator(_items)] = Field(
        description="The items: a list, the JSON text of one, or an expression that gives either."
    )
    concurrency_limit: int = Field(
        default=1, ge=0, alias="concurrencyLimit", description="How many items may run at once; 0 is no limit."
    )
