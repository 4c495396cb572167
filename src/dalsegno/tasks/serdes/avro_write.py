"""Writing Avro object container files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import fastavro
import pyarrow as pa
from blake3 import blake3
from fastavro.schema import SchemaParseException
from fastavro.write import Writer

from dalsegno.errors import TaskFailed
from dalsegno.model.digest import canonical
from dalsegno.tasks.serdes.avro_schema import AvroType
from dalsegno.tasks.serdes.cells import Branch


class AvroSink:
    """Makes records of columns and writes them."""

    def __init__(self, schema: AvroType) -> None:
        self._type = schema
        try:
            self._schema = fastavro.parse_schema(schema.raw)
        except (ValueError, KeyError, TypeError, SchemaParseException) as error:
            raise TaskFailed(f"the schema is no Avro schema: {error}", hint="mend `schema`") from None

    def make(self, columns: list[Any], rows: int) -> list[dict[str, Any]]:
        """Give the records of some columns."""
        fields = self._type.fields
        if not fields:
            return [{} for _ in range(rows)]
        lists = [_avro_list(part.type, column) for part, column in zip(fields, columns, strict=True)]
        names = [part.name for part in fields]
        return [dict(zip(names, values, strict=True)) for values in zip(*lists, strict=True)]

    def write(self, blocks: Iterator[list[dict[str, Any]]], path: Path) -> None:
        """Write a file. The mark between its blocks comes from the schema: equal data give equal bytes."""
        mark = blake3(canonical(self._type.raw)).digest(16)
        with path.open("wb") as file:
            writer = Writer(file, self._schema, codec="null", sync_marker=mark)
            for records in blocks:
                for record in records:
                    writer.write(record)
            writer.flush()


def _avro_list(wanted: AvroType, values: Any) -> list[Any]:
    if isinstance(values, pa.Array):
        array = values.cast(pa.int64()) if pa.types.is_timestamp(values.type) else values
        return cast("list[Any]", array.to_pylist())
    simple = all(part.kind not in ("record", "array", "map", "union") for part in wanted.value_branches)
    if simple and len(wanted.value_branches) == 1:
        return values
    return [_avro_value(wanted, value) for value in values]


def _avro_value(wanted: AvroType, value: Any) -> Any:
    """Give a value as fastavro takes it: a branch of a union with its name, where the choice is not plain."""
    if value is None:
        return None
    if isinstance(value, Branch):
        branch = wanted.value_branches[value.index]
        name = branch.name if branch.kind == "record" else branch.raw
        return (name, _avro_value(branch, value.value))
    if wanted.kind == "union":
        return _avro_value(wanted.value_branches[0], value)
    if wanted.kind == "record":
        return {part.name: _avro_value(part.type, value[part.name]) for part in wanted.fields}
    if wanted.kind == "array":
        return [_avro_value(cast("AvroType", wanted.items), item) for item in value]
    if wanted.kind == "map":
        return {key: _avro_value(cast("AvroType", wanted.items), item) for key, item in value.items()}
    return value
