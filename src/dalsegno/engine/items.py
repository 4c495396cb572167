"""What a group is made of in one run: the items of a loop, the branch of a choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.engine.variables import Facts, expression_scope, render_properties, variables
from dalsegno.errors import TaskFailed
from dalsegno.model.flow import Kind, Task
from dalsegno.replay.edges import Scope
from dalsegno.tasks.base import from_json_text, to_text

JsonMap = Mapping[str, Any]


def parts_of(task: Task, scope: Scope, overrides: JsonMap, facts: Facts) -> list[Any]:
    """Give the items of a loop, or the one branch of a choice.

    Raises
    ------
    TaskFailed : the properties cannot be rendered, or give no list where one belongs.
    """
    rendered = render_properties(task, overrides, expression_scope(facts, variables(facts, scope, task)))
    if task.kind is Kind.CHOICE:
        return [_branch(task, rendered)]
    name = "values" if "values" in rendered else "value"
    values = from_json_text(rendered.get(name))
    if not isinstance(values, list | tuple):
        hint = "give a list, or an expression that gives one (a JSON text will do)"
        message = f"`{name}` of `{task.id}` must be a list; it gives {type(values).__name__}"
        raise TaskFailed(message, hint=hint, code="bad-items")
    return list(values)


def _branch(task: Task, rendered: JsonMap) -> str:
    if "condition" in rendered:
        return "then" if holds(rendered["condition"]) else "else"
    value = to_text(rendered.get("value"))
    return value if value in task.branches else "defaults"


def holds(value: Any) -> bool:
    """Whether a rendered condition holds: not where it is empty, null, false or zero, or the text of one of these."""
    if isinstance(value, str):
        return value.strip().lower() not in ("", "false", "0", "-0", "null")
    return bool(value)
