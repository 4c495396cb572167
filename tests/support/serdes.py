"""What the tests of the file conversions share: running a task over a folder, and reading its result with other libraries."""

from __future__ import annotations

import io
from typing import Any, cast

import fastavro
from amazon.ion import simpleion
from pyarrow import parquet
from tests.support.task_context import FolderContext

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import TaskType
from dalsegno.tasks.serdes.csv_to_ion import CsvToIon
from dalsegno.tasks.serdes.files import FileOutput

TIMESTAMP = {"type": "long", "logicalType": "timestamp-millis"}
RIDE_SCHEMA = """
{
  "type": "record", "name": "Ride", "namespace": "com.example.bikeshare",
  "fields": [
    {"name": "ride_id", "type": "string"},
    {"name": "started_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "start_lat", "type": "double"},
    {"name": "end_lat", "type": ["null", "double"], "default": null}
  ]
}
"""


def run(context: FolderContext, kind: type[TaskType], content: bytes | str, **properties: Any) -> FileOutput:
    """Run a conversion of some content."""
    uri = context.add_file(content, "trips.csv" if kind is CsvToIon else "trips.ion")
    return cast("FileOutput", kind.model_validate({"from": uri, **properties}).run(context))


def outcome(context: FolderContext, kind: type[TaskType], content: bytes | str, **properties: Any) -> tuple[Any, ...]:
    """Give the URI and size of the result, or the message and details of the failure."""
    try:
        found = run(context, kind, content, **properties)
    except TaskFailed as error:
        return error.message, error.details
    return found.uri, found.size


def ion_values(context: FolderContext, uri: str) -> list[Any]:
    """Read Ion with amazon.ion: nulls as `None`, structs as dicts."""
    model = simpleion.IonPyValueModel.MAY_BE_BARE
    found = simpleion.load(io.BytesIO(context.read_file(uri)), single_value=False, value_model=model)
    return [_plain(value) for value in cast("list[Any]", found)]


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in cast("list[Any]", value)]
    return None if value is None or type(value).__name__ == "IonPyNull" else str(value)


def avro_records(context: FolderContext, uri: str) -> list[Any]:
    """Read an Avro file with fastavro."""
    return list(fastavro.reader(io.BytesIO(context.read_file(uri))))


def parquet_table(context: FolderContext, uri: str) -> Any:
    """Read a Parquet file with pyarrow."""
    return parquet.read_table(io.BytesIO(context.read_file(uri)))


def record(**fields: Any) -> dict[str, Any]:
    """Give the Avro schema of a record."""
    return {"type": "record", "name": "Row", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}
