"""Tables and arrays of pyarrow, as an Arrow stream, which is mapped into memory on loading and not copied."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dalsegno.artifacts.materializers.base import Materializer, Source, Target
from dalsegno.artifacts.materializers.summaries import ROWS_SHOWN, rows_shown

#: a table of fewer bytes is written in memory first, for it may stand in the row
_SMALL = 1 << 16
_COLUMNS_SHOWN = 50


def write_table(table: Any, target: Target) -> None:
    """Write a table as a stream, its batches as they are."""
    batches = table.to_batches()
    if table.nbytes < _SMALL:
        sink = pa.BufferOutputStream()
        _write(batches, table.schema, sink)
        with target.open() as file:
            file.write(memoryview(sink.getvalue()))
    else:
        with target.file() as path, pa.OSFile(str(path), "wb") as sink:
            _write(batches, table.schema, sink)


def _write(batches: list[Any], schema: Any, sink: Any) -> None:
    with pa.ipc.new_stream(sink, schema) as stream:
        for batch in batches:
            stream.write_batch(batch)


def read_table(source: Source) -> Any:
    """Read a table; a large one stays where it is stored until it is looked at."""
    path = source.path
    data = pa.py_buffer(source.read()) if path is None else pa.memory_map(str(path))
    with pa.ipc.open_stream(data) as stream:
        return stream.read_all()


def schema_shown(schema: Any) -> dict[str, str]:
    """Show the names and types of the first columns."""
    return {field.name: str(field.type) for field in list(schema)[:_COLUMNS_SHOWN]}


def _sample(table: Any) -> list[list[str | None]]:
    columns = [column.slice(0, ROWS_SHOWN).to_pylist() for column in table.columns[:_COLUMNS_SHOWN]]
    return rows_shown(zip(*columns, strict=True))


class Table(Materializer):
    """`pyarrow.Table`, in the pieces that it has."""

    kind = "pyarrow.Table"
    suffix = ".arrows"

    def save(self, value: Any, target: Target) -> None:
        """Write the table."""
        write_table(value, target)

    def load(self, source: Source) -> Any:
        """Map the table into memory."""
        return read_table(source)

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell rows, columns and types, and the first rows."""
        return {"rows": value.num_rows, "columns": value.num_columns, "schema": schema_shown(value.schema),
                "first": str(value.slice(0, 5).to_pylist())[:500], "sample": _sample(value)}  # fmt: skip


class RecordBatch(Table):
    """`pyarrow.RecordBatch`."""

    kind = "pyarrow.RecordBatch"

    def save(self, value: Any, target: Target) -> None:
        """Write the batch as a table of one piece."""
        write_table(pa.Table.from_batches([value]), target)

    def load(self, source: Source) -> Any:
        """Map the batch into memory."""
        table = read_table(source)
        batches = table.to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


class ChunkedArray(Materializer):
    """`pyarrow.ChunkedArray`: a column without a name."""

    kind = "pyarrow.ChunkedArray"
    suffix = ".arrows"

    def save(self, value: Any, target: Target) -> None:
        """Write a table with this column alone."""
        write_table(pa.table({"": value}), target)

    def load(self, source: Source) -> Any:
        """Map the column into memory."""
        return read_table(source).column(0)

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell type and length."""
        return {"length": len(value), "schema": str(value.type), "first": str(value[:3].to_pylist())[:200]}


class Array(ChunkedArray):
    """`pyarrow.Array` of any type."""

    kind = "pyarrow.Array"

    def save(self, value: Any, target: Target) -> None:
        """Write a table with this column alone, in one piece."""
        write_table(pa.Table.from_batches([pa.RecordBatch.from_arrays([value], names=[""])]), target)

    def load(self, source: Source) -> Any:
        """Map the column into memory."""
        column = read_table(source).column(0)
        return column.chunk(0) if column.num_chunks else pa.array([], type=column.type)
