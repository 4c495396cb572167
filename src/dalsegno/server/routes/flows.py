"""Flows: save."""

from __future__ import annotations

from fastapi import APIRouter, Response

from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply
from dalsegno.service.coded import coded_from_json
from dalsegno.service.views import saved_as_json
from dalsegno.wire.requests import CodeWanted, FlowText

router = APIRouter(prefix="/flows", tags=["flows"])


@router.post("", status_code=201, summary="Save a flow")
def save(wanted: FlowText, service: TheService) -> Response:
    """Save the text of a flow. Equal text makes no new revision (200 in place of 201)."""
    saved = service.flows.save(wanted.text, file=wanted.file, strict=wanted.strict)
    return reply(saved_as_json(saved), 201 if saved.created else 200)


@router.post("/code", status_code=201, summary="Deploy a pipeline")
def deploy(wanted: CodeWanted, service: TheService) -> Response:
    """Save the code of a pipeline, and run nothing. Equal code makes no new revision (200 in place of 201).

    It is refused where a package is missing here, or where it cannot be loaded, which is tried in a process of its own.
    """
    code = wanted.code
    coded = coded_from_json(code.flow, code.digest, code.source, code.graph)
    saved = service.deploying.deploy(coded, wanted.packages)
    return reply(saved_as_json(saved), 201 if saved.created else 200)
