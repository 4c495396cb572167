"""The fast readers and the reference readers give equal data, on whatever text there is."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.serdes import TIMESTAMP, ion_values, outcome, record, run
from tests.support.task_context import FolderContext

from dalsegno.expressions import javadate
from dalsegno.tasks.serdes.avro_schema import parse_schema
from dalsegno.tasks.serdes.blocks import cut_blocks
from dalsegno.tasks.serdes.cells import CellConverter, CellOptions
from dalsegno.tasks.serdes.columns import convert_texts, convert_values
from dalsegno.tasks.serdes.csv_blocks import cut_at_rows, read_block
from dalsegno.tasks.serdes.csv_rows import CsvShape
from dalsegno.tasks.serdes.csv_to_ion import CsvToIon
from dalsegno.tasks.serdes.date_columns import UnfitError, layouts, parse_column
from dalsegno.tasks.serdes.ion_read import read_strings
from dalsegno.tasks.serdes.ion_to_avro import IonToAvro
from dalsegno.tasks.serdes.ion_to_parquet import IonToParquet

#: a smaller limit than the default: files are read row by row
BY_ROWS = {"maxFieldSize": 1 << 20}
TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["", "\\N", "a,b", 'say "hi"', "x\ny", "\r"]
)
RAW = st.text(alphabet='a,"\n\r\\Né ', max_size=40)


@contextmanager
def folder() -> Generator[FolderContext]:
    with tempfile.TemporaryDirectory() as path:
        yield FolderContext(Path(path))


def as_csv(rows: list[list[str]], quoting: Any, end: str) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=quoting, lineterminator=end).writerows([["c0", "c1", "c2"], *rows])
    return out.getvalue()


@given(
    st.lists(st.lists(TEXT, min_size=3, max_size=3), max_size=6),
    st.sampled_from([(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\n"), (csv.QUOTE_ALL, "\r\n")]),
)
@settings(deadline=None, max_examples=60)
def test_written_csv_is_read_back_equal_both_ways(rows: list[list[str]], form: tuple[Any, str]) -> None:
    quoting, end = form
    content = as_csv(rows, quoting, end)
    with folder() as context:
        fast = run(context, CsvToIon, content)
        assert run(context, CsvToIon, content, **BY_ROWS).uri == fast.uri
        expected = [{f"c{at}": None if text == "\\N" else text for at, text in enumerate(row)} for row in rows]
        assert ion_values(context, fast.uri) == expected


@given(RAW, st.booleans(), st.sampled_from(["ERROR", "SKIP"]))
@example(text='"",""\n"\n",a\n', skip=False, bad="ERROR")
@example(text="a\n\n,\n", skip=False, bad="ERROR")
@example(text='a,"\n\r\n"\n', skip=True, bad="ERROR")
@settings(deadline=None, max_examples=150)
def test_any_text_has_one_outcome_both_ways(text: str, skip: bool, bad: str) -> None:
    content = "c0,c1\n" + text
    with folder() as context:
        properties = {"skipEmptyRows": skip, "onBadLines": bad}
        fast = outcome(context, CsvToIon, content, **properties)
        assert outcome(context, CsvToIon, content, **properties, **BY_ROWS) == fast


@given(RAW, st.booleans())
@settings(deadline=None, max_examples=60)
def test_one_column_has_one_outcome_both_ways(text: str, skip: bool) -> None:
    with folder() as context:
        fast = outcome(context, CsvToIon, "c0\n" + text, skipEmptyRows=skip)
        assert outcome(context, CsvToIon, "c0\n" + text, skipEmptyRows=skip, **BY_ROWS) == fast


def test_plainly_formed_csv_is_taken_as_a_block() -> None:
    table = read_block(b'a,"b ""c""\n,d"\r\n\\N,""\n', 2, CsvShape())
    assert table.to_pylist() == [{"0": "a", "1": 'b "c"\n,d'}, {"0": None, "1": ""}]


@pytest.mark.parametrize("text", [b"a,b,c\n", b"a\n", b'a,b"c"\n', b'"a"b,c\n', b'"a,"b"\n', b"a,b\n\n", b"a,\xff\n"])
def test_other_csv_is_left_to_the_reference(text: bytes) -> None:
    assert read_block(text, 2, CsvShape()) is None


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=8), st.integers(1, 40))
def test_blocks_of_any_size_end_where_rows_end(rows: list[list[str]], size: int) -> None:
    content = as_csv(rows, csv.QUOTE_ALL, "\n").encode()
    blocks = list(cut_blocks(io.BytesIO(content), cut_at_rows(CsvShape()), first=size, size=size))
    assert b"".join(text for _, text in blocks) == content
    assert [offset for offset, _ in blocks] == [sum(len(text) for _, text in blocks[:at]) for at in range(len(blocks))]
    apart = [row for _, text in blocks for row in csv.reader(io.StringIO(text.decode(), newline=""))]
    assert apart == list(csv.reader(io.StringIO(content.decode(), newline="")))


SCHEMA = record(
    text="string",
    number=["null", "double"],
    count=["long", "null"],
    small="int",
    at=["null", TIMESTAMP],
    mark=["null", "boolean"],
)
VALUES = st.one_of(
    st.none(),
    TEXT,
    st.sampled_from(["0x10", "NaN", "nan", "inf", "Infinity", "1e400", " 1", "+1", "1d", "1_0", ".5", "5.", "true"]),
    st.integers(-(1 << 65), 1 << 65).map(str),
    st.floats().map(str),
    st.datetimes().map(lambda at: at.isoformat(sep=" ", timespec="milliseconds")),
    st.datetimes().map(lambda at: at.isoformat(sep=" ", timespec="seconds")),
)
ROWS = st.lists(st.fixed_dictionaries({part["name"]: VALUES for part in SCHEMA["fields"]}), max_size=5)


@given(ROWS, st.sampled_from(["ERROR", "SKIP"]), st.sampled_from([None, "Europe/Paris", "+05:30"]))
@settings(deadline=None, max_examples=60)
def test_lines_of_strings_convert_like_ion_read_by_amazons_reader(
    rows: list[dict[str, Any]], bad: str, zone: str | None
) -> None:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    properties = {
        "schema": SCHEMA,
        "onBadLines": bad,
        "timeZoneId": zone,
        "datetimeFormat": "yyyy-MM-dd HH:mm:ss[.SSS]",
    }
    with folder() as context:
        for kind in (IonToParquet, IonToAvro):
            fast = outcome(context, kind, lines, **properties)
            assert outcome(context, kind, "// a comment, which only Ion has\n" + lines, **properties) == fast


ODD = ["0x10", "NaN", "nan", "inf", "Infinity", "1e400", " 1", "+1", "1d", "1_0", ".5", "5.", "", "NA", "1", "\u0661"]
KINDS = [
    "int",
    "long",
    "float",
    "double",
    "string",
    "boolean",
    ["null", "double"],
    ["long", "null"],
    ["null", "string"],
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ODD)
def test_a_column_of_odd_texts_converts_like_its_values(kind: Any, text: str) -> None:
    wanted = parse_schema(record(value=kind)).fields[0].type
    cells = CellConverter(CellOptions())
    whole = convert_texts(pa.array([text, "7", text]), wanted, cells, first_only=False)
    apart = convert_values([text, "7", text], wanted, cells, first_only=False)
    listed = whole.values if isinstance(whole.values, list) else whole.values.to_pylist()
    assert repr(listed) == repr(apart.values)
    assert [(row, error.reason) for row, error in whole.failures] == [
        (row, error.reason) for row, error in apart.failures
    ]


def test_lines_of_strings_are_taken_as_a_block() -> None:
    table = read_strings(b'{"a":"1","b":null}\n{"a":"\\u00e9\\n","b":"x"}\n', ["a", "b"])
    assert table.to_pylist() == [{"a": "1", "b": None}, {"a": "é\n", "b": "x"}]


@pytest.mark.parametrize(
    "text", [b'{"a":1}\n', b'{"a":"x","a":"y"}\n', b'{"b":"x"}\n', b'{"a":["x"]}\n', b'{a:"x"}\n', b'{"a":"\xff"}\n']
)
def test_other_lines_are_left_to_other_readers(text: bytes) -> None:
    assert read_strings(text, ["a"]) is None


PATTERNS = [
    "yyyy-MM-dd HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyy-MM-dd HH:mm:ss[.SSS]",
    "yyyy-MM-dd'T'HH:mm[:ss][.SSSSSS][XXX]",
    "dd/MM/yyyy HH:mm",
    "dd.MM.yyyy HH:mm:ss,SSS",
    "yy-MM-dd HH:mm:ss",
    "MM-dd-yyyy HH'h'mm",
    "yyyyMMdd'T'HHmmssXXX",
]
TWO = st.integers(0, 61).map(lambda number: f"{number:02d}")
YEAR = st.sampled_from(["2024", "2037", "2038", "0000", "0001", "9999", "1969", "24", "-024", "+024"])


@given(st.sampled_from(PATTERNS), st.data(), st.sampled_from(["UTC", "Europe/Paris"]), st.sampled_from(["ms", "us"]))
@settings(max_examples=500, deadline=None)
def test_a_column_of_dates_is_parsed_like_its_values(pattern: str, data: Any, zone: str, unit: str) -> None:
    filled = pattern.replace("'", "").replace("[", "").replace("]", "").replace("XXX", "{zone}")
    for field, values in (("yyyy", YEAR), ("yy", TWO), ("MM", TWO), ("dd", TWO), ("HH", TWO), ("mm", TWO), ("ss", TWO)):
        filled = filled.replace(field, data.draw(values), 1)
    filled = filled.replace("SSSSSS", "123456").replace("SSS", "789")
    text = filled.replace("{zone}", data.draw(st.sampled_from(["Z", "+02:00", "-11:30", "+0200", "x"])))
    text = text[: data.draw(st.integers(8, len(text) + 1))]
    try:
        found = parse_column(pa.array([text, text, None]), pattern, unit, zone).cast(pa.int64()).to_pylist()
    except (UnfitError, pa.ArrowInvalid):
        return
    default = UTC if zone == "UTC" else ZoneInfo(zone)
    nanos = javadate.compile(pattern).parse(text).epoch_nanos(default)
    assert nanos is not None
    assert found == [nanos // (1_000_000 if unit == "ms" else 1_000)] * 2 + [None]


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAR = [
    ("Europe/Paris", "9999-05-01 12:00:00.789", 2),
    ("Europe/Paris", "2038-07-01 12:00:00.789", 2),
    ("Europe/Paris", "2038-01-01 12:00:00.789", 1),
    ("America/New_York", "2100-07-01 12:00:00.789", -4),
    ("Australia/Sydney", "2050-07-01 12:00:00.789", 10),
    ("Asia/Kolkata", "9999-05-01 12:00:00.789", 5.5),
]


@pytest.mark.parametrize(("zone", "text", "hours"), FAR)
@pytest.mark.parametrize("unit", ["ms", "us"])
def test_summer_time_goes_on_for_ever(zone: str, text: str, hours: float, unit: str) -> None:
    texts = pa.array([text, "2024-01-15 12:00:00.000", None, text])
    found = parse_column(texts, "yyyy-MM-dd HH:mm:ss.SSS", unit, zone).to_pylist()
    at = datetime.fromisoformat(text) - timedelta(hours=hours)
    usual = datetime(2024, 1, 15, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    assert found == [at, usual, None, at]
    nanos = javadate.compile("yyyy-MM-dd HH:mm:ss.SSS").parse(text).epoch_nanos(ZoneInfo(zone))
    assert nanos == (at.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1) * 1_000


@pytest.mark.parametrize(("text", "hour"), [("2040-03-25 02:30:00", 1), ("2040-10-28 02:30:00", 0)])
def test_hours_that_summer_time_skips_or_repeats_are_read_alike_in_far_years(text: str, hour: int) -> None:
    found = parse_column(pa.array([text]), "yyyy-MM-dd HH:mm:ss", "ms", "Europe/Paris").to_pylist()
    assert found == [datetime.fromisoformat(text).replace(hour=hour)]
    nanos = javadate.compile("yyyy-MM-dd HH:mm:ss").parse(text).epoch_nanos(ZoneInfo("Europe/Paris"))
    assert nanos == (found[0].replace(tzinfo=UTC) - EPOCH) // timedelta(seconds=1) * 1_000_000_000


@pytest.mark.parametrize(
    ("pattern", "text"), [("yyyy-MM-dd HH:mm", "2024-05-01T10:11"), ("yyyy-MM-dd'T'HH:mm", "2024-05-01 10:11")]
)
def test_a_blank_is_no_t_in_a_column_either(pattern: str, text: str) -> None:
    with pytest.raises(UnfitError):
        parse_column(pa.array([text]), pattern, "ms", "UTC")


def test_times_before_1970_are_rounded_down_to_milliseconds() -> None:
    texts = pa.array(["1969-12-31 23:59:59.999999"])
    found = parse_column(texts, "yyyy-MM-dd HH:mm:ss.SSSSSS", "ms", "UTC").cast(pa.int64()).to_pylist()
    assert found == [-1]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_with_fixed_places_have_layouts(pattern: str) -> None:
    assert layouts(pattern)


@pytest.mark.parametrize("pattern", ["d/M/yyyy", "yyyy-MM-dd[ HH]:mm", "MMM d, yyyy", "yyyy-MM-dd hh:mm a", "HH:mm"])
def test_other_patterns_are_left_to_the_parser(pattern: str) -> None:
    assert layouts(pattern) is None


def test_dates_on_the_fast_way_are_parsed() -> None:
    texts = pa.array(["2024-05-01 10:11:12", "2024-05-01 10:11:12.345"])
    found = parse_column(texts, "yyyy-MM-dd HH:mm:ss[.SSS]", "ms", "UTC").cast(pa.int64()).to_pylist()
    assert found == [1714558272000, 1714558272345]
