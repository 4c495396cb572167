"""The function `http`: fetches something small while an expression is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import httpx

from dalsegno.errors import TaskFailed

#: how long an answer may take, in seconds
LONGEST = 10.0
LARGEST = 10_000_000


def fetch(
    uri: str,
    method: str,
    *,
    query: Any = None,
    headers: Any = None,
    accept: Any = None,
    body: Any = None,
    content_type: Any = None,
    options: Any = None,
) -> Any:  # fmt: skip
    """Give what an address answers: the value of JSON, else the text.

    Raises
    ------
    TaskFailed : it does not answer, or with an error, or with more than an expression can hold.
    """
    if body is not None or content_type is not None or options is not None:
        raise TaskFailed("`http()` takes no `body`, `contentType` or `options`", code="bad-request")
    given = {"accept": str(accept or "application/json"), **_texts(headers)}
    try:
        with (
            httpx.Client(follow_redirects=True, timeout=LONGEST) as client,
            client.stream(method, uri, params=_texts(query) or None, headers=given) as answer,
        ):
            if answer.is_error:
                message = f"`{uri}` answered with status {answer.status_code} ({answer.reason_phrase})"
                raise TaskFailed(message, code="http-status")
            return _value(answer, _body(answer, uri))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TaskFailed(f"`{uri}` could not be fetched: {error}", code="http-failed") from error


def _texts(given: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in cast("Mapping[Any, Any]", given or {}).items()}


def _body(answer: httpx.Response, uri: str) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in answer.iter_bytes():
        size += len(piece)
        if size > LARGEST:
            raise TaskFailed(f"`{uri}` answers with more than {LARGEST:,} bytes", code="expression-too-large")
        pieces.append(piece)
    return b"".join(pieces)


def _value(answer: httpx.Response, body: bytes) -> Any:
    if "json" in answer.headers.get("content-type", ""):
        import json

        try:
            return json.loads(body)
        except ValueError as error:
            raise TaskFailed(f"the answer is not JSON: {error}", code="bad-answer") from None
    return body.decode(answer.encoding or "utf-8", "replace")
