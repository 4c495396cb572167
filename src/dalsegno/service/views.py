"""Runs as every door shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from dalsegno.model.address import item_prefix, parse
from dalsegno.model.flow import Flow
from dalsegno.model.graph import index
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.sealed import as_masked, mask_sealed


def run_as_json(
    run: Run, task_runs: Iterable[TaskRun] | None = None, given: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, Any]:
    """Give a run as JSON data; times are ISO 8601 in UTC. Without `task_runs` as in a list.

    Parameters
    ----------
    given : the values that a person gave and that a task run used, by its address.
    """
    shown: dict[str, Any] = {
        "id": run.id,
        "name": run.name,
        "namespace": run.namespace,
        "flow": run.flow,
        "revision": run.revision,
        "state": run.state.value,
        "attempt": run.attempt,
        "origin": run.origin,
        "root": run.root,
        "caller": _caller(run),
        "whole": run.whole,
        "fixed_by": run.fixed_by,
        "deleted": iso(run.deleted),
        "inputs": as_masked(run.inputs),
        "labels": dict(run.labels),
        "reason": run.reason,
        "author": run.author,
        "created": iso(run.created),
        "started": iso(run.started),
        "ended": iso(run.ended),
    }
    if task_runs is not None:
        shown["environment"] = dict(run.environment)
        shown["task_runs"] = [
            {**task_run_as_json(item), "given": list((given or {}).get(item.address, ()))} for item in task_runs
        ]
    return {**shown, "outputs": mask_sealed(dict(run.outputs)), "error": run.error}


def _caller(run: Run) -> dict[str, Any] | None:
    called = run.caller
    return None if called is None else {"run": called.run, "task_run": called.task_run, "attempt": called.attempt}


def task_run_as_json(item: TaskRun) -> dict[str, Any]:
    """Give a task run as JSON data."""
    return {
        "id": item.id,
        "address": item.address,
        "task": item.task,
        "type": item.type,
        "parent": item.parent,
        "value": item.value,
        "state": item.state.value,
        "attempt": item.attempt,
        "attempts": item.attempts,
        "action": item.action.value,
        "reason": item.reason,
        "reused_from": item.reused_from,
        "started": iso(item.started),
        "ended": iso(item.ended),
        "outputs": mask_sealed(dict(item.outputs)),
        "error": item.error,
    }


def in_flow_order(task_runs: Iterable[TaskRun], flow: Flow) -> list[TaskRun]:
    """Sort task runs as the flow stands: groups before what is inside them, the items of a loop in their order."""
    found = list(task_runs)
    position = {name: node.position for name, node in index(flow).items()}
    items = {item.address: {key: at for at, key in enumerate(item.keys or ())} for item in found}

    def place(item: TaskRun) -> list[tuple[int, int]]:
        parsed = parse(item.address)
        place: list[tuple[int, int]] = []
        prefix = ""
        for loop, key in parsed.items:
            place.append((position.get(loop, 0), 1 + items.get(prefix + loop, {}).get(key or "", 0)))
            prefix = f"{item_prefix(prefix + loop, key or '')}."
        return [*place, (position.get(item.task, len(position)), 0)]

    return sorted(found, key=place)


def iso(at: float | None) -> str | None:
    """Give a time as text."""
    return (
        None
        if at is None
        else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
