from __future__ import annotations

import os
from pathlib import Path

import pytest

from dalsegno import Client, pipeline, step
from dalsegno.testing import assert_ran, assert_reused, store


@step
def load() -> int:
    return 2


@step
def double(number: int) -> int:
    return number * 2


@pipeline
def doubling():
    return double(load())


def test_each_store_is_empty_and_gone_afterwards() -> None:
    before = os.environ.get("DALSEGNO_HOME")
    for _ in range(2):
        with store() as home:
            assert doubling().name == "doubling-1"
            assert (home / "dalsegno.db").exists()
        assert not home.exists()
        assert os.environ.get("DALSEGNO_HOME") == before


def test_a_store_that_is_named_stays(tmp_path: Path) -> None:
    with store(tmp_path / "home"):
        doubling()
    with Client(tmp_path / "home") as client:
        assert client.get_pipeline_run("last").result == 4


def test_what_ran_and_what_was_kept_is_as_expected() -> None:
    with store():
        doubling()
        run = doubling.replay(skip=["load"])
        assert_ran(run, ["double"])
        assert_reused(run, ["load"])


def test_what_happened_otherwise_is_told() -> None:
    with store():
        doubling()
        run = doubling.replay(skip=["load"])
        with pytest.raises(AssertionError) as ran:
            assert_ran(run, ["load", "lode"])
        with pytest.raises(AssertionError) as reused:
            assert_reused(run, [])
    lines = str(ran.value).splitlines()
    assert lines[0] == "doubling-2: expected ran: `load`, `lode`; ran: `double`"
    assert lines[1].startswith("  `double` was not expected here, SUCCESS: ")
    assert lines[2].startswith("  `load` was REUSE, SUCCESS: ")
    assert lines[3] == "  `lode` is no step of the run; it has `double`, `load`"
    assert "expected reused: none; reused: `load`" in str(reused.value)
