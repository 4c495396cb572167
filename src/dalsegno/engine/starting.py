"""What an attempt begins with: how long it may take, and how it calls other flows."""

from __future__ import annotations

from dalsegno.engine.children import Children
from dalsegno.engine.context import Calling
from dalsegno.engine.stopping import Stop, Timeout
from dalsegno.engine.variables import expression_scope, variables
from dalsegno.engine.worker import Tools
from dalsegno.errors import DalSegnoError, TaskFailed
from dalsegno.expressions import parse
from dalsegno.model.durations import parse_duration
from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Decision
from dalsegno.replay.edges import Scope


def timeout_of(task: Task, at: Scope, tools: Tools, around: Stop | None) -> tuple[Timeout | None, DalSegnoError | None]:
    """Give the limit of one attempt, or what is wrong with it.

    Parameters
    ----------
    around : the wish that a group around it ends, if one has such a limit.
    """
    try:
        seconds = seconds_of(task, at, tools)
    except DalSegnoError as error:
        return None, error
    return (None if seconds is None else Timeout(around or tools.stop, seconds)), None


def seconds_of(task: Task, at: Scope, tools: Tools) -> float | None:
    """Give how long one attempt of a task, or a group, may take; `None` where it has no limit.

    Raises
    ------
    DalSegnoError : its `timeout` cannot be rendered, or is no duration.
    """
    if task.timeout is None:
        return None
    try:
        scope = expression_scope(tools.facts, variables(tools.facts, at, task))
        return parse_duration(str(parse(task.timeout).evaluate(scope))).total_seconds()
    except ValueError as error:
        raise TaskFailed(f"`timeout` of `{task.id}`: {error}", code="bad-property") from error


def calling_of(task: Task, decision: Decision, task_run: str, children: Children) -> Calling | None:
    """Give what a task that calls other flows does so with."""
    if task.kind is not Kind.SUBFLOW:
        return None
    return Calling(children, task_run, decision.child, decision.origin_task_run)
