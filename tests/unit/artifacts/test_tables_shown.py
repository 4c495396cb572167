"""What a stored table looks like to somebody who loads nothing."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dalsegno.artifacts.materializers.arrow import RecordBatch
from dalsegno.artifacts.materializers.arrow import Table as ArrowTable
from dalsegno.artifacts.materializers.frames import Frame
from dalsegno.artifacts.materializers.polars_frames import Frame as PolarsFrame
from dalsegno.model.run import Artifact
from dalsegno.service.previews import preview_of
from dalsegno.service.tables import Table, table_of_text

COLUMNS: dict[str, list[Any]] = {"city": ["paris", "oslo", "rome"] * 3, "n": list(range(9)), "x": [0.5, None, 1.5] * 3}


def artifact(name: str = "", *, kind: str = "file", **summary: Any) -> Artifact:
    return Artifact("a", "d", kind, name, 1, 0.0, summary=summary)


def shown(found: Artifact, content: bytes) -> Table | None:
    return preview_of(found, content).table


@pytest.mark.parametrize(
    ("value", "materializer", "types", "missing"),
    [
        (pd.DataFrame(COLUMNS), Frame(), ["str", "int64", "float64"], "nan"),
        (pl.DataFrame(COLUMNS), PolarsFrame(), ["String", "Int64", "Float64"], None),
        (pa.table(COLUMNS), ArrowTable(), ["string", "int64", "double"], None),
        (pa.RecordBatch.from_pydict(COLUMNS), RecordBatch(), ["string", "int64", "double"], None),
    ],
)
def test_a_table_of_a_library_shows_columns_types_and_first_rows(
    value: Any, materializer: Any, types: list[str], missing: str | None
) -> None:
    found = shown(artifact(kind="value", **materializer.summary(value)), b"\0")
    assert found is not None
    assert (found.columns, found.total) == (tuple(zip(COLUMNS, types, strict=True)), 9)
    assert found.rows[:2] == (("paris", "0", "0.5"), ("oslo", "1", missing))
    assert len(found.rows) == 5


def test_a_file_of_rows_shows_its_first_ones_and_none_that_is_cut_off() -> None:
    text = 'city,said\nparis,"a, b\nc"\noslo,x\nber'
    whole = shown(artifact("t.CSV"), text.encode())
    assert whole is not None
    assert (whole.columns, whole.total) == ((("city", None), ("said", None)), 3)
    assert whole.rows == (("paris", "a, b\nc"), ("oslo", "x"), ("ber",))
    part = table_of_text(text, ",", 20, complete=False)
    assert part is not None
    assert part.rows == whole.rows[:2]
    tabs = shown(artifact("t.tsv"), b"a\tb\n1\t2\n")
    assert tabs is not None
    assert tabs.as_json() == {
        "columns": [{"name": name, "type": None, "nulls": None} for name in "ab"], "rows": [["1", "2"]], "total": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "content"),
    [(artifact("t.txt"), b"a,b"), (artifact("t.csv"), b"\0"), (artifact("t.csv"), b""), (artifact(kind="json"), b"a")],
)
def test_what_is_no_table_is_none(found: Artifact, content: bytes) -> None:
    assert shown(found, content) is None
