"""What it costs to read, validate and compile a flow file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import process_time

from bench.measure import Row
from dalsegno.service.open import open_service
from dalsegno.settings import Settings


def measure(quick: bool) -> Iterator[Row]:
    for size, goal in ((1_000, "150 ms"), (10_000, "")):
        if size > 1_000 and quick:
            continue
        taken = _compile(size, tries=5 if quick else 9)
        yield Row(f"validate and compile a flow of {size:,} tasks, processor time", taken, "ms", goal)


def _compile(size: int, *, tries: int) -> float:
    text, taken = _text(size), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        service = open_service(settings=Settings(Path(folder)))
        service.flows.prepare(_text(3))
        for _ in range(tries):
            start = process_time()
            saved = service.flows.prepare(text)
            taken.append((process_time() - start) * 1000)
            assert not saved.warnings
        service.close()
    return median(taken)


def _text(size: int) -> str:
    """Give a flow in which every task reads an input, a variable and the task before it."""
    lines = ["id: big", "namespace: bench", "inputs: [{id: n, type: INT, defaults: 1}]", "variables: {a: x}", "tasks:"]
    for number in range(size):
        before = f"{{{{ outputs.t{number - 1}.value }}}} " if number else ""
        value = f"{before}{{{{ inputs.n }}}} {{{{ vars.a | upper }}}}"
        lines += [f"  - id: t{number}", "    type: core.debug.Return", f'    value: "{value}"']
    return "\n".join(lines) + "\n"
