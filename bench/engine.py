"""What the engine costs a task, and what a replay costs that keeps almost everything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.measure import Row, seconds
from dalsegno.model.plan import Action
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.open import open_service
from dalsegno.service.service import Service
from dalsegno.settings import Settings
from dalsegno.store.open import open_store
from dalsegno.store.port import EndTask, StartTask, Write

REPLAY_GOALS = {1_000: "25 ms", 10_000: "250 ms"}
PLAN_GOALS = {1_000: "15 ms", 10_000: "150 ms"}
CHANGED_GOALS = {1_000: "", 10_000: "300 ms"}
#: what is replayed in bulk: runs of so many tasks, of which the last failed
BULK_TASKS, BULK_ORIGINS = 20, 50


def measure(quick: bool) -> Iterator[Row]:
    for size in (1_000,) if quick else (1_000, 10_000):
        yield from _size(size, tries=3 if quick else 5)
    yield from _bulk(times=2 if quick else 10)


def _size(size: int, *, tries: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder))
        service = open_service(settings=settings)
        runs: list[float] = []
        for _ in range(3):
            run = service.runs.create_fresh("flow.yaml", ReplayRequest(), text=flow_text(size))
            start = perf_counter()
            run = service.runs.execute(run.id)
            runs.append((perf_counter() - start) / size * 1000)
            assert run.state is State.SUCCESS
        floor = commit_floor(service, settings, size) * 1000
        task = sorted(runs)[1]
        yield Row(f"a task, {size:,} in sequence", task, "ms", "", "one commit a task", floor)
        yield Row(f"  above the floor, {size:,}", task - floor, "ms", "0.35 ms")
        yield from _replays(service, run, size, tries)
        service.close()


def _replays(service: Service, run: Run, size: int, tries: int) -> Iterator[Row]:
    plans: list[float] = []
    wholes: list[float] = []
    request = ReplayRequest(origin=run.id, start=(f"t{size - 1}",))
    for _ in range(tries):
        start = perf_counter()
        service.runs.plan_replay(request)
        planned = perf_counter()
        replay = service.runs.create_replay(request)
        replay = service.runs.execute(replay.id)
        wholes.append((perf_counter() - planned) * 1000)
        plans.append((planned - start) * 1000)
        assert replay.state is State.SUCCESS
    yield Row(f"plan of a replay of the last of {size:,}", sorted(plans)[tries // 2], "ms", PLAN_GOALS[size])
    changed = ReplayRequest(origin=run.id, changed=True)
    planned = seconds(lambda: service.runs.plan_replay(changed), tries) * 1000
    yield Row(f"plan with --changed of {size:,} that did not", planned, "ms", CHANGED_GOALS[size])
    yield Row(f"replay of the last of {size:,}", sorted(wholes)[tries // 2], "ms", REPLAY_GOALS[size])


def _bulk(*, times: int) -> Iterator[Row]:
    """How many replays of failed runs one process plans and forks a second: each is created, with what it keeps."""
    with tempfile.TemporaryDirectory() as folder:
        service = open_service(settings=Settings(Path(folder)))
        text = f"{flow_text(BULK_TASKS - 1)}  - id: last\n    type: core.execution.Fail\n"
        origins = [service.runs.create_fresh("flow.yaml", ReplayRequest(), text=text) for _ in range(BULK_ORIGINS)]
        for origin in origins:
            assert service.runs.execute(origin.id).state is State.FAILED
        rates: list[float] = []
        for _ in range(times):
            start = perf_counter()
            for origin in origins:
                service.runs.create_replay(ReplayRequest(origin=origin.id, skip_successful=True))
            rates.append(BULK_ORIGINS / (perf_counter() - start))
        yield Row(
            f"replays of {BULK_TASKS} tasks planned and forked", sorted(rates)[times // 2], "a second", "1,000 a second"
        )
        service.close()


def flow_text(size: int, name: str = "sequence") -> str:
    """Give a flow of so many tasks, one after the other."""
    tasks = "".join(f"  - id: t{at}\n    type: core.debug.Return\n    format: value {at}\n" for at in range(size))
    return f"id: {name}\nnamespace: bench\ntasks:\n{tasks}"


def commit_floor(service: Service, settings: Settings, size: int, flow: str = "bench.sequence") -> float:
    """Seconds for one commit a task (the end of one, the start of the next) through the same writer."""
    run = service.runs.create_fresh(flow, ReplayRequest())
    store = open_store(settings.store_url, durability=settings.durability, now=lambda: 0.0)
    lease = store.acquire(run.id, "the floor")
    start = perf_counter()
    before: TaskRun | None = None
    for at in range(size):
        task_run = TaskRun(
            f"{run.id}-{at}", run.id, f"t{at}", f"t{at}", "core.debug.Return", State.RUNNING, Action.RUN, "first run",
            attempt=1, attempts=1, created=1.0, started=1.0,
        )  # fmt: skip
        writes: list[Write] = [StartTask(task_run)]
        if before is not None:
            ended = EndTask(before.id, State.SUCCESS, 2.0, {"value": f"value {at}"}, "0" * 64, {}, {"format": "value"})
            writes.insert(0, ended)
        store.commit(lease, writes)
        before = task_run
    taken = perf_counter() - start
    store.release(lease)
    store.close()
    return taken / size
