"""Stored values and files: records, and bytes by their digest."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse

from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply
from dalsegno.service.views import artifact_as_json
from dalsegno.wire import run_answers

router = APIRouter(tags=["artifacts"])

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
Digest = Annotated[str, Path(description="The BLAKE3 digest of the content: 64 hex digits.")]
#: content is named by its digest, so it never changes
_FOR_EVER = "private, max-age=31536000, immutable"


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
    return _file(service, found.digest, found.name)


def _file(service: TheService, digest: str, name: str | None) -> Response:
    headers = {"ETag": f'"{digest}"', "Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"}
    path = service.values.path(digest)
    return FileResponse(path, headers=headers, media_type="application/octet-stream", filename=name)
