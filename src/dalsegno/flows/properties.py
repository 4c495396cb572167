"""Checks a task's properties against its type, without rendering them.

A value with an expression in it is known only when the task runs, so nothing is said about it here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from pydantic import AliasChoices, BaseModel, ValidationError
from pydantic.fields import FieldInfo

from dalsegno.flows.document import Node
from dalsegno.flows.head import shown
from dalsegno.flows.report import Report
from dalsegno.flows.words import TASK_LATER
from dalsegno.model.flow import Kind
from dalsegno.tasks.base import TaskType

_CONCURRENCY = ("concurrent", "concurrencyLimit")


@dataclass(frozen=True, slots=True)
class Shape:
    """What can be known of a type without an instance.

    Parameters
    ----------
    names : the properties, as they are written in a flow.
    open : it takes any property.
    outputs : the names of its outputs; `None` where they are not known before it ran.
    concurrency : for a group, the property that says how many children may run at once, and its default.
    """

    names: frozenset[str]
    open: bool
    outputs: tuple[str, ...] | None
    concurrency: tuple[str, int] | None


@cache
def shape(task_type: type[TaskType]) -> Shape:
    """Give the shape of a type."""
    fields = {_written(field, info): info for field, info in task_type.model_fields.items()}
    limit = next((name for name in _CONCURRENCY if name in fields), None)
    return Shape(
        names=frozenset(name for field, info in task_type.model_fields.items() for name in _spellings(field, info)),
        open=task_type.model_config.get("extra") == "allow",
        outputs=_outputs(task_type.Output),
        concurrency=(limit, fields[limit].default) if limit and task_type.kind is not Kind.WORK else None,
    )


def _written(field: str, info: FieldInfo) -> str:
    return info.alias or field


def _spellings(field: str, info: FieldInfo) -> Iterable[str]:
    other = info.validation_alias
    if isinstance(other, AliasChoices):
        return [choice for choice in other.choices if isinstance(choice, str)]
    return [other if isinstance(other, str) else _written(field, info)]


def _outputs(output: Any) -> tuple[str, ...] | None:
    if output is None:
        return ()
    if isinstance(output, type) and issubclass(output, BaseModel):
        if output.model_config.get("extra") == "allow":
            return None
        return tuple(_written(field, info) for field, info in output.model_fields.items())
    return None


def concurrency(task_type: type[TaskType], properties: Mapping[str, Any]) -> int:
    """Give how many children of a group may run at once, where the flow says so literally; else the type's default."""
    limit = shape(task_type).concurrency
    if limit is None:
        return 0
    name, default = limit
    value = properties.get(name, default)
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def check_properties(
    task: str, task_type: type[TaskType], node: Node, fields: Mapping[str, Node], report: Report
) -> None:
    """Report every property that the type does not have, lacks, or that is of the wrong type.

    Parameters
    ----------
    task : the task's id, for messages.
    node : the whole task.
    fields : its properties alone.
    """
    known = _known_names(task, task_type, node, fields, report)
    values = {name: fields[name].value for name in known}
    _check_values(task, task_type, node, values, report)
    hook = cast(
        "Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]] | None", getattr(task_type, "check_literals", None)
    )
    if hook is None:
        return
    literal = {name: value for name, value in values.items() if not fields[name].has_template}
    for name, message in hook(literal):
        place = fields[name].place if name in fields else node.place
        report.error("invalid-property", f"`{name}` of task `{task}`: {message}", place)


def _known_names(
    task: str, task_type: type[TaskType], node: Node, fields: Mapping[str, Node], report: Report
) -> list[str]:
    facts = shape(task_type)
    known: list[str] = []
    for name in fields:
        if name in facts.names or facts.open:
            known.append(name)
        elif name in TASK_LATER:
            message = f"Kestra's `{name}` of a task is not supported here yet: remove it from `{task}`"
            report.error("not-supported", message, node.key_place(name))
        else:
            message = f"the type of task `{task}` has no property `{name}`"
            names = {*facts.names, "description"}
            report.unknown("unknown-property", message, node.key_place(name), name=name, known=names)
    return known


def _check_values(task: str, task_type: type[TaskType], node: Node, values: Mapping[str, Any], report: Report) -> None:
    try:
        task_type.model_validate(values)
    except ValidationError as error:
        _report_errors(task, node, error, report)


def _report_errors(task: str, node: Node, error: ValidationError, report: Report) -> None:
    complaints: dict[int, tuple[Node, str, list[str]]] = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        path = item["loc"]
        name = ".".join(str(part) for part in path)
        if item["type"] == "missing" and len(path) == 1:
            report.error("missing-property", f"task `{task}` needs `{name}`", node.place)
            continue
        wrong = node.descend(path)
        if wrong.has_template:
            continue
        subject = _subject(node, wrong, path)
        _, _, messages = complaints.setdefault(id(wrong), (wrong, subject, []))
        messages.append(_message(item["msg"]))
    for wrong, subject, messages in complaints.values():
        told = " or ".join(dict.fromkeys(messages))
        found = f", not {shown(wrong)}" if wrong is not node else ""
        of = f"`{subject}` of task `{task}`" if subject else f"task `{task}`"
        report.error("invalid-property", f"{of}: {told}{found}", wrong.place)


def _subject(node: Node, wrong: Node, path: Iterable[str | int]) -> str:
    """Give the part of the path that the text has: a union adds names of its own."""
    names: list[str] = []
    for part in path:
        if node is wrong:
            break
        inner = node.inner(part)
        if inner is None:
            break
        node = inner
        names.append(str(part))
    return ".".join(names)


def _message(text: str) -> str:
    text = text.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text.replace("Input should be", "should be", 1).replace("Input must", "must", 1)
