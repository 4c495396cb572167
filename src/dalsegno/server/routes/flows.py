"""Flows: save, validate, look, search, switch, delete; and their revisions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import PlainTextResponse

from dalsegno.errors import FlowInvalid
from dalsegno.server.doors import TheService
from dalsegno.server.paging import After, Limit, page
from dalsegno.server.replies import reply
from dalsegno.service.acting import note
from dalsegno.service.coded import coded_from_json
from dalsegno.service.saved import Saved
from dalsegno.service.views import flow_as_json, revision_as_json, saved_as_json
from dalsegno.store.listing import FlowSummary
from dalsegno.wire import answers
from dalsegno.wire.requests import LARGEST, CodeWanted, FlowRestored, FlowSaved, FlowText

_UNCHANGED: dict[int | str, dict[str, Any]] = {200: {"model": answers.Saved, "description": "There is nothing new."}}
_NEW: dict[int | str, dict[str, Any]] = {201: {"model": answers.Saved, "description": "It is new."}}

router = APIRouter(prefix="/flows", tags=["flows"])

Name = Annotated[str, Path(description="`namespace.id`, or the id where one namespace alone has it.")]
Namespace = Annotated[str | None, Query(description="Only of this namespace.")]
Number = Annotated[int | None, Query(ge=1, le=LARGEST, description="A revision; by default the latest.")]
Compiled = Annotated[bool, Query(description="With the compiled form, from which the Client makes the flow again.")]


def _saved(saved: Saved, *, compiled: bool) -> Response:
    note(flow=saved.revision.flow.full_id, revision=saved.revision.number)
    return reply(saved_as_json(saved, compiled=compiled), 201 if saved.created else 200)


@router.get("", response_model=answers.Flows, summary="List flows")
def listed(
    service: TheService,
    namespace: Namespace = None,
    deleted: Annotated[bool, Query(description="Also those that were deleted.")] = False,  # noqa: FBT002
    runs: Annotated[int, Query(ge=0, le=50, description="With so many of the newest runs of each.")] = 0,
    limit: Limit = 100,
    after: After = "",
) -> Response:
    """Give flows by name, each with its latest revision."""
    flows = service.flows.list(namespace, deleted=deleted)

    def shown(flow: FlowSummary) -> dict[str, Any]:
        return flow_as_json(flow, service.flows.last_runs(flow, runs) if runs else None)

    return reply(page(flows, "flows", shown, lambda flow: (flow.namespace, flow.id), limit=limit, after=after))


@router.post(
    "",
    response_model=answers.Saved,
    responses=_UNCHANGED,
    status_code=201,
    summary="Save a flow",
)
def save(wanted: FlowSaved, service: TheService, compiled: Compiled = False) -> Response:  # noqa: FBT002
    """Save the text of a flow. Equal text makes no new revision (200 in place of 201). A deleted flow is there again."""
    saved = service.flows.save(
        wanted.text, file=wanted.file, strict=wanted.strict, expected_revision=wanted.expected_revision
    )
    return _saved(saved, compiled=compiled)


@router.post("/validate", response_model=answers.Validated, summary="Check the text of a flow")
def validate(
    wanted: FlowText,
    service: TheService,
    graph: Annotated[bool, Query(description="With the graph of the text.")] = False,  # noqa: FBT002
) -> Response:
    """Give all problems of a text with their places, in its order. Nothing is written.

    `valid` is false if there is an error, and with `strict` if there is a warning.
    """
    problems = service.flows.check(wanted.text, file=wanted.file)
    bad = {"error", "warning"} if wanted.strict else {"error"}
    wrong = [problem for problem in problems if problem.severity in bad]
    error = FlowInvalid(wrong).as_json() if wrong else None
    answer = {"valid": not wrong, "problems": [problem.as_json() for problem in problems], "error": error}
    return reply({**answer, "graph": service.flows.draw(wanted.text)} if graph else answer)


@router.post("/code", response_model=answers.Saved, responses=_UNCHANGED, status_code=201, summary="Deploy a pipeline")
def deploy(wanted: CodeWanted, service: TheService) -> Response:
    """Save the code of a pipeline, and run nothing. Equal code makes no new revision (200 in place of 201).

    It is refused where a package is missing here, or where it cannot be loaded, which is tried in a process of its own.
    """
    code = wanted.code
    coded = coded_from_json(code.flow, code.digest, code.source, code.graph)
    saved = service.deploying.deploy(coded, wanted.packages)
    return _saved(saved, compiled=False)


@router.get("/search", response_model=answers.Found, summary="Search in the texts of flows")
def search(
    service: TheService,
    text: Annotated[str, Query(min_length=1, max_length=1000, description="What to look for, in capitals or not.")],
    namespace: Namespace = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many flows at the most.")] = 100,
) -> Response:
    """Give the flows whose latest text has `text` in it, with the lines and their numbers."""
    found = service.flows.search(text, namespace=namespace, limit=limit)
    return reply({"flows": [flow.as_json() for flow in found]})


@router.get("/{flow}", response_model=answers.Revision, summary="Show a flow")
def show(flow: Name, service: TheService, revision: Number = None, compiled: Compiled = False) -> Response:  # noqa: FBT002
    """Give a revision of a flow with its text; of a pipeline, the modules that its code is of."""
    found = service.flows.get(flow, revision)
    return reply(revision_as_json(found, source=service.flows.text(found), compiled=compiled))


@router.put(
    "/{flow}",
    response_model=answers.Saved,
    responses=_NEW,
    summary="Save a new text of a flow",
)
def update(flow: Name, wanted: FlowSaved, service: TheService, compiled: Compiled = False) -> Response:  # noqa: FBT002
    """Save a text of this flow and of no other. With `expected_revision` it is refused (409) if somebody has saved since.

    The answer then holds the newest revision, and what is changed in it.
    """
    saved = service.flows.save(
        wanted.text, file=wanted.file, strict=wanted.strict, name=flow, expected_revision=wanted.expected_revision
    )
    return _saved(saved, compiled=compiled)


@router.delete("/{flow}", response_model=answers.Flow, summary="Delete a flow")
def delete(flow: Name, service: TheService) -> Response:
    """Hide a flow from lists, and make no run and no replay of it. Its revisions and runs stay; `restore` brings it back."""
    return reply(flow_as_json(service.flows.delete(flow)))


@router.post("/{flow}/disable", response_model=answers.Flow, summary="Switch a flow off")
def disable(flow: Name, service: TheService) -> Response:
    """Make no run and no replay of a flow until it is enabled. What runs goes on."""
    return reply(flow_as_json(service.flows.disable(flow)))


@router.post("/{flow}/enable", response_model=answers.Flow, summary="Switch a flow on")
def enable(flow: Name, service: TheService) -> Response:
    """Have a flow run again that was disabled."""
    return reply(flow_as_json(service.flows.enable(flow)))


@router.post(
    "/{flow}/restore",
    response_model=answers.Saved,
    responses=_UNCHANGED,
    summary="Restore a revision, or a deleted flow",
    status_code=201,
)
def restore(
    flow: Name,
    service: TheService,
    wanted: FlowRestored | None = None,
    compiled: Compiled = False,  # noqa: FBT002
) -> Response:
    """Save the text of an earlier revision as the newest one (200 where it is the newest already).

    A deleted flow is there again; without a revision it comes back as it was.
    """
    return _saved(service.flows.restore(flow, None if wanted is None else wanted.revision), compiled=compiled)


@router.get("/{flow}/graph", response_model=answers.Graph, summary="Show the graph of a flow")
def graph(flow: Name, service: TheService, revision: Number = None) -> Response:
    """Give the nodes, edges and groups of a flow, as a picture shows them."""
    return reply(service.flows.graph(flow, revision))


@router.get("/{flow}/text", response_class=PlainTextResponse, summary="Give the text of a flow")
def text(flow: Name, service: TheService, revision: Number = None) -> Response:
    """Give the text of a flow, to the letter; of a pipeline, the modules that its code is of."""
    return Response(service.flows.text(service.flows.get(flow, revision)), media_type="text/plain; charset=utf-8")


@router.get("/{flow}/steps", response_model=answers.StepSources, summary="Give the sources of a pipeline's steps")
def steps(flow: Name, service: TheService, revision: Number = None) -> Response:
    """Give each step of a pipeline with its function and what that says in this revision; none of a flow in YAML."""
    return reply({"steps": service.flows.step_sources(flow, revision)})


@router.get("/{flow}/diff", response_model=answers.Diff, summary="Compare two revisions")
def diff(flow: Name, service: TheService, old: Number = None, new: Number = None) -> Response:
    """Give the unified difference of two revisions; by default of the last two."""
    return reply({"diff": service.flows.diff(flow, old, new)})


@router.get("/{flow}/revisions", response_model=answers.Revisions, summary="List the revisions of a flow")
def revisions(flow: Name, service: TheService, compiled: Compiled = False) -> Response:  # noqa: FBT002
    """Give the revisions of a flow, the newest first."""
    found = service.flows.revisions(flow)
    return reply({"revisions": [revision_as_json(each, compiled=compiled) for each in reversed(found)]})


@router.get("/{flow}/revisions/{number}", response_model=answers.Revision, summary="Show a revision")
def revision(
    flow: Name,
    number: Annotated[int, Path(ge=1, le=LARGEST)],
    service: TheService,
    compiled: Compiled = False,  # noqa: FBT002
) -> Response:
    """Give a revision of a flow with its text."""
    found = service.flows.get(flow, number)
    return reply(revision_as_json(found, source=service.flows.text(found), compiled=compiled))
