"""One sentence about how two runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dalsegno.replay.compare import TaskComparison

#: tasks that the sentence names; beyond that it counts
_MOST_NAMED = 3


def told_difference(before: str, after: str, tasks: Sequence[TaskComparison]) -> str:
    """Say how the later run differs from the earlier one.

    Parameters
    ----------
    tasks : what both did, without groups.
    """
    different = [task for task in tasks if not task.same_result]
    same = len(tasks) - len(different)
    if not different:
        results = f"all {_count(same)} have the same results" if same else "neither has task runs"
        results = "its one task has the same result" if same == 1 else results
        return f"{after} does not differ from {before}: {results}"
    named = [_told(task, before, after) for task in different[:_MOST_NAMED]]
    if len(different) > _MOST_NAMED:
        named.append(f"and {len(different) - _MOST_NAMED:,} more")
    rest = "" if not same else f"; {same:,} {'is the same result' if same == 1 else 'are the same results'}"
    return f"{after} differs from {before} in {len(different):,} of {_count(len(tasks))}: {', '.join(named)}{rest}"


def _told(task: TaskComparison, before: str, after: str) -> str:
    if task.before is None or task.after is None:
        return f"`{task.address}` is only in {after if task.before is None else before}"
    states = (task.before.state, task.after.state)
    otherwise = "another error" if task.before.output_digest == task.after.output_digest else "other outputs"
    what = f"{states[0]} -> {states[1]}" if states[0] != states[1] else otherwise
    why = _why(task)
    return f"`{task.address}` {what}{f' ({why})' if why else ''}"


def _why(task: TaskComparison) -> str:
    """Say what it was given that differs: its type, its other properties, or what it read."""
    if task.pinned:
        return "pinned"
    if task.before is not None and task.after is not None and task.before.type != task.after.type:
        return f"type {_last(task.before.type)} -> {_last(task.after.type)}"
    if task.properties:
        return f"{', '.join(task.properties[:2])}{' and more' if len(task.properties) > 2 else ''} changed"
    if task.read:
        return f"read another `{task.read[0]}`"
    return ""


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _count(number: int) -> str:
    return f"{number:,} task{'' if number == 1 else 's'}"
