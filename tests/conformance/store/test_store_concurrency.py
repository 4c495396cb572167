"""Several writers at once, in threads and in processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

from tests.support.stored import a_revision, a_run, a_task_run, an_artifact, ended, running

from dalsegno.errors import MoveRefused, RunIsLive
from dalsegno.model.run import LogLine
from dalsegno.store.port import AppendLogs, CreateRun, Lease, RunFilter, SaveArtifact, SaveRevision, StartTask, Store

T = TypeVar("T")

WRITERS = 8

ROOT = Path(__file__).parents[3]

WRITER = """
import sys
from dalsegno.store.open import open_store
from dalsegno.store.port import CreateRun, StartTask
from tests.support.stored import a_task_run, a_run, ended
store = open_store(sys.argv[1], now=lambda: 0.0)
for _ in range(10):
    run = a_run()
    store.commit(None, [CreateRun(run, b"")])
    lease = store.acquire(run.id, "writer")
    for number in range(5):
        task_run = a_task_run(run.id, f"t{number}")
        store.commit(lease, [StartTask(task_run), ended(task_run.id)])
    store.release(lease)
store.close()
"""


def at_once(work: Callable[[int], T]) -> list[T]:
    barrier = Barrier(WRITERS)

    def started(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(started, range(WRITERS)))


def test_names_are_counted_without_gap_or_double_by_many_threads(store: Store, other: Store) -> None:
    def create(number: int) -> None:
        for _ in range(10):
            (store, other)[number % 2].commit(None, [CreateRun(a_run(), b"")])

    at_once(create)
    names = {run.name for run in store.runs.list(RunFilter(limit=0))}
    assert names == {f"rides-{number}" for number in range(1, WRITERS * 10 + 1)}


def test_one_of_many_that_save_the_same_revision_number_succeeds(store: Store, other: Store) -> None:
    def save(number: int) -> bool:
        try:
            (store, other)[number % 2].commit(None, [SaveRevision(a_revision(1, digest=str(number)))])
        except MoveRefused:
            return False
        return True

    assert sum(at_once(save)) == 1
    assert len(store.flows.revisions("bikes", "rides")) == 1


def test_one_of_many_that_take_a_lease_gets_it(store: Store, other: Store) -> None:
    run, lease = running(store)
    store.release(lease)

    def take(number: int) -> Lease | None:
        try:
            return (store, other)[number % 2].acquire(run.id, f"engine {number}")
        except RunIsLive:
            return None

    assert sum(1 for lease in at_once(take) if lease) == 1


def test_a_commit_that_fails_among_many_fails_alone(store: Store) -> None:
    good = [an_artifact() for _ in range(WRITERS * 20)]
    taken = an_artifact()
    store.commit(None, [SaveArtifact(taken)])

    def save(number: int) -> int:
        refused = 0
        for artifact in good[number::WRITERS]:
            store.commit(None, [SaveArtifact(artifact)])
            lost = an_artifact(task_run="lost")
            try:
                store.commit(None, [SaveArtifact(lost), SaveArtifact(taken)])
            except MoveRefused:
                refused += 1
        return refused

    assert at_once(save) == [20] * WRITERS
    assert all(store.artifacts.get(artifact.id) == artifact for artifact in good)
    assert store.artifacts.of_task_run("lost") == []


def test_log_lines_of_many_writers_have_each_their_own_position(store: Store, other: Store) -> None:
    run, lease = running(store)
    task_run = a_task_run(run.id)
    store.commit(lease, [StartTask(task_run)])

    def append(number: int) -> None:
        for line in range(10):
            lines = (LogLine(0.0, "INFO", f"{number}"), LogLine(0.0, "INFO", f"{line}"))
            (store, other)[number % 2].commit(None, [AppendLogs(run.id, task_run.id, 1, lines)])

    at_once(append)
    assert [line.position for line in store.logs.of_run(run.id)] == list(range(1, WRITERS * 20 + 1))


def test_each_thread_reads_what_it_has_committed(store: Store) -> None:
    run, lease = running(store)

    def work(number: int) -> None:
        for step in range(20):
            task_run = a_task_run(run.id, f"t{number}_{step}")
            store.commit(lease, [StartTask(task_run), ended(task_run.id)])
            found = store.task_runs.get(task_run.id)
            assert found is not None
            assert found.state.ended

    at_once(work)
    numbers = [event.number for event in store.events.after(run.id)]
    assert numbers == list(range(1, 3 + WRITERS * 20 * 2))


def test_several_processes_write_to_one_store(store: Store, address: str) -> None:
    command = [sys.executable, "-W", "error", "-c", WRITER, address]
    writers = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    problems = [writer.communicate()[1] for writer in writers]
    assert problems == [""] * 4
    runs = store.runs.list(RunFilter(limit=0))
    assert {run.name for run in runs} == {f"rides-{number}" for number in range(1, 41)}
    assert all(len(store.task_runs.of_run(run.id)) == 5 for run in runs)
