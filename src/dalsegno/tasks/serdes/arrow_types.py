"""Avro types as Arrow types, and values in the forms of `cells` as Arrow takes them."""

from __future__ import annotations

from typing import Any, cast

import pyarrow as pa

from dalsegno.errors import TaskFailed
from dalsegno.tasks.serdes.avro_schema import AvroType
from dalsegno.tasks.serdes.cells import Branch

_PLAIN: dict[str, Any] = {
    "null": pa.null(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bytes": pa.binary(),
    "string": pa.string(),
    "enum": pa.string(),
    "uuid": pa.string(),
    "date": pa.date32(),
    "time-millis": pa.time32("ms"),
    "time-micros": pa.time64("us"),
    "timestamp-millis": pa.timestamp("ms"),
    "timestamp-micros": pa.timestamp("us"),
    "local-timestamp-millis": pa.timestamp("ms"),
    "local-timestamp-micros": pa.timestamp("us"),
}


def arrow_schema(schema: AvroType) -> Any:
    """Give the Arrow schema of a record. Fields that take no null are marked so.

    Raises
    ------
    TaskFailed : the schema holds itself, which columns cannot.
    """
    return pa.schema(
        [pa.field(part.name, arrow_type(part.type, ()), nullable=part.type.nullable) for part in schema.fields]
    )


def arrow_type(wanted: AvroType, outer: tuple[AvroType, ...]) -> Any:
    """Give the Arrow type; a union with several kinds of values is a struct of `member0`, `member1` ..."""
    if any(wanted is above for above in outer):
        message = f"the record `{wanted.name}` holds itself; a Parquet file has no such columns"
        raise TaskFailed(message, hint="write Avro with IonToAvro, or flatten the schema")
    inner = (*outer, wanted)
    if wanted.logical == "decimal":
        make = pa.decimal128 if wanted.precision <= 38 else pa.decimal256
        return make(wanted.precision, wanted.scale)
    plain = _PLAIN.get(wanted.logical or "") or _PLAIN.get(wanted.kind)
    if plain is not None:
        return plain
    if wanted.kind == "fixed":
        return pa.binary(wanted.size)
    if wanted.kind == "record":
        parts = [
            pa.field(part.name, arrow_type(part.type, inner), nullable=part.type.nullable) for part in wanted.fields
        ]
        return pa.struct(parts)
    if wanted.kind == "union":
        several = [arrow_type(branch, inner) for branch in wanted.value_branches]
        if len(several) == 1:
            return several[0]
        return pa.struct([pa.field(f"member{at}", kind) for at, kind in enumerate(several)]) if several else pa.null()
    items = cast("AvroType", wanted.items)
    inner_type = arrow_type(items, inner)
    if wanted.kind == "map":
        return pa.map_(pa.string(), pa.field("value", inner_type, nullable=items.nullable))
    return pa.list_(pa.field("element", inner_type, nullable=items.nullable))


def arrow_value(wanted: AvroType, value: Any) -> Any:
    """Give a value as Arrow takes it for `arrow_type`."""
    if value is None:
        return None
    if isinstance(value, Branch):
        return {f"member{value.index}": arrow_value(wanted.value_branches[value.index], value.value)}
    if wanted.kind == "union":
        return arrow_value(wanted.value_branches[0], value)
    if wanted.kind == "record":
        return {part.name: arrow_value(part.type, value[part.name]) for part in wanted.fields}
    if wanted.kind == "array":
        items = cast("AvroType", wanted.items)
        return [arrow_value(items, item) for item in value]
    if wanted.kind == "map":
        items = cast("AvroType", wanted.items)
        return [(key, arrow_value(items, item)) for key, item in value.items()]
    return value


def arrow_array(wanted: AvroType, values: Any, kind: Any) -> Any:
    """Give a column as an Arrow array; one that is an array already stays as it is."""
    if isinstance(values, pa.Array):
        return values
    simple = all(branch.kind not in ("record", "array", "map", "union") for branch in wanted.value_branches)
    if simple and len(wanted.value_branches) == 1:
        return pa.array(values, kind)
    return pa.array([arrow_value(wanted, value) for value in values], kind)
