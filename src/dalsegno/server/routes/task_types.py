"""Task types, and the schema of the flow language."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply
from dalsegno.wire import answers

router = APIRouter(tags=["task types"])


@router.get("/task-types", response_model=answers.TaskTypes, summary="List the task types")
def listed(service: TheService) -> Response:
    """Give the names of all task types."""
    return reply({"types": list(service.flows.task_types())})


@router.get("/task-types/{name}", response_model=answers.TaskType, summary="Describe a task type")
def show(name: Annotated[str, Path(description="In either spelling.")], service: TheService) -> Response:
    """Give what a task type does, its properties and outputs, and the JSON Schema of its tasks."""
    return reply(service.flows.task_type(name))


@router.get("/flow-schema", response_model=dict[str, Any], summary="Give the schema of flows")
def schema(service: TheService) -> Response:
    """Give the JSON Schema of the flow language: editors complete and check flow files by it."""
    return reply(service.flows.schema())
