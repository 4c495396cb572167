"""Blobs: stored bytes by their digest."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from dalsegno.artifacts.port import ArtifactStore, BlobWriter
from dalsegno.errors import NotFound, Refusal
from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply, stored
from dalsegno.wire import run_answers
from dalsegno.wire.leases import Digests

router = APIRouter(prefix="/blobs", tags=["blobs"])

_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_BYTES = {"requestBody": {"required": True, "content": _BINARY}}

Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="BLAKE3 of the content, 64 hex digits.")]
#: bytes are gathered up to so many before they are written
_CHUNK = 1 << 20


@router.post("/lacking", response_model=run_answers.Lacking, summary="Ask which blobs are not there")
def lacking(wanted: Digests, service: TheService) -> Response:
    """Give those of the digests whose content is not stored: what has to be uploaded."""
    return reply({"lacking": [digest for digest in wanted.digests if not service.values.exists(digest)]})


@router.get("/{digest}", summary="Download a blob", response_class=FileResponse)
def download(digest: Digest, service: TheService) -> Response:
    """Give stored bytes, or a range of them."""
    return stored(service.values.path(digest), digest)


@router.head("/{digest}", response_class=Response, summary="Tell whether a blob is there")
def there(digest: Digest, service: TheService) -> Response:
    """Tell whether stored bytes are there (200), or not (404)."""
    if not service.values.exists(digest):
        raise NotFound(f"there is no content with the digest {digest}", code="artifact-missing")
    return Response(headers={"ETag": f'"{digest}"'})


@router.put(
    "/{digest}", response_model=run_answers.Stored, openapi_extra=_BYTES, status_code=201, summary="Upload a blob"
)
async def upload(digest: Digest, request: Request, service: TheService) -> Response:
    """Store bytes. What breaks off, or has another digest, leaves nothing behind."""
    size = await _stored(request, service.values, digest)
    return reply({"digest": digest, "size": size}, 201)


async def _stored(request: Request, values: ArtifactStore, digest: str) -> int:
    with await run_in_threadpool(values.writer) as writer:
        waiting = bytearray()
        async for chunk in request.stream():
            waiting += chunk
            if len(waiting) >= _CHUNK:
                await run_in_threadpool(writer.write, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(writer.write, bytes(waiting))
        return await run_in_threadpool(_finished, writer, digest)


def _finished(writer: BlobWriter, digest: str) -> int:
    if writer.digest() != digest:
        raise Refusal(
            f"what was uploaded is not {digest[:12]} but {writer.digest()[:12]}: it was changed on its way",
            code="other-digest",
        )
    return writer.finish().size
