"""Values of steps: what keeping and loading a large array costs beside `numpy.save` and `numpy.load`, and what small ones cost.

The array is kept, loaded, and not looked at, as it is with `numpy.load(mmap_mode="c")`; "and read" adds one pass over it.
Nothing is synced to the disk. The peak memory is that of a process that makes the array and does nothing but the one or the
other.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import Row, seconds

MB = 1_000_000
TRIES = 9


def measure(quick: bool) -> Iterator[Row]:
    size = 100 if quick else 500
    with tempfile.TemporaryDirectory() as name:
        yield from _large(size, Path(name))
        yield from _small(Path(name))


def _large(size: int, folder: Path) -> Iterator[Row]:
    found = _child("times", size, folder)
    floor = "numpy.save and numpy.load,"
    for what, suffix in (
        (f"{size} MB array, kept and loaded", ""),
        (f"{size} MB array, kept, loaded and read", " read"),
    ):
        yield Row(
            what, found[f"ours{suffix}"] * 1e3, "ms", "at most 1.2 of the floor", floor, found[f"numpy{suffix}"] * 1e3
        )
    ours, numpy = (_child(step, size, folder)["peak"] for step in ("ours", "numpy"))
    yield Row(f"{size} MB array, most memory", ours, "MB", "at most 1.1 of the floor", floor, numpy)


def _small(folder: Path) -> Iterator[Row]:
    from dalsegno.artifacts.local import LocalArtifacts
    from dalsegno.artifacts.materializers import decode, encode

    store = LocalArtifacts(folder / "small")
    times = 2_000
    for what, value in (("a number", 5), ("a small map", {"city": "paris", "n": 3, "ok": True})):
        form = encode(value, store).form
        taken = seconds(lambda value=value: [encode(value, store) for _ in range(times)], 5)
        yield Row(f"{what} is kept", taken / times * 1e6, "µs", "at most 10")
        taken = seconds(lambda form=form: [decode(form, store) for _ in range(times)], 5)
        yield Row(f"{what} is loaded", taken / times * 1e6, "µs")


def _child(step: str, size: int, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.values", "--child", step, str(size), str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class _Ways:
    """The two ways from an array to the array that the next step reads."""

    def __init__(self, size: int, folder: Path) -> None:
        import numpy as np

        from dalsegno.artifacts.local import LocalArtifacts

        self.array: Any = np.random.default_rng(0).random(size * MB // 8)
        self._file = folder / "array.npy"
        self._artifacts = LocalArtifacts(folder / "artifacts")

    def numpy(self) -> Any:
        import numpy as np

        np.save(self._file, self.array)
        return np.load(self._file, mmap_mode="c")

    def ours(self) -> Any:
        from dalsegno.artifacts.materializers import decode, encode

        return decode(encode(self.array, self._artifacts).form, self._artifacts)

    def clean(self) -> None:
        self._file.unlink(missing_ok=True)
        for blob in self._artifacts.blobs():
            self._artifacts.delete(blob.digest, stored_before=float("inf"))


def _times(size: int, folder: Path) -> dict[str, float]:
    """Take the two in turns, and give the median of each; the first turn only warms up."""
    ways = _Ways(size, folder)
    taken: dict[str, list[float]] = {}
    for _ in range(TRIES):
        for name, way in (("numpy", ways.numpy), ("ours", ways.ours)):
            _once(name, way, taken)
            ways.clean()
    return {name: median(times[1:]) for name, times in taken.items()}


def _once(name: str, way: Callable[[], Any], taken: dict[str, list[float]]) -> None:
    start = time.perf_counter()
    loaded = way()
    taken.setdefault(name, []).append(time.perf_counter() - start)
    loaded.sum()
    taken.setdefault(f"{name} read", []).append(time.perf_counter() - start)


def _peak(step: str, size: int, folder: Path) -> dict[str, float]:
    ways = _Ways(size, folder)
    loaded = (ways.ours if step == "ours" else ways.numpy)()
    loaded.sum()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ways.clean()
    return {"peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.values", description="Measure how values are kept.")
    parser.add_argument("--child", nargs=3, metavar=("STEP", "MB", "FOLDER"), required=True, help=argparse.SUPPRESS)
    step, size, folder = parser.parse_args().child
    print(json.dumps(_times(int(size), Path(folder)) if step == "times" else _peak(step, int(size), Path(folder))))


if __name__ == "__main__":
    main()
