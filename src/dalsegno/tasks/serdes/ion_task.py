"""The properties that IonToAvro and IonToParquet share, and the run that both make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, field_validator

from dalsegno.errors import TaskFailed, closest, did_you_mean
from dalsegno.expressions import javadate
from dalsegno.expressions.javadate_nodes import Offset
from dalsegno.tasks.base import TaskContext, Text, from_json_text
from dalsegno.tasks.serdes.avro_schema import AvroType, SchemaError, parse_schema
from dalsegno.tasks.serdes.cells import (
    DATE_FORMAT,
    DATETIME_FORMAT,
    FALSE_VALUES,
    NULL_VALUES,
    TIME_FORMAT,
    TRUE_VALUES,
    CellConverter,
    CellOptions,
)
from dalsegno.tasks.serdes.files import BadRows, FileOutput, FileTask, OnBadLines, OnBadLinesText, named

_Made = TypeVar("_Made")
_Texts = Annotated[tuple[str, ...], BeforeValidator(from_json_text)]


class IonTask(FileTask):
    """Properties of the conversions from Ion by an Avro schema."""

    from_: Annotated[Text, Field(alias="from", description="URI of the Ion file")]
    schema_: Annotated[
        Any, Field(alias="schema", description="Avro schema of a row; without one it is inferred from the first rows")
    ] = None
    number_of_rows_to_scan: Annotated[int, Field(gt=0, description="how many rows are looked at to infer")] = 100
    infer_all_fields: Annotated[
        bool,
        Field(description="take texts of the lists of null, true and false so in every field whose type allows it"),
    ] = False
    true_values: _Texts = TRUE_VALUES
    false_values: _Texts = FALSE_VALUES
    null_values: _Texts = NULL_VALUES
    date_format: str = DATE_FORMAT
    time_format: str = TIME_FORMAT
    datetime_format: str = DATETIME_FORMAT
    decimal_separator: Annotated[str, Field(min_length=1, max_length=1)] = "."
    strict_schema: Annotated[bool, Field(description="refuse fields that the schema has not")] = False
    time_zone_id: Annotated[str | None, Field(description="the zone of times that name none; UTC if it is not set")] = (
        None
    )
    on_bad_lines: OnBadLinesText = OnBadLines.ERROR

    Output = FileOutput

    @field_validator("schema_")
    @classmethod
    def _schema_is_avro(cls, value: Any) -> Any:
        if value is not None:
            try:
                parse_schema(value)
            except SchemaError as error:
                raise ValueError(str(error)) from None
        return value

    @field_validator("date_format", "time_format", "datetime_format")
    @classmethod
    def _pattern_is_right(cls, value: str) -> str:
        problem = javadate.check_pattern(value)
        if problem:
            raise ValueError(problem)
        return value

    @field_validator("time_zone_id")
    @classmethod
    def _zone_is_known(cls, value: str | None) -> str | None:
        zone_of(value)
        return value

    @cached_property
    def cells(self) -> CellConverter:
        """The converter of single values."""
        return CellConverter(
            CellOptions(
                true_values=self.true_values,
                false_values=self.false_values,
                null_values=self.null_values,
                date_format=self.date_format,
                time_format=self.time_format,
                datetime_format=self.datetime_format,
                decimal_separator=self.decimal_separator,
                infer_all_fields=self.infer_all_fields,
                zone=zone_of(self.time_zone_id),
            )
        )

    def avro_type(self, context: TaskContext) -> AvroType:
        """Give the schema, inferred from the first rows if none was given."""
        if self.schema_ is not None:
            return parse_schema(self.schema_)
        from dalsegno.tasks.serdes.infer import infer_schema

        with context.files.open(self.from_) as file:
            found = infer_schema(file, self.number_of_rows_to_scan)
        names = ", ".join(part.name for part in found.fields)
        text = f"inferred the schema from the first {self.number_of_rows_to_scan} rows: {names}"
        context.log.info(text)
        return found

    def convert(
        self,
        context: TaskContext,
        suffix: str,
        *,
        schema: AvroType,
        make: Callable[[list[Any], int], _Made],
        write: Callable[[Iterator[_Made], Path], None],
    ) -> FileOutput:
        """Convert the file and store the result.

        Parameters
        ----------
        make : makes what is written of the columns of a block; runs beside others.
        write : writes all of it to a path.
        """
        from dalsegno.tasks.serdes.convert import Conversion

        bad = BadRows(context, self.on_bad_lines)
        conversion = Conversion(schema, self.cells, self.strict_schema, bad, context, make)
        path = context.files.new(suffix)
        records = 0

        def counted(file: Any) -> Iterator[_Made]:
            nonlocal records
            for made, rows in conversion.run(file):
                records += rows
                yield made

        with context.files.open(self.from_) as file:
            write(counted(file), path)
        bad.finish("did not fit")
        name = named(self.from_, suffix)
        context.count("records", records)
        text = f"wrote {records:,} records to {name}"
        context.log.info(text)
        return FileOutput(uri=context.files.store(path, name), size=records)


def zone_of(name: str | None) -> tzinfo:
    """Give a time zone by its id or offset; UTC for none.

    Raises
    ------
    ValueError : there is no such zone.
    """
    if name in (None, "", "UTC", "Z", "GMT"):
        return UTC
    fields: dict[str, int | str] = {}
    offset = Offset("Z", colon=True, minutes="optional", seconds=True)
    text = name.removeprefix("UTC").removeprefix("GMT")
    if text[:1] in ("+", "-") and offset.parse(text, 0, fields) == len(text):
        return timezone(timedelta(seconds=int(fields["OffsetSeconds"])))
    if name not in available_timezones():
        near = closest(name, available_timezones())
        raise ValueError(f"there is no time zone `{name}`{did_you_mean(near)}")
    return ZoneInfo(name)


def empty_schema() -> TaskFailed:
    """Give the failure for a file from which no schema can be inferred."""
    return TaskFailed(
        "the file has no rows from which a schema could be inferred", hint="give the task a `schema`, or check `from`"
    )
