"""The task types that go through a stored file row by row, with an expression for every row: FilterItems, DeduplicateItems.

A row is a line: Ion, or JSON, which is Ion too. Rows that stay keep their text as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, cast

from blake3 import blake3
from pydantic import BeforeValidator, Field

from dalsegno.errors import ExpressionFailed, TaskFailed
from dalsegno.tasks.base import TaskContext, TaskOutput, TaskType, Text, to_text
from dalsegno.tasks.storage.pieces import lines, stem_and_suffix

_FALSE = frozenset({"", "false", "0", "-0"})


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


class _Rows(TaskType):
    """A file of rows."""

    source: Text = Field(alias="from", description="The URI of the file: a row of Ion or JSON a line.")

    def rows(self, context: TaskContext) -> Iterator[tuple[int, bytes]]:
        """Give the rows that are not empty, with their numbers."""
        with context.files.open(self.source) as file:
            for number, line in enumerate(lines(file, context), start=1):
                if line.strip():
                    yield number, line

    def evaluate(self, context: TaskContext, text: str, line: bytes, number: int) -> Any:
        """Evaluate an expression for a row, whose columns are variables.

        Raises
        ------
        ExpressionFailed : it cannot be evaluated; the message names the row.
        """
        try:
            return context.evaluate(text, _columns(line, number))
        except ExpressionFailed as error:
            message = f"row {number}: {error.message}"
            raise ExpressionFailed(message, code=error.code, hint=error.hint, closest=error.closest) from error


class FilterItems(_Rows):
    """Keep the rows of a file for which a condition holds, or leave them out."""

    raw_properties: ClassVar[frozenset[str]] = frozenset({"filterCondition"})
    row_properties: ClassVar[frozenset[str]] = raw_properties

    filter_condition: Text = Field(
        alias="filterCondition",
        description="The row's columns are its variables: `{{ price > 10 }}`. Empty, `false` and `0` do not hold.",
    )
    filter_type: Annotated[Literal["INCLUDE", "EXCLUDE"], BeforeValidator(_upper)] = Field(
        default="INCLUDE", alias="filterType", description="What is done with rows for which it holds."
    )
    error_or_null_behavior: Annotated[Literal["FAIL", "INCLUDE", "EXCLUDE"], BeforeValidator(_upper)] = Field(
        default="FAIL",
        alias="errorOrNullBehavior",
        description="What is done with rows for which it cannot be evaluated, or gives null.",
    )

    class Output(TaskOutput):
        uri: str = Field(description="The URI of the new file.")
        processed_items_total: int = Field(alias="processedItemsTotal", description="How many rows there were.")
        dropped_items_total: int = Field(alias="droppedItemsTotal", description="How many were left out.")

    def run(self, context: TaskContext) -> Output:
        """Go through the rows."""
        stem, suffix = stem_and_suffix(self.source, default=".ion")
        path = context.files.new(suffix)
        seen = kept = 0
        with path.open("wb") as out:
            for number, line in self.rows(context):
                seen += 1
                if self._stays(context, line, number):
                    kept += 1
                    out.write(line + b"\n")
        context.count("records", kept)
        uri = context.files.store(path, f"{stem}{suffix}")
        return self.Output.model_validate({"uri": uri, "processedItemsTotal": seen, "droppedItemsTotal": seen - kept})

    def _stays(self, context: TaskContext, line: bytes, number: int) -> bool:
        try:
            value = self.evaluate(context, self.filter_condition, line, number)
        except ExpressionFailed:
            if self.error_or_null_behavior == "FAIL":
                raise
            return self.error_or_null_behavior == "INCLUDE"
        if value is None:
            if self.error_or_null_behavior == "FAIL":
                hint = "say with `errorOrNullBehavior` what is done with such rows"
                raise TaskFailed(f"row {number}: the condition gives null", hint=hint, code="condition-is-null")
            return self.error_or_null_behavior == "INCLUDE"
        holds = str(to_text(value)).strip().lower() not in _FALSE
        return holds == (self.filter_type == "INCLUDE")


class DeduplicateItems(_Rows):
    """Keep of rows with the same key the last one.

    Of every key some bytes are kept in memory, and not the rows.
    """

    raw_properties: ClassVar[frozenset[str]] = frozenset({"expr"})
    row_properties: ClassVar[frozenset[str]] = raw_properties

    expr: Text = Field(description="An expression that gives the key; the columns of the row are variables.")

    class Output(TaskOutput):
        uri: str = Field(description="The URI of the new file.")
        num_keys: int = Field(alias="numKeys", description="How many keys there are.")
        processed_items_total: int = Field(alias="processedItemsTotal", description="How many rows there were.")
        dropped_items_total: int = Field(alias="droppedItemsTotal", description="How many were left out.")

    def run(self, context: TaskContext) -> Output:
        """Find the last row of each key, then write those."""
        stem, suffix = stem_and_suffix(self.source, default=".ion")
        last: dict[bytes, int] = {}
        for number, line in self.rows(context):
            last[self._key(context, line, number)] = number
        stay = frozenset(last.values())
        keys = len(last)
        last.clear()
        path = context.files.new(suffix)
        seen = 0
        with path.open("wb") as out:
            for number, line in self.rows(context):
                seen += 1
                if number in stay:
                    out.write(line + b"\n")
        context.count("records", keys)
        uri = context.files.store(path, f"{stem}{suffix}")
        told = {"uri": uri, "numKeys": keys, "processedItemsTotal": seen, "droppedItemsTotal": seen - keys}
        return self.Output.model_validate(told)

    def _key(self, context: TaskContext, line: bytes, number: int) -> bytes:
        value = self.evaluate(context, self.expr, line, number)
        return blake3(str(to_text(value)).encode("utf-8", "surrogatepass")).digest(16)


def _columns(line: bytes, number: int) -> Mapping[str, Any]:
    """Give the columns of a row."""
    try:
        row = json.loads(line)
    except ValueError:
        row = _ion(line, number)
    if not isinstance(row, Mapping):
        raise TaskFailed(f"row {number} has no columns: `{line[:80].decode('utf-8', 'replace')}`", code="bad-row")
    return cast("Mapping[str, Any]", row)


def _ion(line: bytes, number: int) -> Any:
    """Read a row of Ion that is no JSON."""
    from dalsegno.tasks.serdes.extras import require

    require("a file of Ion that is no JSON")
    from amazon.ion.exceptions import IonException

    from dalsegno.tasks.serdes.ion_read import read_value

    try:
        return read_value(line)
    except (IonException, ValueError, UnicodeDecodeError) as error:
        hint = "give a file with a row of Ion or JSON a line, such as the output of CsvToIon"
        raise TaskFailed(f"row {number} is no Ion: {error}", hint=hint, code="bad-row") from None
