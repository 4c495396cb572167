"""What an attempt begins with: how long it may take, and how it calls other flows."""

from __future__ import annotations

from dalsegno.engine.children import Children
from dalsegno.engine.context import Calling, Timeout
from dalsegno.engine.variables import expression_scope, variables
from dalsegno.engine.worker import Tools
from dalsegno.errors import DalSegnoError, TaskFailed
from dalsegno.expressions import parse
from dalsegno.model.durations import parse_duration
from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Decision
from dalsegno.replay.edges import Scope


def timeout_of(task: Task, at: Scope, tools: Tools) -> tuple[Timeout | None, DalSegnoError | None]:
    """Give the limit of one attempt, or what is wrong with it."""
    if task.timeout is None:
        return None, None
    try:
        scope = expression_scope(tools.facts, variables(tools.facts, at, task))
        text = str(parse(task.timeout).evaluate(scope))
        return Timeout(tools.stop, parse_duration(text).total_seconds()), None
    except DalSegnoError as error:
        return None, error
    except ValueError as error:
        return None, TaskFailed(f"`timeout` of `{task.id}`: {error}", code="bad-property")


def calling_of(task: Task, decision: Decision, task_run: str, children: Children) -> Calling | None:
    """Give what a task that calls other flows does so with."""
    if task.kind is not Kind.SUBFLOW:
        return None
    return Calling(children, task_run, decision.child, decision.origin_task_run)
