"""Pipelines in Python: importing the decorators, and finding the graph of a call."""

from __future__ import annotations

import os
import pickle
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.measure import Row, process_seconds, python, seconds
from dalsegno import pipeline, step
from dalsegno.artifacts.local import LocalArtifacts
from dalsegno.pipelines.session import close_all
from dalsegno.pipelines.tracing import trace


@step
def inc(x: int) -> int:
    return x + 1


@pipeline
def chain(length: int) -> Any:
    last: Any = 0
    for _ in range(length):
        last = inc(last)
    return last


@pipeline
def fan(width: int) -> Any:
    return inc.map(range(width))


def measure(quick: bool) -> Iterator[Row]:
    tries = 5 if quick else 15
    bare = process_seconds(python("pass"), tries) * 1000
    names = process_seconds(python("from dalsegno import pipeline, step, unmapped"), tries) * 1000
    yield Row("from dalsegno import pipeline, step", names, "ms", "floor + 60 ms", "bare interpreter", bare)
    with tempfile.TemporaryDirectory() as folder:
        store = LocalArtifacts(Path(folder))
        for length in (100, 1_000, 10_000):
            taken = seconds(lambda length=length: trace(chain, (length,), {}, store=store), tries)
            yield Row(f"trace a chain of {length:,} steps, a step", taken / length * 1000, "ms", "0.1 ms")
        taken = seconds(lambda: trace(fan, (5_000,), {}, store=store), tries)
        yield Row("trace a step mapped over 5,000 items, an item", taken / 5_000 * 1000, "ms", "0.1 ms")
    yield from _runs(quick)
    yield from _replays(quick)
    yield from _script(tries)


#: what each step of a chain takes at the least: a file of its result written and read by pickle, and one commit
_FLOOR = "pickle file and a commit a step"


@step
def total(items: list[int]) -> int:
    return sum(items)


@pipeline
def fan_in(width: int) -> Any:
    return total(inc.map(range(width)))


def _runs(quick: bool) -> Iterator[Row]:
    with at_home():
        chain(2)
        for length in (100, 1_000) if quick else (100, 1_000, 10_000):
            floor = floor_of(length) * 1000
            taken = seconds(lambda length=length: chain(length), 3 if length > 1_000 else 5)
            yield Row(f"chain of {length:,} steps, a step", taken / length * 1000, "ms", "0.4 ms", _FLOOR, floor)
        for width in (500,) if quick else (500, 5_000):
            taken = seconds(lambda width=width: fan_in(width), 3)
            yield Row(f"fan-out 1 to {width:,} to 1, an item", taken / width * 1000, "ms", "0.5 ms")


def _replays(quick: bool) -> Iterator[Row]:
    goals = {100: "10 ms", 1_000: "25 ms", 10_000: "200 ms"}
    with at_home():
        for length in (100, 1_000) if quick else (100, 1_000, 10_000):
            origin = chain(length).name
            last = f"inc_{length}"
            taken = seconds(lambda origin=origin, last=last: chain.replay(pipeline_run=origin, start=[last]), 9)
            yield Row(f"replay, {length - 1:,} of {length:,} reused", taken * 1000, "ms", goals[length])


_SCRIPT = """
from dalsegno import pipeline, step

@step
def one() -> int:
    return 1

@pipeline
def single():
    one()

if __name__ == "__main__":
    single()
"""


def _script(tries: int) -> Iterator[Row]:
    bare = process_seconds(python("pass"), tries)
    with at_home() as home:
        script = home / "single.py"
        script.write_text(_SCRIPT)
        command = [sys.executable, str(script)]
        process_seconds(command, 1)
        yield Row(
            "a script of one step, warm store", process_seconds(command, tries), "s", "0.5 s", "bare interpreter", bare
        )


@contextmanager
def at_home() -> Iterator[Path]:
    """Keep everything in a data directory of its own."""
    before = os.environ.get("DALSEGNO_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DALSEGNO_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            close_all()
            os.environ.pop("DALSEGNO_HOME")
            if before is not None:
                os.environ["DALSEGNO_HOME"] = before


def floor_of(length: int) -> float:
    """Give what a step takes at the least, in seconds: its result in a file, written and read, and a commit of one row."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("CREATE TABLE steps (number INTEGER PRIMARY KEY, state TEXT)")
        file = Path(folder) / "value"

        def work() -> None:
            for number in range(length):
                file.write_bytes(pickle.dumps(number, protocol=5))
                pickle.loads(file.read_bytes())
                connection.execute("INSERT OR REPLACE INTO steps VALUES (?, 'SUCCESS')", (number,))

        taken = seconds(work, 3)
        connection.close()
    return taken / length
