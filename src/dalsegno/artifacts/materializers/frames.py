"""Tables of pandas: columns as an Arrow stream where Arrow keeps them exactly, which is looked up; else all of it by pickle.

Arrow holds the columns alone, by their number. Their labels and the index are kept beside them, as values of their own.
"""

from __future__ import annotations

import warnings
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dalsegno.artifacts.materializers.base import Declined, Materializer, Source, Target
from dalsegno.artifacts.materializers.summaries import ROWS_SHOWN, rows_shown

_COLUMNS_SHOWN = 50
#: an index of objects of up to so many labels is kept label by label
_FEW = 1_000
#: objects that Arrow gives back as they were
_EXACT_OBJECTS: frozenset[type] = frozenset({str, bytes, date})


class Frame(Materializer):
    """`pandas.DataFrame`, with its index and its dtypes."""

    kind = "pandas.DataFrame"
    suffix = ".arrows"

    def save(self, value: Any, target: Target) -> None:
        """Write the frame."""
        if type(value) is not pd.DataFrame or value.attrs or not value.flags.allows_duplicate_labels:
            raise Declined
        table = _exact_table(value)
        target.keep("columns", value.columns)
        _write(value, table, target)

    def load(self, source: Source) -> Any:
        """Read the frame."""
        frame = _read(source)
        frame.columns = source.kept("columns")
        return frame

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell rows, columns and dtypes, and show the first rows."""
        dtypes = {str(name): str(dtype) for name, dtype in list(value.dtypes.items())[:_COLUMNS_SHOWN]}
        shown = value.iloc[:ROWS_SHOWN, :_COLUMNS_SHOWN]
        return {"rows": len(value), "columns": value.shape[1], "schema": dtypes, "first": _text(shown),
                "sample": rows_shown(shown.itertuples(index=False, name=None))}  # fmt: skip


class Series(Materializer):
    """`pandas.Series`, with its index and its name."""

    kind = "pandas.Series"
    suffix = ".arrows"

    def save(self, value: Any, target: Target) -> None:
        """Write a frame of one column."""
        if type(value) is not pd.Series or value.attrs or not value.flags.allows_duplicate_labels:
            raise Declined
        frame = value.to_frame(name="value")
        table = _exact_table(frame)
        target.keep("name", value.name)
        _write(frame, table, target)

    def load(self, source: Source) -> Any:
        """Read the column."""
        return _read(source).iloc[:, 0].rename(source.kept("name"))

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell length and dtype, and show the first values."""
        return {"length": len(value), "dtype": str(value.dtype), "first": _text(value.iloc[:ROWS_SHOWN].to_frame())}


class Index(Materializer):
    """`pandas.Index` of any kind: by its numbers, by its levels, label by label, or as a column."""

    kind = "pandas.Index"
    suffix = ".arrows"

    def save(self, value: Any, target: Target) -> None:
        """Write the index."""
        if isinstance(value, pd.RangeIndex):
            target.keep("range", range(value.start, value.stop, value.step))
            target.keep("name", value.name)
        elif isinstance(value, pd.MultiIndex):
            target.keep("levels", list(value.levels))
            target.keep("codes", [np.asarray(codes) for codes in value.codes])
            target.keep("name", list(value.names))
        else:
            _write_labels(value, target)

    def load(self, source: Source) -> Any:
        """Read the index."""
        name = source.kept("name")
        numbers = source.kept("range")
        if numbers is not None:
            return pd.RangeIndex(numbers, name=name)
        levels = source.kept("levels")
        if levels is not None:
            return pd.MultiIndex(levels, source.kept("codes"), names=name, verify_integrity=False)
        labels = source.kept("labels")
        if labels is not None:
            return pd.Index(labels, dtype=object, name=name, tupleize_cols=False)
        index: Any = pd.Index(_read(source).iloc[:, 0]).rename(name)
        index = index.copy(deep=True) if isinstance(index.dtype, pd.CategoricalDtype) else index
        freq = source.kept("freq")
        if freq is not None:
            index.freq = freq
        return index

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell length and dtype."""
        return {"length": len(value), "dtype": str(value.dtype)}


def _write_labels(index: Any, target: Target) -> None:
    if _holds_objects(index.dtype) and len(index) <= _FEW:
        target.keep("labels", list(index))
    else:
        frame = pd.DataFrame({"0": pd.Series(index, dtype=index.dtype)})
        table = _exact_table(frame)
        if type(pd.Index(frame["0"])) is not type(index):
            raise Declined
        _write(frame, table, target, with_index=False)
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) and index.freq is not None:
        target.keep("freq", index.freq.freqstr)
    target.keep("name", index.name)


def _write(frame: Any, table: Any, target: Target, *, with_index: bool = True) -> None:
    from dalsegno.artifacts.materializers.arrow import write_table

    if with_index:
        target.keep("index", frame.index)
    target.keep("objects", [at for at, dtype in enumerate(frame.dtypes) if _holds_objects(dtype)])
    write_table(table, target)


def _read(source: Source) -> Any:
    from dalsegno.artifacts.materializers.arrow import read_table

    table = read_table(source)
    frame = table.to_pandas()
    for at in source.kept("objects"):
        frame.isetitem(at, pd.Series(table.column(at).to_pylist(), dtype=object))
    for at, dtype in enumerate(frame.dtypes):
        if isinstance(dtype, pd.CategoricalDtype):
            # its codes are those of the stored file, which nobody may change
            frame.isetitem(at, frame.iloc[:, at].copy(deep=True))
    index = source.kept("index")
    if index is None:
        return frame
    return frame.set_axis(index, axis=0) if frame.shape[1] else pd.DataFrame(index=index)


def _exact_table(frame: Any) -> Any:
    """Give a table of the columns that gives them back exactly.

    Raises
    ------
    Declined : there is none, or pyarrow is not installed.
    """
    if not all(_exact_objects(column) for _, column in frame.items()):
        raise Declined
    try:
        import pyarrow as pa

        table = pa.Table.from_pandas(
            frame.set_axis([str(at) for at in range(frame.shape[1])], axis=1), preserve_index=False
        )
        again = table.slice(0, 0).to_pandas()
    except Exception as error:
        # what pyarrow raises for what it cannot hold depends on the type
        raise Declined from error
    if not all(_same_dtype(one, other) for one, other in zip(frame.dtypes, again.dtypes, strict=True)):
        raise Declined
    return table


def _same_dtype(one: Any, other: Any) -> bool:
    if _holds_objects(one):
        # its values have been looked at, and are taken from Arrow one by one
        return True
    if type(one) is not type(other) or one != other or repr(one) != repr(other):
        return False
    if isinstance(one, pd.CategoricalDtype):
        ours, theirs = one.categories, other.categories
        return ours.dtype == theirs.dtype and ours.equals(theirs) and one.ordered == other.ordered
    return type(getattr(one, "tz", None)) is type(getattr(other, "tz", None))


def _holds_objects(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def _exact_objects(values: Any) -> bool:
    """Whether a column of objects holds one kind of them that Arrow keeps; missing ones must be `None`."""
    if not _holds_objects(values.dtype):
        return True
    kinds = {type(value) for value in values} - {type(None)}
    return len(kinds) <= 1 and kinds <= _EXACT_OBJECTS


def _text(frame: Any) -> str:
    with warnings.catch_warnings():
        # pandas warns where it shows numbers of half precision
        warnings.simplefilter("ignore")
        return frame.to_string(max_cols=8, max_colwidth=40)
