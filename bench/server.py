"""What a server does in a second, and how long it takes to answer: a real one, with a store of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.engine import flow_text
from bench.measure import Row, program
from dalsegno.engine.clock import RandomIds
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest
from dalsegno.service.open import open_service
from dalsegno.service.service import Service
from dalsegno.settings import Settings
from dalsegno.store.copies_port import CopyRun
from dalsegno.store.listing import RunFilter
from dalsegno.store.open import open_store

PLAN_TASKS, GANTT_TASKS, PAGE_TASKS = 1_000, 10_000, 20
BULK, QUICK_BULK = 10_000, 500
RUNS, QUICK_RUNS = 3_000, 300
#: how many connections start runs, each its next one when the one before is answered
CONNECTIONS = 8
EVENTS = 60
#: is never set: to wait for a while
_PAUSE = threading.Event()
ONE_TASK = "id: one\nnamespace: bench\ntasks:\n  - {id: only, type: core.debug.Return, format: done}\n"


@dataclass(frozen=True, slots=True)
class _Server:
    """A server that runs."""

    port: int
    pid: int

    def ask(self, method: str, path: str, body: Any = None, connection: HTTPConnection | None = None) -> bytes:
        """Give the answer to a request."""
        through = connection or HTTPConnection("127.0.0.1", self.port)
        sent = None if body is None else json.dumps(body)
        through.request(method, path, sent, {"Content-Type": "application/json"} if sent else {})
        answer = through.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {said[:500]!r}")
        if connection is None:
            through.close()
        return said

    def answered(self, method: str, path: str, body: Any = None, *, tries: int) -> tuple[float, float]:
        """Give the median time to an answer, and the mean of the processor's time for it, in milliseconds."""
        connection = HTTPConnection("127.0.0.1", self.port)
        self.ask(method, path, body, connection)
        times: list[float] = []
        worked = self.worked
        for _ in range(tries):
            begun = perf_counter()
            self.ask(method, path, body, connection)
            times.append((perf_counter() - begun) * 1000)
        worked = (self.worked - worked) / tries * 1000
        connection.close()
        return statistics.median(times), worked

    @property
    def memory(self) -> float:
        """How much memory it and its engine hold, in MB; pages that both use count twice."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in _family(self.pid))
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def worked(self) -> float:
        """How many seconds of the processor it and those that it started have used."""
        tick = os.sysconf("SC_CLK_TCK")
        return sum(_ticks(pid) for pid in _family(self.pid)) / tick


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _family(pid: int) -> list[int]:
    found = [pid]
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        # a thread may end meanwhile
        with suppress(FileNotFoundError, ProcessLookupError):
            found += [int(child) for child in each.read_text().split()]
    return found


@contextmanager
def serving(home: Path) -> Generator[_Server]:
    process = subprocess.Popen(
        [program(), "server", "--port", "0"], env={**os.environ, "DALSEGNO_HOME": str(home)}, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stderr is not None
    said = process.stderr.readline()
    try:
        address = next((word for word in said.split() if word.startswith("http://")), None)
        if address is None:
            raise RuntimeError(f"the server did not start: {said}")
        yield _Server(int(address.rpartition(":")[2].strip("/.")), process.pid)
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


def measure(quick: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _idle_and_runs(Path(folder), QUICK_RUNS if quick else RUNS)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        made = _fill(home, QUICK_BULK if quick else BULK, GANTT_TASKS // (10 if quick else 1))
        with serving(home) as server:
            yield from _pages(server, made, tries=5 if quick else 15)
            yield from _bulk(server, QUICK_BULK if quick else BULK)
            yield from _events(server, home, EVENTS // (3 if quick else 1))


# runs a second, and memory


def _idle_and_runs(home: Path, count: int) -> Iterator[Row]:
    with serving(home) as server:
        server.ask("GET", "/readyz")
        _PAUSE.wait(2)
        yield Row("memory of an idle server", server.memory, "MB", "150 MB")
        server.ask("POST", "/api/v1/flows", {"text": ONE_TASK})
        _started(server, home, count // 10)
        rates: list[float] = []
        works: list[float] = []
        for _ in range(3):
            worked, begun = server.worked, perf_counter()
            _started(server, home, count)
            rates.append(count / (perf_counter() - begun))
            works.append((server.worked - worked) / count * 1000)
        yield Row(
            "runs of one task started over HTTP, until all have ended", statistics.median(rates), "a second", "300"
        )
        yield Row("  processor time of the server for one of them", statistics.median(works), "ms")
        yield Row(f"memory of the server after {3 * count:,} runs", server.memory, "MB")


def _started(server: _Server, home: Path, count: int) -> None:
    """Start runs over several connections, and wait until the last of them has ended."""
    body = {"flow": "bench.one", "queue": True}

    def start(share: int) -> None:
        connection = HTTPConnection("127.0.0.1", server.port)
        for _ in range(share):
            server.ask("POST", "/api/v1/runs", body, connection)
        connection.close()

    _together([lambda: start(count // CONNECTIONS)] * CONNECTIONS)
    settings = Settings(home)
    store = open_store(settings.store_url, durability=settings.durability, now=lambda: 0.0)
    unfinished = RunFilter(states=(State.CREATED, State.QUEUED, State.RUNNING), limit=1)
    while store.runs.list(unfinished):
        _PAUSE.wait(0.01)
    assert not store.runs.list(RunFilter(states=(State.FAILED,), limit=1))
    store.close()


def _together(works: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# answers


@dataclass(frozen=True, slots=True)
class _Made:
    """Runs of so many tasks each."""

    plan: Run
    gantt: Run
    page: Run


def _fill(home: Path, bulk: int, gantt: int) -> _Made:
    service = open_service(settings=Settings(home))
    plan, large, page = (_executed(service, flow_text(size, f"f{size}")) for size in (PLAN_TASKS, gantt, PAGE_TASKS))
    failing = f"{flow_text(PAGE_TASKS - 1, 'failing')}  - id: last\n    type: core.execution.Fail\n"
    _copied(home, _executed(service, failing), bulk - 1)
    service.close()
    return _Made(plan, large, page)


def _executed(service: Service, text: str) -> Run:
    run = service.runs.create_fresh("flow.yaml", ReplayRequest(), text=text)
    return service.runs.execute(run.id)


def _copied(home: Path, run: Run, count: int) -> None:
    """Add so many runs that are like one."""
    settings, new = Settings(home), RandomIds().new
    store = open_store(settings.store_url, durability=settings.durability, now=lambda: 0.0)
    plan, graph = store.runs.plan(run.id) or b"", store.runs.graph(run.id)
    tasks, writes = store.task_runs.of_run(run.id), list[CopyRun]()
    for at in range(count):
        identity = new()
        copied = replace(run, id=identity, root=identity, name="", created=run.created + at / 1000)
        writes.append(
            CopyRun(copied, plan, graph, tuple([replace(each, id=new(), run=identity) for each in tasks]), (), (), ())
        )
        if len(writes) == 200 or at == count - 1:
            store.commit(None, writes)
            writes = []
    store.close()


def _pages(server: _Server, made: _Made, *, tries: int) -> Iterator[Row]:
    took, worked = server.answered("GET", "/healthz", tries=100)
    yield Row("nothing but an answer", took, "ms", "", "of the processor", worked)
    replay = {"request": {"origin": made.plan.id, "start": [f"t{PLAN_TASKS - 1}"]}}
    for what, method, path, body, goal in (
        (f"plan of a replay of the last of {PLAN_TASKS:,}", "POST", "/runs/replay/plan", replay, "60 ms"),
        ("Gantt data of the largest run", "GET", f"/runs/{made.gantt.id}/gantt", None, "300 ms"),
        ("all task runs of it", "GET", f"/runs/{made.gantt.id}/task-runs", None, ""),
        (f"a run of {PAGE_TASKS} tasks with its task runs", "GET", f"/runs/{made.page.id}", None, "50 ms"),
        ("  its plan", "GET", f"/runs/{made.page.id}/plan", None, "50 ms"),
        ("  its revision, with the graph", "GET", f"/runs/{made.page.id}/revision?compiled=true", None, "50 ms"),
        ("  its lineage", "GET", f"/runs/{made.page.id}/lineage", None, "50 ms"),
    ):
        took, worked = server.answered(method, f"/api/v1{path}", body, tries=tries)
        yield Row(what, took, "ms", goal, "of the processor", worked)


def _bulk(server: _Server, count: int) -> Iterator[Row]:
    wanted = {
        "filter": {"flow": "failing", "namespace": "bench", "states": ["FAILED"]},
        "request": {"start": ["last"], "revision": "latest"},
    }
    times: list[float] = []
    works: list[float] = []
    for _ in range(3):
        worked, begun = server.worked, perf_counter()
        shown = json.loads(server.ask("POST", "/api/v1/bulk-replays/preview", wanted))
        times.append(perf_counter() - begun)
        assert shown["replays"] == count, shown
        works.append(server.worked - worked)
    what, floor = f"preview of a bulk replay of {count:,} runs", "of the processor"
    yield Row(what, statistics.median(times), "s", "10 s", floor, statistics.median(works))


# live events


def _events(server: _Server, home: Path, count: int) -> Iterator[Row]:
    """How long after another process has committed something a follower is told of it."""
    heard: dict[str, float] = {}
    all_heard, follows = threading.Event(), threading.Event()
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)

    def follow() -> None:
        connection.request("GET", "/api/v1/events")
        stream = connection.getresponse()
        follows.set()
        for line in iter(stream.readline, b""):
            if line.startswith(b"data:"):
                heard.setdefault(json.loads(line[5:])["run"]["id"], perf_counter())
            if len(heard) >= count + 1:
                break
        all_heard.set()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    follows.wait(30)
    service = open_service(settings=Settings(home))
    written: dict[str, float] = {}
    for at in range(count + 1):
        run = service.runs.create_fresh("bench.f20", ReplayRequest())
        written[run.id] = perf_counter()
        # at another moment of the server's look each time
        _PAUSE.wait(0.03 + (at % 7) * 0.011)
    all_heard.wait(30)
    service.close()
    delays = sorted((heard[run] - at) * 1000 for run, at in list(written.items())[1:])
    yield Row("an event at a follower after the write of another process", statistics.median(delays), "ms", "250 ms")
    yield Row("  the slowest of twenty", delays[int(len(delays) * 0.95)], "ms", "250 ms")
