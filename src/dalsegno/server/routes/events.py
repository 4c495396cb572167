"""What happens to runs, live."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent

from dalsegno.errors import Refusal
from dalsegno.server.doors import TheDoors, TheLive
from dalsegno.server.routes.runs import LastEvent

router = APIRouter(prefix="/events", tags=["events"])


def _since(doors: TheDoors, last: LastEvent = None) -> float:
    """Give the time from which on events are wanted: that of the last one that was seen, else now."""
    if last is None:
        return doors.clock.now()
    try:
        return float(last)
    except ValueError:
        message = f"`Last-Event-ID` is `{last}`: it is the id of an event of this stream, such as `1764331200.125`"
        raise Refusal(message, code="bad-request") from None


@router.get("", summary="Follow all runs", response_class=EventSourceResponse)
async def follow(live: TheLive, since: Annotated[float, Depends(_since)]) -> AsyncIterator[ServerSentEvent]:
    """Follow what happens to runs: each event has the run as a list shows it. It goes on until the server stops.

    What happened about the time of `Last-Event-ID` may be told once more: an event is known by its run and number.
    """
    async for event in live.follow_all(since):
        yield event
