"""Stored values and files: records, and bytes by their digest."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply, stored
from dalsegno.service.views import artifact_as_json
from dalsegno.wire import run_answers

router = APIRouter(tags=["artifacts"])


@router.get("/artifact", response_model=run_answers.Artifact, summary="Show the record of a stored value or file")
def record(
    name: Annotated[str, Query(description="An id, a unique prefix of an id or digest, or a `dalsegno://` URI.")],
    service: TheService,
) -> Response:
    """Give what is recorded of a stored value or file: name, size, digest, who made it, and what it is."""
    return reply(artifact_as_json(service.artifacts.get(name)))


@router.get("/artifact/preview", response_model=run_answers.Preview, summary="Look into a stored value or file")
def preview(
    name: Annotated[str, Query(description="An id, a unique prefix of an id or digest, or a `dalsegno://` URI.")],
    service: TheService,
) -> Response:
    """Give the record of a stored value or file, with its summary, and its first 64 KiB where those are text.

    Of a table also the columns, with their types, and the first rows. Nothing is loaded from what is stored.
    """
    found = service.artifacts.preview(name)
    table = None if found.table is None else found.table.as_json()
    shown = {"artifact": artifact_as_json(found.artifact), "text": found.text, "complete": found.complete}
    return reply({**shown, "table": table})


@router.get("/artifact/content", summary="Download a stored value or file", response_class=FileResponse)
def content(
    name: Annotated[str, Query(description="An id, a unique prefix of an id or digest, or a `dalsegno://` URI.")],
    service: TheService,
) -> Response:
    """Give the bytes of a stored value or file under its name; ranges may be asked for."""
    found = service.artifacts.get(name)
    return stored(service.values.path(found.digest), found.digest, found.name)
