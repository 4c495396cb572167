"""`serdes.csv.CsvToIon`: a CSV file becomes a text Ion file, a struct a line. All values stay strings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator

from dalsegno.tasks.base import TaskContext, Text
from dalsegno.tasks.serdes.extras import require
from dalsegno.tasks.serdes.files import FileOutput, FileTask, OnBadLines, OnBadLinesText


class OnEmptyHeader(StrEnum):
    """What is done with a column that has no name."""

    DROP = "DROP"
    RENAME = "RENAME"


class CsvToIon(FileTask):
    r"""Convert a CSV file to Ion.

    A row with too few or too many fields ends the task, or is left out with `onBadLines: WARN` or `SKIP`. The text `\N` is
    null, every other value stays the string it is. With `header: false` every record is a list.
    """

    from_: Annotated[Text, Field(alias="from", description="URI of the CSV file")]
    header: bool = True
    field_separator: str = ","
    text_delimiter: str = '"'
    skip_empty_rows: bool = False
    on_bad_lines: OnBadLinesText = OnBadLines.ERROR
    on_empty_header: OnEmptyHeader = OnEmptyHeader.DROP
    skip_rows: Annotated[int, Field(ge=0, description="how many rows after the header to leave out")] = 0
    charset: str = "UTF-8"
    max_buffer_size: Annotated[int, Field(gt=0)] = 16 << 20
    max_field_size: Annotated[int, Field(gt=0)] = 16 << 20
    allow_extra_chars_after_closing_quote: bool = False
    error_on_different_field_count: Annotated[bool | None, Field(description="old name; use `onBadLines`")] = None

    Output = FileOutput

    @field_validator("field_separator", "text_delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        if len(value) != 1 or value in "\r\n":
            raise ValueError(f"has to be one character that is no line end, not {value!r}")
        return value

    def run(self, context: TaskContext) -> Any:
        """Convert the file.

        Raises
        ------
        TaskFailed : a row is bad, the text is not in the charset, or the header is.
        """
        require("serdes.csv.CsvToIon")
        from dalsegno.tasks.serdes.csv_convert import CsvConversion

        return CsvConversion(self, context).run()
