"""Bulk replays: preview, make, look, pause, go on, approve, abort. The engine of the server drives them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from dalsegno.model.bulk import BulkJob, RowState
from dalsegno.server.doors import TheEngine, TheService
from dalsegno.server.replies import reply
from dalsegno.service.bulk_views import bulk_as_json, bulk_row_as_json
from dalsegno.wire import bulk_answers
from dalsegno.wire.bulk import AbortWanted, BulkWanted

router = APIRouter(prefix="/bulk-replays", tags=["bulk replays"])


@router.post("/preview", response_model=bulk_answers.BulkPreview, summary="See what a bulk replay would do")
def preview(wanted: BulkWanted, service: TheService) -> Response:
    """Plan every replay and tell what the plans say together. Nothing is written."""
    return reply(service.bulk.preview(wanted.asked(), wanted.paced()).as_json())


@router.post("", response_model=bulk_answers.BulkReplay, status_code=201, summary="Replay many runs")
def create(wanted: BulkWanted, service: TheService, engine: TheEngine) -> Response:
    """Make a bulk replay. Which runs it is about is settled now; the engine of the server drives it."""
    job = service.bulk.create(wanted.asked(), wanted.paced(), hosted=True)
    engine.take_job(job.id)
    return reply(bulk_as_json(job), 201, {"Location": f"/api/v1/bulk-replays/{job.id}"})


@router.get("", response_model=bulk_answers.BulkReplays, summary="List bulk replays")
def listed(service: TheService, limit: Annotated[int, Query(ge=1, le=500)] = 50, before: str | None = None) -> Response:
    """Give bulk replays, newest first. `before` is the last one of the page before."""
    return reply({"bulk_replays": [bulk_as_json(job) for job in service.bulk.list(limit=limit, before=before)]})


@router.get("/{job}", response_model=bulk_answers.BulkReplay, summary="Show a bulk replay")
def show(job: str, service: TheService) -> Response:
    """Give a bulk replay with its counts. `job` is a name, an id, a unique prefix of one, or `last`."""
    return reply(bulk_as_json(service.bulk.get(job)))


@router.get("/{job}/rows", response_model=bulk_answers.BulkRows, summary="Show the runs of a bulk replay")
def rows(
    job: str,
    service: TheService,
    state: Annotated[list[RowState] | None, Query(description="Only runs of which this has become.")] = None,
    after: Annotated[int, Query(ge=-1, description="The position of the last run of the page before.")] = -1,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Response:
    """Give what has become of each run, in the order of their turns."""
    found = service.bulk.rows(job, after=after, limit=limit, states=state or ())
    return reply({"rows": [bulk_row_as_json(row) for row in found]})


@router.post("/{job}/pause", response_model=bulk_answers.BulkReplay, summary="Have a bulk replay wait")
def pause(job: str, service: TheService) -> Response:
    """Begin no more replays; those under way run to their end."""
    return reply(bulk_as_json(service.bulk.pause(job)))


@router.post("/{job}/resume", response_model=bulk_answers.BulkReplay, summary="Have a bulk replay go on")
def resume(job: str, service: TheService, engine: TheEngine) -> Response:
    """Go on with one that waits or was stopped. From now on the engine of the server drives it."""
    return _driven(service.bulk.resume(job, hosted=True), engine)


@router.post("/{job}/approve", response_model=bulk_answers.BulkReplay, summary="Have the others follow the canaries")
def approve(job: str, service: TheService, engine: TheEngine) -> Response:
    """Go on after the first replays."""
    return _driven(service.bulk.approve(job), engine)


@router.post("/{job}/abort", response_model=bulk_answers.BulkReplay, summary="End a bulk replay")
def abort(job: str, service: TheService, wanted: AbortWanted | None = None) -> Response:
    """Begin no more replays, for good; with `kill` stop those that are under way."""
    return reply(bulk_as_json(service.bulk.abort(job, kill=wanted is not None and wanted.kill)))


def _driven(job: BulkJob, engine: TheEngine) -> Response:
    if job.hosted:
        engine.take_job(job.id)
    return reply(bulk_as_json(job))
