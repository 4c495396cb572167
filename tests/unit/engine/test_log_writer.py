"""Lines on their way to the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.clock import SetClock
from tests.support.stored import a_task_run, running
from tests.support.watched_store import WatchedStore

from dalsegno.engine.logs import AttemptLog, LogWriter
from dalsegno.errors import StoreUnavailable
from dalsegno.model.run import LogLine
from dalsegno.store.open import open_store
from dalsegno.store.port import StartTask, Store, Write


class Shelf:
    """A store with one run and one task run."""

    def __init__(self, inner: Store) -> None:
        self.store = WatchedStore(inner)
        run, lease = running(self.store)
        task_run = a_task_run(run.id)
        self.store.commit(lease, [StartTask(task_run)])
        self.run, self.task_run = run.id, task_run.id

    @property
    def texts(self) -> list[str]:
        return [line.line.text for line in self.store.logs.of_run(self.run, limit=100_000)]


def away(writes: Sequence[Write]) -> None:
    raise StoreUnavailable("the disk is full")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    store = open_store(tmp_path / "dalsegno.db", now=lambda: 1.0)
    yield Shelf(store)
    store.close()


def write(writer: LogWriter, shelf: Shelf, *texts: str) -> None:
    for text in texts:
        writer.add(shelf.task_run, 1, LogLine(5.0, "INFO", text))


def test_lines_are_there_in_order_when_they_are_flushed(shelf: Shelf) -> None:
    writer = LogWriter(shelf.store, shelf.run)
    write(writer, shelf, "a", "b")
    writer.flush()
    assert shelf.texts == ["a", "b"]
    write(writer, shelf, "c", "half \ud800 and 日本")
    writer.close()
    assert shelf.texts == ["a", "b", "c", "half \ud800 and 日本"]


def test_lines_that_cannot_be_written_wait_and_keep_their_order(shelf: Shelf) -> None:
    writer = LogWriter(shelf.store, shelf.run)
    before, shelf.store.before = shelf.store.before, away
    write(writer, shelf, "a")
    with pytest.raises(StoreUnavailable):
        writer.flush()
    write(writer, shelf, "b")
    shelf.store.before = before
    writer.close()

    assert shelf.texts == ["a", "b"]


def test_of_a_long_attempt_head_and_tail_are_kept(shelf: Shelf) -> None:
    writer = LogWriter(shelf.store, shelf.run, keep_bytes=20)
    write(writer, shelf, *(f"line{number}" for number in range(10)))
    writer.end_attempt(shelf.task_run, 1)
    writer.close()

    head, notice, tail = shelf.texts[:3], shelf.texts[3], shelf.texts[4:]
    assert head == ["line0", "line1", "line2"]
    assert notice.startswith("... 4 lines left out")
    assert tail == ["line7", "line8", "line9"]


def test_a_line_longer_than_what_is_kept_is_told_to_be_left_out(shelf: Shelf) -> None:
    writer = LogWriter(shelf.store, shelf.run, keep_bytes=20)
    write(writer, shelf, "short", "x" * 50, "end")
    writer.end_attempt(shelf.task_run, 1)
    writer.close()

    assert shelf.texts == ["short", "... 1 lines left out: this attempt wrote more than is kept of one", "end"]


def test_the_end_of_a_long_log_is_written_though_its_attempt_never_ended(shelf: Shelf) -> None:
    writer = LogWriter(shelf.store, shelf.run, keep_bytes=10)
    write(writer, shelf, "12345678", "abc", "def")
    writer.close()

    assert shelf.texts == ["12345678", "abc", "def"]


def test_each_line_has_its_level_its_stream_and_the_time_of_the_clock(shelf: Shelf) -> None:
    writer, clock, told = LogWriter(shelf.store, shelf.run), SetClock(7.0), list[Any]()
    log = AttemptLog(writer, clock, task_run=shelf.task_run, address="a", attempt=1, observer=told.append)
    log.debug("1")
    log.info("2")
    log.warning("3")
    log.error("4")
    log.stream("stdout", "5")
    log.stream("stderr", "6")
    writer.close()

    lines = [line.line for line in shelf.store.logs.of_run(shelf.run)]
    assert [line.level for line in lines] == ["DEBUG", "INFO", "WARNING", "ERROR", "INFO", "WARNING"]
    assert [line.stream for line in lines] == ["log"] * 4 + ["stdout", "stderr"]
    assert {line.at for line in lines} == {7.0}
    assert [item.line for item in told] == lines
