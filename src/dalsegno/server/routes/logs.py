"""Log lines: looked for, followed, downloaded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from dalsegno.model.times import iso
from dalsegno.server.doors import TheLive, TheService
from dalsegno.server.replies import reply
from dalsegno.server.routes.runs import FoundRun, LastEvent
from dalsegno.service.logs import LineFilter
from dalsegno.service.views import line_as_json
from dalsegno.store.listing import StoredLine
from dalsegno.wire import run_answers

router = APIRouter(prefix="/runs", tags=["logs"])

#: lines of a piece that is downloaded
_AT_ONCE = 500


def _wanted(
    address: Annotated[str | None, Query(description="Of one task run alone.")] = None,
    attempt: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Of one attempt alone.")] = None,
    level: Annotated[str | None, Query(description="This important or more: DEBUG, INFO, WARNING, ERROR.")] = None,
    text: Annotated[str | None, Query(description="That stands in the line, in any case of letters.")] = None,
) -> LineFilter:
    return LineFilter(address, attempt, None if level is None else level.upper(), text or None)


Wanted = Annotated[LineFilter, Depends(_wanted)]


def _followed(run: FoundRun, wanted: Wanted, service: TheService) -> LineFilter:
    """Give the filter of a stream, refused before that begins."""
    service.logs.check(run.id, wanted)
    return wanted


@router.get("/{run}/logs", response_model=run_answers.Lines, summary="Look for log lines")
def lines(
    run: str,
    wanted: Wanted,
    service: TheService,
    after: Annotated[
        int, Query(ge=0, le=2**53, description="Where to go on: what an earlier answer gave as `next`.")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Response:
    """Give log lines of a run, oldest first. `next` is where to go on, and null at the end of what is there."""
    found = service.logs.find(run, wanted, after=after, limit=limit)
    return reply({"lines": [line_as_json(each) for each in found.lines], "next": found.next})


@router.get("/{run}/logs/download", summary="Download log lines", response_class=StreamingResponse)
def download(run: str, wanted: Wanted, service: TheService) -> Response:
    """Give all lines that are wanted as plain text: time, level, task and what it wrote."""
    found = service.runs.get(run)
    text = _as_text(service.logs.all(found.id, wanted))
    headers = {"Content-Disposition": f'attachment; filename="{found.name}.log"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(text, headers=headers, media_type="text/plain; charset=utf-8")


def _as_text(found: Iterator[StoredLine]) -> Iterator[bytes]:
    """Give lines as text, many at a time: each piece is taken on another thread."""
    while lines := list(islice(found, _AT_ONCE)):
        text = (f"{iso(each.line.at)} {each.line.level:<7} {each.address} {each.line.text}\n" for each in lines)
        yield "".join(text).encode("utf-8", "replace")


@router.get("/{run}/logs/follow", summary="Follow log lines", response_class=EventSourceResponse)
async def follow(
    run: FoundRun,
    wanted: Annotated[LineFilter, Depends(_followed)],
    live: TheLive,
    after: Annotated[int, Query(ge=0, le=2**53, description="Begin after this position.")] = 0,
    last: LastEvent = None,
) -> AsyncIterator[ServerSentEvent]:
    """Follow the log lines of a run until it has ended (`end`): after `Last-Event-ID`, which is a position, else `after`."""
    async for event in live.follow_lines(run.id, wanted, int(last) if last and last.isdecimal() else after):
        yield event
