"""Runs: plan, create, hand over, look, follow, stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from dalsegno.model.run import Run
from dalsegno.replay.request import ReplayRequest, request_from_json
from dalsegno.server.doors import TheEngine, TheLive, TheService
from dalsegno.server.replies import reply
from dalsegno.service.coded import Coded, coded_from_json
from dalsegno.service.views import run_as_json
from dalsegno.store.port import RunFilter
from dalsegno.wire.requests import Asked, Code, ReplayWanted, RunWanted

router = APIRouter(prefix="/runs", tags=["runs"])

LastEvent = Annotated[str | None, Header(alias="Last-Event-ID", description="The last event that was seen.")]


def _found(run: str, service: TheService) -> Run:
    return service.runs.get(run)


#: a run, found before an answer begins: a stream could not be refused any more
FoundRun = Annotated[Run, Depends(_found)]


def request_of(asked: Asked) -> ReplayRequest:
    """Give what is asked as the planner takes it."""
    return request_from_json(asked.model_dump())


def code_of(code: Code | None) -> Coded | None:
    """Give code as the service takes it."""
    return None if code is None else coded_from_json(code.flow, code.digest, code.source, code.graph)


@router.post("", status_code=201, summary="Run a flow")
def create(wanted: RunWanted, service: TheService, engine: TheEngine) -> Response:
    """Make a fresh run. The engine of the server executes it, unless `queue` is false."""
    run = service.runs.create_fresh(
        wanted.flow,
        request_of(wanted.request),
        text=wanted.text,
        coded=code_of(wanted.code),
        digest=wanted.digest,
        queue=wanted.queue,
    )
    if run.queued is not None:
        engine.take(run.id)
    return reply(run_as_json(run), 201, {"Location": f"/api/v1/runs/{run.id}"})


@router.post("/plan", summary="See what a run would do")
def plan(wanted: RunWanted, service: TheService) -> Response:
    """Give the plan of a fresh run. Nothing is written."""
    request, coded = request_of(wanted.request), code_of(wanted.code)
    return reply(service.runs.plan_fresh(wanted.flow, request, text=wanted.text, coded=coded).as_json())


@router.post("/replay", status_code=201, summary="Replay a run")
def replay(wanted: ReplayWanted, service: TheService, engine: TheEngine) -> Response:
    """Make the run of a replay. With `digest` it is refused (409) if the plan has moved; the answer holds the new plan."""
    run = service.runs.create_replay(
        request_of(wanted.request),
        text=wanted.text,
        file=wanted.file,
        coded=code_of(wanted.code),
        digest=wanted.digest,
        queue=wanted.queue,
    )
    if run.queued is not None:
        engine.take(run.id)
    return reply(run_as_json(run), 201, {"Location": f"/api/v1/runs/{run.id}"})


@router.post("/replay/plan", summary="See what a replay would do")
def plan_replay(wanted: ReplayWanted, service: TheService) -> Response:
    """Give the plan of a replay, with its digest. Nothing is written."""
    request, coded = request_of(wanted.request), code_of(wanted.code)
    drawn = service.runs.plan_replay(request, text=wanted.text, file=wanted.file, coded=coded)
    return reply(drawn.as_json())


@router.get("", summary="List runs")
def listed(service: TheService, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Response:
    """Give runs, newest first."""
    return reply({"runs": [run_as_json(run) for run in service.runs.list(RunFilter(limit=limit))]})


@router.get("/{run}", summary="Show a run")
def show(run: str, service: TheService) -> Response:
    """Give a run with its task runs. `run` is an id, a unique prefix of one, a name, `last` or `last-failed`."""
    return reply(service.runs.as_json(run))


@router.get("/{run}/plan", summary="Show the plan of a run")
def plan_of(run: str, service: TheService) -> Response:
    """Give the plan that a run executes, or executed."""
    return reply(service.runs.plan_of(run).as_json())


@router.post("/{run}/execute", summary="Hand a run to the engine")
def execute(run: str, service: TheService, engine: TheEngine) -> Response:
    """Have the engine of the server begin a run, or carry it on."""
    found = service.runs.hand_over(run)
    engine.take(found.id)
    return reply(run_as_json(found))


@router.post("/{run}/kill", summary="Stop a run")
def kill(run: str, service: TheService) -> Response:
    """Ask for a run to be stopped."""
    return reply(run_as_json(service.runs.kill(run)))


@router.get("/{run}/events", summary="Follow a run", response_class=EventSourceResponse)
async def events(run: FoundRun, live: TheLive, last: LastEvent = None) -> AsyncIterator[ServerSentEvent]:
    """Follow what happens to a run, from the event after `Last-Event-ID`, until it has ended (`end`)."""
    async for event in live.follow(run.id, int(last) if last and last.isdecimal() else 0):
        yield event
