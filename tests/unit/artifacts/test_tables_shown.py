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
from dalsegno.service.tables import table_of

COLUMNS: dict[str, list[Any]] = {"city": ["paris", "oslo", "rome"] * 3, "n": list(range(9)), "x": [0.5, None, 1.5] * 3}


def artifact(name: str = "", *, kind: str = "file", **summary: Any) -> Artifact:
    return Artifact("a", "d", kind, name, 1, 0.0, summary=summary)


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
    found = table_of(artifact(kind="value", **materializer.summary(value)), None, complete=False)
    assert found is not None
    assert (found.columns, found.total) == (tuple(zip(COLUMNS, types, strict=True)), 9)
    assert found.rows[:2] == (("paris", "0", "0.5"), ("oslo", "1", missing))
    assert len(found.rows) == 5


def test_a_file_of_rows_shows_its_first_ones_and_none_that_is_cut_off() -> None:
    text = 'city,said\nparis,"a, b\nc"\noslo,x\nber'
    whole = table_of(artifact("t.CSV"), text, complete=True)
    assert whole is not None
    assert (whole.columns, whole.total) == ((("city", None), ("said", None)), None)
    assert whole.rows == (("paris", "a, b\nc"), ("oslo", "x"), ("ber",))
    part = table_of(artifact("t.csv"), text, complete=False)
    assert part is not None
    assert part.rows == whole.rows[:2]
    tabs = table_of(artifact("t.tsv"), "a\tb\n1\t2\n", complete=True)
    assert tabs is not None
    assert tabs.as_json() == {
        "columns": [{"name": "a", "type": None}, {"name": "b", "type": None}], "rows": [["1", "2"]], "total": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "text"),
    [(artifact("t.txt"), "a,b"), (artifact("t.csv"), None), (artifact("t.csv"), ""), (artifact(kind="json"), "a")],
)
def test_what_is_no_table_is_none(found: Artifact, text: str | None) -> None:
    assert table_of(found, text, complete=True) is None
