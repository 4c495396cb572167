"""CSV to Ion: what is read, and what is told about a file that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.support.serdes import ion_values, run
from tests.support.task_context import FolderContext

from dalsegno.errors import Cancelled, TaskFailed
from dalsegno.tasks.registry import load
from dalsegno.tasks.serdes.csv_to_ion import CsvToIon


@pytest.fixture
def context(tmp_path: Path) -> FolderContext:
    return FolderContext(tmp_path)


def failure(context: FolderContext, content: bytes | str, **properties: object) -> TaskFailed:
    with pytest.raises(TaskFailed) as caught:
        run(context, CsvToIon, content, **properties)
    return caught.value


def test_both_spellings_of_the_type_name_this_class() -> None:
    assert load("io.kestra.plugin.serdes.csv.CsvToIon") is load("serdes.csv.CsvToIon") is CsvToIon


def test_every_value_stays_the_string_it_is(context: FolderContext) -> None:
    found = run(context, CsvToIon, 'id,name,lat\n001,"Straße ""A"", Süd",41.50\n002,"two\nlines",\n')
    assert found.size == 2
    assert found.uri.endswith("/trips.ion")
    assert ion_values(context, found.uri) == [
        {"id": "001", "name": 'Straße "A", Süd', "lat": "41.50"},
        {"id": "002", "name": "two\nlines", "lat": ""},
    ]
    assert context.metrics["records"] == 2
    assert context.lines == [("info", "wrote 2 records to trips.ion")]


def test_a_backslash_n_is_null_and_an_empty_text_is_not(context: FolderContext) -> None:
    found = run(context, CsvToIon, "a,b\n\\N,\n")
    assert ion_values(context, found.uri) == [{"a": None, "b": ""}]


def test_a_byte_order_mark_is_no_part_of_the_first_name(context: FolderContext) -> None:
    found = run(context, CsvToIon, b"\xef\xbb\xbfa,b\r\n1,2\r\n")
    assert ion_values(context, found.uri) == [{"a": "1", "b": "2"}]


def test_without_a_header_every_record_is_a_list(context: FolderContext) -> None:
    found = run(context, CsvToIon, "1,\\N\n2\n", header=False)
    assert ion_values(context, found.uri) == [["1", None], ["2"]]


def test_other_separators_and_charsets_are_read(context: FolderContext) -> None:
    content = "name;n\n'Köln;Mitte';1\n".encode("iso-8859-1")
    found = run(context, CsvToIon, content, fieldSeparator=";", textDelimiter="'", charset="ISO-8859-1")
    assert ion_values(context, found.uri) == [{"name": "Köln;Mitte", "n": "1"}]


def test_rows_after_the_header_can_be_left_out(context: FolderContext) -> None:
    found = run(context, CsvToIon, "a,b\nunit,unit\n1,2\n", skipRows=1)
    assert ion_values(context, found.uri) == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(("row", "count"), [("3", 1), ("3,4,5", 3), ("", 1)])
def test_a_row_of_another_length_fails_with_its_number(context: FolderContext, row: str, count: int) -> None:
    error = failure(context, f'a,b\n1,"x\ny"\n{row}\n5,6\n')
    assert error.message == (
        f"Bad line encountered (field count mismatch): Expected 2, got {count} fields. "
        "It is row 2 (line 4) of trips.csv."
    )
    assert error.details["row"] == 2
    assert "onBadLines: WARN" in (error.hint or "")


def test_a_failed_conversion_stores_nothing(context: FolderContext) -> None:
    failure(context, "a,b\n1,2\n3\n")
    assert len(context.stored) == 1


def test_bad_rows_can_be_left_out_and_told(context: FolderContext) -> None:
    found = run(context, CsvToIon, "a,b\n1,2\n3\n4,5,6\n7,8\n", onBadLines="WARN")
    assert ion_values(context, found.uri) == [{"a": "1", "b": "2"}, {"a": "7", "b": "8"}]
    warnings = [text for level, text in context.lines if level == "warning"]
    assert len(warnings) == 2
    assert "Expected 2, got 3 fields. It is row 3 (line 4)" in warnings[1]


def test_bad_rows_can_be_left_out_in_silence(context: FolderContext) -> None:
    assert run(context, CsvToIon, "a,b\n3\n7,8\n", onBadLines="SKIP").size == 1
    assert [level for level, _ in context.lines] == ["info"]


def test_many_bad_rows_do_not_flood_the_log(context: FolderContext) -> None:
    run(context, CsvToIon, "a,b\n" + "1\n" * 100, onBadLines="WARN")
    warnings = [text for level, text in context.lines if level == "warning"]
    assert len(warnings) == 21
    assert warnings[-1].startswith("100 in all")


def test_a_bad_row_late_in_a_long_file_has_the_right_number(context: FolderContext) -> None:
    rows = "".join(f'{number},"a ""{number}"""\n' for number in range(1, 30_001))
    error = failure(context, f"id,name\n{rows}30001\n")
    assert (error.details["row"], error.details["line"]) == (30_001, 30_002)


def test_bytes_that_are_no_text_name_row_offset_and_setting(context: FolderContext) -> None:
    error = failure(context, "name,n\na,1\nKöln,2\n".encode("iso-8859-1"))
    assert error.details["row"] == 2
    assert error.details["offset"] == 12
    assert "byte 0xf6 at offset 12 is no text in UTF-8" in error.message
    assert "charset: ISO-8859-1" in (error.hint or "")


def test_the_offset_is_right_where_a_letter_is_cut_by_the_end_of_a_chunk(context: FolderContext) -> None:
    content = b"x\n" * 131_071 + b"a\xc3" + b"(\n"
    error = failure(context, content, header=False)
    assert (error.details["row"], error.details["offset"]) == (131_072, 262_143)


def test_a_quote_that_is_never_closed_names_the_row_where_it_opened(context: FolderContext) -> None:
    error = failure(context, 'a,b\n1,2\n3,"4\n5,6\n')
    assert error.details["row"] == 2
    assert "never closed" in error.message


def test_text_after_a_closing_quote_is_refused_unless_allowed(context: FolderContext) -> None:
    content = 'a,b\n1,"2"x\n'
    assert "allowExtraCharsAfterClosingQuote" in failure(context, content).message
    found = run(context, CsvToIon, content, allowExtraCharsAfterClosingQuote=True)
    assert ion_values(context, found.uri) == [{"a": "1", "b": "2x"}]
    unclosed = failure(context, 'a,b\n1,"2', allowExtraCharsAfterClosingQuote=True)
    assert "never closed" in unclosed.message


def test_a_field_that_is_too_long_is_refused(context: FolderContext) -> None:
    assert "maxFieldSize" in failure(context, f"a\n{'x' * 50}\n", maxFieldSize=20).message


def test_columns_without_a_name_are_dropped_or_named(context: FolderContext) -> None:
    dropped = run(context, CsvToIon, "a,,c\n1,2,3\n")
    assert ion_values(context, dropped.uri) == [{"a": "1", "c": "3"}]
    renamed = run(context, CsvToIon, "col_1,,c\n1,2,3\n", onEmptyHeader="RENAME")
    assert ion_values(context, renamed.uri) == [{"col_1": "1", "col_1_2": "2", "c": "3"}]


def test_a_name_that_stands_twice_in_the_header_is_refused(context: FolderContext) -> None:
    assert "names `a` more than once" in failure(context, "a,b,a\n1,2,3\n").message


def test_empty_rows_are_bad_unless_they_are_skipped(context: FolderContext) -> None:
    assert failure(context, "a,b\n1,2\n\n3,4\n").details["row"] == 2
    assert run(context, CsvToIon, "a,b\n1,2\n\n3,4\n\n", skipEmptyRows=True).size == 2


def test_a_file_without_rows_gives_a_file_without_records(context: FolderContext) -> None:
    found = run(context, CsvToIon, "a,b\n")
    assert (found.size, ion_values(context, found.uri)) == (0, [])
    assert run(context, CsvToIon, "").size == 0


def test_an_unknown_charset_names_the_closest(context: FolderContext) -> None:
    assert "did you mean `UTF-8`" in failure(context, "a\n", charset="UTF-88").message


def test_a_separator_of_two_characters_is_refused() -> None:
    with pytest.raises(ValidationError, match="one character"):
        CsvToIon.model_validate({"from": "x", "fieldSeparator": "||"})


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1"])
def test_a_conversion_that_is_cancelled_ends_and_stores_nothing(tmp_path: Path, charset: str) -> None:
    context = FolderContext(tmp_path, cancel_after=0)
    with pytest.raises(Cancelled):
        run(context, CsvToIon, "a,b\n1,2\n", charset=charset)
    assert len(context.stored) == 1
