"""The OpenAPI document: what FastAPI writes, with the problems that every route may answer, and the keys of POSTs."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI

from dalsegno.server.gate import COOKIE
from dalsegno.server.idempotency import SECRET
from dalsegno.server.roles import role_of
from dalsegno.service.keyed import LONGEST
from dalsegno.wire.answers import ProblemShown
from dalsegno.wire.problems import MEDIA_TYPE

_ABOUT = """Flows, runs and replays. Errors are problem+json (RFC 9457), with the text and the fields that they have in Python.
A POST may have an `Idempotency-Key`: it is carried out once, and who sends it again is given the same answer.
`x-role` is the role that an operation needs where the server has a login."""

_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Carries the request out once. Sent again within 24 h, it is given the same answer; the key of another "
    "request is refused. What was refused gives its key back.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[ -~]+$"},
}
#: where a server has a login, one of them is wanted; elsewhere none is
_SCHEMES: dict[str, Any] = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "What `POST /login` gives a browser."},
}
_SECURITY: list[dict[str, list[str]]] = [{"token": []}, {"session": []}, {}]
_PARAMETER = re.compile(r"\{\w+\}")
_REFUSED = {
    "401": "Nobody knows who asks.",
    "403": "Who asks may not do this.",
    "404": "There is no such thing; `closest` names what is most like it.",
    "409": "It cannot be done as things are now: they have moved, or a name fits several.",
    "422": "The request is wrong; nothing was written.",
    "4XX": "The request is wrong; nothing was written.",
    "5XX": "The server has failed, or its store is away.",
}


def document(app: FastAPI) -> dict[str, Any]:
    """Give the document of an app."""
    if app.openapi_schema is None:
        from fastapi.openapi.utils import get_openapi

        made = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
        schema = ProblemShown.model_json_schema(ref_template="#/components/schemas/{model}")
        components = made.setdefault("components", {})
        components["schemas"] |= {**schema.pop("$defs", {}), "Problem": schema}
        for unused in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(unused, None)
        components["securitySchemes"] = _SCHEMES
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                operation["security"] = _SECURITY
                operation["x-role"] = role_of(operation["operationId"], reads=method in ("get", "head")) or "none"
                _complete(operation, method, named="{" in path, keyed=path not in SECRET)
        app.openapi_schema = made
    return app.openapi_schema


def methods_at(made: dict[str, Any], path: str) -> list[str]:
    """Name the methods that an address takes."""
    return sorted(
        {
            method.upper()
            for template, operations in made["paths"].items()
            if re.fullmatch(_PARAMETER.sub(lambda name: ".+" if name[0] == "{path}" else "[^/]+", template), path)
            for method in operations
        }
    )


def _complete(operation: dict[str, Any], method: str, *, named: bool, keyed: bool) -> None:
    # what answers a HEAD has no body
    content = {} if method == "head" else {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, description in _REFUSED.items():
        if named or status != "404":
            operation["responses"][status] = {"description": description, **({"content": content} if content else {})}
    if method == "post" and keyed:
        operation.setdefault("parameters", []).append(_KEY)
