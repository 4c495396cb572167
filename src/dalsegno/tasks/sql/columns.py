"""Parquet from rows whose types are known for sure only when all rows have been seen.

The rows wait in a file of their own while the columns note what they hold; then they are written with the types that fit
all of them.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

from dalsegno.tasks.scratch_files import writing
from dalsegno.tasks.sql.values import as_text, in_utc, plain

Kind = Literal["bool", "int", "float", "decimal", "text", "bytes", "date", "datetime", "zoned", "time", "json"]
Batch = list[tuple[Any, ...]]

#: two kinds in one column, and the one that holds both; all others together are text
_BOTH: dict[frozenset[Kind], Kind] = {
    frozenset({"bool", "int"}): "int",
    frozenset({"int", "float"}): "float",
    frozenset({"int", "decimal"}): "decimal",
    frozenset({"float", "decimal"}): "float",
    frozenset({"date", "datetime"}): "datetime",
}
_LONGEST = 1 << 63
_WIDEST = 76


@dataclass(slots=True)
class Column:
    """What a column holds.

    Parameters
    ----------
    kind : as the database says it; `None` where it does not say.
    whole, scale : the most digits before and after the point.
    """

    name: str
    kind: Kind | None = None
    whole: int = 1
    scale: int = 0

    def see(self, value: Any) -> None:
        """Note a value."""
        if value is None:
            return
        kind = _KIND_OF.get(type(value)) or _kind(value)
        if kind == "int":
            self.whole = max(self.whole, len(str(abs(value))))
        elif kind == "decimal":
            self._measure(value)
        if self.kind is None:
            self.kind = kind
        elif kind != self.kind:
            self.kind = _BOTH.get(frozenset({kind, self.kind}), "text")

    def _measure(self, value: Decimal) -> None:
        _, digits, exponent = cast("tuple[int, tuple[int, ...], int]", value.as_tuple())
        self.scale = max(self.scale, -exponent)
        self.whole = max(self.whole, len(digits) + exponent)

    def settle(self) -> Kind:
        """Give the kind that holds all that was seen."""
        if self.kind == "int" and self.whole >= len(str(_LONGEST)):
            self.kind = "decimal"
        if self.kind == "decimal" and self.whole + self.scale > _WIDEST:
            self.kind = "text"
        return self.kind or "text"


#: the kinds of Python's types, the narrower before the wider
_KINDS: tuple[tuple[Any, Kind], ...] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (str, "text"),
    ((bytes, bytearray, memoryview), "bytes"),
    (date, "date"),
    ((dict, list, tuple), "json"),
)


_KIND_OF: dict[type, Kind] = {bool: "bool", int: "int", float: "float", str: "text", bytes: "bytes"}


def _kind(value: Any) -> Kind:
    if isinstance(value, Decimal):
        return "decimal" if value.is_finite() else "float"
    if isinstance(value, datetime):
        return "datetime" if value.tzinfo is None else "zoned"
    if isinstance(value, time):
        return "time" if value.tzinfo is None else "text"
    for types, kind in _KINDS:
        if isinstance(value, types):
            return kind
    return "text"


def write_parquet(batches: Iterator[Batch], columns: Sequence[Column], path: Path, spool: Path) -> int:
    """Write rows; give how many there were.

    Parameters
    ----------
    path : the new file.
    spool : where the rows wait.
    """
    import pyarrow as pa
    from pyarrow import parquet

    rows = 0
    with writing(spool) as file:
        for batch in batches:
            for column, values in zip(columns, zip(*batch, strict=True), strict=True):
                for value in values:
                    column.see(value)
            pickle.dump(batch, file, protocol=5)
            rows += len(batch)
    kinds: list[Kind] = [column.settle() for column in columns]
    schema = pa.schema([(column.name, _arrow(column, kind)) for column, kind in zip(columns, kinds, strict=True)])
    with parquet.ParquetWriter(path, schema, compression="gzip", compression_level=1, store_schema=False) as writer:
        for batch in _waiting(spool):
            values = zip(*batch, strict=True)
            arrays = [
                pa.array([None if value is None else _fit(value, kind) for value in column], field.type)
                for column, kind, field in zip(values, kinds, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    spool.unlink()
    return rows


def _waiting(spool: Path) -> Iterator[Batch]:
    with spool.open("rb") as file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301 - written a moment ago, by this process, in its own scratch space
            except EOFError:
                return


def _arrow(column: Column, kind: Kind) -> Any:
    import pyarrow as pa

    if kind == "decimal":
        make = pa.decimal128 if column.whole + column.scale <= 38 else pa.decimal256
        return make(column.whole + column.scale, column.scale)
    return {
        "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "bytes": pa.binary(), "date": pa.date32(),
        "datetime": pa.timestamp("us"), "zoned": pa.timestamp("us", "UTC"), "time": pa.time64("us"),
    }.get(kind, pa.string())  # fmt: skip


def _fit(value: Any, kind: Kind) -> Any:
    """Give a value as Arrow takes it for a kind."""
    if kind == "text":
        return as_text(value)
    if kind == "json":
        return json.dumps(plain(value), ensure_ascii=False)
    if kind == "float":
        return float(value)
    if kind == "decimal":
        return Decimal(value)
    if kind == "int":
        return int(value)
    if kind == "bytes":
        return bytes(value)
    if kind == "zoned":
        return in_utc(value)
    if kind == "datetime" and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a wall clock's, as its neighbours are
    return value
