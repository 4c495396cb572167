"""The stored form of a flow: plain JSON, without what is at its default. Read back by later versions, so it only grows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

from dalsegno.model.conduct import conduct_from_json
from dalsegno.model.flow import Effects, Flow, FlowOutput, Input, InputType, Key, Kind, Place, Read, Retry, Task
from dalsegno.model.inputs import DependsOn


def flow_to_json(flow: Flow) -> dict[str, Any]:
    """Give a flow as JSON data."""
    return {
        "namespace": flow.namespace,
        "id": flow.id,
        "tasks": [_task_to_json(task) for task in flow.tasks],
        "errors": [_task_to_json(task) for task in flow.errors],
        "lasts": [_task_to_json(task) for task in flow.lasts],
        **({"after": [_task_to_json(task) for task in flow.after]} if flow.after else {}),
        "inputs": [_drop_empty(_shallow(item)) for item in flow.inputs],
        "variables": dict(flow.variables),
        "outputs": [_drop_empty(_shallow(item)) for item in flow.outputs],
        "labels": dict(flow.labels),
        "description": flow.description,
        "disabled": flow.disabled,
        **({"conduct": conduct} if (conduct := flow.conduct.as_json()) else {}),
        **({"retry": asdict(flow.retry)} if flow.retry is not None else {}),
        **({"depends": {name: list(ids) for name, ids in flow.depends.items()}} if flow.depends is not None else {}),
        **({"hooks": dict(flow.hooks)} if flow.hooks else {}),
    }


def flow_from_json(data: Mapping[str, Any]) -> Flow:
    """Read a flow that `flow_to_json` wrote."""
    return Flow(
        namespace=data["namespace"],
        id=data["id"],
        tasks=tuple(_task_from_json(task) for task in data["tasks"]),
        errors=tuple(_task_from_json(task) for task in data.get("errors", ())),
        lasts=tuple(_task_from_json(task) for task in data.get("lasts", ())),
        after=tuple(_task_from_json(task) for task in data.get("after", ())),
        inputs=tuple([_input_from_json(item) for item in data["inputs"]]),
        variables=data["variables"],
        outputs=tuple([_output_from_json(item) for item in data["outputs"]]),
        labels=data["labels"],
        description=data["description"],
        disabled=data["disabled"],
        conduct=conduct_from_json(data.get("conduct", {})),
        retry=Retry(**data["retry"]) if data.get("retry") else None,
        depends=_names(data["depends"]) if "depends" in data else None,
        hooks=data.get("hooks", {}),
    )


def _input_from_json(data: Mapping[str, Any]) -> Input:
    return Input(
        id=data["id"],
        type=InputType(data["type"]),
        required=data.get("required", True),
        default=data.get("default"),
        has_default=data.get("has_default", False),
        description=data.get("description"),
        place=_place(data.get("place")),
        display_name=data.get("display_name"),
        limits=data.get("limits", {}),
        depends_on=None if "depends_on" not in data else DependsOn(tuple(data["depends_on"][0]), data["depends_on"][1]),
    )


def _output_from_json(data: Mapping[str, Any]) -> FlowOutput:
    return FlowOutput(
        id=data["id"],
        value=data.get("value"),
        type=data.get("type", "STRING"),
        description=data.get("description"),
        place=_place(data.get("place")),
        typed=data.get("typed", False),
        required=data.get("required", True),
        display_name=data.get("display_name"),
        item_type=data.get("item_type", "STRING"),
    )


def _shallow(item: Input | FlowOutput) -> dict[str, Any]:
    data = {field.name: getattr(item, field.name) for field in fields(item) if field.name != "place"}
    if isinstance(item, Input):
        depends = item.depends_on
        data["depends_on"] = None if depends is None else [list(depends.inputs), depends.condition]
        data["limits"] = dict(item.limits) or None
    if item.place is not None:
        data["place"] = [item.place.line, item.place.column]
    return data


def _drop_empty(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


#: fields that are stored as they are, where they are not at their default
_PLAIN = (
    "definition",
    "concurrency",
    "description",
    "timeout",
    "allow_failure",
    "allow_warning",
    "tolerates",
    "inert",
    "abreast",
    "repeats",
    "whole",
    "batches",
    "shares",
    "setter",
    "ends",
    "function",
    "apart",
    "cache",
)
_MAPS = ("properties", "variables", "digests", "hooks")
_LISTS = ("inputs", "context", "volatile", "raw", "uncertain")
_CHILDREN = ("tasks", "errors", "lasts")
_NAMES = ("branches", "depends")


def _task_to_json(task: Task) -> dict[str, Any]:
    data: dict[str, Any] = {"id": task.id, "type": task.type}
    data |= {name: value for name in _PLAIN if (value := getattr(task, name))}
    data |= {name: dict(value) for name in _MAPS if (value := getattr(task, name))}
    data |= {name: list(value) for name in _LISTS if (value := getattr(task, name))}
    data |= {name: [_task_to_json(child) for child in value] for name in _CHILDREN if (value := getattr(task, name))}
    data |= {name: {key: list(ids) for key, ids in value.items()} for name in _NAMES if (value := getattr(task, name))}
    if task.run_if is not None:
        data["run_if"] = task.run_if
    if task.kind is not Kind.WORK:
        data["kind"] = task.kind.value
    if task.effects is not Effects.NONE:
        data["effects"] = task.effects.value
    if task.reads:
        data["reads"] = [_read_to_json(read) for read in task.reads]
    if task.outputs is not None:
        data["outputs"] = list(task.outputs)
    if task.retry is not None:
        data["retry"] = asdict(task.retry)
    if task.place is not None:
        data["place"] = [task.place.line, task.place.column]
    return data


def _read_to_json(read: Read) -> list[Any]:
    keys = [{"key": key.value} if isinstance(key, Key) else key for key in read.keys]
    return [read.task, keys, list(read.path)]


def _task_from_json(data: Mapping[str, Any]) -> Task:
    read = {name: _READERS[name](value) if name in _READERS else value for name, value in data.items()}
    return Task(**read)


def _read_from_json(data: list[Any]) -> Read:
    task, keys, path = data
    return Read(task, tuple([Key(key["key"]) if isinstance(key, dict) else key for key in keys]), tuple(path))


def _place(data: Any) -> Place | None:
    return None if data is None else Place(data[0], data[1])


def _children(data: list[Any]) -> tuple[Task, ...]:
    return tuple([_task_from_json(child) for child in data])


def _names(data: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(ids) for name, ids in data.items()}


#: how the fields of a task are read that JSON does not hold as they are
_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_CHILDREN, _children),
    **dict.fromkeys(_NAMES, _names),
    **dict.fromkeys((*_LISTS, "outputs"), tuple),
    "kind": Kind,
    "effects": Effects,
    "reads": lambda data: tuple([_read_from_json(read) for read in data]),
    "retry": lambda data: Retry(**data),
    "place": _place,
}
