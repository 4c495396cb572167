"""From a file of Ion to the columns of an Avro schema: the part that IonToAvro and IonToParquet share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, BinaryIO, Generic, TypeVar, cast

import pyarrow as pa

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import TaskContext
from dalsegno.tasks.serdes.avro_schema import AvroField, AvroType
from dalsegno.tasks.serdes.blocks import cut_blocks, side_by_side
from dalsegno.tasks.serdes.cells import CellConverter, CellError, pick
from dalsegno.tasks.serdes.columns import Column, convert_texts, convert_values
from dalsegno.tasks.serdes.files import BadRows
from dalsegno.tasks.serdes.ion_read import (
    cut_at_lines,
    is_binary,
    read_json_lines,
    read_strings,
    read_values,
    string_columns,
)
from dalsegno.tasks.serdes.suggest import suggest_pattern

_POSITIONAL = re.compile(r"col[0-9]+\Z")
_SETTINGS = {"datetimeFormat": "datetime", "dateFormat": "date", "timeFormat": "time"}
#: how many values of a column are looked at to propose a pattern
_SAMPLE = 200

#: blocks that are read while a row group is written: about the rows of one
_AHEAD = 8

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Failure:
    """One value that does not fit: its row within the block, its field, and a sample of the field's values."""

    row: int
    field: AvroField
    value: Any
    error: CellError
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block(Generic[_Made]):
    """Some rows, made into what the writer takes; `made` is `None` for text that only the last reader can take."""

    offset: int
    rows: int
    kept: int
    made: _Made | None
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Conversion(Generic[_Made]):
    """How the rows of a file become what a writer takes.

    Parameters
    ----------
    make : makes what the writer takes of the columns, each with its field, in the order of the schema; it runs beside others.
    strict : refuse fields that the schema has not.
    """

    schema: AvroType
    cells: CellConverter
    strict: bool
    bad: BadRows
    context: TaskContext
    make: Callable[[list[Any], int], _Made]

    def run(self, file: BinaryIO) -> Iterator[tuple[_Made, int]]:
        """Give what was made of the rows, in order, with the number of rows.

        Raises
        ------
        TaskFailed : a value or row does not fit and bad lines are errors.
        """
        row = 0
        for block in self._blocks(file):
            for failure in block.failures:
                self._tell(failure, row)
            row += block.rows
            if block.kept:
                yield cast("_Made", block.made), block.kept

    def _blocks(self, file: BinaryIO) -> Iterator[Block[_Made]]:
        if is_binary(file):
            yield from self._read_values(file, 0)
            return
        names = string_columns(file)
        row = 0

        def work(piece: tuple[int, bytes]) -> Block[_Made]:
            return self._convert_text(piece, names)

        blocks = cut_blocks(file, cut_at_lines)
        for block in side_by_side(blocks, work, check=self.context.check_cancelled, ahead=_AHEAD):
            if block.made is None:
                file.seek(block.offset)
                yield from self._read_values(file, row)
                return
            row += block.rows
            yield block

    def _read_values(self, file: BinaryIO, row: int) -> Iterator[Block[_Made]]:
        for values in read_values(file, rows_before=row):
            self.context.check_cancelled()
            yield self._convert_rows(0, values)

    def _convert_text(self, piece: tuple[int, bytes], names: list[str] | None) -> Block[_Made]:
        offset, text = piece
        table = read_strings(text, names) if names else None
        if table is not None:
            return self._convert_table(offset, table)
        rows = read_json_lines(text)
        return Block(offset, 0, 0, None) if rows is None else self._convert_rows(offset, rows)

    def _convert_table(self, offset: int, table: Any) -> Block[_Made]:
        names = cast("list[str]", table.column_names)
        extra = self._extra(names)
        columns: list[Column] = []
        texts = [_texts_of(table, part, at, names) for at, part in enumerate(self.schema.fields)]
        for part, column in zip(self.schema.fields, texts, strict=True):
            columns.append(convert_texts(column, part.type, self.cells, first_only=self.bad.fatal))
        failures = self._failures(columns, [_sampler(column) for column in texts], texts)
        if extra is not None and table.num_rows:
            failures.insert(0, extra)
        made = self._made(columns, table.num_rows, failures)
        return Block(offset, table.num_rows, table.num_rows, made, tuple(failures))

    def _convert_rows(self, offset: int, rows: Sequence[Any]) -> Block[_Made]:
        columns: list[Column] = []
        found = [self._as_map(row, at) for at, row in enumerate(rows)]
        failures = [row for row in found if isinstance(row, Failure)]
        maps = {at: row for at, row in enumerate(found) if not isinstance(row, Failure)}
        values = [[pick(row, part) for row in maps.values()] for part in self.schema.fields]
        for part, column in zip(self.schema.fields, values, strict=True):
            columns.append(convert_values(column, part.type, self.cells, first_only=self.bad.fatal))
        places = list(maps)
        wrong = self._failures(columns, [_sampler(column) for column in values], values)
        failures += [replace(failure, row=places[failure.row]) for failure in wrong]
        failures += [extra for at, row in maps.items() if (extra := self._extra(list(row), row=at)) is not None]
        failures.sort(key=lambda failure: failure.row)
        return Block(offset, len(rows), len(maps), self._made(columns, len(maps), failures), tuple(failures))

    def _made(self, columns: list[Column], rows: int, failures: Sequence[Failure]) -> _Made:
        if failures and self.bad.fatal:
            return cast("_Made", ())
        return self.make([column.values for column in columns], rows)

    def _as_map(self, row: Any, at: int) -> Mapping[str, Any] | Failure:
        """Give a row by field names; a list, or a struct of `col0`, `col1` ..., is taken by position."""
        fields = self.schema.fields
        if isinstance(row, list):
            values = cast("list[Any]", row)
            named = {part.name: value for part, value in zip(fields, values, strict=False)}
            return named | {f"col{number}": value for number, value in enumerate(values[len(fields) :], len(fields))}
        if not isinstance(row, dict):
            reason = f"a {type(row).__name__} is neither a struct nor a list"
            error = CellError(reason, self.schema.shown, setting="row")
            return Failure(at, AvroField(self.schema.name, self.schema), row, error)
        found = cast("dict[str, Any]", row)
        if found and all(_POSITIONAL.match(key) for key in found):
            return {part.name: found.get(f"col{number}") for number, part in enumerate(fields)}
        return found

    def _extra(self, names: list[str], *, row: int = 0) -> Failure | None:
        """Give the failure of a row with fields that the schema has not."""
        if not self.strict:
            return None
        known = set(chain.from_iterable((part.name, *part.aliases) for part in self.schema.fields))
        extra = [name for name in names if name not in known]
        by_place = len(names) <= len(self.schema.fields) and all(_POSITIONAL.match(name) for name in names)
        if not extra or by_place:
            return None
        reason = f"Data contains more fields than schema: `{'`, `'.join(extra)}`"
        part = AvroField(extra[0], self.schema)
        return Failure(row, part, None, CellError(reason, "field of the schema", setting="strictSchema"))

    def _failures(
        self, columns: list[Column], sample: list[Callable[[], tuple[str, ...]]], values: Any
    ) -> list[Failure]:
        found = [
            Failure(row, part, _value(column_values, row), error, sample[at]() if error.pattern else ())
            for at, (part, column, column_values) in enumerate(zip(self.schema.fields, columns, values, strict=True))
            for row, error in column.failures
        ]
        return sorted(found, key=lambda failure: failure.row)

    def _tell(self, failure: Failure, rows_before: int) -> None:
        """Fail, or note the value that becomes null."""
        row = rows_before + failure.row + 1
        text, hint = _message(failure, row)
        of_row = failure.error.setting in ("strictSchema", "row")
        if self.bad.fatal or not (of_row or failure.field.type.nullable):
            if not self.bad.fatal:
                hint = f'let the field take null: `"type": ["null", ...]`; or {hint}'
            raise TaskFailed(text, hint=hint, details=_details(failure, row))
        self.bad.add(text if failure.error.setting == "strictSchema" else f"{text}; {_kept(failure)}")


def _kept(failure: Failure) -> str:
    return "the row is left out" if failure.error.setting == "row" else "null is written"


def _texts_of(table: Any, part: AvroField, at: int, names: list[str]) -> Any:
    """Give the column of a field, by name, alias or position; nulls where there is none."""
    if all(_POSITIONAL.match(name) for name in names):
        found = f"col{at}" if f"col{at}" in names else None
    else:
        found = next((name for name in (part.name, *part.aliases) if name in names), None)
    if found is None:
        return pa.nulls(table.num_rows, pa.string())
    column = table.column(found)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], pa.string())])


def _sampler(values: Any) -> Callable[[], tuple[str, ...]]:
    def sample() -> tuple[str, ...]:
        some = values[:_SAMPLE]
        listed = cast("list[Any]", some if isinstance(some, list) else some.to_pylist())
        return tuple(value for value in listed if isinstance(value, str) and value)

    return sample


def _value(values: Any, row: int) -> Any:
    found = values[row]
    return found.as_py() if isinstance(found, pa.Scalar) else found


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return f"`{text}`" if len(text) <= 100 else f"`{text[:100]}`..."


def _message(failure: Failure, row: int) -> tuple[str, str]:
    """Give what happened and what to do."""
    error, name = failure.error, failure.field.name
    if error.setting == "strictSchema":
        return f"row {row}: {error.reason}", "add the fields to the schema, or set `strictSchema: false`"
    if error.setting == "row":
        return f"row {row} is {_shown(failure.value)}: {error.reason}", "give a file of structs, one a row"
    if error.pattern is None:
        said = "null" if failure.value is None else _shown(failure.value)
        text = f"row {row}, field `{name}`: {said} is no {error.wanted}: {error.reason}"
        if failure.value in (None, "") and not failure.field.type.nullable:
            return text, f'let the field take null in the schema: `"type": ["null", "{error.wanted}"]`'
        return text, "mend the value or the type in the schema, or set `onBadLines: WARN` to write null for such values"
    text = f"row {row}, field `{name}`: `{error.setting}` is `{error.pattern}` and does not read this. {error.reason}"
    better = suggest_pattern((str(failure.value), *failure.sample), what=_SETTINGS[cast("str", error.setting)])
    if better is None or better == error.pattern:
        return text, f"set `{error.setting}` to the pattern of {_shown(failure.value)}"
    return text, f'set `{error.setting}: "{better}"`, which reads {_shown(failure.value)}'


def _details(failure: Failure, row: int) -> dict[str, Any]:
    details = {
        "row": row,
        "field": failure.field.name,
        "value": failure.value if isinstance(failure.value, str | int | float | None) else repr(failure.value),
        "type": failure.error.wanted,
        "reason": failure.error.reason,
    }
    if failure.error.pattern is not None:
        details |= {"setting": failure.error.setting, "pattern": failure.error.pattern}
    return details
