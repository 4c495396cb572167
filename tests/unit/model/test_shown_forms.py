"""What a person reads of a stored value."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.materializers import encode
from dalsegno.model.forms import shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.zeros((3, 4)), "array(float64, 3x4)"),
        (np.zeros((3, 4), order="F", dtype=">i2"), "array(int16, 3x4)"),
        (np.array([True]), "array(bool, 1)"),
        (np.array(["paris"]), "array(U5, 1)"),
        (np.array(1j), "array(complex128, no dimensions)"),
        (np.array(["2024-05-01"], "datetime64[D]"), "array(M8[D], 1)"),
        (np.zeros(2, [("é", "i4"), ("b", "f8"), ("中", "f8")]), "array(3 fields, 2)"),
        ([np.zeros(3), np.float32(2)], ["array(float64, 3)", 2.0]),
        (b"abc", "<bytes, 3 bytes>"),
        (datetime.fromisoformat("2026-01-01T08:30:00"), "2026-01-01T08:30:00"),
        (datetime(2026, 1, 1, 8, 30, tzinfo=UTC), "2026-01-01T08:30:00+00:00"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-3, minutes=-30))), "2026-01-01T00:00:00-03:30"),
        (datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Paris")), "2026-01-01T00:00:00 Europe/Paris"),
        (time(8, tzinfo=UTC), "08:00:00+00:00"),
        (timedelta(days=2, seconds=3, microseconds=5), "2 days, 0:00:03.000005"),
        (np.zeros(3_000), "<numpy.ndarray, 24,128 bytes>"),
    ],
)
def test_a_value_is_shown_in_a_few_words(tmp_path: Path, value: Any, expected: Any) -> None:
    assert shown(encode(value, LocalArtifacts(tmp_path)).form) == expected


def test_a_small_table_is_shown_by_its_size_and_not_by_its_parts(tmp_path: Path) -> None:
    text = shown(encode(pd.DataFrame({"a": [1, 2]}), LocalArtifacts(tmp_path)).form)
    assert text.startswith("<pandas.DataFrame, ")
    assert text.endswith(" bytes>")
