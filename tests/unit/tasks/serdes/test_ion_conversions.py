"""Ion to Avro and to Parquet: what is written is what other libraries read, and failures tell what to do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from amazon.ion import simpleion
from pyarrow.parquet import ParquetFile
from pydantic import ValidationError
from tests.support.serdes import RIDE_SCHEMA, TIMESTAMP, avro_records, parquet_table, record, run
from tests.support.task_context import FolderContext

from dalsegno.errors import Cancelled, ExtraMissing, TaskFailed
from dalsegno.tasks.registry import load
from dalsegno.tasks.serdes.csv_to_ion import CsvToIon
from dalsegno.tasks.serdes.ion_to_avro import IonToAvro
from dalsegno.tasks.serdes.ion_to_parquet import IonToParquet

RIDES = """ride_id,started_at,start_lat,end_lat
A1,2024-05-01 10:11:12.345,41.5,41.6
A2,2024-05-02 00:00:00.001,-0.25,
"""
BOTH = pytest.mark.parametrize("kind", [IonToAvro, IonToParquet])


@pytest.fixture
def context(tmp_path: Path) -> FolderContext:
    return FolderContext(tmp_path)


def rides(context: FolderContext, kind: Any, pattern: str) -> Any:
    ion = run(context, CsvToIon, RIDES).uri
    task = kind.model_validate({"from": ion, "schema": RIDE_SCHEMA, "datetimeFormat": pattern})
    return task.run(context)


def failure(context: FolderContext, kind: Any, content: str, **properties: Any) -> TaskFailed:
    with pytest.raises(TaskFailed) as caught:
        run(context, kind, content, **properties)
    return caught.value


def rows(context: FolderContext, kind: Any, uri: str) -> list[Any]:
    return avro_records(context, uri) if kind is IonToAvro else parquet_table(context, uri).to_pylist()


def test_both_spellings_of_the_types_name_these_classes() -> None:
    assert load("io.kestra.plugin.serdes.avro.IonToAvro") is load("serdes.avro.IonToAvro") is IonToAvro
    assert load("io.kestra.plugin.serdes.parquet.IonToParquet") is load("serdes.parquet.IonToParquet") is IonToParquet


def test_a_parquet_file_has_the_columns_types_and_rows_of_the_schema(context: FolderContext) -> None:
    found = rides(context, IonToParquet, "yyyy-MM-dd HH:mm:ss.SSS")
    table = parquet_table(context, found.uri)
    assert table.schema == pa.schema(
        [
            pa.field("ride_id", pa.string(), nullable=False),
            pa.field("started_at", pa.timestamp("ms"), nullable=False),
            pa.field("start_lat", pa.float64(), nullable=False),
            pa.field("end_lat", pa.float64()),
        ]
    )
    assert table.column("started_at").cast(pa.int64()).to_pylist() == [1714558272345, 1714608000001]
    assert table.column("end_lat").to_pylist() == [41.6, None]
    assert found.size == 2
    assert context.metrics["records"] == 4
    assert context.lines[-1] == ("info", "wrote 2 records to trips.parquet")


def test_an_avro_file_has_the_rows_and_the_schema(context: FolderContext) -> None:
    found = rides(context, IonToAvro, "yyyy-MM-dd HH:mm:ss.SSS")
    assert avro_records(context, found.uri)[1] == {
        "ride_id": "A2",
        "started_at": datetime(2024, 5, 2, 0, 0, 0, 1000, tzinfo=UTC),
        "start_lat": -0.25,
        "end_lat": None,
    }


@BOTH
def test_equal_data_give_equal_bytes(context: FolderContext, kind: Any) -> None:
    assert rides(context, kind, "yyyy-MM-dd HH:mm:ss.SSS") == rides(context, kind, "yyyy-MM-dd HH:mm:ss[.SSS]")


@BOTH
@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("yy-MM-dd' 'HH:mm:ss", "could not be parsed at index 2"),
        ("yyyy-MM-dd' 'HH:mm:ss", "could not be parsed, unparsed text found at index 19"),
    ],
)
def test_a_wrong_pattern_fails_on_the_first_row_and_proposes_one_that_fits(
    context: FolderContext, kind: Any, pattern: str, problem: str
) -> None:
    with pytest.raises(TaskFailed) as caught:
        rides(context, kind, pattern)
    error = caught.value
    assert error.details == {
        "row": 1,
        "field": "started_at",
        "value": "2024-05-01 10:11:12.345",
        "type": "timestamp-millis",
        "reason": f"Text '2024-05-01 10:11:12.345' {problem}",
        "setting": "datetimeFormat",
        "pattern": pattern,
    }
    assert 'datetimeFormat: "yyyy-MM-dd HH:mm:ss.SSS"' in (error.hint or "")
    assert f"Text '2024-05-01 10:11:12.345' {problem}" in error.message
    assert len(context.stored) == 2


def test_the_proposed_pattern_reads_the_other_values_too(context: FolderContext) -> None:
    content = '{"at":"2024-05-01 10:11:12"}\n{"at":"2024-05-01 10:11:12.345"}\n'
    error = failure(context, IonToParquet, content, schema=record(at=TIMESTAMP))
    assert 'datetimeFormat: "yyyy-MM-dd HH:mm:ss[.SSS]"' in (error.hint or "")


@BOTH
def test_a_bad_value_late_in_the_file_has_the_right_row(context: FolderContext, kind: Any) -> None:
    lines = [f'{{"n":"{number}"}}\n' for number in range(1, 20_001)]
    lines[17_345] = '{"n":"many"}\n'
    error = failure(context, kind, "".join(lines), schema=record(n="int"))
    assert (error.details["row"], error.details["value"]) == (17_346, "many")
    assert error.message == 'row 17346, field `n`: `many` is no int: For input string: "many"'


@BOTH
def test_bad_values_can_become_null(context: FolderContext, kind: Any) -> None:
    content = '{"n":"1"}\n{"n":"many"}\n'
    found = run(context, kind, content, schema=record(n=["null", "int"]), onBadLines="WARN")
    assert rows(context, kind, found.uri) == [{"n": 1}, {"n": None}]
    assert context.lines[0][1].startswith("row 2, field `n`: `many` is no int")


@BOTH
def test_a_bad_value_of_a_field_without_null_fails_all_the_same(context: FolderContext, kind: Any) -> None:
    error = failure(context, kind, '{"n":"many"}\n', schema=record(n="int"), onBadLines="SKIP")
    assert '"null"' in (error.hint or "")


@BOTH
def test_null_where_none_may_be_is_told(context: FolderContext, kind: Any) -> None:
    error = failure(context, kind, '{"a":"1","b":null}\n', schema=record(a="string", b="string"))
    assert error.message == "row 1, field `b`: null is no string: it is null, and the type takes no null"
    assert '["null", "string"]' in (error.hint or "")


@BOTH
def test_epoch_milliseconds_are_tried_first(context: FolderContext, kind: Any) -> None:
    found = run(context, kind, '{"at":"1714557600000"}\n', schema=record(at=TIMESTAMP), datetimeFormat="yyyyMMddHHmmss")
    assert rows(context, kind, found.uri)[0]["at"].replace(tzinfo=UTC) == datetime(2024, 5, 1, 10, tzinfo=UTC)


@BOTH
@pytest.mark.parametrize(
    ("text", "zone", "hour"),
    [
        ("2024-05-01T10:00:00", None, 10),
        ("2024-05-01T10:00:00", "Europe/Paris", 8),
        ("2024-05-01T10:00:00", "+02:00", 8),
        ("2024-05-01T10:00:00Z", "Europe/Paris", 10),
        ("2024-05-01T10:00:00+05:00", None, 5),
    ],
)
def test_times_are_taken_in_their_own_zone_or_that_of_the_task(
    context: FolderContext, kind: Any, text: str, zone: str | None, hour: int
) -> None:
    content = f'{{"at":"{text}"}}\n'
    found = run(context, kind, content, schema=record(at=["null", TIMESTAMP]), timeZoneId=zone)
    assert rows(context, kind, found.uri)[0]["at"].hour == hour


SCALARS = record(
    price="double",
    day={"type": "int", "logicalType": "date"},
    at={"type": "int", "logicalType": "time-millis"},
    cost={"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2},
    paid="boolean",
    color={"type": "enum", "name": "Color", "symbols": ["red", "green"]},
    note=["string", "null"],
    count=["null", "long"],
)


@BOTH
def test_texts_become_what_the_schema_asks_for(context: FolderContext, kind: Any) -> None:
    content = (
        '{"price":"1,5","day":"2024-05-01","at":"10:11:12","cost":"1.255","paid":"Yes","color":"red",'
        '"note":"NA","count":"n/a"}\n'
    )
    found = run(context, kind, content, schema=SCALARS, decimalSeparator=",")
    assert rows(context, kind, found.uri) == [
        {
            "price": 1.5,
            "day": date(2024, 5, 1),
            "at": time(10, 11, 12),
            "cost": Decimal("1.26"),
            "paid": True,
            "color": "red",
            "note": "NA",
            "count": None,
        }
    ]


NESTED = record(
    station={"type": "record", "name": "Station", "fields": [{"name": "id", "type": "long"}]},
    tags={"type": "array", "items": "string"},
    scores={"type": "map", "values": ["null", "double"]},
    key={"type": "fixed", "name": "Key", "size": 2},
)


def test_nested_ion_becomes_nested_avro(context: FolderContext) -> None:
    content = '{station:{id:7},tags:["a",b],scores:{x:1.5e0,y:null},key:{{aGk=}}}'
    found = run(context, IonToAvro, content, schema=NESTED)
    expected = {"station": {"id": 7}, "tags": ["a", "b"], "scores": {"x": 1.5, "y": None}, "key": b"hi"}
    assert avro_records(context, found.uri) == [expected]


def test_nested_ion_becomes_nested_parquet(context: FolderContext) -> None:
    content = '{station:{id:7},tags:["a",b],scores:{x:1.5e0,y:null},key:{{aGk=}}}'
    found = run(context, IonToParquet, content, schema=NESTED)
    expected = {"station": {"id": 7}, "tags": ["a", "b"], "scores": [("x", 1.5), ("y", None)], "key": b"hi"}
    assert parquet_table(context, found.uri).to_pylist() == [expected]


def test_a_failure_inside_a_nested_value_says_where(context: FolderContext) -> None:
    error = failure(context, IonToAvro, '{station:{id:x},tags:[],scores:{},key:"hi"}', schema=NESTED)
    assert error.details["field"] == "station"
    assert 'id: For input string: "x"' in error.message


UNION = record(value=["null", "int", "double", "string"])


def test_the_branches_of_a_union_are_tried_in_order(context: FolderContext) -> None:
    content = '{"value":"1"}\n{"value":"1.5"}\n{"value":"x"}\n{"value":"NA"}\n'
    found = run(context, IonToAvro, content, schema=UNION)
    assert [row["value"] for row in avro_records(context, found.uri)] == [1, 1.5, "x", None]
    found = run(context, IonToParquet, content, schema=UNION)
    values = parquet_table(context, found.uri).column("value").to_pylist()
    assert values[0] == {"member0": 1, "member1": None, "member2": None}
    assert values[3] is None


def test_records_in_a_union_keep_their_names(context: FolderContext) -> None:
    cat = {"type": "record", "name": "Cat", "fields": [{"name": "lives", "type": "int"}]}
    dog = {"type": "record", "name": "Dog", "fields": [{"name": "name", "type": "string"}]}
    found = run(context, IonToAvro, '{pet:{lives:9}} {pet:{name:"Rex"}}', schema=record(pet=[cat, dog]))
    assert [row["pet"] for row in avro_records(context, found.uri)] == [{"lives": 9}, {"name": "Rex"}]


@BOTH
def test_without_a_schema_one_is_inferred(context: FolderContext, kind: Any) -> None:
    content = '{a:1,b:"x",c:1.5e0,d:[true],e:{f:2024-05-01T00:00:00Z}} {a:5000000000,b:null,c:null,d:null,e:null}'
    found = run(context, kind, content)
    first, second = rows(context, kind, found.uri)
    assert first["e"]["f"].replace(tzinfo=UTC) == datetime(2024, 5, 1, tzinfo=UTC)
    assert (first["a"], first["b"], first["c"], first["d"]) == (1, "x", 1.5, [True])
    assert (second["a"], second["b"]) == (5_000_000_000, None)


@BOTH
def test_lists_and_unnamed_columns_are_taken_by_position(context: FolderContext, kind: Any) -> None:
    schema = record(a="int", b=["null", "int"])
    found = run(context, kind, '["1","2"]\n["3"]\n', schema=schema)
    assert rows(context, kind, found.uri) == [{"a": 1, "b": 2}, {"a": 3, "b": None}]
    found = run(context, kind, '{"col0":"1","col1":"2"}\n', schema=schema)
    assert rows(context, kind, found.uri) == [{"a": 1, "b": 2}]


@BOTH
def test_aliases_and_missing_fields_are_understood(context: FolderContext, kind: Any) -> None:
    schema = record(a="int", b=["null", "int"])
    schema["fields"][0]["aliases"] = ["old_a"]
    found = run(context, kind, '{"old_a":"1","other":"2"}\n', schema=schema)
    assert rows(context, kind, found.uri) == [{"a": 1, "b": None}]


@BOTH
def test_fields_beyond_a_strict_schema_are_refused(context: FolderContext, kind: Any) -> None:
    error = failure(context, kind, '{"a":"1","extra":"2"}\n', schema=record(a="int"), strictSchema=True)
    assert "`extra`" in error.message
    assert error.details["row"] == 1


@BOTH
def test_all_fields_can_be_looked_at_for_null_true_and_false(context: FolderContext, kind: Any) -> None:
    schema = record(a=["string", "null"], b=["null", "boolean"])
    content = '{"a":"NA","b":"on"}\n'
    assert rows(context, kind, run(context, kind, content, schema=schema).uri) == [{"a": "NA", "b": True}]
    found = run(context, kind, content, schema=schema, inferAllFields=True)
    assert rows(context, kind, found.uri) == [{"a": None, "b": True}]


def test_binary_ion_is_read(context: FolderContext) -> None:
    content = simpleion.dumps([{"a": 1}, {"a": 2}], binary=True, sequence_as_stream=True)
    found = run(context, IonToParquet, content, schema=record(a="int"))
    assert parquet_table(context, found.uri).to_pylist() == [{"a": 1}, {"a": 2}]


@BOTH
def test_a_file_that_is_no_ion_says_so(context: FolderContext, kind: Any) -> None:
    error = failure(context, kind, '{"a":"1"}\n{"a":"1" oops\n', schema=record(a="int"))
    assert "no Ion" in error.message
    assert len(context.stored) == 1


@BOTH
def test_a_row_that_is_no_struct_fails_or_is_left_out(context: FolderContext, kind: Any) -> None:
    content = '{"a":"1"}\n5\n{"a":"x"}\n'
    assert failure(context, kind, content, schema=record(a="int")).details["row"] == 2
    found = run(context, kind, content, schema=record(a=["null", "int"]), onBadLines="WARN")
    assert rows(context, kind, found.uri) == [{"a": 1}, {"a": None}]
    assert found.size == 2
    assert "row 3, field `a`" in context.lines[1][1]


@BOTH
def test_an_empty_file_gives_a_file_without_rows_or_needs_a_schema(context: FolderContext, kind: Any) -> None:
    assert rows(context, kind, run(context, kind, "", schema=record(a="int")).uri) == []
    assert "no rows" in failure(context, kind, "").message


@BOTH
@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({"datetimeFormat": "yyyy foo"}, "at index 5: Unknown pattern letter: f"),
        ({"schema": '{"type": "record", "name": "x"'}, "no JSON"),
        ({"schema": '"string"'}, "need a `record`"),
        ({"schema": record(a="strng")}, "did you mean `string`"),
        ({"schema": record(a={"type": "array"})}, "has no `items`"),
        ({"timeZoneId": "Europe/Pariss"}, "did you mean `Europe/Paris`"),
        ({"onBadLines": "IGNORE"}, "'ERROR', 'WARN' or 'SKIP'"),
    ],
)
def test_wrong_properties_are_refused_before_anything_runs(kind: Any, properties: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate({"from": "x", **properties})
    assert problem in str(caught.value)


@pytest.mark.parametrize("codec", ["UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"])
@pytest.mark.parametrize("version", ["V1", "V2"])
def test_every_codec_and_version_is_read_back(context: FolderContext, codec: str, version: str) -> None:
    content = "".join(f'{{"n":"{number}","s":"{number % 3}"}}\n' for number in range(500))
    schema = record(n="double", s="string")
    found = run(context, IonToParquet, content, schema=schema, compressionCodec=codec, parquetVersion=version)
    assert parquet_table(context, found.uri).column("n").to_pylist() == [float(number) for number in range(500)]


def test_row_groups_keep_to_the_size_given(context: FolderContext) -> None:
    content = "".join(f'{{"n":"{number}"}}\n' for number in range(30_000))
    found = run(context, IonToParquet, content, schema=record(n="long"), rowGroupSize=10_000)
    metadata = ParquetFile(context.files.path(found.uri)).metadata
    assert metadata.num_row_groups > 1
    assert metadata.num_rows == 30_000


@BOTH
def test_a_conversion_that_is_cancelled_ends_and_stores_nothing(tmp_path: Path, kind: Any) -> None:
    context = FolderContext(tmp_path, cancel_after=0)
    with pytest.raises(Cancelled):
        run(context, kind, '{"a":"1"}\n', schema=record(a="int"))
    assert len(context.stored) == 1


@pytest.mark.parametrize("kind", [CsvToIon, IonToAvro, IonToParquet])
def test_a_missing_library_names_the_command_that_installs_it(
    context: FolderContext, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_spec(name: str) -> str | None:
        return None if name == "polars" else name

    monkeypatch.setattr("dalsegno.tasks.serdes.extras.find_spec", find_spec)
    with pytest.raises(ExtraMissing, match=r"`polars`.*pip install 'dalsegno\[serdes\]'"):
        run(context, kind, "a\n")
