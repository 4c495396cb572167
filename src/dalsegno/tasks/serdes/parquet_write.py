"""Writing Parquet files, a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from dalsegno.tasks.serdes.arrow_compute import pc
from dalsegno.tasks.serdes.arrow_types import arrow_array, arrow_schema
from dalsegno.tasks.serdes.avro_schema import AvroType

if TYPE_CHECKING:
    from dalsegno.tasks.serdes.ion_to_parquet import IonToParquet

#: rows of a row group at most: small enough to be written while others are read, and for readers to work side by side
GROUP_ROWS = 131_072


class ParquetSink:
    """Makes Arrow tables of columns and writes them."""

    def __init__(self, schema: AvroType, task: IonToParquet) -> None:
        self._type = schema
        self._schema = arrow_schema(schema)
        self._task = task

    def make(self, columns: list[Any], rows: int) -> Any:
        """Give the table of some columns."""
        del rows
        arrays = [
            arrow_array(part.type, values, field.type)
            for part, values, field in zip(self._type.fields, columns, self._schema, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=self._schema)

    def write(self, blocks: Iterator[Any], path: Path) -> None:
        """Write a file. How columns are encoded is decided by the first rows."""
        groups = self._groups(blocks)
        first = next(groups, None)
        with parquet.ParquetWriter(path, self._schema, **self._settings(first)) as writer:
            if first is None:
                return
            writer.write_table(first)
            del first
            for group in groups:
                writer.write_table(group)

    def _groups(self, blocks: Iterator[Any]) -> Iterator[Any]:
        waiting: list[Any] = []
        rows = size = 0
        for table in blocks:
            waiting.append(table)
            rows += table.num_rows
            size += table.nbytes
            if rows >= GROUP_ROWS or size >= self._task.row_group_size:
                yield pa.concat_tables(waiting)
                waiting, rows, size = [], 0, 0
        if waiting:
            yield pa.concat_tables(waiting)

    def _settings(self, first: Any) -> dict[str, Any]:
        task = self._task
        codec = "NONE" if task.compression_codec == "UNCOMPRESSED" else str(task.compression_codec)
        second = task.parquet_version == "V2"
        repeated = [name for name in self._schema.names if first is not None and _repeats(first.column(name))]
        settings: dict[str, Any] = {
            "compression": codec,
            "data_page_version": "2.0" if second else "1.0",
            "data_page_size": task.page_size,
            "dictionary_pagesize_limit": task.dictionary_page_size,
            "use_dictionary": repeated,
            "store_schema": False,
        }
        if codec == "GZIP":
            # the fastest level: the next ones take twice the time for a few percent
            settings["compression_level"] = 1
        if second:
            settings["column_encoding"] = {
                field.name: encoding
                for field in self._schema
                if field.name not in repeated and (encoding := _compact_encoding(field.type))
            }
        return settings


def _repeats(column: Any) -> bool:
    """Whether a column of strings or numbers has so few different ones that a dictionary pays."""
    if not (pa.types.is_string(column.type) or pa.types.is_floating(column.type)):
        return False
    sample = column.slice(0, 20_000)
    return pc.count_distinct(sample).as_py() * 2 <= len(sample) or len(sample) < 100


def _compact_encoding(kind: Any) -> str | None:
    """Give the encoding of the second version that compresses well without a dictionary."""
    if pa.types.is_floating(kind):
        return "BYTE_STREAM_SPLIT"
    return "DELTA_BINARY_PACKED" if pa.types.is_timestamp(kind) or pa.types.is_integer(kind) else None
