"""With `changed`: what is decided at its turn, and what has moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.engine.used import used_values
from dalsegno.engine.variables import Facts, variables
from dalsegno.model.flow import Effects, Task
from dalsegno.model.plan import Decision
from dalsegno.model.run import TaskRun
from dalsegno.replay.edges import Scope
from dalsegno.store.port import TaskRunReads

JsonMap = Mapping[str, Any]


def why_it_runs(task: Task, scope: Scope, origin: TaskRun | None, facts: Facts, *, moved: bool) -> str | None:
    """Give why a task runs that is decided at its turn; `None` where its result is kept."""
    if origin is None or not origin.has_result:
        return "has no result in the origin"
    if moved:
        return "stands directly after something that moved"
    used = dict(used_values(task, scope, variables(facts, scope, task), facts.nodes))
    different = [path for path in {**origin.used, **used} if origin.used.get(path) != used.get(path)]
    return f"`{different[0]}` differs" if different else None


def has_moved(task: Task, decision: Decision, digest: str | None, reads: TaskRunReads, *, outputs: bool) -> bool:
    """Whether a task that ran leaves something else behind than it did in the origin."""
    if task.effects is Effects.EXTERNAL:
        return True
    origin = reads.get(decision.origin_task_run) if decision.origin_task_run else None
    if origin is None or not origin.has_result or origin.output_digest != digest:
        return True
    return not outputs and not task.inert
