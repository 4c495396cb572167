"""Which task types there are, by entry-point metadata. Nothing is imported before a flow uses it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from dalsegno.errors import NotFound, closest, did_you_mean
from dalsegno.tasks.base import TaskType
from dalsegno.tasks.spellings import canonical

__all__ = ["GROUP", "canonical", "is_part", "load", "names"]

GROUP = "dalsegno.tasks"
#: core types of Kestra that are left out on purpose, each with what to do instead
NOT_SUPPORTED = {
    "core.templating.TemplatedTask": (
        "a plan must know the type of a task before it runs; write the task itself, with expressions in its properties, or "
        "choose between several with core.flow.Switch"
    ),
    "core.flow.Template": "write its tasks here, or in a flow of their own that core.flow.Subflow calls",
    "core.flow.Loop": "use core.flow.ForEach for the items of a list, core.flow.ForEachItem for the batches of a file",
    "core.flow.Approval": "use core.flow.Pause, whose `onResume` says what is asked",
    "core.flow.Wait": "use core.flow.Sleep to wait for a time, core.flow.LoopUntil to wait until something holds",
    "core.flow.PurgeFlows": "remove it: every revision of a flow is kept, for replays of its runs",
    "core.execution.PurgeExecutions": "remove it: `dalsegno purge` deletes old runs",
    "core.trigger.Toggle": "set `disabled` of the trigger in its flow",
    "core.storage.LocalFiles": "use `inputFiles` and `outputFiles` of a script or of core.flow.WorkingDirectory",
}


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def names() -> list[str]:
    """Give the canonical names of all types that a flow can name, sorted."""
    return sorted(name for name in _entries() if not is_part(name))


def is_part(type_name: str) -> bool:
    """Whether a type is no more than part of another one, so that no flow can name it."""
    return "$" in type_name


@cache
def load(type_name: str) -> type[TaskType]:
    """Import a task type.

    Raises
    ------
    NotFound : there is no such type (code `unknown-type`, with the closest names).
    ExtraMissing : it needs an optional dependency; the message names the extra.
    """
    name = canonical(type_name)
    entry = _entries().get(name)
    if name in NOT_SUPPORTED:
        message = f"Kestra's {name.rpartition('.')[2]} is not supported here: {NOT_SUPPORTED[name]}"
        raise NotFound(message, code="not-supported")
    if entry is None:
        near = closest(name, names()) or _same_last_part(name)
        message = f"there is no task type `{type_name}`{did_you_mean(near)}"
        raise NotFound(message, code="unknown-type", closest=near)
    return cast("type[TaskType]", entry.load())


def _same_last_part(name: str) -> tuple[str, ...]:
    last = name.rpartition(".")[2].lower()
    return tuple(known for known in names() if known.rpartition(".")[2].lower() == last)[:3]
