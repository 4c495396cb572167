"""Runs as every door shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dalsegno.model.address import item_prefix, parse
from dalsegno.model.codec import flow_to_json
from dalsegno.model.files import NamespaceFile
from dalsegno.model.flow import Flow, Revision
from dalsegno.model.graph import Node, index
from dalsegno.model.kv import Entry
from dalsegno.model.run import Artifact, Attempt, Run, TaskRun
from dalsegno.model.sealed import as_masked, mask_sealed
from dalsegno.model.times import iso
from dalsegno.service.coded import entry_of
from dalsegno.service.saved import Saved
from dalsegno.store.listing import FlowSummary, StoredLine, ToldEvent


def run_as_json(
    run: Run,
    task_runs: Iterable[TaskRun] | None = None,
    given: Mapping[str, tuple[str, ...]] | None = None,
    *,
    full: bool = False,
) -> dict[str, Any]:
    """Give a run as JSON data; times are ISO 8601 in UTC. Without `task_runs` as in a list.

    Parameters
    ----------
    given : the values that a person gave and that a task run used, by its address.
    full : with all that is recorded of the run itself, also without `task_runs`.
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
        "queued": iso(run.queued),
        "started": iso(run.started),
        "ended": iso(run.ended),
    }
    if task_runs is not None or full:
        shown["clock"] = iso(run.clock)
        shown["plan_digest"] = run.plan_digest
        shown["request"] = mask_sealed(dict(run.request))
        shown["environment"] = dict(run.environment)
    if task_runs is not None:
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


def whole_task_run_as_json(item: TaskRun) -> dict[str, Any]:
    """Give a task run as JSON data, with all that is recorded of it."""
    return {
        **task_run_as_json(item),
        "run": item.run,
        "created": iso(item.created),
        "definition": item.definition,
        "digests": dict(item.digests),
        "used": dict(item.used),
        "properties": mask_sealed(dict(item.properties)),
        "output_digest": item.output_digest,
        "keys": None if item.keys is None else list(item.keys),
        "values": None if item.values is None else mask_sealed(list(item.values)),
        "metadata": mask_sealed(dict(item.metadata)),
    }


def attempt_as_json(attempt: Attempt) -> dict[str, Any]:
    """Give an attempt as JSON data."""
    return {
        "task_run": attempt.task_run,
        "number": attempt.number,
        "state": attempt.state.value,
        "started": iso(attempt.started),
        "ended": iso(attempt.ended),
        "error": attempt.error,
    }


def line_as_json(stored: StoredLine) -> dict[str, Any]:
    """Give a log line as JSON data."""
    line = stored.line
    return {
        "position": stored.position,
        "task_run": stored.task_run,
        "address": stored.address,
        "attempt": stored.attempt,
        "at": iso(line.at),
        "level": line.level,
        "stream": line.stream,
        "text": line.text,
    }


def artifact_as_json(artifact: Artifact) -> dict[str, Any]:
    """Give the record of an artifact as JSON data."""
    return {
        "id": artifact.id,
        "digest": artifact.digest,
        "kind": artifact.kind,
        "name": artifact.name,
        "size": artifact.size,
        "created": iso(artifact.created),
        "run": artifact.run,
        "task_run": artifact.task_run,
        "output": artifact.output,
        "mark": artifact.mark,
        "summary": dict(artifact.summary),
    }


def event_as_json(told: ToldEvent, nodes: Mapping[str, Node]) -> dict[str, Any]:
    """Give what happened as JSON data: to the run itself (`kind` is `run`), or to a task run."""
    event = told.event
    shown: dict[str, Any] = {
        "number": event.number,
        "at": iso(event.at),
        "kind": event.kind,
        "state": event.state.value,
        "address": event.address,
        "attempt": event.attempt,
    }
    if event.kind == "run":
        return shown
    node = nodes.get(told.task or "")
    return {
        **shown,
        "task": told.task,
        "type": told.type,
        "action": told.action,
        "seconds": told.seconds,
        "error": told.error,
        "group": node is not None and node.task.kind.is_group,
    }


def flow_as_json(flow: FlowSummary, runs: Iterable[Run] | None = None) -> dict[str, Any]:
    """Give a flow of a list as JSON data; with its last runs, where they are given."""
    return {
        "namespace": flow.namespace,
        "id": flow.id,
        "revision": flow.revision,
        "description": flow.description,
        "disabled": flow.disabled,
        "off": iso(flow.off),
        "deleted": iso(flow.deleted),
        "updated": iso(flow.updated),
        **({} if runs is None else {"runs": [_last_run(run) for run in runs]}),
    }


def _last_run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state.value,
        "created": iso(run.created),
        "started": iso(run.started),
        "ended": iso(run.ended),
    }


def revision_as_json(revision: Revision, *, source: str | None = None, compiled: bool = False) -> dict[str, Any]:
    """Give a revision of a flow as JSON data.

    Parameters
    ----------
    source : its text as a person reads it, where that is to be shown.
    compiled : with its compiled form and its stored text, from which a program can make it again.
    """
    flow = revision.flow
    shown: dict[str, Any] = {
        "namespace": flow.namespace,
        "id": flow.id,
        "revision": revision.number,
        "digest": revision.digest,
        "created": iso(revision.created),
        "author": revision.author,
        "description": flow.description,
        "disabled": flow.disabled,
        "tasks": [task.id for task in flow.walk()],
        "code": entry_of(revision),
    }
    if source is not None:
        shown["source"] = source
    if compiled:
        shown["compiled"] = {"flow": flow_to_json(flow), "source": revision.source, "graph": revision.graph}
    return shown


def saved_as_json(saved: Saved, *, compiled: bool = False) -> dict[str, Any]:
    """Give what became of a flow's text."""
    return {
        **revision_as_json(saved.revision, compiled=compiled),
        "new": saved.created,
        "warnings": [problem.as_json() for problem in saved.warnings],
    }


def entry_as_json(entry: Entry) -> dict[str, Any]:
    """Give a value by key as JSON data."""
    return {
        "namespace": entry.namespace,
        "key": entry.key,
        "type": entry.type.value,
        "value": entry.value,
        "description": entry.description,
        "created": iso(entry.created),
        "updated": iso(entry.updated),
        "expires": iso(entry.expires),
    }


def file_as_json(file: NamespaceFile) -> dict[str, Any]:
    """Give a file of a namespace as JSON data."""
    return {
        "namespace": file.namespace,
        "path": file.path,
        "size": file.size,
        "digest": file.digest,
        "created": iso(file.created),
        "updated": iso(file.updated),
    }


def in_flow_order(task_runs: Iterable[TaskRun], flow: Flow) -> list[TaskRun]:
    """Sort task runs as the flow stands: groups before what is inside them, the items of a loop in their order."""
    found = list(task_runs)
    position = {name: node.position for name, node in index(flow).items()}
    items = {item.address: {key: at for at, key in enumerate(item.keys or ())} for item in found}

    known: dict[str, list[tuple[int, int]]] = {"": []}

    def around(address: str) -> list[tuple[int, int]]:
        place: list[tuple[int, int]] = []
        prefix = ""
        for loop, key in parse(address).items:
            place.append((position.get(loop, 0), 1 + items.get(prefix + loop, {}).get(key or "", 0)))
            prefix = f"{item_prefix(prefix + loop, key or '')}."
        return place

    def place(item: TaskRun) -> list[tuple[int, int]]:
        # what stands in one item shares what is before its own name
        shared = item.address.removesuffix(item.task)
        if shared not in known:
            known[shared] = around(item.address)
        return [*known[shared], (position.get(item.task, len(position)), 0)]

    return sorted(found, key=place)
