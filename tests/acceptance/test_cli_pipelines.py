"""Pipelines from the command line, as a person meets them: run, fail, replay, a debugger, and mistyped names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DALSEGNO = str(Path(sys.executable).with_name("dalsegno"))

TRAIN = """\
from dalsegno import pipeline, step


@step
def load(rows: int) -> list[float]:
    return [float(number) for number in range(rows)]


@step
def train(data: list[float], rate: float) -> float:
    if rate > 1:
        raise ValueError("rate too high")
    return sum(data) * rate


@pipeline
def training(rows: int = 5, rate: float = 0.1) -> None:
    train(load(rows), rate)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


def dalsegno(place: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "DALSEGNO_HOME": str(place / "home"), "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        [DALSEGNO, *words], check=False, cwd=place, env=environ, input=typed, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("name", ["train:training", "train.py:training"], ids=["a module", "a file"])
def test_a_pipeline_fails_and_is_replayed_from_there(place: Path, name: str) -> None:
    failed = dalsegno(place, "run", name, "-i", "rate=2")
    assert (failed.returncode, "2 ran · 1 failed" in failed.stdout) == (1, True), failed
    assert f"dalsegno replay training-1 --from train --file {name}" in failed.stderr
    replayed = dalsegno(place, "replay", "last", "--from", "train", "-i", "rate=0.5", "--file", name)
    assert (replayed.returncode, "1 ran · 1 reused" in replayed.stdout) == (0, True), replayed
    (place / "train.py").unlink()
    again = dalsegno(place, "replay", "training-2", "--from", "train")
    assert (again.returncode, "1 ran · 1 reused" in again.stdout) == (0, True), again


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("train:trainin", "there is no pipeline `trainin` in `train`; did you mean `training`?"),
        ("trai:training", "did you mean `train`?"),
        ("train:train", "`train`"),
    ],
    ids=["a pipeline", "a module", "a step"],
)
def test_a_mistyped_name_is_refused_before_anything_is_written(place: Path, name: str, told: str) -> None:
    refused = dalsegno(place, "run", name)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert told in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr
    assert json.loads(dalsegno(place, "runs", "--json").stdout)["runs"] == []


def test_inputs_are_checked_by_the_signature(place: Path) -> None:
    unknown = dalsegno(place, "run", "train:training", "-i", "rat=2")
    assert (unknown.returncode, "`rate`" in unknown.stderr) == (2, True), unknown
    wrong = dalsegno(place, "run", "train:training", "-i", "rate=much")
    assert (wrong.returncode, "`rate`" in wrong.stderr) == (2, True), wrong


def test_a_failure_is_looked_at_where_it_happened(place: Path) -> None:
    looked = dalsegno(place, "run", "train:training", "-i", "rate=2", "--post-mortem", typed="p rate * 21\nq\n")
    assert "42.0" in looked.stdout + looked.stderr, looked
