"""What a subflow called in the origin, and what a replay asks of that: the same when it is planned and when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.model.flow import Task
from dalsegno.model.plan import Action, Plan
from dalsegno.model.run import Run
from dalsegno.replay.request import ReplayRequest
from dalsegno.replay.select import Nodes
from dalsegno.service.graphs import Graphs
from dalsegno.store.port import RunFilter, Store

_SHOWN = 3


def called_by(store: Store, task_run: str | None) -> Run | None:
    """Give the run that a task run called last; of one that was kept, what it called where it really ran."""
    found = store.task_runs.get(task_run) if task_run is not None else None
    if found is None:
        return None
    return next(iter(store.runs.list(RunFilter(caller=found.reused_from or found.id, limit=1))), None)


def asked_of(
    child: Mapping[str, Any], origin: Run, parent: ReplayRequest, *, revision: int, inputs: Mapping[str, Any]
) -> ReplayRequest:
    """Give the request for a replay of what was called.

    Parameters
    ----------
    child : what the parent's plan says of it (`Decision.child`).
    parent : the request of the run that calls: what may be seen outside holds inside as well.
    """
    return ReplayRequest(
        origin=origin.id,
        revision=revision,
        start=tuple(child.get("start", ())),
        skip_successful=bool(child.get("skip_successful")),
        changed=bool(child.get("changed")),
        inputs=inputs,
        effects=parent.effects,
        acknowledge=("*",) if "*" in parent.acknowledge else (),
        reason=parent.reason,
    )


def graph_of(store: Store, graphs: Graphs, task: Task) -> Nodes | None:
    """Give the graph of the flow that a task calls; `None` where an expression says which, or it is not there."""
    names = [task.properties.get(name) for name in ("namespace", "flowId")]
    number = task.properties.get("revision")
    if any(not isinstance(name, str) or "{" in name for name in names) or isinstance(number, str):
        return None
    namespace, flow = (str(name) for name in names)
    flows = store.flows
    found = flows.latest(namespace, flow) if number is None else flows.revision(namespace, flow, number)
    return None if found is None else graphs.of(found)


def told(plan: Plan, origin: Run, nodes: Nodes) -> str:
    """Say in a few words what a replay of what was called does."""
    working = [each for each in plan.decisions if not nodes[each.task].task.kind.is_group]
    runs = [each.address for each in working if each.action in (Action.RUN, Action.CHECK)]
    kept = sum(1 for each in working if each.action is Action.REUSE)
    listed = ", ".join(f"`{name}`" for name in runs[:_SHOWN]) + (
        f" and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else ""
    )
    parts = [f"runs {listed}" if runs else "runs nothing", *([f"keeps {kept}"] if kept else [])]
    return f"replays {origin.name}: {', '.join(parts)}"
