"""Checks of given values that only the task types can make: property names, and types of overrides and pins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from dalsegno.engine.values import as_stored
from dalsegno.errors import ExpressionFailed, PlanRefusal, TaskFailed, closest, did_you_mean
from dalsegno.expressions import parse
from dalsegno.model.flow import Task
from dalsegno.replay.request import Expression
from dalsegno.replay.resolve import Resolved, keeps_origin
from dalsegno.replay.select import Nodes
from dalsegno.tasks.base import Part
from dalsegno.tasks.registry import load


def check_values(resolved: Resolved, nodes: Nodes) -> list[PlanRefusal]:
    """Check the overrides and pins of a request against the types of the tasks that they are for."""
    refusals: list[PlanRefusal] = []
    for target, values in resolved.task_inputs.given:
        refusals += _check_overrides(target.text, nodes[target.task].task, values)
    for target, outputs in resolved.pins.given:
        if not keeps_origin(outputs):
            refusals += _check_pin(target.text, nodes[target.task].task, outputs)
    return refusals


def _check_overrides(text: str, task: Task, values: Mapping[str, Any]) -> Iterator[PlanRefusal]:
    if task.function is not None:
        yield from _check_arguments(text, task, values)
        return
    task_type = load(task.type)
    if task_type.parts:
        yield from _refuse_of_parts(text, task, task_type.parts, values)
        return
    fields = _by_alias(task_type.model_fields)
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            near = closest(name, fields)
            message = f"`{text}` ({task.type}) has no property `{name}`{did_you_mean(near)}"
            yield PlanRefusal("unknown-property", message, text, near)
        elif isinstance(value, Expression):
            yield from _check_expression(text, name, value)
        elif (problem := _wrong(field, value) or _unstorable(value)) is not None:
            yield PlanRefusal("wrong-type", f"`{text}.{name}` cannot be {_shown(value)}: {problem}", text)


def _check_arguments(text: str, task: Task, values: Mapping[str, Any]) -> Iterator[PlanRefusal]:
    """Check what is given for a step in Python: its parameters, by name."""
    for name, value in values.items():
        if name not in task.properties:
            near = closest(name, task.properties)
            hint = did_you_mean(near) or f"; it has {', '.join(f'`{one}`' for one in task.properties) or 'none'}"
            yield PlanRefusal("unknown-property", f"the step `{text}` has no input `{name}`{hint}", text, near)
        elif isinstance(value, Expression):
            message = f"`{text}.{name}` is an argument of a step in Python: give a value, not an expression"
            yield PlanRefusal("wrong-type", message, text)


def _refuse_of_parts(text: str, group: Task, parts: Sequence[Part], values: Mapping[str, Any]) -> Iterator[PlanRefusal]:
    """Refuse what is given for a group that gives it to a task which it is made of."""
    homes = {path[0]: f"{group.id}_{part.name}" for part in _all_parts(parts) for path in part.takes.values()}
    for name in values:
        home = homes.get(name)
        near = closest(name, homes)
        message = f"`{text}` ({group.type}) has no property `{name}`{did_you_mean(near)}"
        if home is not None:
            message = f"`{text}` gives `{name}` to `{home}`, which it is made of: override the properties of that one"
        yield PlanRefusal("unknown-property", message, text, near if home is None else (home,))


def _all_parts(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        yield from _all_parts(part.parts)


def _check_expression(text: str, name: str, value: Expression) -> Iterator[PlanRefusal]:
    try:
        parse(value.text)
    except ExpressionFailed as error:
        yield PlanRefusal(error.code, f"the expression for `{text}.{name}`: {error.message}", text, error.closest)


def _check_pin(text: str, task: Task, outputs: Mapping[str, Any]) -> Iterator[PlanRefusal]:
    if task.function is not None:
        return
    model = load(task.type).Output
    typed = isinstance(model, type) and issubclass(model, BaseModel)
    fields = _by_alias(model.model_fields) if typed else {}
    for name, value in outputs.items():
        problem = (_wrong(fields[name], value) if name in fields else None) or _unstorable(value)
        if problem is not None:
            yield PlanRefusal("bad-pin", f"the pin of `{text}` gives `{name}` as {_shown(value)}: {problem}", text)


def _by_alias(fields: Mapping[str, FieldInfo]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in fields.items()}


def _wrong(field: FieldInfo, value: Any) -> str | None:
    adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        return error.errors(include_url=False)[0]["msg"]
    return None


def _unstorable(value: Any) -> str | None:
    try:
        as_stored({"value": value})
    except TaskFailed:
        return "it cannot be kept; give text, finite numbers, true or false, lists and maps with text keys"
    return None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
