"""Whole columns of strings at a time. What Arrow does not take as it stands is halved until the odd values are alone, and
those are converted one by one by the reference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from dalsegno.tasks.serdes.arrow_compute import pc
from dalsegno.tasks.serdes.avro_schema import AvroType
from dalsegno.tasks.serdes.cells import CellConverter, CellError
from dalsegno.tasks.serdes.date_columns import UnfitError, parse_column

_FEW = 64


@dataclass(slots=True)
class Column:
    """The values of a field for some rows: an Arrow array, or a list in the forms of `cells`; and what failed, by row."""

    values: Any
    failures: list[tuple[int, CellError]] = field(default_factory=list[tuple[int, CellError]])


def convert_texts(texts: Any, wanted: AvroType, cells: CellConverter, *, first_only: bool) -> Column:
    """Convert an Arrow array of strings.

    Parameters
    ----------
    first_only : stop at the first value that fails.
    """
    parts = wanted.value_branches
    kind = parts[0].logical or parts[0].kind if len(parts) == 1 else ""
    whole = None if cells.options.infer_all_fields else _WHOLE.get(kind)
    if whole is None:
        return _by_kinds_of_text(texts, wanted, cells)
    if wanted.branches and wanted.branches[0].kind == "null":
        texts = _without_null_texts(texts, cells)
    found = Column(None)
    kind_of_arrow, parse = whole
    work = _Halving(wanted, cells, kind_of_arrow, parse, found, first_only=first_only)
    found.values = pa.concat_arrays(work.convert(texts, 0))
    if texts.null_count and not wanted.nullable:
        missing = pc.indices_nonzero(pc.is_null(texts)).to_pylist()
        found.failures += [(row, CellError(_NO_NULL, wanted.shown)) for row in missing[: 1 if first_only else None]]
        found.failures.sort(key=lambda failure: failure[0])
    return found


_NO_NULL = "it is null, and the type takes no null"


def convert_values(values: list[Any], wanted: AvroType, cells: CellConverter, *, first_only: bool) -> Column:
    """Convert values of any kind one by one."""
    found = Column([])
    for row, value in enumerate(values):
        try:
            found.values.append(cells.convert(wanted, value))
        except CellError as error:
            found.values.append(None)
            found.failures.append((row, error))
            if first_only:
                found.values += [None] * (len(values) - row - 1)
                break
    return found


def _by_kinds_of_text(texts: Any, wanted: AvroType, cells: CellConverter) -> Column:
    """Convert every different text once."""
    encoded = texts.dictionary_encode()
    different = [*encoded.dictionary.to_pylist(), None]
    converted: list[Any] = []
    errors: dict[int, CellError] = {}
    for at, text in enumerate(different):
        try:
            converted.append(cells.convert(wanted, text))
        except CellError as error:
            converted.append(None)
            errors[at] = error
    places = pc.fill_null(encoded.indices, len(different) - 1).to_pylist()
    failures = [(row, errors[at]) for row, at in enumerate(places) if at in errors] if errors else []
    return Column([converted[at] for at in places], failures)


def _without_null_texts(texts: Any, cells: CellConverter) -> Any:
    """Make null of the texts that mean null; Java's lower case of those lists is that of ASCII in practice."""
    nulls = pa.array(sorted(cells.options.nulls), pa.string())
    longest = max((len(text.encode()) for text in cells.options.nulls), default=0)
    if not len(texts) or pc.min(pc.binary_length(texts)).as_py() is None:
        return texts
    short = pc.less_equal(pc.binary_length(texts), longest)
    if not pc.any(short).as_py():
        return texts
    meant = pc.is_in(pc.utf8_lower(texts), value_set=nulls)
    return pc.if_else(meant, pa.scalar(None, pa.string()), texts)


@dataclass(slots=True)
class _Halving:
    """Converts a column by a function that takes it whole or not at all."""

    wanted: AvroType
    cells: CellConverter
    kind: Any
    parse: Callable[[Any, CellConverter, Any], Any]
    found: Column
    first_only: bool = False

    def convert(self, texts: Any, start: int) -> list[Any]:
        """Give the pieces of the result in order."""
        if self.first_only and self.found.failures:
            return [pa.nulls(len(texts), self.kind)]
        try:
            return [self.parse(texts, self.cells, self.kind)]
        except (UnfitError, pa.ArrowInvalid):
            if len(texts) <= _FEW:
                return [self._one_by_one(texts.to_pylist(), start)]
        half = len(texts) // 2
        return [*self.convert(texts.slice(0, half), start), *self.convert(texts.slice(half), start + half)]

    def _one_by_one(self, texts: list[str | None], start: int) -> Any:
        values: list[Any] = []
        for row, text in enumerate(texts, start):
            value: Any = None
            try:
                value = None if text is None else self.cells.convert(self.wanted, text)
            except CellError as error:
                self.found.failures.append((row, error))
            values.append(value)
        return pa.array(values, self.kind)


def _string(texts: Any, cells: CellConverter, kind: Any) -> Any:
    del cells, kind
    return texts


def _integer(texts: Any, cells: CellConverter, kind: Any) -> Any:
    del cells
    if pc.any(pc.match_substring(texts, "x", ignore_case=True)).as_py():
        raise UnfitError("Arrow takes hexadecimal numbers")
    return pc.cast(texts, kind)


def _float(texts: Any, cells: CellConverter, kind: Any) -> Any:
    separator = cells.options.decimal_separator
    if separator != ".":
        texts = pc.replace_substring(texts, separator, ".", max_replacements=1)
    found = pc.cast(texts, kind)
    if pc.all(pc.is_finite(found)).as_py() is False:
        raise UnfitError("Arrow takes more names for infinity and for no number")
    return found


def _timestamp(texts: Any, cells: CellConverter, kind: Any) -> Any:
    first = texts[0].as_py() if len(texts) else None
    if first is not None and first.isascii() and first.isdigit():
        return pc.cast(_integer(texts, cells, pa.int64()), kind)
    zone = str(cells.options.zone)
    zone = zone if zone == "UTC" else zone.removeprefix("UTC")
    return parse_column(texts, cells.options.datetime_format, kind.unit, zone)


def _local_timestamp(texts: Any, cells: CellConverter, kind: Any) -> Any:
    if str(cells.options.zone) != "UTC":
        raise UnfitError("wall clocks of other zones are taken one by one")
    return _timestamp(texts, cells, kind)


_WHOLE: dict[str, tuple[Any, Callable[[Any, CellConverter, Any], Any]]] = {
    "string": (pa.string(), _string),
    "int": (pa.int32(), _integer),
    "long": (pa.int64(), _integer),
    "float": (pa.float32(), _float),
    "double": (pa.float64(), _float),
    "timestamp-millis": (pa.timestamp("ms"), _timestamp),
    "timestamp-micros": (pa.timestamp("us"), _timestamp),
    "local-timestamp-millis": (pa.timestamp("ms"), _local_timestamp),
    "local-timestamp-micros": (pa.timestamp("us"), _local_timestamp),
}
