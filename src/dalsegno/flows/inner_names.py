"""Finds the names that a map inside a property may hold, for messages about one that it may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from dalsegno.tasks.base import TaskType

Schema = Mapping[str, Any]


def inner_names(task_type: type[TaskType], path: Sequence[str | int]) -> set[str]:
    """Give the names that the map at `path` may hold, `path` beginning with a property; none where any may stand there."""
    whole = cast("Schema", task_type.model_json_schema(by_alias=True))
    found: list[Schema] = [whole]
    for part in path:
        found = [inner for schema in found for each in _branches(schema, whole) for inner in _below(each, part)]
    return {name for schema in found for each in _branches(schema, whole) for name in each.get("properties", {})}


def _branches(schema: Schema, whole: Schema) -> Iterator[Schema]:
    """Give what a schema stands for: where it refers to others, or leaves a choice, each of them."""
    if "$ref" in schema:
        yield from _branches(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
        return
    parts = [part for key in ("anyOf", "oneOf", "allOf") for part in schema.get(key, ())]
    for part in parts:
        yield from _branches(part, whole)
    if not parts:
        yield schema


def _below(schema: Schema, part: str | int) -> Iterator[Schema]:
    inner = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
    if inner is None and isinstance(part, str):
        inner = schema.get("additionalProperties")
    if isinstance(inner, Mapping):
        yield cast("Schema", inner)
