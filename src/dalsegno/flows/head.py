"""Reads all of a flow but its tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dalsegno.flows.document import Node
from dalsegno.flows.report import Report
from dalsegno.flows.words import (
    FLOW,
    INPUT_TYPES_LATER,
    LABEL,
    OUTPUT,
    Words,
)
from dalsegno.model.address import scalar_text
from dalsegno.model.flow import FlowOutput, Input, InputType, Place
from dalsegno.model.inputs import INPUT_TYPES
from dalsegno.model.names import FLOW_ID, NAMESPACE, TASK_ID, Naming


@dataclass(frozen=True, slots=True)
class Head:
    """What a flow says beside its tasks.

    Parameters
    ----------
    input_names : the ids of all inputs, also of those that could not be read.
    """

    namespace: str
    id: str
    description: str | None
    disabled: bool
    labels: dict[str, str]
    inputs: tuple[Input, ...]
    variables: dict[str, Any]
    outputs: tuple[FlowOutput, ...]
    input_names: tuple[str, ...]


def read_head(root: Node, inputs: tuple[Input, ...], report: Report) -> Head:
    """Read a flow's own keys. Where one is wrong the report says so and the head holds what could be read.

    Parameters
    ----------
    inputs : those that the flow declares, as far as they could be read.
    """
    FLOW.check(root, report)
    return Head(
        namespace=_name(root, "namespace", NAMESPACE, report),
        id=_name(root, "id", FLOW_ID, report),
        description=text_of(root, "description", report),
        disabled=flag(root, "disabled", report, default=False),
        labels=labels_of(root, report),
        inputs=inputs,
        variables=_variables(root, report),
        outputs=tuple(_outputs(root, report)),
        input_names=_input_names(root),
    )


def text_of(node: Node, key: str, report: Report) -> str | None:
    """Give the text under a key as it was written; `None` where there is none."""
    value = node.inner(key)
    if value is None or value.value is None:
        return None
    if value.text is None:
        report.error("wrong-type", f"`{key}` must be text", value.place)
    return value.text


def name_of(node: Node, key: str, naming: Naming, report: Report) -> str | None:
    """Give the name under a key, where it is there and built as it should be."""
    name = text_of(node, key, report)
    complaint = naming.complaint(name) if name is not None else None
    if complaint:
        report.error("invalid-name", f"`{key}: {name}` {complaint}", (node.fields or {})[key].place)
        return None
    return name


def is_missing(node: Node, key: str) -> bool:
    """Tell whether a key is not there or has no value."""
    value = node.inner(key)
    return value is None or value.value is None


def _name(root: Node, key: str, naming: Naming, report: Report) -> str:
    if is_missing(root, key):
        report.error("missing-key", f"the flow has no `{key}`: add a line `{key}: ...`", root.key_place(key))
    return name_of(root, key, naming, report) or ""


def flag(node: Node, key: str, report: Report, *, default: bool) -> bool:
    """Give what a key that is true or false says."""
    value = node.inner(key)
    if value is None or value.value is None:
        return default
    if isinstance(value.value, bool):
        return value.value
    report.error("wrong-type", f"`{key}` must be `true` or `false`, not {shown(value)}", value.place)
    return default


def shown(node: Node) -> str:
    """Give a value as a message shows it."""
    if node.text is None:
        return "a map" if node.fields is not None else "a list"
    text = node.text if len(node.text) <= 60 else f"{node.text[:57]}..."
    return f"`{text}`" if node.value is not None else "nothing"


def labels_of(root: Node, report: Report) -> dict[str, str]:
    """Give the labels under the key `labels`."""
    node = root.inner("labels")
    if node is None or node.value is None:
        return {}
    if node.fields is not None:
        pairs = [(key, node.key_place(key), value) for key, value in node.fields.items()]
    elif node.items is not None:
        pairs = list(_label_pairs(node.items, report))
    else:
        report.error("wrong-type", "`labels` must be a map, or a list of `key` and `value`", node.place)
        return {}
    labels: dict[str, str] = {}
    for key, place, value in pairs:
        text = scalar_text(value.value)
        if text is None or value.value is None:
            report.error("wrong-type", f"the value of label `{key}` must be text", value.place)
        elif key in labels:
            report.error("duplicate-key", f"the label `{key}` is given twice", place)
        else:
            labels[key] = value.text if value.text is not None else text
    return labels


def _label_pairs(items: list[Node], report: Report) -> Iterator[tuple[str, Place, Node]]:
    for item in items:
        if item.fields is None or not {"key", "value"} <= item.fields.keys() or item.fields["key"].text is None:
            report.error("wrong-type", "a label in a list needs `key` and `value`", item.place)
            continue
        LABEL.check(item, report)
        yield item.fields["key"].text, item.fields["key"].place, item.fields["value"]


def _variables(root: Node, report: Report) -> dict[str, Any]:
    node = root.inner("variables")
    if node is None or node.value is None:
        return {}
    if node.fields is None:
        report.error("wrong-type", "`variables` must be a map of names and values", node.place)
        return {}
    return node.value


def entries(
    root: Node, key: str, words: Words, report: Report, *, open_ended: bool = False
) -> Iterator[tuple[str, Node]]:
    """Give id and node of each entry of a list of things with ids.

    Parameters
    ----------
    open_ended : what keys there are depends on the type of the entry.
    """
    node = root.inner(key)
    if node is None or node.value is None:
        return
    if node.items is None:
        report.error("wrong-type", f"`{key}` must be a list of entries with an `id`", node.place)
        return
    seen: dict[str, Place] = {}
    for item in node.items:
        if item.fields is None:
            report.error("wrong-type", f"{words.of} must be a map with an `id`", item.place)
            continue
        if not open_ended:
            words.check(item, report)
        name = _entry_id(item, words, report)
        if name is None:
            continue
        if name in seen:
            thing = words.of.partition(" ")[2]
            message = f"the {thing} `{name}` is declared twice, first in line {seen[name].line}"
            report.error(f"duplicate-{thing}", message, item.place)
            continue
        seen[name] = item.place
        yield name, item


def _entry_id(item: Node, words: Words, report: Report) -> str | None:
    key = "name" if "name" in words.known and is_missing(item, "id") else "id"
    if is_missing(item, key):
        report.error("missing-key", f"{words.of} needs an `id`", item.place)
        return None
    return name_of(item, key, TASK_ID, report)


def _input_names(root: Node) -> tuple[str, ...]:
    node = root.inner("inputs")
    names = (item.inner("id") or item.inner("name") for item in (node.items if node else None) or ())
    return tuple(dict.fromkeys(name.text for name in names if name is not None and name.text))


def _outputs(root: Node, report: Report) -> Iterator[FlowOutput]:
    for name, item in entries(root, "outputs", OUTPUT, report):
        found = value_type(item, f"output `{name}`", report) if not is_missing(item, "type") else InputType.STRING
        value = item.inner("value")
        if value is None:
            report.error("missing-key", f"output `{name}` needs a `value`", item.place)
        elif found is not None:
            yield FlowOutput(
                name,
                value.value,
                found.value,
                text_of(item, "description", report),
                item.place,
                typed=not is_missing(item, "type"),
                required=flag(item, "required", report, default=True),
                display_name=text_of(item, "displayName", report),
                item_type=_item_type(name, item, report),
            )


def _item_type(name: str, item: Node, report: Report) -> str:
    if is_missing(item, "itemType"):
        return InputType.STRING.value
    found = type_under(item, "itemType", f"the items of output `{name}`", report)
    return (found or InputType.STRING).value


def value_type(item: Node, subject: str, report: Report) -> InputType | None:
    """Give the type of a value; `None` where there is none that is known."""
    if is_missing(item, "type"):
        report.error("missing-key", f"{subject} needs a `type`, such as `STRING`", item.place)
        return None
    return type_under(item, "type", subject, report)


def type_under(item: Node, key: str, subject: str, report: Report) -> InputType | None:
    """Give the type that a key names."""
    written = text_of(item, key, report)
    if written is None or written in INPUT_TYPES:
        return INPUT_TYPES.get(written or "")
    place = (item.fields or {})[key].place
    if written in INPUT_TYPES_LATER:
        message = f"Kestra's type `{written}` of {subject} is not supported here: {INPUT_TYPES_LATER[written]}"
        report.error("not-supported", message, place)
    else:
        message = f"{subject} cannot be of type `{written}`"
        report.unknown("unknown-input-type", message, place, name=written, known=INPUT_TYPES)
    return None
