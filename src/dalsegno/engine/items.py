"""The items of a loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.engine.variables import Facts, expression_scope, render_properties, variables
from dalsegno.errors import TaskFailed
from dalsegno.model.flow import Task
from dalsegno.replay.edges import Scope
from dalsegno.tasks.base import from_json_text


def render_items(task: Task, scope: Scope, overrides: Mapping[str, Any], facts: Facts) -> Any:
    """Render the `values` of a loop."""
    found = variables(facts, scope, task)
    return render_properties(task, overrides, expression_scope(facts, found)).get("values")


def loop_values(task: Task, scope: Scope, overrides: Mapping[str, Any], facts: Facts) -> list[Any]:
    """Give the items of a loop.

    Raises
    ------
    TaskFailed : its `values` give no list, or cannot be rendered.
    """
    rendered = render_items(task, scope, overrides, facts)
    values = as_list(rendered)
    if values is None:
        hint = "give a list, or an expression that gives one (a JSON text will do)"
        message = f"`values` of `{task.id}` must be a list; it gives {type(rendered).__name__}"
        raise TaskFailed(message, hint=hint, code="bad-items")
    return values


def as_list(value: Any) -> list[Any] | None:
    """Give the items that a rendered `values` stands for; `None` if it is no list."""
    value = from_json_text(value)
    return list(value) if isinstance(value, list | tuple) else None
