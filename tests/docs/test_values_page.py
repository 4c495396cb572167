"""The page of values: each line of its table is tried, its example is carried out, and no kind is missing."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image
from sklearn.linear_model import LinearRegression
from tests.docs.pages import ROOT, read_blocks
from tests.support.kept_types import Colour, Customer, Order, Plain, Point

from dalsegno import File, Folder
from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.artifacts.materializers import decode, encode, registry
from dalsegno.artifacts.materializers.objects import KINDS
from dalsegno.artifacts.materializers.plain import DECODE

PAGE = ROOT / "docs" / "values.md"
_ROW = re.compile(
    r"^\| `(?P<value>.+?)`(?:, an? [^|]*)? \| `(?P<kind>[\w.]+)` \| [^|]+ \| (?P<pickle>yes|no) \|$", re.MULTILINE
)
ROWS = [match.groups() for match in _ROW.finditer(PAGE.read_text(encoding="utf-8"))]
NAMES: dict[str, Any] = {
    "Counter": Counter, "OrderedDict": OrderedDict, "defaultdict": defaultdict, "deque": deque, "UTC": UTC, "date": date,
    "datetime": datetime, "time": time, "timedelta": timedelta, "Decimal": Decimal, "Path": Path, "UUID": UUID,
    "PurePosixPath": PurePosixPath, "PureWindowsPath": PureWindowsPath, "ZoneInfo": ZoneInfo, "np": np, "pd": pd, "pl": pl,
    "pa": pa, "Image": Image, "LinearRegression": LinearRegression, "Colour": Colour, "Customer": Customer, "Order": Order,
    "Point": Point, "Basket": lambda: Plain(1), "File": File, "Folder": Folder, "Fraction": Fraction,
}  # fmt: skip


@pytest.mark.parametrize(("value", "kind", "pickle"), ROWS, ids=[row[0] for row in ROWS])
def test_a_line_of_the_table_is_true(
    value: str, kind: str, pickle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "torch" in value and find_spec("torch") is None:
        pytest.skip("torch is not installed")
    monkeypatch.chdir(tmp_path)
    Path("model.onnx").write_bytes(b"model")
    Path("checkpoints").mkdir()
    store = LocalArtifacts(tmp_path / "artifacts")
    names = {**NAMES, "torch": import_module("torch")} if "torch" in value else dict(NAMES)
    made = eval(value, names)
    encoded = encode(made, store)
    assert (encoded.kind, encoded.unsafe) == (kind, pickle == "yes")
    assert type(decode(encoded.form, store)) is type(made)


def test_no_kind_is_missing() -> None:
    assert {kind for _, kind, _ in ROWS} == {"json", *registry._BUILT_IN, *DECODE, *KINDS}


def test_the_example_of_an_own_type_works(tmp_path: Path) -> None:
    block = next(
        block for block in read_blocks(PAGE) if "MeshMaterializer" in block.text and block.language == "python"
    )
    names: dict[str, Any] = {"__name__": "my_project"}
    exec(block.text, names)
    store = LocalArtifacts(tmp_path)
    encoded = encode([names["Mesh"]("cube", b"\x00" * 9_000)], store)
    assert [blob.kind for blob in encoded.blobs] == ["my_project.Mesh"]
    [mesh] = decode(encoded.form, store)
    assert (type(mesh), mesh.name, mesh.points) == (names["Mesh"], "cube", b"\x00" * 9_000)
    assert encode(mesh, store).summary["points"] == 9_000


def test_the_error_on_the_page_is_the_one_that_is_given(tmp_path: Path) -> None:
    block = next(block for block in read_blocks(PAGE) if "is bound to the process" in block.text)
    with pytest.raises(Exception, match="bound to the process") as refused:
        encode({"batches": [(row for row in ())]}, LocalArtifacts(tmp_path), name="rows")
    assert str(refused.value) == block.text.strip()
