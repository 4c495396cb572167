"""Runs: plan, create, hand over, look, follow, stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from dalsegno.model.run import Run
from dalsegno.replay.request import ReplayRequest, request_from_json, task_inputs_of
from dalsegno.server.doors import TheEngine, TheLive, TheService
from dalsegno.server.replies import reply
from dalsegno.service.coded import Coded, coded_from_json
from dalsegno.service.listing import RunQuery
from dalsegno.service.resuming import Resumption
from dalsegno.service.views import run_as_json
from dalsegno.wire import run_answers
from dalsegno.wire.lists import RunsWanted
from dalsegno.wire.requests import Asked, Code, LabelsWanted, ReplayWanted, ResumeWanted, RunWanted

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


@router.post("", response_model=run_answers.Run, status_code=201, summary="Run a flow")
def create(wanted: RunWanted, service: TheService, engine: TheEngine) -> Response:
    """Make a fresh run. The engine of the server executes it, unless `queue` is false."""
    run = service.runs.create_fresh(
        wanted.flow,
        request_of(wanted.request),
        text=wanted.text,
        coded=code_of(wanted.code),
        digest=wanted.digest,
        queue=wanted.queue,
        key=wanted.key,
    )
    return _made(run, engine)


@router.post("/plan", response_model=run_answers.Plan, summary="See what a run would do")
def plan(wanted: RunWanted, service: TheService) -> Response:
    """Give the plan of a fresh run. Nothing is written."""
    request, coded = request_of(wanted.request), code_of(wanted.code)
    return reply(service.runs.plan_fresh(wanted.flow, request, text=wanted.text, coded=coded).as_json())


@router.post("/replay", response_model=run_answers.Run, status_code=201, summary="Replay a run")
def replay(wanted: ReplayWanted, service: TheService, engine: TheEngine) -> Response:
    """Make the run of a replay. With `digest` it is refused (409) if the plan has moved; the answer holds the new plan."""
    run = service.runs.create_replay(
        request_of(wanted.request),
        text=wanted.text,
        file=wanted.file,
        coded=code_of(wanted.code),
        digest=wanted.digest,
        queue=wanted.queue,
        key=wanted.key,
    )
    return _made(run, engine)


def _made(run: Run, engine: TheEngine) -> Response:
    """Answer with a run that was made, and have it executed where it was handed over."""
    if run.queued is not None:
        engine.take(run.id)
    return reply(run_as_json(run), 201, {"Location": f"/api/v1/runs/{run.id}"})


@router.post("/replay/plan", response_model=run_answers.Plan, summary="See what a replay would do")
def plan_replay(wanted: ReplayWanted, service: TheService) -> Response:
    """Give the plan of a replay, with its digest. Nothing is written."""
    request, coded = request_of(wanted.request), code_of(wanted.code)
    drawn = service.runs.plan_replay(request, text=wanted.text, file=wanted.file, coded=coded)
    return reply(drawn.as_json())


@router.get("", response_model=run_answers.Runs, summary="List runs")
def listed(service: TheService, wanted: Annotated[RunsWanted, Query()]) -> Response:
    """Give runs, newest first, and in `next` the cursor of the next part. All filters combine.

    With `counts` also how many there are by state; 1,000 is as many or more.
    """
    query = RunQuery(**wanted.model_dump(exclude={"counts", "full"}))
    found = service.runs.page(query)
    shown = {"runs": [run_as_json(run, full=wanted.full) for run in found.runs], "next": found.next}
    return reply({**shown, "counts": service.runs.counts(query)} if wanted.counts else shown)


@router.get("/{run}", response_model=run_answers.RunShown, summary="Show a run")
def show(run: str, service: TheService, *, task_runs: Annotated[bool, Query()] = True) -> Response:
    """Give a run, with its task runs unless they are left out.

    `run` is an id, a unique prefix of one, a name, `last` or `last-failed`.
    """
    return reply(service.runs.as_json(run, task_runs=task_runs))


@router.get("/{run}/plan", response_model=run_answers.Plan, summary="Show the plan of a run")
def plan_of(run: str, service: TheService) -> Response:
    """Give the plan that a run executes, or executed."""
    return reply(service.runs.plan_of(run).as_json())


@router.post("/{run}/execute", response_model=run_answers.Run, summary="Hand a run to the engine")
def execute(run: str, service: TheService, engine: TheEngine) -> Response:
    """Have the engine of the server begin a run, or carry it on."""
    found = service.runs.hosted.hand_over(run)
    engine.take(found.id)
    return reply(run_as_json(found))


@router.post("/{run}/kill", response_model=run_answers.Run, summary="Stop a run")
def kill(run: str, service: TheService, engine: TheEngine) -> Response:
    """Ask for a run to be stopped."""
    return _asked(service.runs.kill(run), engine)


@router.post("/{run}/pause", response_model=run_answers.Run, summary="Pause a run")
def pause(run: str, service: TheService, engine: TheEngine) -> Response:
    """Ask for a run to be paused: what is running in it ends, and nothing begins until it is resumed."""
    return _asked(service.runs.pause(run), engine)


def _asked(run: Run, engine: TheEngine) -> Response:
    """Answer with a run of which something was asked, and have that seen to where it is executed."""
    engine.look_at(run.id)
    return reply(run_as_json(run))


@router.post("/{run}/resume", response_model=run_answers.Run, summary="Resume a run that waits")
def resume(run: str, wanted: ResumeWanted, service: TheService, engine: TheEngine) -> Response:
    """Answer what a run waits for, or let go on what a breakpoint holds, and have the engine carry it on.

    Property values and breakpoints that are given hold from now on. Where the run waits for its subflow, that is resumed and
    given.
    """
    said = Resumption(
        wanted.answers,
        task_inputs_of(wanted.task_inputs),
        None if wanted.breakpoints is None else tuple(wanted.breakpoints),
        tuple(wanted.at),
    )
    found = service.runs.hosted.resume(run, said)
    engine.take(found.id)
    return reply(run_as_json(found))


@router.post("/{run}/labels", response_model=run_answers.Run, summary="Label a run")
def label(run: str, wanted: LabelsWanted, service: TheService) -> Response:
    """Give a run labels, beside those that it has, or take some away. One that is executed cannot be labelled (409)."""
    return reply(run_as_json(service.runs.label(run, wanted.labels, wanted.remove)))


@router.delete("/{run}", response_model=run_answers.Run, summary="Delete a run")
def delete(run: str, service: TheService) -> Response:
    """Make a tombstone of a run: it is hidden, and what other runs reuse of it stays."""
    return reply(run_as_json(service.keeping.delete(run)))


@router.get("/{run}/events", summary="Follow a run", response_class=EventSourceResponse)
async def events(run: FoundRun, live: TheLive, last: LastEvent = None) -> AsyncIterator[ServerSentEvent]:
    """Follow what happens to a run, from the event after `Last-Event-ID`, until it has ended (`end`)."""
    async for event in live.follow(run.id, int(last) if last and last.isdecimal() else 0):
        yield event
