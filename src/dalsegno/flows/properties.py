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
from dalsegno.flows.inner_names import inner_names
from dalsegno.flows.input_reader import read_inputs
from dalsegno.flows.report import Report
from dalsegno.flows.words import HANDLERS, TASK_HANDLING
from dalsegno.model.flow import Kind
from dalsegno.tasks.base import TaskType

#: the keys and positions that lead to a value inside a task
_Path = tuple[str | int, ...]
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
        names=frozenset(name for field, info in task_type.model_fields.items() for name in spellings(field, info)),
        open=task_type.model_config.get("extra") == "allow",
        outputs=_outputs(task_type.Output),
        concurrency=(limit, fields[limit].default) if limit and task_type.kind.is_group else None,
    )


def child_keys(task_type: type[TaskType]) -> frozenset[str]:
    """Give the keys of a group that hold its tasks."""
    if not task_type.kind.is_group:
        return frozenset()
    if task_type.parts:
        return frozenset(HANDLERS)
    if task_type.kind is not Kind.CHOICE:
        return frozenset({"tasks", *HANDLERS})
    mapped = {task_type.branch_map} if task_type.branch_map else set[str]()
    return frozenset({*task_type.branches, *mapped, *HANDLERS})


def _written(field: str, info: FieldInfo) -> str:
    return info.alias or field


def spellings(field: str, info: FieldInfo) -> Iterable[str]:
    """Give how a property may be written, the usual one first."""
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
    """Give how many children of a group may run at once: what the flow says, else the type's default."""
    limit = shape(task_type).concurrency
    if limit is None:
        return task_type.at_once
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
    for name in task_type.input_properties.intersection(known):
        # an expression stands for no list of inputs: whoever is asked must know what for
        values.pop(name)
        read_inputs(node, name, report)
    _check_values(task, task_type, node, values, report)
    _check_concurrency(task, task_type, fields, report)
    hook = cast(
        "Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]] | None", getattr(task_type, "check_literals", None)
    )
    if hook is None:
        return
    literal = {name: value for name, value in values.items() if not fields[name].has_template}
    for name, message in hook(literal):
        place = fields[name].place if name in fields else node.place
        report.error("invalid-property", f"`{name}` of task `{task}`: {message}", place)


def _check_concurrency(task: str, task_type: type[TaskType], fields: Mapping[str, Node], report: Report) -> None:
    limit = shape(task_type).concurrency
    node = fields.get(limit[0]) if limit else None
    if limit and node is not None and node.has_template:
        message = f"`{limit[0]}` of task `{task}` must be a number: an expression cannot stand here"
        report.error("invalid-property", message, node.place)


def _known_names(
    task: str, task_type: type[TaskType], node: Node, fields: Mapping[str, Node], report: Report
) -> list[str]:
    facts = shape(task_type)
    known: list[str] = []
    for name in fields:
        if name in facts.names or facts.open:
            known.append(name)
        elif name in task_type.not_supported:
            message = f"Kestra's `{name}` of task `{task}` is not supported here: {task_type.not_supported[name]}"
            report.error("not-supported", message, node.key_place(name))
        elif name in task_type.later:
            message = f"Kestra's `{name}` of a task is not supported here yet: remove it from `{task}`"
            report.error("not-supported", message, node.key_place(name))
        elif name in HANDLERS:
            message = f"only a group can have `{name}`: put `{task}` in a `core.flow.Sequential` and give them to that"
            report.error("misplaced-key", message, node.key_place(name))
        else:
            message = f"the type of task `{task}` has no property `{name}`"
            names = {*facts.names, *child_keys(task_type), *TASK_HANDLING, "description"}
            report.unknown("unknown-property", message, node.key_place(name), name=name, known=names)
    return known


def _check_values(task: str, task_type: type[TaskType], node: Node, values: Mapping[str, Any], report: Report) -> None:
    try:
        task_type.model_validate(values)
    except ValidationError as error:
        _report_errors(task, task_type, node, error, report)


def _report_errors(task: str, task_type: type[TaskType], node: Node, error: ValidationError, report: Report) -> None:
    complaints: dict[_Path, list[str]] = {}
    loose: set[_Path] = set()
    unknown: set[_Path] = set()
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        wrong, names = _descend(node, item["loc"])
        if item["type"] == "missing":
            _report_missing(task, wrong, (*names, item["loc"][-1]), report)
        elif item["type"] == "extra_forbidden":
            # where a map is written as JSON text, the text has no node for its keys
            unknown.add(names if names[-1:] == item["loc"][-1:] else (*names, item["loc"][-1]))
        elif not wrong.has_template:
            complaints.setdefault(names, []).append(_message(item["msg"]))
            if len(names) < len(item["loc"]):
                loose.add(names)
    told = unknown | set(complaints)
    for names in unknown:
        _report_unknown(task, task_type, node, names, report)
    for names, messages in complaints.items():
        # of the branches of a union, the one that came further is what was meant
        if names in loose and any(other != names and other[: len(names)] == names for other in told):
            continue
        wrong, _ = _descend(node, names)
        plain = not any(message.startswith("Kestra's") for message in messages)
        found = f", not {shown(wrong)}" if names and wrong.text is not None and plain else ""
        of = f"`{_joined(names)}` of task `{task}`" if names else f"task `{task}`"
        report.error("invalid-property", f"{of}: {' or '.join(dict.fromkeys(messages))}{found}", wrong.place)


def _report_unknown(task: str, task_type: type[TaskType], node: Node, names: _Path, report: Report) -> None:
    *around, wrong = names
    known = inner_names(task_type, around)
    # one branch of a union does not know what another one takes
    if wrong not in known:
        place = _descend(node, around)[0].key_place(str(wrong))
        message = f"`{_joined(names)}` of task `{task}`: there is no such property"
        report.unknown("invalid-property", message, place, name=str(wrong), known=known)


def _report_missing(task: str, owner: Node, names: _Path, report: Report) -> None:
    *around, missing = names
    of = f"`{_joined(around)}` of task `{task}`" if around else f"task `{task}`"
    report.error("missing-property", f"{of} needs `{missing}`", owner.place)


def _descend(node: Node, path: Iterable[str | int]) -> tuple[Node, _Path]:
    """Follow the path of an error as far as the text has it. The names that a union adds are passed over."""
    names: list[str | int] = []
    for part in path:
        inner = node.inner(part)
        if inner is not None:
            node = inner
            names.append(part)
    return node, tuple(names)


def _joined(names: Iterable[str | int]) -> str:
    return ".".join(str(name) for name in names)


def _message(text: str) -> str:
    text = text.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text.replace("Input should be", "should be", 1).replace("Input must", "must", 1)
