"""The stored form of a flow: plain JSON, without what is at its default. Read back by later versions, so it only grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from dalsegno.model.flow import Flow, FlowOutput, Input, InputType, Key, Kind, Place, Read, Task


def flow_to_json(flow: Flow) -> dict[str, Any]:
    """Give a flow as JSON data."""
    return {
        "namespace": flow.namespace,
        "id": flow.id,
        "tasks": [_task_to_json(task) for task in flow.tasks],
        "inputs": [_drop_empty(_shallow(item)) for item in flow.inputs],
        "variables": dict(flow.variables),
        "outputs": [_drop_empty(_shallow(item)) for item in flow.outputs],
        "labels": dict(flow.labels),
        "description": flow.description,
        "disabled": flow.disabled,
    }


def flow_from_json(data: Mapping[str, Any]) -> Flow:
    """Read a flow that `flow_to_json` wrote."""
    return Flow(
        namespace=data["namespace"],
        id=data["id"],
        tasks=tuple(_task_from_json(task) for task in data["tasks"]),
        inputs=tuple([_input_from_json(item) for item in data["inputs"]]),
        variables=data["variables"],
        outputs=tuple([_output_from_json(item) for item in data["outputs"]]),
        labels=data["labels"],
        description=data["description"],
        disabled=data["disabled"],
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
    )


def _output_from_json(data: Mapping[str, Any]) -> FlowOutput:
    return FlowOutput(
        id=data["id"],
        value=data.get("value"),
        type=data.get("type", "STRING"),
        description=data.get("description"),
        place=_place(data.get("place")),
    )


def _shallow(item: Input | FlowOutput) -> dict[str, Any]:
    data = {field.name: getattr(item, field.name) for field in fields(item) if field.name != "place"}
    if item.place is not None:
        data["place"] = [item.place.line, item.place.column]
    return data


def _drop_empty(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


def _task_to_json(task: Task) -> dict[str, Any]:
    data: dict[str, Any] = {"id": task.id, "type": task.type}
    if task.properties:
        data["properties"] = dict(task.properties)
    if task.kind is not Kind.WORK:
        data["kind"] = task.kind.value
        data["tasks"] = [_task_to_json(child) for child in task.tasks]
    if task.reads:
        data["reads"] = [_read_to_json(read) for read in task.reads]
    for name in ("inputs", "volatile"):
        if getattr(task, name):
            data[name] = list(getattr(task, name))
    for name in ("variables", "digests"):
        if getattr(task, name):
            data[name] = dict(getattr(task, name))
    if task.definition:
        data["definition"] = task.definition
    if task.concurrency:
        data["concurrency"] = task.concurrency
    if task.outputs is not None:
        data["outputs"] = list(task.outputs)
    if task.description is not None:
        data["description"] = task.description
    if task.place is not None:
        data["place"] = [task.place.line, task.place.column]
    return data


def _read_to_json(read: Read) -> list[Any]:
    keys = [{"key": key.value} if isinstance(key, Key) else key for key in read.keys]
    return [read.task, keys, list(read.path)]


def _task_from_json(data: Mapping[str, Any]) -> Task:
    get = data.get
    outputs = get("outputs")
    return Task(
        id=data["id"],
        type=data["type"],
        properties=get("properties", {}),
        kind=Kind(get("kind", "work")) if "kind" in data else Kind.WORK,
        tasks=tuple([_task_from_json(child) for child in get("tasks", ())]),
        reads=tuple([_read_from_json(read) for read in get("reads", ())]),
        inputs=tuple(get("inputs", ())),
        variables=get("variables", {}),
        volatile=tuple(get("volatile", ())),
        digests=get("digests", {}),
        definition=get("definition", ""),
        concurrency=get("concurrency", 0),
        outputs=None if outputs is None else tuple(outputs),
        description=get("description"),
        place=_place(get("place")),
    )


def _read_from_json(data: list[Any]) -> Read:
    task, keys, path = data
    return Read(task, tuple([Key(key["key"]) if isinstance(key, dict) else key for key in keys]), tuple(path))


def _place(data: Any) -> Place | None:
    return None if data is None else Place(data[0], data[1])
