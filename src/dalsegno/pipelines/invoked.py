"""Finds the run of a step that is to be replayed alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalsegno.client.given import is_of
from dalsegno.client.pipeline_runs import StepRun, shown_name
from dalsegno.errors import Ambiguous, NotFound, Refusal, closest, did_you_mean
from dalsegno.model.address import parse
from dalsegno.model.flow import Flow, Kind, Task
from dalsegno.model.run import Run, TaskRun
from dalsegno.pipelines.recording import told_name
from dalsegno.pipelines.replaying import origin_of

if TYPE_CHECKING:
    from dalsegno.client.client import Client

_LISTED = 8


@dataclass(frozen=True, slots=True)
class Invoked:
    """One invocation of a step in a run.

    Parameters
    ----------
    address : of its task run.
    name : as users call it: the invocation id, and the item of a mapped step.
    task_run : `None` where it never began.
    """

    run: Run
    task: Task
    address: str
    name: str
    task_run: TaskRun | None


@dataclass(frozen=True, slots=True)
class Which:
    """How a run of a step is named; the first that is given counts."""

    step_run_id: Any = None
    pipeline_run: Any = None
    pipeline: Any = None
    invocation_id: str | None = None


def find_invoked(client: Client, step: Any, which: Which) -> Invoked:
    """Find what a replay of a step means.

    Raises
    ------
    NotFound : there is none; the message names the closest.
    Ambiguous : there are several; the message lists them.
    Refusal : it is a run of another step.
    """
    if which.step_run_id is not None:
        return _by_id(client, step, which.step_run_id)
    if which.pipeline_run is None and which.pipeline is None:
        message = f"say which run of `{step.name}` is meant: step_run_id, pipeline_run or pipeline"
        raise Refusal(message, code="no-origin")
    run = origin_of(client, None, which.pipeline_run, which.pipeline)
    flow = client.revision_of(run.id).flow
    began = {shown_name(one): one for one in client.task_runs(run.id) if one.keys is None}
    if which.invocation_id is not None:
        return _named(step, run, flow, began, which.invocation_id)
    mine = _calls_of(step, flow)
    if not mine:
        known = [task.id for task in flow.tasks]
        near = closest(step.name, known)
        hint = did_you_mean(near) or f"; it has {_listed(known)}"
        raise NotFound(f"{run.name} has no step `{step.name}`{hint}", code="unknown-task", closest=near)
    return _only(step, run, mine, began)


def _by_id(client: Client, step: Any, given: Any) -> Invoked:
    named = given.id if isinstance(given, StepRun) else str(given)
    task_run = client.task_run_by_id(named)
    if task_run is None:
        raise NotFound(f"there is no step run {named}", code="unknown-step-run")
    run = client.get_run(task_run.run)
    tasks = {task.id: task for task in client.revision_of(run.id).flow.walk()}
    task = _own(step, tasks[task_run.task], f"{named} is a run of")
    return Invoked(run, task, task_run.address, shown_name(task_run), task_run)


def _named(step: Any, run: Run, flow: Flow, began: dict[str, TaskRun], name: str) -> Invoked:
    calls = {task.id: task for task in flow.tasks}
    task = calls.get(name.partition("[")[0])
    if task is None:
        near = closest(name, calls)
        hint = did_you_mean(near) or f"; it has {_listed(list(calls))}"
        raise NotFound(f"{run.name} has no invocation `{name}`{hint}", code="unknown-task", closest=near)
    inner = task.tasks[0] if task.kind is Kind.LOOP else task
    _own(step, inner, f"`{name}` of {run.name} is")
    if inner is task and name == task.id:
        return _only(step, run, [task], began)
    items = [one for one, found in began.items() if found.task == inner.id]
    wanted = name.partition("[")[2].removesuffix("]")
    for item in items:
        # a key that is no plain name is quoted in an address; it is understood without
        if item == name or parse(began[item].address).items[-1][1] == wanted:
            return Invoked(run, inner, began[item].address, item, began[item])
    if name == task.id:
        return _only(step, run, [task], began)
    near = closest(name, items)
    hint = did_you_mean(near) or f"; its items are {_listed(items)}"
    raise NotFound(f"{run.name} has no item `{name}`{hint}", code="unknown-address", closest=near)


def _only(step: Any, run: Run, mine: list[Task], began: dict[str, TaskRun]) -> Invoked:
    """Give the only invocation there is of these calls, whether it began or not."""
    found: list[Invoked] = []
    for task in mine:
        inner = task.tasks[0] if task.kind is Kind.LOOP else task
        items = [(name, one) for name, one in began.items() if one.task == inner.id]
        found += [Invoked(run, inner, one.address, name, one) for name, one in items]
        if not items and inner is task:
            found.append(Invoked(run, task, task.id, task.id, None))
    if not found:
        raise NotFound(f"`{step.name}` never ran in {run.name}", code="unknown-address")
    if len(found) > 1:
        names = [one.name for one in found]
        message = (
            f"`{step.name}` was invoked {len(names)} times in {run.name}: {_listed(names)}; name one with invocation_id"
        )
        raise Ambiguous(message, code="ambiguous-invocation", closest=names[:3])
    return found[0]


def _calls_of(step: Any, flow: Flow) -> list[Task]:
    """Give the calls of a step: of this function, or else of one that is called so."""
    name = told_name(step.function)
    functions = {task.id: (task.tasks[0].function if task.kind is Kind.LOOP else task.function) for task in flow.tasks}
    mine = [task for task in flow.tasks if functions[task.id] == name]
    return mine or [task for task in flow.tasks if is_of(task.id, functions[task.id], step.name)]


def _own(step: Any, task: Task, what: str) -> Task:
    """Give a task if it is a call of this step. Raises `Refusal` if it is one of another."""
    function = (task.function or "").rpartition(":")[2].rpartition(".")[2]
    if task.function == told_name(step.function) or is_of(task.id, task.function, step.name):
        return task
    name = function or task.id
    message = (
        f"{what} `{name}`, and not of `{step.name}`; if that is its name now: "
        f'`{step.__name__}.with_options(name="{name}").replay(...)`'
    )
    raise Refusal(message, code="other-step")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return (", ".join(f"`{name}`" for name in names[:_LISTED]) or "none") + more
