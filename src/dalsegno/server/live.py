"""Live events: one look at the store serves all who follow, however many they are."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from fastapi.sse import ServerSentEvent
from pydantic_core import to_json

from dalsegno.errors import DalSegnoError
from dalsegno.model.state import ENDED
from dalsegno.service.logs import LineFilter
from dalsegno.service.service import Service
from dalsegno.service.views import line_as_json

#: how often it looks whether anything has been committed, in seconds
LOOK_EVERY = 0.05
#: after how many seconds of silence a comment keeps a connection open
KEEP_ALIVE = 15.0
#: how much later than it happened something may be committed, in seconds
_LATE = 2.0
#: pages of events that are kept for those who follow at the same place
_PAGES = 256
_PAGE = 500


_T = TypeVar("_T")


class Live:
    """Tells when something has been committed, and gives events to those who follow."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._version = 0
        self._changed = asyncio.Event()
        self._pages: OrderedDict[tuple[str, int], tuple[int, asyncio.Task[list[dict[str, Any]]]]] = OrderedDict()
        self._followers = 0
        self._looking: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()

    def start(self) -> None:
        """Begin to look."""
        self._looking = asyncio.create_task(self._look())

    @property
    def followers(self) -> int:
        """How many streams are open."""
        return self._followers

    async def close(self) -> None:
        """End all streams."""
        self._closed.set()
        self._changed.set()
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def follow(self, run: str, after: int) -> AsyncIterator[ServerSentEvent]:
        """Give the events of a run after a number, as they come, until it has ended."""
        self._followers += 1
        try:
            # all that has happened to one that is over by now is read below
            found = await asyncio.to_thread(self._service.runs.get, run)
            over = found.state.ended
            while not self._closed.is_set():
                version = self._version
                events = await (self._fresh(run, after) if over else self._page(run, after, version))
                for event in events:
                    after = event["number"]
                    yield sent(event["kind"], after, event)
                    if event["kind"] == "run" and event["state"] in ENDED:
                        yield sent("end", after, {"state": event["state"]})
                        return
                if events and (over or await self._page(run, after, version)):
                    continue
                if over:
                    # whoever has seen its last event already is not to wait for another one
                    yield sent("end", after, {"state": found.state})
                    return
                if not await self.changed(version):
                    yield ServerSentEvent(comment="")
        finally:
            self._followers -= 1

    async def follow_lines(self, run: str, wanted: LineFilter, after: int) -> AsyncIterator[ServerSentEvent]:
        """Give log lines of a run after a position, as they come, until it has ended."""
        self._followers += 1
        try:
            while not self._closed.is_set():
                version = self._version
                # what is written once it has ended is written before that is seen here
                over = (await asyncio.to_thread(self._service.runs.get, run)).state.ended
                found = await asyncio.to_thread(partial(self._service.logs.find, run, wanted, after=after, limit=_PAGE))
                for line in found.lines:
                    after = line.position
                    yield sent("line", after, line_as_json(line))
                after = found.next or after
                if found.next is not None:
                    continue
                if over:
                    yield sent("end", after, {})
                    return
                if not await self.changed(version):
                    yield ServerSentEvent(comment="")
        finally:
            self._followers -= 1

    async def follow_all(self, since: float) -> AsyncIterator[ServerSentEvent]:
        """Give what happens to runs, from a time on, until the server stops.

        What is committed late may have happened before what was told already, so the last moments are looked at again; an
        event's id is a time, and whoever comes back with one may be told again what happened at about that time.
        """
        self._followers += 1
        told: dict[tuple[str, int], float] = {}
        try:
            while not self._closed.is_set():
                version = self._version
                for event, run in await self._read(partial(self._service.runs.events_of_runs, since - _LATE)):
                    key = (event.run, event.number)
                    if key in told:
                        continue
                    told[key] = event.at
                    since = max(since, event.at)
                    yield sent(
                        "run", f"{event.at:.3f}", {"number": event.number, "state": event.state.value, "run": run}
                    )
                told = {key: at for key, at in told.items() if at >= since - _LATE}
                if not await self.changed(version):
                    yield ServerSentEvent(comment="")
        finally:
            self._followers -= 1

    async def changed(self, version: int) -> bool:
        """Wait until something has been committed since; give `False` if nothing was for so long that a sign is due."""
        while self._version == version and not self._closed.is_set():
            try:
                await asyncio.wait_for(self._changed.wait(), KEEP_ALIVE)
            except TimeoutError:
                return False
        return True

    async def _fresh(self, run: str, after: int) -> list[dict[str, Any]]:
        """Give the events after a number as they are now: what others have read may be of before the run was over."""
        return await self._read(lambda: self._service.runs.events(run, after=after, limit=_PAGE))

    async def _page(self, run: str, after: int, version: int) -> list[dict[str, Any]]:
        """Give the events after a number, read once for all who ask for them at the same time."""
        key = (run, after)
        known = self._pages.get(key)
        if known is not None and known[0] == version:
            return await asyncio.shield(known[1])
        read = asyncio.create_task(self._fresh(run, after))
        self._pages[key] = (version, read)
        while len(self._pages) > _PAGES:
            self._pages.popitem(last=False)
        return await asyncio.shield(read)

    async def _read(self, read: Callable[[], list[_T]]) -> list[_T]:
        return await asyncio.to_thread(read)

    async def _look(self) -> None:
        seen = -1
        while True:
            if self._followers:
                with suppress(DalSegnoError):
                    now = await asyncio.to_thread(self._service.changes)
                    if now != seen:
                        seen = now
                        self._version += 1
                        before, self._changed = self._changed, asyncio.Event()
                        before.set()
            await asyncio.sleep(LOOK_EVERY)


def sent(kind: str, id: int | str, data: dict[str, Any]) -> ServerSentEvent:
    """Give an event of a stream."""
    return ServerSentEvent(raw_data=to_json(data, inf_nan_mode="null").decode(), event=kind, id=str(id))
