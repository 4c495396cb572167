"""Which runs a bulk replay is about, and where each begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dalsegno.engine.bulk_request import BulkRequest, check
from dalsegno.errors import NotFound, Refusal
from dalsegno.model.bulk import BulkJob
from dalsegno.model.plan import Action
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.state import State
from dalsegno.replay.request import ReplayRequest, request_from_json
from dalsegno.service.finding import find_run
from dalsegno.service.listing import named_flow
from dalsegno.store.port import RunFilter, Store

FIXED = "fixed-already"
REPLAYED = "replayed-in-this-job"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One run that is chosen; with a `code` it is left out, and `why` says so."""

    id: str
    name: str
    namespace: str
    flow: str
    revision: int
    code: str | None = None
    why: str | None = None


def choose(store: Store, asked: BulkRequest) -> list[Chosen]:
    """Give the runs that are meant, each once, in the order in which they get their turn.

    Raises
    ------
    NotFound, Ambiguous : a name is no run's, or that of several.
    Refusal : no run is meant.
    """
    check(asked)
    if asked.filter is None:
        found = {run.id: run for run in (store.runs.get(name) or find_run(store, name) for name in asked.runs)}
    else:
        found = {run.id: run for run in reversed(store.runs.list(_by_flow(store, asked.filter)))}
    if not found:
        raise Refusal("no run is like that: there is nothing to replay", code="no-runs")
    # what a preview has chosen by a filter is named when it is made, and is the same then
    above = _replayed_in(store, found)
    fixes: dict[str, str] = {}
    return [_chosen(store, run, above.get(run.id), fixes, fixed_too=asked.fixed_too) for run in found.values()]


def _by_flow(store: Store, by: RunFilter) -> RunFilter:
    """Give the filter with its flow as runs have it: it may be named with its namespace."""
    if by.flow is None:
        return by
    namespace, flow = named_flow(by.flow, by.namespace, store.flows.all(deleted=True))
    return replace(by, namespace=namespace, flow=flow)


def _chosen(store: Store, run: Run, later: str | None, fixes: dict[str, str], *, fixed_too: bool) -> Chosen:
    chosen = Chosen(run.id, run.name, run.namespace, run.flow, run.revision)
    if run.fixed_by is not None and not fixed_too:
        return replace(chosen, code=FIXED, why=fixed_already(store, run, fixes))
    if later is not None:
        return replace(chosen, code=REPLAYED, why=f"{later}, which replays {run.name}, is in this job")
    return chosen


def fixed_already(store: Store, run: Run, known: dict[str, str] | None = None) -> str:
    """Say which run has fixed one."""
    names = {} if known is None else known
    fix = run.fixed_by or ""
    if fix not in names:
        found = store.runs.get(fix)
        names[fix] = fix if found is None else found.name
    return f"{run.name} is fixed already: {names[fix]} replayed it and ended well"


def _replayed_in(store: Store, found: Mapping[str, Run]) -> dict[str, str]:
    """Name, for each run of which a later replay is chosen too, that replay: the nearest to what is wrong."""
    replayed: dict[str, str] = {}
    for run in found.values():
        origin = run.origin
        while origin is not None and origin not in replayed:
            if origin in found:
                replayed[origin] = run.name
            above = found.get(origin) or store.runs.get(origin)
            origin = None if above is None else above.origin
    return replayed


def request_for(store: Store, job: BulkJob, origin: Run) -> ReplayRequest:
    """Give what is asked of the replay of one run of a job."""
    reason = job.request.get("reason") or f"bulk replay {job.name}"
    request = replace(request_from_json(job.request), origin=origin.id, reason=reason)
    return with_start(store, request, origin) if job.first_failed else request


def with_start(store: Store, request: ReplayRequest, origin: Run) -> ReplayRequest:
    """Give a request that begins at the task that failed first in a run.

    Raises
    ------
    Refusal : no task of it failed or was stopped.
    """
    task_runs = store.task_runs.of_run(origin.id)
    for state in (State.FAILED, State.KILLED):
        failed = first(task_runs, state)
        if failed is not None:
            return replace(request, start=(failed.address,))
    message = f"no task of {origin.name} failed ({origin.state}): there is none to begin at"
    raise NotFound(message, code="nothing-failed")


def first(task_runs: Sequence[TaskRun], state: State) -> TaskRun | None:
    """Give the task run that was the first to end in a state and that nothing around it tolerated."""
    known = {item.address: item for item in task_runs}
    groups = {item.parent for item in task_runs}
    ended = [
        item
        for item in task_runs
        if item.state is state and item.action is not Action.REUSE and item.address not in groups
        and all(each.state is state for each in _around(item, known))
    ]  # fmt: skip
    return min(ended, key=lambda item: item.ended or 0.0, default=None)


def _around(item: TaskRun, known: Mapping[str, TaskRun]) -> Iterable[TaskRun]:
    around = known.get(item.parent or "")
    while around is not None:
        yield around
        around = known.get(around.parent or "")
