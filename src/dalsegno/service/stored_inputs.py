"""Stored files among the inputs of a run: whether what will be read is still there (rules 2 and 16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dalsegno.engine.values import Values, uris_in
from dalsegno.errors import PlanRefusal
from dalsegno.model.flow import Kind, Task
from dalsegno.model.plan import Action, Decision, Plan
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.select import Nodes

_READING = (Action.RUN, Action.CHECK, Action.ENTER)


def check_stored_inputs(
    plan: Plan, request: ReplayRequest, inputs: Mapping[str, Any], nodes: Nodes, values: Values
) -> Iterator[PlanRefusal]:
    """Refuse a run that would read a stored file which is gone.

    What was given for this run is looked at in any case, what is carried over where something that runs reads it, or where
    the request says `verify`, which also reads it.
    """
    for name, value in inputs.items():
        given = request.inputs.get(name)
        if not any(uris_in(value)) or (name in request.inputs and not any(uris_in(given))):
            continue
        reader = next((item.address for item in plan.decisions if _reads(item, name, nodes)), None)
        if name not in request.inputs and reader is None and not request.verify:
            continue
        problem = _problem({name: value}, values, verify=request.verify)
        if problem is not None:
            why = f", and `{reader}` reads it" if reader is not None else ""
            yield PlanRefusal("artifact-missing", f"the file of the input `{name}` {problem}{why}; give it anew")


def _problem(value: Mapping[str, Any], values: Values, *, verify: bool) -> str | None:
    if values.missing(value):
        return "is gone from the artifact store"
    return "is not what was stored: it is damaged" if verify and values.damaged(value) else None


def _reads(decision: Decision, name: str, nodes: Nodes) -> bool:
    """Whether what is decided may read an input: itself, or what is in it that only the run can know."""
    if decision.action not in _READING:
        return False
    task = nodes[decision.task].task
    return any(name in inner.inputs for inner in _inside(task, decision))


def _inside(task: Task, decision: Decision) -> Iterator[Task]:
    unexpanded = task.kind in (Kind.LOOP, Kind.CHOICE) and decision.keys is None
    return task.walk() if unexpanded else iter((task,))
