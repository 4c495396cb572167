"""The first rows of tables that stand in files of their own formats, with the types of their columns.

Of a file no more is read than the first rows need, and nothing that stands in it is carried out: no pickle, no code. Where the
library of a format is not installed, or the file is not what its name says, there is no table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from dalsegno.service.tables import LONGEST, Cells, Table

#: columns of a table that are shown
COLUMNS = 100
#: bytes of a file of Ion that are looked at, and of one line of JSON
_HEAD = 4 * 1024 * 1024
#: bytes of the first part of a Parquet file beyond which its rows are not read
_LARGEST_PART = 512 * 1024 * 1024
_IPC_FILE = b"ARROW1"

#: a local file, or the bytes themselves
Content = Path | bytes


class _NoTable(Exception):
    """What was read is no table."""


def table_in(form: str, content: Content, rows: int) -> Table | None:
    """Give the beginning of a table in a format of `FORMATS`; `None` where it cannot be read."""
    try:
        return FORMATS[form](content, rows)
    except (_NoTable, ImportError, ValueError, LookupError, TypeError, OSError, EOFError, NotImplementedError):
        return None


def _parquet(content: Content, rows: int) -> Table:
    import pyarrow.parquet as pq

    with pq.ParquetFile(content if isinstance(content, Path) else BytesIO(content)) as file:
        names = [field.name for field in file.schema_arrow][:COLUMNS]
        types = [str(field.type) for field in file.schema_arrow][:COLUMNS]
        parts = file.metadata.num_row_groups
        readable = parts > 0 and file.metadata.row_group(0).total_byte_size <= _LARGEST_PART
        found: list[Cells] = []
        if readable and rows > 0:
            for batch in file.iter_batches(batch_size=rows, columns=names):
                found += _cells(batch, rows - len(found))
                if len(found) >= rows:
                    break
        nulls = _nulls(file.metadata, len(names)) if len(names) == file.metadata.num_columns else ()
        return Table(tuple(zip(names, types, strict=True)), tuple(found), file.metadata.num_rows, nulls)


def _nulls(metadata: Any, columns: int) -> tuple[int | None, ...]:
    """Count what is missing in each column, as the file itself says."""
    counts: list[int | None] = [0] * columns
    for part in range(metadata.num_row_groups):
        for at in range(columns):
            known = metadata.row_group(part).column(at).statistics
            before = counts[at]
            counts[at] = (
                None if known is None or not known.has_null_count or before is None else before + known.null_count
            )
    return tuple(counts)


def _arrow(content: Content, rows: int) -> Table:
    import pyarrow as pa
    from pyarrow import ipc

    with pa.memory_map(str(content)) if isinstance(content, Path) else pa.BufferReader(content) as source:
        whole = source.read(len(_IPC_FILE)) == _IPC_FILE
        source.seek(0)
        reader: Any = ipc.open_file(source) if whole else ipc.open_stream(source)
        batches = map(reader.get_batch, range(reader.num_record_batches)) if whole else iter(reader)
        schema = [(field.name, str(field.type)) for field in reader.schema][:COLUMNS]
        found: list[Cells] = []
        for batch in batches:
            if len(found) >= rows:
                break
            found += _cells(batch.select(list(range(len(schema)))), rows - len(found))
        return Table(tuple(schema), tuple(found))


def _cells(batch: Any, rows: int) -> list[Cells]:
    columns = [[cell(each) for each in column.to_pylist()] for column in batch.slice(0, rows).columns]
    return list(zip(*columns, strict=True)) if columns else []


def _avro(content: Content, rows: int) -> Table:
    import fastavro

    with _opened(content) as file:
        reader = fastavro.reader(file)
        schema = reader.writer_schema
        fields = schema.get("fields") if isinstance(schema, dict) else None
        if not isinstance(fields, list):
            raise _NoTable
        columns = [(str(field["name"]), _avro_type(field["type"])) for field in fields][:COLUMNS]
        found = [cast("Mapping[str, Any]", row) for row in islice(reader, rows)]
        return Table(tuple(columns), tuple(tuple(cell(row.get(name)) for name, _ in columns) for row in found))


def _avro_type(found: Any) -> str:
    if isinstance(found, list):
        return " or ".join(_avro_type(each) for each in cast("list[Any]", found))
    if isinstance(found, Mapping):
        known = cast("Mapping[str, Any]", found)
        return str(known.get("logicalType") or known.get("type"))
    return str(found)


def _ion(content: Content, rows: int) -> Table:
    from amazon.ion import simpleion
    from amazon.ion.exceptions import IonException

    with _opened(content) as file:
        head = file.read(_HEAD)
        whole = not file.read(1)
    found: list[Any] = []
    reading = cast("Iterator[Any]", simpleion.load(BytesIO(head), single_value=False, parse_eagerly=False))
    try:
        found.extend(islice(reading, rows + 1))
    except IonException as error:
        # what is cut off ends within a value
        if whole or not found:
            raise _NoTable from error
    total = len(found) if whole and len(found) <= rows else None
    return _of_rows([_plain_ion(each) for each in found[:rows]], _ion_type, total, found[:rows])


def _plain_ion(value: Any) -> Any:
    return {str(name): item for name, item in value.items()} if isinstance(value, Mapping) else value


def _ion_type(value: Any) -> str | None:
    kind = getattr(value, "ion_type", None)
    return None if kind is None else str(kind.name).lower()


def _json_lines(content: Content, rows: int) -> Table:
    found: list[Any] = []
    with _opened(content) as file:
        more = False
        while line := file.readline(_HEAD):
            if not line.strip():
                continue
            more = len(found) >= rows
            if more:
                break
            found.append(json.loads(line))
    return _of_rows(found, lambda value: _JSON_TYPES.get(type(value)), None if more else len(found), found)


_JSON_TYPES: Mapping[type, str] = {
    str: "string", bool: "boolean", int: "number", float: "number", dict: "object", list: "array",
}  # fmt: skip


def _of_rows(
    rows: Sequence[Any], type_of: Callable[[Any], str | None], total: int | None, typed: Sequence[Any]
) -> Table:
    """Give a table of rows that name their values themselves: a column for each name."""
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise _NoTable
    names = list(dict.fromkeys(str(name) for row in rows for name in row))[:COLUMNS]
    types: dict[str, dict[str, None]] = {name: {} for name in names}
    for row in typed:
        for name, value in cast("Mapping[str, Any]", row).items():
            told = type_of(value) if value is not None else None
            if told is not None and told != "null" and str(name) in types:
                types[str(name)][told] = None
    columns = tuple((name, " or ".join(types[name]) or None) for name in names)
    return Table(columns, tuple(tuple(cell(row.get(name)) for name in names) for row in rows), total)


def cell(value: Any) -> str | None:
    """Show the value of a cell as a short text; a missing one is `None`."""
    if value is None or type(value).__name__ == "IonPyNull":
        return None
    if isinstance(value, bool) or type(value).__name__ == "IonPyBool":
        return "true" if value else "false"
    if isinstance(value, datetime):
        text = value.isoformat(sep=" ")
    elif isinstance(value, date):
        text = value.isoformat()
    elif isinstance(value, bytes):
        text = value[:LONGEST].hex()
    elif isinstance(value, dict | list | tuple):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _opened(content: Content) -> BinaryIO:
    return content.open("rb") if isinstance(content, Path) else BytesIO(content)


#: how the beginning of a table is read, by its format
FORMATS: Mapping[str, Callable[[Content, int], Table]] = {
    "parquet": _parquet, "arrow": _arrow, "avro": _avro, "ion": _ion, "jsonl": _json_lines,
}  # fmt: skip
