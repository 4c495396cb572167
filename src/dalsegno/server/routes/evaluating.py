"""Expressions, as a run sees them."""

from __future__ import annotations

from fastapi import APIRouter, Response

from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply
from dalsegno.wire import answers
from dalsegno.wire.requests import Expression

router = APIRouter(prefix="/runs", tags=["runs"])


@router.post("/{run}/eval", response_model=answers.Value, summary="Render an expression")
def evaluate(run: str, wanted: Expression, service: TheService) -> Response:
    """Render a text as a run sees it, and give its value. Nothing is written; secrets are masked."""
    return reply({"value": service.runs.evaluate(run, wanted.text, task=wanted.task)})
