"""Ends: how a state counts; of a run, its outputs, what its request named in vain, and what nobody took up again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dalsegno.engine.bindings import Bound
from dalsegno.engine.exiting import Exiting
from dalsegno.engine.job import Job
from dalsegno.engine.variables import expression_scope, render_properties, variables
from dalsegno.errors import DalSegnoError
from dalsegno.model.address import parse
from dalsegno.model.binding import is_bound
from dalsegno.model.flow import Task
from dalsegno.model.run import Result
from dalsegno.model.state import State
from dalsegno.replay.edges import Scope
from dalsegno.store.port import EndTask, Write

PROCESS_DIED = {"code": "process-died", "message": "the process that ran this attempt died"}


def flow_outputs(job: Job, *, exited: bool) -> dict[str, Any]:
    """Give the flow's outputs. Raises `DalSegnoError` where they cannot be rendered, or are not of their types.

    Parameters
    ----------
    exited : a task has ended the run; outputs that read what was not reached by then are left out.
    """
    facts = job.tools.facts
    scope = expression_scope(facts, variables(facts, Scope()))
    found: dict[str, Any] = {}
    for item in job.flow.outputs:
        if is_bound(item.value):
            found[item.id] = Bound(Task("outputs", "outputs"), Scope(), facts).form(item.value)
            continue
        task = Task("outputs", "outputs", {item.id: item.value})
        try:
            found[item.id] = job.read_output(item, render_properties(task, {}, scope)[item.id])
        except DalSegnoError:
            if not exited:
                raise
    return found


def never_reached(job: Job, reached: set[str]) -> dict[str, Any] | None:
    """Say what was skipped, started, overridden, pinned, or to be stopped at or after, and never came about (rule 13).

    Parameters
    ----------
    reached : what of the request's names was reached; what earlier processes reached is added.
    """
    asked = job.resolved
    given = [*asked.skip.targets, *(target for target, _ in (*asked.task_inputs.given, *asked.pins.given))]
    given += [*asked.start.targets, *asked.only.targets, *asked.until.targets, *asked.breakpoints.targets]
    names = dict.fromkeys(target.text for target in given)
    # what was recorded before is looked through only where this process has not reached it all
    for address, task in job.memory.known() if not reached.issuperset(names) else ():
        if task in asked.touched:
            keys = tuple(str(key) for key in parse(address).keys)
            reached.update(target.text for target in asked.naming(task, keys))
    missed = [name for name in names if name not in reached]
    if not missed:
        return None
    listed = ", ".join(f"`{name}`" for name in missed)
    return {"code": "never-reached", "message": f"the request names {listed}, which this run never reached"}


def never_taken_up(
    job: Job, left: Iterable[Result], at: float, exiting: Exiting, why: Mapping[str, Any] | None = None
) -> Iterator[Write]:
    """End what was left running or waiting, in a run or a group that ends before its turn comes again.

    Parameters
    ----------
    why : the error of what ended, where that is not that its process died.
    """
    for item in reversed(list(left)):
        group = job.tools.facts.nodes[item.task].task.kind.is_group
        died = None if group or item.state is State.PAUSED else PROCESS_DIED
        error = died if why is None else {**why, "address": item.address}
        yield EndTask(item.id, exiting.ends_as(item) or State.KILLED, at, {}, None, {}, {}, error)


def counts_as(task: Task, state: State, *, retried: bool) -> State:
    """Give the state that a task or group ends with, once it is settled how it went."""
    if state is State.FAILED and task.allow_failure:
        return State.WARNING
    if state is State.SUCCESS and retried and task.retry is not None and task.retry.warning:
        return State.WARNING
    return State.SUCCESS if state is State.WARNING and task.allow_warning else state
