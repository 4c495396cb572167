"""Answers: JSON straight from what the service gives, without a model in between; and stored bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import FileResponse
from pydantic_core import to_json

from dalsegno.errors import DalSegnoError, NotKnown, TooManyTries
from dalsegno.service.previews import image_type
from dalsegno.wire.problems import MEDIA_TYPE, problem_of

_BYTES = "application/octet-stream"
#: content is named by its digest, so it never changes
_FOR_EVER = "private, max-age=31536000, immutable"


def reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Give data as JSON. What is no number (NaN, an infinity) is null."""
    content = to_json(data, inf_nan_mode="null")
    return Response(content, status, headers, media_type="application/json")


def stored(content: Path | bytes, digest: str, name: str | None = None, *, shown: bool = False) -> Response:
    """Give stored bytes, or the range of them that is asked for; under a name where they have one.

    Parameters
    ----------
    shown : whether a picture may be shown where it is asked for; all else is there to be kept as a file alone.
    """
    headers = {"ETag": f'"{digest}"', "Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"}
    kind = _image_type(content) if shown else None
    if isinstance(content, bytes):
        if kind is None and name is not None:
            headers["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(name, safe='')}"
        return Response(content, headers=headers, media_type=kind or _BYTES)
    return FileResponse(content, headers=headers, media_type=kind or _BYTES, filename=None if kind else name)


def _image_type(content: Path | bytes) -> str | None:
    if isinstance(content, bytes):
        return image_type(content[:16])
    with content.open("rb") as file:
        return image_type(file.read(16))


def problem(error: DalSegnoError, status: int | None = None, headers: dict[str, str] | None = None) -> Response:
    """Give an error as problem+json."""
    shown = problem_of(error, status)
    if isinstance(error, NotKnown):
        headers = {**(headers or {}), "WWW-Authenticate": 'Bearer realm="dalsegno"'}
    if isinstance(error, TooManyTries):
        headers = {**(headers or {}), "Retry-After": str(int(error.wait))}
    return Response(to_json(shown, inf_nan_mode="null"), shown["status"], headers, media_type=MEDIA_TYPE)
