"""What a group is made of in one run: the items of a loop, the branch of a choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dalsegno.engine.bindings import Bound
from dalsegno.engine.variables import Facts, expression_scope, render_properties, variables
from dalsegno.errors import TaskFailed
from dalsegno.model.flow import Kind, Task
from dalsegno.replay.edges import Scope
from dalsegno.tasks.base import from_json_text, to_text

JsonMap = Mapping[str, Any]

#: the type of a step in Python that is run for each item of a list
MAP = "python.Map"


def parts_of(task: Task, scope: Scope, overrides: JsonMap, facts: Facts) -> list[Any]:
    """Give the items of a loop, or the one branch of a choice.

    Raises
    ------
    TaskFailed : the properties cannot be rendered, or give no list where one belongs.
    """
    if task.type == MAP:
        return Bound(task, scope, facts).parts(overrides, facts.key_function)
    if task.kind is Kind.CHOICE:
        return [choice_of(task, scope, overrides, facts).branch]
    rendered = render_properties(task, overrides, expression_scope(facts, variables(facts, scope, task)))
    name = "values" if "values" in rendered else "value"
    values = from_json_text(rendered.get(name))
    if not isinstance(values, list | tuple):
        hint = "give a list, or an expression that gives one (a JSON text will do)"
        message = f"`{name}` of `{task.id}` must be a list; it gives {type(values).__name__}"
        raise TaskFailed(message, hint=hint, code="bad-items")
    empty = sum(1 for value in values if value is None)
    if empty:
        message = f"`{name}` of `{task.id}` has {empty} null among its {len(values)} items"
        raise TaskFailed(message, hint="an item must be a value; leave the null ones out", code="bad-items")
    return list(values)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a choice comes to: the branch that it takes, and what can be read of it, as in Kestra."""

    branch: str
    outputs: JsonMap


def choice_of(task: Task, scope: Scope, overrides: JsonMap, facts: Facts) -> Choice:
    """Give the branch that a choice takes.

    Raises
    ------
    TaskFailed : the properties cannot be rendered, or the value has no case and there are no defaults.
    """
    rendered = render_properties(task, overrides, expression_scope(facts, variables(facts, scope, task)))
    if "condition" in rendered:
        held = holds(rendered["condition"])
        return Choice("then" if held else "else", {"evaluationResult": held})
    value = str(to_text(rendered.get("value")) or "")
    named = value in task.branches and value != "defaults"
    if not named and not task.branches.get("defaults"):
        cases = ", ".join(f"`{name}`" for name in task.branches if name != "defaults") or "none"
        message = f"`{task.id}` has no case for `{value}`, and no `defaults`; its cases are {cases}"
        raise TaskFailed(message, hint="add the case, or tasks under `defaults`", code="no-case")
    return Choice(value if named else "defaults", {"value": value, "defaults": not named})


def holds(value: Any) -> bool:
    """Whether a rendered condition holds: not where it is empty, null, false or zero, or the text of one of these."""
    if isinstance(value, str):
        return value.strip().lower() not in ("", "false", "0", "-0", "null")
    return bool(value)
