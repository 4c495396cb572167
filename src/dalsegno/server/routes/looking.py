"""What became of a run: its task runs, attempts, outputs, lineage, comparison, and what it waits for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from dalsegno.errors import NotFound
from dalsegno.model.quiet import without_collection
from dalsegno.server.doors import TheService
from dalsegno.server.replies import reply
from dalsegno.service.views import (
    artifact_as_json,
    attempt_as_json,
    revision_as_json,
    run_as_json,
    task_run_as_json,
    whole_task_run_as_json,
)
from dalsegno.wire import answers, run_answers

router = APIRouter(tags=["runs"])

Address = Annotated[str, Query(description="The address of a task run, such as `load` or `each_city[paris].load`.")]


@router.get("/runs/{run}/task-runs", response_model=run_answers.TaskRuns, summary="List the task runs of a run")
def task_runs(
    run: str,
    service: TheService,
    full: Annotated[bool, Query(description="With all that is recorded of each.")] = False,  # noqa: FBT002
) -> Response:
    """Give the task runs of a run in the order of the flow; kept ones too."""
    with without_collection():
        found = service.runs.task_runs(run, in_short=not full)
        shown = whole_task_run_as_json if full else task_run_as_json
        return reply({"task_runs": [shown(each) for each in found]})


@router.get("/runs/{run}/gantt", response_model=run_answers.Gantt, summary="Tell when each task run ran")
def gantt(run: str, service: TheService) -> Response:
    """Give when each task run of a run ran: rows in the order they were added, whose `columns` are named once.

    Times are seconds since 1970. It is meant for runs of many thousands of task runs.
    """
    return reply(service.runs.gantt(run))


@router.get("/runs/{run}/task-run", response_model=run_answers.WholeTaskRun, summary="Show a task run")
def task_run(run: str, address: Address, service: TheService) -> Response:
    """Give all that is recorded of the task run at an address."""
    return reply(whole_task_run_as_json(service.runs.task_run(run, address)))


@router.get("/task-runs/{id}", response_model=run_answers.WholeTaskRun, summary="Show a task run by its id")
def task_run_by_id(id: str, service: TheService) -> Response:
    """Give all that is recorded of a task run."""
    found = service.runs.task_run_by_id(id)
    if found is None:
        raise NotFound(f"there is no task run {id}", code="unknown-task-run")
    return reply(whole_task_run_as_json(found))


@router.get("/task-runs/{id}/artifacts", response_model=run_answers.Artifacts, summary="List what a task run stored")
def artifacts(id: str, service: TheService) -> Response:
    """Give the records of the values and files that a task run stored."""
    return reply({"artifacts": [artifact_as_json(each) for each in service.artifacts.of_task_run(id)]})


@router.get("/runs/{run}/attempts", response_model=run_answers.Attempts, summary="List the attempts of a task run")
def attempts(run: str, address: Address, service: TheService) -> Response:
    """Give the attempts of a task run; those of a kept one from where it really ran."""
    return reply({"attempts": [attempt_as_json(each) for each in service.runs.attempts(run, address)]})


@router.get("/runs/{run}/arguments", response_model=run_answers.Arguments, summary="Show what a step in Python got")
def arguments(run: str, address: Address, service: TheService) -> Response:
    """Give what a step in Python got, by parameter, in its stored form."""
    return reply({"arguments": dict(service.runs.step_arguments(run, address))})


@router.get("/runs/{run}/outputs", response_model=run_answers.Outputs, summary="Show the outputs of a run")
def outputs(run: str, service: TheService) -> Response:
    """Give the outputs of the tasks of a run by address (`tasks`), and of the flow (`flow`)."""
    return reply(dict(service.runs.outputs(run)))


@router.get("/runs/{run}/artifacts", response_model=run_answers.ArtifactsOfRun, summary="List what a run stored")
def artifacts_of_run(run: str, service: TheService) -> Response:
    """Give the records of the values and files that the task runs of a run stored or kept, with addresses; at most 1,000."""
    found = service.artifacts.of_run(run)
    return reply({"artifacts": [{"address": address, **artifact_as_json(each)} for address, each in found]})


@router.get(
    "/runs/{run}/unbegun", response_model=run_answers.UnbegunTasks, summary="Tell what was never begun, and why"
)
def unbegun(run: str, service: TheService) -> Response:
    """Give what was planned in a run that failed and never began, each with the addresses of what failed before it."""
    found = service.telling.unbegun(run)
    return reply({"unbegun": [{"address": each.address, "task": each.task, "failed": each.failed} for each in found]})


@router.get("/runs/{run}/waits", response_model=run_answers.Waits, summary="Show what a run waits for")
def waits(run: str, service: TheService) -> Response:
    """Give where a paused run waits, since when, and what it asks; nothing for a run in another state."""
    found = service.runs.waits(run)
    return reply(
        {"waits": [{**each.as_json(), "task_run": whole_task_run_as_json(each.task_run), "run_name": each.run_name}
                   for each in found]}
    )  # fmt: skip


@router.get("/runs/{run}/given", response_model=run_answers.Given, summary="Show what a person gave")
def given(run: str, service: TheService) -> Response:
    """Name, by the address of a task run, the values that it used and that a person gave: overrides and pins."""
    return reply({"given": {address: list(names) for address, names in service.runs.given(run).items()}})


@router.get("/runs/{run}/lineage", response_model=run_answers.Lineage, summary="Show the lineage of a run")
def lineage(
    run: str,
    service: TheService,
    did: Annotated[bool, Query(description="With what each run did, counted in tasks.")] = False,  # noqa: FBT002
) -> Response:
    """Give all runs of a lineage, deleted ones too: the root first, then its replays in the order they were made."""
    found = {"runs": [run_as_json(each, full=True) for each in service.runs.lineage(run)]}
    if did:
        return reply({**found, "did": {each: done.as_json() for each, done in service.telling.lineage(run).items()}})
    return reply(found)


@router.get("/runs/{run}/explanation", response_class=PlainTextResponse, summary="Explain a run")
def explanation(run: str, service: TheService) -> Response:
    """Give what is known of a run that failed as one text in Markdown, for a colleague or an assistant."""
    return Response(service.explaining.explain(run), media_type="text/plain; charset=utf-8")


@router.get("/runs/{run}/revision", response_model=run_answers.RunRevision, summary="Show the revision of a run")
def revision(
    run: str,
    service: TheService,
    compiled: Annotated[bool, Query(description="With its compiled form.")] = False,  # noqa: FBT002
) -> Response:
    """Give the revision that a run is of, with the graph of the run where it has one of its own; `code` names the pipeline."""
    found = service.runs.revision_of(run)
    return reply({**revision_as_json(found, compiled=compiled), "code": service.runs.code_of(run)})


@router.get("/runs/{run}/graph", response_model=answers.Drawn, summary="Show the graph of a run")
def graph(run: str, service: TheService) -> Response:
    """Give the nodes, edges and groups of the graph that a run executes; of a pipeline, as it was called for this run."""
    return reply(service.runs.graph(run))


@router.get("/compare", response_model=run_answers.Compared, summary="Compare two runs")
def compare(
    before: Annotated[str, Query(description="The earlier run.")],
    after: Annotated[str, Query(description="The later one.")],
    service: TheService,
) -> Response:
    """Tell what differs between two runs: what they were given, what was done at each address, and why it differs."""
    found = service.comparing.compare(before, after)
    sides = {"before": run_as_json(found.before, full=True), "after": run_as_json(found.after, full=True)}
    return reply({**found.as_json(), "runs": sides})
