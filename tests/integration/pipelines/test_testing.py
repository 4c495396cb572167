from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dalsegno import Client, pipeline, step, testing
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


@step(isolation="process")
def triple(number: int) -> int:
    return number * 3


@pipeline
def apart():
    return triple(load())


def test_it_lies_in_memory_where_there_is_room_and_processes_of_steps_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "_ENOUGH", 1)
    with store() as home:
        assert home.is_relative_to("/dev/shm")
        assert home.parent.stat().st_mode & 0o077 == 0
        assert apart().result == 6
    assert not home.exists()
    assert not home.with_suffix(".lock").exists()


@pytest.mark.parametrize("why", ["no room", "no such folder", "somebody else's"])
def test_it_lies_among_temporary_files_where_memory_cannot_be_used(
    why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    memory = tmp_path / "memory"
    monkeypatch.setattr(testing, "_MEMORY", memory)
    monkeypatch.setattr(testing, "_ENOUGH", 1)
    if why != "no such folder":
        memory.mkdir()
    if why == "no room":
        monkeypatch.setattr(testing, "_ENOUGH", 1 << 60)
    if why == "somebody else's":
        (tmp_path / "elsewhere").mkdir()
        (memory / f"dalsegno-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with store() as home:
        assert doubling().result == 4
        assert home.parent == tmp_path
    assert not home.exists()


def test_what_a_killed_process_left_in_memory_is_removed_by_the_next_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(testing, "_MEMORY", tmp_path)
    monkeypatch.setattr(testing, "_ENOUGH", 1)
    script = (
        "import os, sys, pathlib, dalsegno.testing as testing\n"
        "testing._MEMORY, testing._ENOUGH = pathlib.Path(sys.argv[1]), 1\n"
        "with testing.store() as home:\n"
        "    (home / 'left').write_text('a')\n"
        "    print(home, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    left = Path(killed.stdout.strip())
    assert (left / "left").exists()
    with store() as home:
        assert home.parent == left.parent
        assert not left.exists()


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
