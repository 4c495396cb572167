"""Stored values and files: records, and bytes by their digest."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply, stored
from dalsegno.service.previews import file_name
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
    rows: Annotated[int, Query(ge=0, le=1000, description="Rows of a table, at most.")] = 20,
) -> Response:
    """Give the record of a stored value or file, with its summary, and its first 64 KiB where those are text.

    Of a table also the columns with their types, and the first rows: as the summary has them, or read of a file of CSV,
    Parquet, Arrow, Avro, Ion or JSON lines; of an array the shape and the first numbers. No code that stands in it is
    carried out.
    """
    found = service.artifacts.preview(name, rows)
    return reply({"artifact": artifact_as_json(found.artifact), **found.as_json()})


@router.get("/artifact/uses", response_model=run_answers.Uses, summary="List what used a stored value or file")
def uses(
    name: Annotated[str, Query(description="An id, a unique prefix of an id or digest, or a `dalsegno://` URI.")],
    service: TheService,
) -> Response:
    """Give the task runs that read a stored value or file, in its run, in replays of it and in what those called; and those
    that kept the result (`kept`).
    """
    return reply({"uses": [each.as_json() for each in service.artifacts.uses(name)]})


@router.get("/artifact/content", summary="Download a stored value or file", response_class=FileResponse)
def content(
    name: Annotated[str, Query(description="An id, a unique prefix of an id or digest, or a `dalsegno://` URI.")],
    service: TheService,
    shown: Annotated[bool, Query(description="A picture (PNG, JPEG, GIF, WebP) as one, to be shown.")] = False,  # noqa: FBT002
) -> Response:
    """Give the bytes of a stored value or file under its name; ranges may be asked for."""
    found = service.artifacts.get(name)
    return stored(service.artifacts.content(found), found.digest, file_name(found), shown=shown)
