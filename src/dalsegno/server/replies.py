"""Answers: JSON straight from what the service gives, without a model in between; and stored bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.responses import FileResponse
from pydantic_core import to_json

from dalsegno.errors import DalSegnoError, NotKnown, TooManyTries
from dalsegno.wire.problems import MEDIA_TYPE, problem_of

#: content is named by its digest, so it never changes
_FOR_EVER = "private, max-age=31536000, immutable"


def reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Give data as JSON. What is no number (NaN, an infinity) is null."""
    content = to_json(data, inf_nan_mode="null")
    return Response(content, status, headers, media_type="application/json")


def stored(path: Path, digest: str, name: str | None = None) -> Response:
    """Give stored bytes, or the range of them that is asked for; under a name where they have one."""
    headers = {"ETag": f'"{digest}"', "Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, headers=headers, media_type="application/octet-stream", filename=name)


def problem(error: DalSegnoError, status: int | None = None, headers: dict[str, str] | None = None) -> Response:
    """Give an error as problem+json."""
    shown = problem_of(error, status)
    if isinstance(error, NotKnown):
        headers = {**(headers or {}), "WWW-Authenticate": 'Bearer realm="dalsegno"'}
    if isinstance(error, TooManyTries):
        headers = {**(headers or {}), "Retry-After": str(int(error.wait))}
    return Response(to_json(shown, inf_nan_mode="null"), shown["status"], headers, media_type=MEDIA_TYPE)
