"""What a person reads of a stored value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
        (np.zeros(3_000), "<numpy.ndarray, 24,128 bytes>"),
    ],
)
def test_a_value_is_shown_in_a_few_words(tmp_path: Path, value: Any, expected: Any) -> None:
    assert shown(encode(value, LocalArtifacts(tmp_path)).form) == expected


def test_a_small_table_is_shown_by_its_size_and_not_by_its_parts(tmp_path: Path) -> None:
    text = shown(encode(pd.DataFrame({"a": [1, 2]}), LocalArtifacts(tmp_path)).form)
    assert text.startswith("<pandas.DataFrame, ")
    assert text.endswith(" bytes>")
