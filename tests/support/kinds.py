"""Pipelines for pages to look into: `kinds` gives a value of each kind, `broken` fails; `python -m tests.support.kinds NAME`
runs one here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from PIL import Image

from dalsegno import pipeline, step


@step
def trips(rows: int = 240) -> Any:
    numbers = range(rows)
    return pd.DataFrame({"ride": [f"R{n:04d}" for n in numbers], "minutes": [n / 4 for n in numbers]})


@step
def stations() -> Any:
    return pl.DataFrame({"station": ["Clark St", "Wells St"], "docks": [15, 23]})


@step
def table() -> Any:
    return pa.table({"id": list(range(50)), "at": [1.5] * 50})


@step
def matrix(trips: Any) -> Any:
    return np.arange(len(trips) * 50, dtype="float32").reshape(len(trips), 50)


@step
def picture() -> Any:
    return Image.new("RGB", (64, 40), (200, 40, 60))


@step
def opaque() -> Any:
    return lambda: None


@step
def report(trips: Any, matrix: Any) -> Any:
    return {"rows": len(trips), "mean": float(matrix.mean()), "nested": {"list": [1, {"deep": None}], "ok": True}}


@step
def large(report: Any) -> Any:
    return {f"key-{n}": {"number": n, "text": "word " * 10} for n in range(report["rows"] * 10)}


@pipeline
def kinds() -> Any:
    found = trips()
    stations()
    table()
    picture()
    opaque()
    return large(report(found, matrix(found)))


def _read(text: str) -> Any:
    return json.loads(text)


@step
def parse(rows: int) -> Any:
    return _read("{" + str(rows))


@pipeline
def broken(rows: int = 3) -> Any:
    return parse(rows)


def run_kinds(home: Path, name: str = "kinds") -> None:
    """Run one in a process of its own on a data directory."""
    environ = {**os.environ, "DALSEGNO_HOME": str(home)}
    command = [sys.executable, "-m", "tests.support.kinds", name]
    ended = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)
    assert ended.returncode == 0 or name != "kinds", ended.stderr


if __name__ == "__main__":
    {"kinds": kinds, "broken": broken}[sys.argv[1]]()
