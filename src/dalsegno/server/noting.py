"""Writes the audit log: what requests that are answered at the same time have to note goes in one commit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from dalsegno.model.access import AuditEntry

_log = logging.getLogger("dalsegno.access")


class Log(Protocol):
    """Where entries go: the use cases of the audit log."""

    def note(self, entries: Sequence[AuditEntry], /) -> None:
        """Write entries, in one commit."""
        ...


class Noting:
    """Writes entries. While one commit is under way, those that come are kept for the next."""

    def __init__(self, audit: Log) -> None:
        self._audit = audit
        self._waiting: list[tuple[AuditEntry, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def note(self, entry: AuditEntry) -> None:
        """Write an entry, and wait until it stands."""
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await written

    async def _write(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            entries = [entry for entry, _ in taken]
            try:
                await asyncio.to_thread(self._audit.note, entries)
            except Exception as error:  # noqa: BLE001 - no answer is to wait for ever
                # what was asked for is done; what the store does not take is told here
                for entry in entries:
                    _log.error("the audit log could not be written: %s: %s", error, entry)
            for _, written in taken:
                if not written.done():
                    written.set_result(None)
        self._writing = None
