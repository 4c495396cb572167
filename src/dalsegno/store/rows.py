"""Between the model's dataclasses and the rows of the tables. The order of columns is that of `store.statements`."""

# ruff: noqa: A001 - `id` and `type` are the columns' names

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dalsegno.model.codec import flow_from_json, flow_to_json
from dalsegno.model.flow import Revision
from dalsegno.model.plan import Action
from dalsegno.model.run import Artifact, Attempt, Caller, Event, LogLine, Result, Run, TaskRun
from dalsegno.model.state import UNFINISHED, State
from dalsegno.store.jsontext import (
    from_text,
    map_from_text,
    map_to_text,
    optional_from_text,
    optional_to_text,
    to_text,
    tuple_from_text,
)  # fmt: skip
from dalsegno.store.listing import FlowSummary
from dalsegno.store.port import Mention, StoredLine, Tally, ToldEvent

Row = tuple[Any, ...]

# a plain dictionary is several times faster than calling the enumeration, and lists have thousands of rows
_STATES = {state.value: state for state in State}
_ACTIONS = {action.value: action for action in Action}


def revision_row(revision: Revision) -> dict[str, Any]:
    """Give a revision's row."""
    flow = revision.flow
    return {
        "namespace": flow.namespace,
        "flow": flow.id,
        "number": revision.number,
        "previous": revision.number - 1,
        "digest": revision.digest,
        "created": revision.created,
        "author": revision.author,
        "description": flow.description,
        "disabled": int(flow.disabled),
        "source": revision.source,
        "compiled": to_text(flow_to_json(flow)),
    }


def revision_of(row: Row) -> Revision:
    """Give the revision of a row."""
    _namespace, _flow, number, digest, created, author, source, text = row
    return Revision(flow_from_json(from_text(text)), number, digest, source, created, author)


def summary_of(row: Row) -> FlowSummary:
    """Give the entry of a list of flows."""
    namespace, flow, number, description, disabled, created, off, deleted = row
    return FlowSummary(namespace, flow, number, description, bool(disabled) or off is not None, created, off, deleted)


def run_row(run: Run) -> dict[str, Any]:
    """Give a new run's row."""
    return {
        "id": run.id,
        "name": run.name,
        "namespace": run.namespace,
        "flow": run.flow,
        "revision": run.revision,
        "state": run.state.value,
        "attempt": run.attempt,
        "root": run.root,
        "origin": run.origin,
        "clock": run.clock,
        "created": run.created,
        "started": run.started,
        "ended": run.ended,
        "plan_digest": run.plan_digest,
        "author": run.author,
        "reason": run.reason,
        "labels": map_to_text(run.labels),
        "inputs": map_to_text(run.inputs),
        "request": map_to_text(run.request),
        "environment": map_to_text(run.environment),
        "outputs": map_to_text(run.outputs),
        "error": optional_to_text(run.error),
        "whole": int(run.whole),
        "fixed_by": run.fixed_by,
        "deleted": run.deleted,
        "parent": run.caller.run if run.caller else None,
        "caller": run.caller.task_run if run.caller else None,
        "caller_attempt": run.caller.attempt if run.caller else None,
        "queued": run.queued,
        "lease_number": 0,
        "kill_requested": 0,
    }


def run_of(row: Row) -> Run:
    """Give the run of a row."""
    (id, name, namespace, flow, revision, state, attempt, root, origin, clock, created, started, ended, plan_digest,
     author, reason, labels, inputs, request, environment, outputs, error, whole, fixed_by, deleted,
     parent, caller, caller_attempt, queued) = row  # fmt: skip
    return Run(
        id=id,
        name=name,
        namespace=namespace,
        flow=flow,
        revision=revision,
        state=_STATES[state],
        attempt=attempt,
        root=root,
        clock=clock,
        created=created,
        origin=origin,
        inputs=map_from_text(inputs),
        labels=map_from_text(labels),
        request=map_from_text(request),
        plan_digest=plan_digest,
        reason=reason,
        author=author,
        environment=map_from_text(environment),
        started=started,
        ended=ended,
        outputs=map_from_text(outputs),
        error=optional_from_text(error),
        whole=bool(whole),
        fixed_by=fixed_by if state in UNFINISHED else None,
        deleted=deleted,
        caller=Caller(parent, caller, caller_attempt) if parent is not None else None,
        queued=queued,
    )


def task_run_row(task_run: TaskRun) -> dict[str, Any]:
    """Give a new task run's row."""
    return {
        "id": task_run.id,
        "run": task_run.run,
        "address": task_run.address,
        "task": task_run.task,
        "type": task_run.type,
        "state": task_run.state.value,
        "action": task_run.action.value,
        "definition": task_run.definition,
        "attempt": task_run.attempt,
        "attempts": task_run.attempts,
        "created": task_run.created,
        "started": task_run.started,
        "ended": task_run.ended,
        "output_digest": task_run.output_digest,
        "loop_keys": optional_to_text(task_run.keys),
        "reused_from": task_run.reused_from,
        "parent": task_run.parent,
        "reason": task_run.reason,
        "value": optional_to_text(task_run.value),
        "digests": map_to_text(task_run.digests),
        "used": map_to_text(task_run.used),
        "properties": map_to_text(task_run.properties),
        "outputs": map_to_text(task_run.outputs),
        "error": optional_to_text(task_run.error),
        "loop_values": optional_to_text(task_run.values),
        "metadata": optional_to_text(task_run.metadata or None),
    }


def task_run_of(row: Row) -> TaskRun:
    """Give the task run of a row."""
    (id, run, address, task, type, state, action, definition, attempt, attempts, created, started, ended, output_digest,
     loop_keys, reused_from, parent, reason, value, digests, used, properties, outputs, error, loop_values,
     metadata) = row  # fmt: skip
    return TaskRun(
        id=id,
        run=run,
        address=address,
        task=task,
        type=type,
        state=_STATES[state],
        action=_ACTIONS[action],
        reason=reason,
        parent=parent,
        value=optional_from_text(value),
        attempt=attempt,
        attempts=attempts,
        reused_from=reused_from,
        created=created,
        started=started,
        ended=ended,
        definition=definition,
        digests=map_from_text(digests),
        used=map_from_text(used),
        properties=map_from_text(properties),
        outputs=map_from_text(outputs),
        output_digest=output_digest,
        error=optional_from_text(error),
        keys=tuple_from_text(loop_keys),
        values=tuple_from_text(loop_values),
        metadata=optional_from_text(metadata) or {},
    )


def results_of(rows: Sequence[Row]) -> list[Result]:
    """Give the light forms of task runs."""
    states, actions = _STATES, _ACTIONS
    return [
        Result(
            id,
            address,
            task,
            type,
            states[state],
            actions[action],
            definition,
            attempt,
            None if started is None or ended is None else ended - started,
            output_digest,
            None if loop_keys is None else tuple_from_text(loop_keys),
            bool(erred) and state == State.WARNING,
        )
        for id, address, task, type, state, action, definition, attempt, started, ended, output_digest, loop_keys, erred in rows
    ]


def attempt_of(row: Row) -> Attempt:
    """Give the attempt of a row."""
    task_run, number, state, started, ended, error = row
    return Attempt(task_run, number, _STATES[state], started, ended, optional_from_text(error))


def told_of(run: str, row: Row) -> ToldEvent:
    """Give the event of a row that is joined with that of its task run."""
    number, at, kind, state, address, attempt, task, type, action, now, started, ended, error = row
    event = Event(run, number, at, kind, _STATES[state], address, attempt)
    over = now == state and ended is not None
    return ToldEvent(
        event,
        task,
        type,
        None if action is None else _ACTIONS[action],
        ended - started if over and started is not None else None,
        optional_from_text(error) if over else None,
    )


def event_of(row: Row) -> Event:
    """Give the event of a row."""
    run, number, at, kind, state, address, attempt = row
    return Event(run, number, at, kind, _STATES[state], address, attempt)


def artifact_row(artifact: Artifact) -> dict[str, Any]:
    """Give an artifact's row."""
    return {
        "id": artifact.id,
        "digest": artifact.digest,
        "kind": artifact.kind,
        "name": artifact.name,
        "size": artifact.size,
        "created": artifact.created,
        "run": artifact.run,
        "task_run": artifact.task_run,
        "output": artifact.output,
        "mark": artifact.mark,
        "summary": optional_to_text(artifact.summary or None),
    }


def mention_of(row: Row) -> Mention:
    """Give the mention of a row."""
    run, name, task_run, address, state, action, reused_from, used, given = row
    found = map_from_text(used)
    return Mention(run, name, task_run, address, State(state), Action(action), reused_from, found, bool(given))


def tally_of(row: Row) -> Tally:
    """Give the tally of a row."""
    run, task, action, state, count, took = row
    return Tally(run, task, Action(action), State(state), count, took)


def artifact_of(row: Row) -> Artifact:
    """Give the artifact of a row."""
    return replace(Artifact(*row[:-1]), summary=optional_from_text(row[-1]) or {})


def lines_to_text(lines: Sequence[LogLine]) -> str:
    """Give log lines in the form in which a chunk keeps them."""
    return to_text([[line.at, line.level, line.text, line.stream] for line in lines])


def lines_of(row: Row) -> list[StoredLine]:
    """Give the lines of a chunk."""
    first, _, task_run, address, attempt, text = row
    return [
        StoredLine(position, task_run, address, attempt, LogLine(*fields))
        for position, fields in enumerate(from_text(text), start=first)
    ]


def states_of(rows: Sequence[Row]) -> list[State]:
    """Give the states of rows that begin with one."""
    return [_STATES[row[0]] for row in rows]
