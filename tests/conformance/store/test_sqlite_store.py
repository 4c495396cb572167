"""What SQLite alone promises: the lease that ends with its process, full disks, locked and damaged files."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event, Thread, current_thread

import pytest
from tests.support.stored import a_run, a_task_run, an_artifact, ended, running

from dalsegno.errors import MoveRefused, Refusal, RunIsLive, StoreUnavailable
from dalsegno.model.run import Artifact
from dalsegno.model.state import State
from dalsegno.store import sqlite
from dalsegno.store.filelease import FileLock
from dalsegno.store.open import open_store
from dalsegno.store.port import AppendLogs, CreateRun, MoveRun, SaveArtifact, StartTask, Store
from dalsegno.store.transaction import Execute

ROOT = Path(__file__).parents[3]

HOLDER = """
import signal, sys
from dalsegno.store.open import open_store
from tests.support.stored import a_task_run, running
from dalsegno.store.port import StartTask
store = open_store(sys.argv[1], now=lambda: 0.0)
run, lease = running(store)
store.commit(lease, [StartTask(a_task_run(run.id))])
print(run.id, flush=True)
signal.pause()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path, opened: Callable[..., Store]) -> sqlite.SqliteStore:
    made = opened(str(path))
    assert isinstance(made, sqlite.SqliteStore)
    return made


def test_a_lease_ends_with_its_process_and_not_before(store: Store, path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(path)]
    holder = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    run = holder.stdout.readline().strip()
    try:
        with pytest.raises(RunIsLive, match="executed by the test, which is alive"):
            store.acquire(run, "another")
        os.kill(holder.pid, signal.SIGSTOP)
        with pytest.raises(RunIsLive):
            store.acquire(run, "another")
    finally:
        holder.kill()
        holder.communicate()
    assert store.acquire(run, "another").number == 2
    assert [task_run.state for task_run in store.task_runs.of_run(run)] == [State.RUNNING]


def test_leases_leave_no_files_behind(store: Store, path: Path) -> None:
    run, lease = running(store)
    # what is empty is removed many times as fast
    assert [(file.name, file.stat().st_size) for file in (path.parent / "leases").iterdir()] == [(f"{run.id}.lock", 0)]
    store.release(lease)
    assert list((path.parent / "leases").iterdir()) == []


def test_a_full_disk_fails_a_commit_whole_and_the_next_one_may_succeed(store: sqlite.SqliteStore) -> None:
    run, lease = running(store)
    connection = store._group._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    task_run = a_task_run(run.id, properties={"big": "x" * 1_000_000})
    with pytest.raises(StoreUnavailable, match=r"the disk is full. Free some space .* Nothing of this write was kept"):
        store.commit(lease, [MoveRun(run.id, State.RUNNING, State.SUCCESS, 12.0), StartTask(task_run)])
    assert [event.state for event in store.events.after(run.id)] == [State.CREATED, State.RUNNING]
    assert store.task_runs.of_run(run.id) == []

    connection.execute("PRAGMA max_page_count = 1000000")
    store.commit(lease, [StartTask(task_run), ended(task_run.id)])
    assert len(store.events.after(run.id)) == 4


def gathered(store: sqlite.SqliteStore, *works: Callable[[], object]) -> list[BaseException | None]:
    """Let threads gather behind one that writes, so that one transaction carries out what they all want; give what each
    of them met."""
    met: list[BaseException | None] = [None] * len(works)
    go, pause = Event(), Event()

    def meet(number: int) -> None:
        try:
            works[number]()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            met[number] = error

    threads = [Thread(target=lambda: store._group.commit(lambda _: go.wait(30)))]
    threads += [Thread(target=meet, args=(number,)) for number in range(len(works))]
    for number, thread in enumerate(threads):
        thread.start()
        while len(store._group._waiting) <= number or not store._group._turn.locked():
            pause.wait(0.001)
    go.set()
    for thread in threads:
        thread.join()
    return met


def saving(store: Store, artifact: Artifact) -> Callable[[], None]:
    return lambda: store.commit(None, [SaveArtifact(artifact)])


def test_a_commit_too_large_for_the_disk_takes_no_other_with_it(store: sqlite.SqliteStore) -> None:
    connection = store._group._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 30}")
    small = [an_artifact() for _ in range(6)]
    large = CreateRun(a_run(inputs={"big": "x" * 10_000_000}), b"")
    works = [saving(store, artifact) for artifact in small]
    met = gathered(store, *works[:3], lambda: store.commit(None, [large]), *works[3:])
    assert [type(error) for error in met] == [type(None)] * 3 + [StoreUnavailable] + [type(None)] * 3
    assert all(store.artifacts.get(artifact.id) for artifact in small)
    assert store.runs.get(large.run.id) is None


def test_a_commit_that_fails_at_the_very_end_takes_no_other_with_it(store: sqlite.SqliteStore) -> None:
    def fails_when_committed(execute: Execute) -> None:
        execute("PRAGMA defer_foreign_keys = ON", {})
        execute("INSERT INTO plans (run, plan) VALUES ('nowhere', x'00')", {})

    small = [an_artifact() for _ in range(3)]
    works = [saving(store, artifact) for artifact in small]
    met = gathered(store, works[0], lambda: store._group.commit(fails_when_committed), *works[1:])
    assert [type(error) for error in met] == [type(None), MoveRefused, type(None), type(None)]
    assert all(store.artifacts.get(artifact.id) for artifact in small)


def test_a_store_that_another_program_keeps_locked_says_so(
    path: Path, opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.05)
    store = opened(str(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another program keeps it locked"):
            store.commit(None, [CreateRun(a_run(), b"")])
        intruder.execute("ROLLBACK")
    store.commit(None, [CreateRun(a_run(), b"")])


def test_files_that_are_no_store_are_refused_and_left_alone(tmp_path: Path) -> None:
    text, foreign = tmp_path / "text.db", tmp_path / "foreign.db"
    text.write_text("this is no database, but a text of some length\n" * 100)
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    with pytest.raises(StoreUnavailable, match="no SQLite database"):
        open_store(text, now=lambda: 0.0)
    with pytest.raises(StoreUnavailable, match="database of another program"):
        open_store(foreign, now=lambda: 0.0)
    with closing(sqlite3.connect(foreign)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        open_store(tmp_path / "file" / "store.db", now=lambda: 0.0)


def test_addresses_are_paths_or_urls(tmp_path: Path, opened: Callable[..., Store]) -> None:
    first = opened(f"sqlite:///{tmp_path}/a.db")
    run = a_run()
    first.commit(None, [CreateRun(run, b"")])
    second = opened(tmp_path / "a.db")
    assert second.runs.get(run.id) == first.runs.get(run.id)
    for wrong in ("mysql://host/db", "sqlite://host/db"):
        with pytest.raises(Refusal, match="no address of a store"):
            open_store(wrong, now=lambda: 0.0)


@pytest.mark.parametrize(("durability", "expected"), [("normal", 1), ("full", 2)])
def test_durability_decides_whether_each_commit_is_synced(
    path: Path, opened: Callable[..., Store], durability: str, expected: int
) -> None:
    store = opened(str(path), durability=durability)
    assert isinstance(store, sqlite.SqliteStore)
    asked = [
        store._group._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")
    ]
    assert asked == [expected, "wal"]


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    for use in (lambda: store.runs.get("a"), lambda: store.commit(None, [CreateRun(a_run(), b"")])):
        with pytest.raises(StoreUnavailable, match="has been closed"):
            use()


def test_an_interrupted_commit_leaves_the_others_alone(store: sqlite.SqliteStore) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store._group.commit(interrupted)
    run, lease = running(store)
    task_run = a_task_run(run.id)
    store.commit(lease, [StartTask(task_run), AppendLogs(run.id, task_run.id, 1, ())])
    with pytest.raises(MoveRefused):
        store.commit(lease, [StartTask(task_run)])
    assert len(store.task_runs.of_run(run.id)) == 1


def test_an_interrupt_of_the_thread_that_writes_for_all_loses_no_other_commit(store: sqlite.SqliteStore) -> None:
    def interrupted() -> None:
        own = current_thread()

        def interrupt(_: object) -> None:
            if current_thread() is own:
                raise KeyboardInterrupt

        store._group.commit(interrupt)

    hit = False
    # whoever of those that wait gets the turn writes for the others: until it is the one that is interrupted
    for _ in range(100):
        artifacts = [an_artifact() for _ in range(3)]
        met = gathered(store, interrupted, *(saving(store, artifact) for artifact in artifacts))
        assert met[1:] == [None] * 3
        assert all(store.artifacts.get(artifact.id) for artifact in artifacts)
        hit = isinstance(met[0], KeyboardInterrupt)
        if hit:
            break
    assert hit


def test_a_lock_on_a_file_that_its_holder_has_just_removed_is_no_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = FileLock(tmp_path, "run", lambda: RunIsLive("by the first"))
    real = fcntl.flock

    def flock(descriptor: int, how: int) -> None:
        # the second has opened the file; now the first removes it and lets go
        monkeypatch.undo()
        first.release()
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    second = FileLock(tmp_path, "run", lambda: RunIsLive("by the first"))
    with pytest.raises(RunIsLive, match="by the second"):
        FileLock(tmp_path, "run", lambda: RunIsLive("by the second"))
    second.release()
