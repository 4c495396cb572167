"""What every measurement uses: medians, child processes, and the table."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    what : what was measured.
    value, unit : the median.
    floor, floor_value : what it is compared with, measured in the same run, in the same unit.
    goal : the figure that it should reach, in words.
    """

    what: str
    value: float
    unit: str
    goal: str = ""
    floor: str = ""
    floor_value: float | None = None

    @property
    def shown(self) -> str:
        return f"{number(self.value)} {self.unit}"


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(rows: Iterable[Row]) -> str:
    head = ("what", "median", "goal", "floor", "ratio")
    body = [
        (
            row.what,
            row.shown,
            row.goal,
            f"{row.floor} {number(row.floor_value)} {row.unit}" if row.floor_value is not None else "",
            f"{row.value / row.floor_value:.2f}" if row.floor_value else "",
        )
        for row in rows
    ]
    widths = [max(len(line[at]) for line in (head, *body)) for at in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, *body)
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def seconds(work: Callable[[], object], tries: int) -> float:
    """Give the median time of a piece of work."""
    taken: list[float] = []
    for _ in range(tries):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def process_seconds(
    command: Sequence[str], tries: int, *, env: dict[str, str] | None = None, cwd: Path | None = None
) -> float:
    """Give the median time of a child process, from its start to its end."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | (env or {})

    def once() -> None:
        subprocess.run(command, env=environ, cwd=cwd, check=True, capture_output=True)

    once()
    return seconds(once, tries)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def program() -> str:
    return str(Path(sys.executable).parent / "dalsegno")
