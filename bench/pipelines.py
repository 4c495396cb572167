"""Pipelines in Python: importing the decorators, and finding the graph of a call."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measure import Row, process_seconds, python, seconds
from dalsegno import pipeline, step
from dalsegno.artifacts.local import LocalArtifacts
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
