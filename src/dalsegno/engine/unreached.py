"""Starts that a group leaves unreached once it has decided (rule 15)."""

from __future__ import annotations

from collections.abc import Sequence

from dalsegno.errors import TaskFailed, closest, did_you_mean
from dalsegno.model.flow import Task
from dalsegno.replay.edges import Scope
from dalsegno.replay.resolve import Resolved
from dalsegno.replay.select import Target


def refuse_other_branch(asked: Resolved, choice: Task, scope: Scope, branch: str) -> None:
    """Refuse to take a branch where a start stands in another one."""
    if not _may_miss(asked):
        return
    taken = choice.branches.get(branch, ())
    left = {task.id for child in choice.tasks if child.id not in taken for task in child.walk()}
    for target in _named(asked, left, scope):
        raise _unreached(target, f"`{scope.prefix}{choice.id}` now takes `{branch}`")


def refuse_other_items(asked: Resolved, loop: Task, scope: Scope, keys: Sequence[str]) -> None:
    """Refuse items among which that of a start is not."""
    level = len(scope.keys)
    inside = {task.id for task in loop.walk()} if _may_miss(asked) else set[str]()
    for target in _named(asked, inside, scope):
        if len(target.keys) > level:
            key = target.keys[level]
            if not keys or (key is not None and key not in keys):
                near = closest(key or "", keys)
                listed = did_you_mean(near) or f"; it has {', '.join(f'`{name}`' for name in keys[:8]) or 'none'}"
                item = "no item for it" if key is None else f"no item `{key}`"
                raise _unreached(target, f"`{scope.prefix}{loop.id}` has {item} now{'' if key is None else listed}")


def refuse_skipped(asked: Resolved, group: Task, scope: Scope) -> None:
    """Refuse to skip a group in which a start stands."""
    inside = {task.id for task in group.walk()} - {group.id} if _may_miss(asked) else set[str]()
    for target in _named(asked, inside, scope):
        raise _unreached(target, f"`{scope.prefix}{group.id}` is skipped now by its `runIf`")


def _may_miss(asked: Resolved) -> bool:
    return bool(asked.start or asked.only)


def _named(asked: Resolved, tasks: set[str], scope: Scope) -> list[Target]:
    """Give the starts among some tasks that can be reached nowhere but in this scope."""
    level = len(scope.keys)
    found = (target for target in (*asked.start.targets, *asked.only.targets) if target.task in tasks)
    return [target for target in found if target.keys[:level] == scope.keys]


def _unreached(target: Target, why: str) -> TaskFailed:
    hint = "start at the group itself, or without a start"
    return TaskFailed(f"start `{target.text}` was not reached: {why}", code="start-not-reached", hint=hint)
