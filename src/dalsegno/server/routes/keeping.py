"""What is kept and for how long."""

from __future__ import annotations

from fastapi import APIRouter, Response

from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply
from dalsegno.service.acting import note
from dalsegno.wire import run_answers
from dalsegno.wire.requests import PurgeWanted

router = APIRouter(tags=["keeping"])


@router.post("/purge", response_model=run_answers.Purged, summary="Remove what is old")
def purge(wanted: PurgeWanted, service: TheService) -> Response:
    """Delete old runs, and remove stored values and files that nothing needs any more. What newer runs reuse stays."""
    done = service.keeping.purge(wanted.older_than, keep_failed=wanted.keep_failed, dry_run=wanted.dry_run)
    note(older_than=wanted.older_than, dry_run=wanted.dry_run, deleted=len(done.runs))
    return reply(done.as_json())
