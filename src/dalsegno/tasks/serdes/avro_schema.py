"""Avro schemas as a tree, read from their JSON form with errors that say where.

The tree is what the converters walk; the JSON form (`raw`) is what goes into the Avro file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast

from dalsegno.errors import closest, did_you_mean

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
COMPLEX = ("record", "error", "enum", "array", "map", "fixed")

#: which logical types are known, and on which types they stand; others are ignored, as the Avro specification says
LOGICAL = {
    "decimal": ("bytes", "fixed"),
    "uuid": ("string",),
    "date": ("int",),
    "time-millis": ("int",),
    "time-micros": ("long",),
    "timestamp-millis": ("long",),
    "timestamp-micros": ("long",),
    "local-timestamp-millis": ("long",),
    "local-timestamp-micros": ("long",),
}


class SchemaError(ValueError):
    """A schema that is none; the message says where."""


@dataclass(slots=True, eq=False)
class AvroType:
    """One node of a schema. `fields`, `items`, `branches` and so on are there for the kinds that have them."""

    kind: str
    raw: Any
    logical: str | None = None
    name: str = ""
    fields: list[AvroField] = field(default_factory=list["AvroField"])
    items: AvroType | None = None
    branches: list[AvroType] = field(default_factory=list["AvroType"])
    symbols: tuple[str, ...] = ()
    size: int = 0
    precision: int = 0
    scale: int = 0

    @property
    def shown(self) -> str:
        """What a person calls it: the logical type, else the type."""
        if self.kind == "union":
            return " or ".join(branch.shown for branch in self.branches)
        return self.logical or self.kind

    @property
    def nullable(self) -> bool:
        """Whether it takes null."""
        return self.kind == "null" or any(branch.kind == "null" for branch in self.branches)

    @property
    def value_branches(self) -> list[AvroType]:
        """The branches that are not null; of a type that is no union, itself."""
        return [branch for branch in self.branches if branch.kind != "null"] if self.kind == "union" else [self]


@dataclass(slots=True, eq=False)
class AvroField:
    """A field of a record, with the other names it may have in the data."""

    name: str
    type: AvroType
    aliases: tuple[str, ...] = ()


def parse_schema(text: Any) -> AvroType:
    """Read a schema from JSON text or its parsed form; its top must be a record.

    Raises
    ------
    SchemaError : it is no Avro schema of a record.
    """
    raw = text
    if isinstance(text, str):
        try:
            raw = json.loads(text)
        except ValueError as error:
            raise SchemaError(f"the schema is no JSON: {error}") from None
    parsed = _parse(raw, "the schema", "", {})
    if parsed.kind != "record":
        raise SchemaError(f"the schema is of type `{parsed.kind}`; the rows of a file need a `record` with `fields`")
    return parsed


def _parse(raw: Any, place: str, namespace: str, names: dict[str, AvroType]) -> AvroType:
    if isinstance(raw, str):
        return _named(raw, place, namespace, names)
    if isinstance(raw, list):
        branches = [
            _parse(part, f"{place}, a branch of the union", namespace, names) for part in cast("list[Any]", raw)
        ]
        if not branches:
            raise SchemaError(f"{place} is an empty union")
        return AvroType("union", cast("list[Any]", raw), branches=branches)
    if not isinstance(raw, dict):
        raise SchemaError(f"{place} is {json.dumps(raw)}; a type is a name, a map or a list")
    node = cast("dict[str, Any]", raw)
    kind = node.get("type")
    if kind in ("record", "error", "enum", "fixed"):
        return _parse_named(node, str(kind), place, namespace, names)
    if kind == "array":
        items = _parse(_part(node, "items", place), f"{place}, the items", namespace, names)
        return AvroType("array", node, items=items)
    if kind == "map":
        items = _parse(_part(node, "values", place), f"{place}, the values", namespace, names)
        return AvroType("map", node, items=items)
    if kind is None:
        raise SchemaError(f"{place} has no `type`")
    inner = _parse(kind, place, namespace, names)
    return _with_logical(inner, node) if inner.kind in PRIMITIVES else inner


def _named(name: str, place: str, namespace: str, names: dict[str, AvroType]) -> AvroType:
    if name in PRIMITIVES:
        return AvroType(name, name)
    known = names.get(name) or names.get(f"{namespace}.{name}")
    if known is None:
        near = closest(name, [*PRIMITIVES, *COMPLEX, *names])
        raise SchemaError(f"{place} has the unknown type `{name}`{did_you_mean(near)}")
    return known


def _part(node: dict[str, Any], key: str, place: str) -> Any:
    if key not in node:
        raise SchemaError(f"{place} is of type `{node['type']}` and has no `{key}`")
    return node[key]


def _with_logical(inner: AvroType, node: dict[str, Any]) -> AvroType:
    logical = node.get("logicalType")
    known = logical if isinstance(logical, str) and inner.kind in LOGICAL.get(logical, ()) else None
    found = AvroType(inner.kind, node, known, name=inner.name, size=inner.size)
    if known == "decimal":
        found.precision, found.scale = int(node.get("precision", 0)), int(node.get("scale", 0))
        if not 0 < found.precision <= 76 or not 0 <= found.scale <= found.precision:
            raise SchemaError(
                f"a decimal needs a `precision` of 1 to 76 and a `scale` up to it, not {json.dumps(node)}"
            )
    return found


def _parse_named(
    node: dict[str, Any], kind: str, place: str, namespace: str, names: dict[str, AvroType]
) -> AvroType:  # fmt: skip
    name = str(_part(node, "name", place))
    namespace = name.rpartition(".")[0] or str(node.get("namespace", namespace))
    full = name if "." in name or not namespace else f"{namespace}.{name}"
    found = AvroType("record" if kind == "error" else kind, node, name=full)
    names[full] = found
    if kind == "enum":
        found.symbols = tuple(str(symbol) for symbol in _part(node, "symbols", place))
    elif kind == "fixed":
        found.size = int(_part(node, "size", place))
        names[full] = found = _with_logical(found, node)
    else:
        found.fields = [
            _parse_field(part, f"record `{name}`, field {number}", namespace, names)
            for number, part in enumerate(_part(node, "fields", place), 1)
        ]
    return found


def _parse_field(raw: Any, place: str, namespace: str, names: dict[str, AvroType]) -> AvroField:
    if not isinstance(raw, dict) or "name" not in raw or "type" not in raw:
        raise SchemaError(f"{place} has to be a map with `name` and `type`, not {json.dumps(raw)}")
    node = cast("dict[str, Any]", raw)
    name = str(node["name"])
    aliases = tuple(str(alias) for alias in node.get("aliases", ()))
    return AvroField(name, _parse(node["type"], f"{place} (`{name}`)", namespace, names), aliases)
