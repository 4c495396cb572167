"""Tables of polars, as Arrow files, which are mapped into memory on loading."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import polars as pl

from dalsegno.artifacts.materializers.base import Declined, Materializer, Source, Target
from dalsegno.artifacts.materializers.summaries import ROWS_SHOWN, rows_shown

_SMALL = 1 << 16
_COLUMNS_SHOWN = 50


class Frame(Materializer):
    """`polars.DataFrame`."""

    kind = "polars.DataFrame"
    suffix = ".arrow"

    def save(self, value: Any, target: Target) -> None:
        """Write the frame."""
        if type(value) is not pl.DataFrame:
            raise Declined
        _write(value, target)

    def load(self, source: Source) -> Any:
        """Read the frame."""
        return _read(source)

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell rows, columns and types, and show the first rows."""
        schema = {name: str(dtype) for name, dtype in list(value.schema.items())[:_COLUMNS_SHOWN]}
        return {"rows": value.height, "columns": value.width, "schema": schema, "first": str(value.head(5))[:2_000],
                "sample": rows_shown(value[:, :_COLUMNS_SHOWN].head(ROWS_SHOWN).rows())}  # fmt: skip


class Series(Materializer):
    """`polars.Series`, with its name."""

    kind = "polars.Series"
    suffix = ".arrow"

    def save(self, value: Any, target: Target) -> None:
        """Write a frame of one column."""
        if type(value) is not pl.Series:
            raise Declined
        _write(value.to_frame(), target)

    def load(self, source: Source) -> Any:
        """Read the column."""
        return _read(source).to_series()

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell length and type, and show the first values."""
        return {"length": len(value), "dtype": str(value.dtype), "first": str(value.head(3).to_list())[:200]}


def _write(frame: pl.DataFrame, target: Target) -> None:
    if any(_holds_objects(dtype) for dtype in frame.dtypes):
        raise Declined
    if frame.estimated_size() < _SMALL:
        data = BytesIO()
        frame.write_ipc(data)
        with target.open() as file:
            file.write(data.getbuffer())
    else:
        with target.file() as path:
            frame.write_ipc(path)


def _holds_objects(dtype: Any) -> bool:
    return "Object" in str(dtype)


def _read(source: Source) -> pl.DataFrame:
    path = source.path
    if path is None:
        return pl.read_ipc(BytesIO(source.read()))
    return pl.read_ipc(path)
