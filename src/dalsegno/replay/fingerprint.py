"""What a task's definition is, in digests: with the overrides of a request applied, and as compared between runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from dalsegno.model.binding import is_bound, property_digest
from dalsegno.model.digest import digest
from dalsegno.model.flow import Task
from dalsegno.model.forms import digest_of
from dalsegno.model.plan import Decision
from dalsegno.replay.request import Expression

#: how a variable stands among the digests of properties
VARIABLE = "vars."


def effective_digests(task: Task, overrides: Mapping[str, Any]) -> Mapping[str, str]:
    """Give the digests of a task's definition by property, with overrides in place and the variables that it reads."""
    if not overrides and not task.variables:
        return task.digests
    variables = {VARIABLE + path: value for path, value in task.variables.items()}
    overridden = {name: _digest_of(value) for name, value in overrides.items()}
    return {**task.digests, **variables, **overridden}


def _digest_of(value: Any) -> str:
    if isinstance(value, Expression):
        return digest("property", value.text)
    return property_digest(value) if is_bound(value) else digest("property", value)


def definition_of(task: Task, overrides: Mapping[str, Any]) -> str:
    """Give one digest over a task's definition."""
    if not overrides and not task.variables and task.definition:
        return task.definition
    return digest("definition", dict(effective_digests(task, overrides)))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Name the properties that differ, `type` first, as a person reads them."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return tuple(_shown(name) for name in sorted(names, key=lambda name: (name != "type", name)))


def _shown(name: str) -> str:
    return f"variable `{name.removeprefix(VARIABLE)}`" if name.startswith(VARIABLE) else f"`{name}`"


def output_digest(outputs: Mapping[str, Any]) -> str:
    """Give the digest of a task's result: over all its outputs by name."""
    return digest("outputs", dict(outputs))


def result_digest(task: Task, outputs: Mapping[str, Any]) -> str:
    """Give the digest of the result of a task: of a step in Python over the content of its values, however they are kept."""
    return output_digest({name: digest_of(form) for name, form in outputs.items()} if task.function else outputs)


def plan_digest(content: str, request: Mapping[str, Any], decisions: Iterable[Decision]) -> str:
    """Give the digest of a plan: over the revision's content, the request, the matched results and the actions.

    Reason and labels of the request, times, reasons and warnings do not count: they change nothing that is done.
    """
    asked = {name: value for name, value in request.items() if name not in {"reason", "labels", "revision"}}
    rows = [
        f"{decision.address}\0{decision.action.value}\0{decision.origin_task_run}"
        + ("" if decision.keys is None else f"\0{json.dumps(decision.keys)}")
        for decision in decisions
    ]
    return digest("plan", {"content": content, "request": asked, "decisions": "\n".join(rows)})
