"""What it costs to read, validate and compile a flow file, and to run a loop over many items."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from bench.engine import commit_floor
from bench.measure import Row
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.open import open_service
from dalsegno.settings import Settings


def measure(quick: bool) -> Iterator[Row]:
    for size, goal in ((1_000, "150 ms"), (10_000, "")):
        if size > 1_000 and quick:
            continue
        first, again = _compile(size, tries=5 if quick else 9)
        yield Row(f"validate and compile a flow of {size:,} tasks, processor time", first, "ms", goal)
        yield Row(f"  the same text again, {size:,} tasks", again, "ms")
    for size in (1_000,) if quick else (1_000, 5_000):
        for limit in (1, 0):
            yield from _for_each(size, limit, tries=3)


def _compile(size: int, *, tries: int) -> tuple[float, float]:
    """Give the times for a text of which nothing was read before, and for the same text again."""
    first, again = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        service = open_service(settings=Settings(Path(folder)))
        service.flows.prepare(_text(3))
        for number in range(tries):
            text = _text(size, number)
            for taken in (first, again):
                start = process_time()
                saved = service.flows.prepare(text)
                taken.append((process_time() - start) * 1000)
                assert not saved.warnings
        service.close()
    return median(first), median(again)


def _for_each(size: int, limit: int, *, tries: int) -> Iterator[Row]:
    """A ForEach whose items are one task each, beside one commit an item through the same writer."""
    text = (
        "id: each\nnamespace: bench\ntasks:\n  - id: each\n    type: core.flow.ForEach\n"
        f'    values: "{{{{ range(1, {size}) }}}}"\n    concurrencyLimit: {limit}\n    tasks:\n'
        '      - {id: item, type: core.debug.Return, value: "{{ taskrun.value }}"}\n'
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder))
        service = open_service(settings=settings)
        taken: list[float] = []
        for _ in range(tries):
            run = service.runs.create_fresh("flow.yaml", ReplayRequest(), text=text)
            start = perf_counter()
            run = service.runs.execute(run.id)
            taken.append((perf_counter() - start) / size * 1000)
            assert run.state is State.SUCCESS
            assert len(service.runs.task_runs(run.id)) == size + 1
        floor = commit_floor(service, settings, size, "bench.each") * 1000
        how = "one after the other" if limit else "side by side"
        goal = "0.5 ms" if size == 5_000 else ""
        yield Row(f"an item of a ForEach of {size:,}, {how}", median(taken), "ms", goal, "one commit an item", floor)
        service.close()


def _text(size: int, number: int = 0) -> str:
    """Give a flow in which every task reads an input, a variable and the task before it; expressions bear the number."""
    lines = ["id: big", "namespace: bench", "inputs: [{id: n, type: INT, defaults: 1}]", "variables: {a: x}", "tasks:"]
    for at in range(size):
        before = f"{{{{ outputs.t{at - 1}.value }}}} " if at else ""
        value = f"{before}{{{{ inputs.n }}}} {{{{ vars.a | upper }}}} {number}"
        lines += [f"  - id: t{at}", "    type: core.debug.Return", f'    value: "{value}"']
    return "\n".join(lines) + "\n"
