"""The audit log of a server: what is noted at one time is written together, and what goes wrong holds up no answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from dalsegno.model.access import AuditEntry, Role
from dalsegno.server.noting import Noting


def entry(number: int) -> AuditEntry:
    return AuditEntry(0, 1.0, "ann", Role.ADMIN, "token", "", "create_run", "POST", f"/{number}", 201, {})


class Log:
    """Takes entries once it is let, and fails where it is told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.written: list[list[str]] = []
        self.entered, self.let = threading.Event(), threading.Event()
        self._fails = fails

    def note(self, entries: Sequence[AuditEntry]) -> None:
        self.entered.set()
        assert self.let.wait(30)
        if self._fails:
            raise ValueError("no room")
        self.written.append([each.path for each in entries])


async def note_while_one_is_written(log: Log) -> None:
    noting = Noting(log)
    first = asyncio.create_task(noting.note(entry(0)))
    await asyncio.to_thread(log.entered.wait, 30)
    others = [asyncio.create_task(noting.note(entry(number))) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    log.let.set()
    await asyncio.wait_for(asyncio.gather(first, *others), 30)
    await asyncio.wait_for(noting.note(entry(4)), 30)


def test_what_comes_while_one_is_written_is_written_together() -> None:
    log = Log()
    asyncio.run(note_while_one_is_written(log))
    assert log.written == [["/0"], ["/1", "/2", "/3"], ["/4"]]


def test_a_store_that_takes_nothing_holds_up_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(note_while_one_is_written(Log(fails=True)))
    assert [record.getMessage()[:47] for record in caplog.records] == [
        "the audit log could not be written: no room: Au"
    ] * 5
