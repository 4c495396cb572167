"""The conversions of the demo's two flows, on the demo's trips."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest
import yaml
from tests.support.serdes import ion_values, parquet_table
from tests.support.task_context import FolderContext

from dalsegno.demo.dataset import COLUMNS, write_csv
from dalsegno.demo.story import flow_text
from dalsegno.errors import TaskFailed
from dalsegno.tasks.registry import load
from dalsegno.tasks.serdes.csv_to_ion import CsvToIon

ROWS = 3_000


@pytest.fixture
def context(tmp_path: Path) -> FolderContext:
    return FolderContext(tmp_path)


@pytest.fixture
def ion(context: FolderContext) -> str:
    path = context.files.new(".csv")
    write_csv(path, month="202405", rows=ROWS)
    uri = context.files.store(path, "202405-divvy-tripdata.csv")
    return CsvToIon.model_validate({"from": uri}).run(context).uri


def last_task(flow: str, uri: str) -> Any:
    given = cast("dict[str, Any]", yaml.safe_load(flow_text(flow))["tasks"][-1])
    properties = {name: value for name, value in given.items() if name not in ("id", "type")}
    return load(given["type"]).model_validate({**properties, "from": uri})


def test_the_failing_flow_fails_on_its_first_row_and_names_the_pattern_that_fits(
    context: FolderContext, ion: str
) -> None:
    with pytest.raises(TaskFailed) as caught:
        last_task("failing", ion).run(context)
    first = ion_values(context, ion)[0]["started_at"]
    assert caught.value.details["row"] == 1
    assert caught.value.details["field"] == "started_at"
    assert caught.value.details["pattern"] == "yy-MM-dd' 'HH:mm:ss"
    assert caught.value.details["reason"] == f"Text '{first}' could not be parsed at index 2"
    assert "yyyy-MM-dd HH:mm:ss.SSS" in (caught.value.hint or "")


def test_the_corrected_flow_writes_every_trip(context: FolderContext, ion: str) -> None:
    found = last_task("corrected", ion).run(context)
    table = parquet_table(context, found.uri)
    trips = ion_values(context, ion)
    assert found.size == table.num_rows == ROWS
    assert tuple(table.column_names) == COLUMNS
    assert table.schema.field("started_at").type == pa.timestamp("ms")
    assert table.schema.field("end_lat") == pa.field("end_lat", pa.float64())
    assert table.column("ride_id").to_pylist() == [trip["ride_id"] for trip in trips]
    assert table.column("start_station_name").to_pylist() == [trip["start_station_name"] for trip in trips]
    ends = [float(trip["end_lat"]) if trip["end_lat"] else None for trip in trips]
    assert table.column("end_lat").to_pylist() == ends
    assert None in ends
    starts = [f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}" for at in table.column("started_at").to_pylist()]
    assert starts == [trip["started_at"] for trip in trips]
