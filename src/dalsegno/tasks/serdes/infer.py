"""A schema from the first rows of an Ion file. Every field may be null; kinds that differ become a union."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO, cast

from dalsegno.errors import TaskFailed
from dalsegno.tasks.serdes.avro_schema import AvroType, SchemaError, parse_schema
from dalsegno.tasks.serdes.ion_read import read_values
from dalsegno.tasks.serdes.ion_task import empty_schema

_Kinds = dict[str, Any]


def infer_schema(file: BinaryIO, rows: int) -> AvroType:
    """Give a schema for the first rows.

    Raises
    ------
    TaskFailed : there are no rows, or they are no structs whose fields Avro can name.
    """
    found: list[Any] = []
    for batch in read_values(file):
        found += islice(batch, rows - len(found))
        if len(found) >= rows:
            break
    if not found:
        raise empty_schema()
    kinds: _Kinds = {}
    for row in found:
        _note(kinds, _as_struct(row), "root")
    if set(kinds) != {"record"}:
        raise TaskFailed("the rows of the file are no structs", hint="give a file of structs, one a row")
    try:
        return parse_schema(_schema(kinds, nullable=False))
    except SchemaError as error:
        raise TaskFailed(f"no schema can be inferred: {error}", hint="give the task a `schema`") from None


def _as_struct(row: Any) -> Any:
    if isinstance(row, list):
        return {f"col{at}": value for at, value in enumerate(cast("list[Any]", row))}
    return row


def _note(kinds: _Kinds, value: Any, path: str) -> None:
    """Note the kind of a value; records hold the kinds of their fields, arrays those of their items."""
    if value is None:
        kinds.setdefault("null", None)
    elif isinstance(value, dict):
        record: dict[str, Any] = kinds.setdefault("record", {"path": path, "fields": {}})
        for name, part in cast("dict[str, Any]", value).items():
            _note(record["fields"].setdefault(name, {}), part, f"{path}_{name}")
    elif isinstance(value, list):
        items = kinds.setdefault("array", {})
        for part in cast("list[Any]", value):
            _note(items, part, f"{path}_items")
    else:
        kinds.setdefault(_scalar(value), None)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int" if -(1 << 31) <= value < 1 << 31 else "long"
    if isinstance(value, float):
        return "double"
    if isinstance(value, datetime):
        return "timestamp"
    if isinstance(value, bytes):
        return "bytes"
    return "string"


def _schema(kinds: _Kinds, *, nullable: bool = True) -> Any:
    if "long" in kinds:
        kinds = {kind: found for kind, found in kinds.items() if kind != "int"}
    parts = [_part(kind, found) for kind, found in kinds.items() if kind != "null"]
    if not nullable:
        return parts[0]
    return ["null", *parts] if parts else ["null", "string"]


def _part(kind: str, found: Any) -> Any:
    if kind == "record":
        fields = [{"name": name, "type": _schema(part), "default": None} for name, part in found["fields"].items()]
        return {"type": "record", "name": _name(found["path"]), "namespace": "dalsegno", "fields": fields}
    if kind == "array":
        return {"type": "array", "items": _schema(found)}
    if kind == "timestamp":
        return {"type": "long", "logicalType": "timestamp-millis"}
    return kind


def _name(path: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in path)
