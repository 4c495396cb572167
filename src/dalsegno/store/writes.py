"""Carries out writes within a transaction that an adapter has begun.

`prepare` turns each write into a step, outside the transaction: values are encoded while nobody waits. The steps of one
commit are then executed in order; the first that raises ends the commit, and the adapter takes it all back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from dalsegno.errors import LeaseLost, MoveRefused, NotFound
from dalsegno.model.state import ENDED, ENDED_WELL, MOVES, State, move
from dalsegno.store import rows
from dalsegno.store import statements as sql
from dalsegno.store.access import (
    add_token,
    add_user,
    begin_session,
    change_user,
    end_session,
    note_request,
    remove_token,
    remove_user,
)
from dalsegno.store.access_port import (
    AddToken,
    AddUser,
    BeginSession,
    ChangeUser,
    EndSession,
    NoteRequest,
    RemoveToken,
    RemoveUser,
)
from dalsegno.store.amending import amend_run, label_run, note_environment, queue_run, request_pause, run_there
from dalsegno.store.answers import begin_answer, drop_answer, keep_answer
from dalsegno.store.answers_port import BeginAnswer, DropAnswer, KeepAnswer
from dalsegno.store.bulk import create_bulk, made_replay, move_bulk, pass_row
from dalsegno.store.bulk_port import CreateBulk, MadeReplay, MoveBulk, PassRow
from dalsegno.store.copies import copy_run
from dalsegno.store.copies_port import CopyRun
from dalsegno.store.files import delete_file, put_file
from dalsegno.store.files_port import DeleteFile, PutFile
from dalsegno.store.flows import delete_flow, disable_flow, save_revision
from dalsegno.store.flows_port import DeleteFlow, DisableFlow, SaveRevision
from dalsegno.store.jsontext import map_from_text, map_to_text, optional_to_text, to_text
from dalsegno.store.kv import delete_entry, set_entry
from dalsegno.store.kv_port import DeleteEntry, SetEntry
from dalsegno.store.listed import add_listed, list_fixed, move_listed, remove_listed
from dalsegno.store.log_lines import append_logs, drop_lines
from dalsegno.store.notes import save_artifact
from dalsegno.store.port import (
    AmendRun,
    AppendLogs,
    CreateRun,
    DeleteRun,
    DropLines,
    EndTask,
    EvaluateLoop,
    KeepTaskRuns,
    Kept,
    LabelRun,
    MoveRun,
    MoveTask,
    NewAttempt,
    NewName,
    NoteEnvironment,
    QueueRun,
    RecordTask,
    RequestKill,
    RequestPause,
    SaveArtifact,
    StartTask,
    Write,
)  # fmt: skip
from dalsegno.store.transaction import Transaction

Step = Callable[[Transaction], None]


def prepare(writes: Sequence[Write]) -> list[Step]:
    """Turn writes into the steps that carry them out."""
    return [_PREPARE[type(write)](write) for write in writes]


def carry_out(transaction: Transaction, steps: Sequence[Step]) -> None:
    """Carry out a commit's steps, in order, under its lease."""
    transaction.check_lease()
    for step in steps:
        step(transaction)


def _create_run(write: CreateRun) -> Step:
    run = write.run
    row = rows.run_row(run)
    listed = add_listed(run)

    def step(transaction: Transaction) -> None:
        _check_origin(transaction, run.origin)
        counted = {"namespace": run.namespace, "flow": run.flow}
        ((number,),) = transaction.fetch(sql.NEXT_RUN_NUMBER, counted)
        name = f"{run.flow}-{number}"
        if not transaction.change(sql.CREATE_RUN, {**row, "name": name}):
            raise MoveRefused(f"there is a run with the id {run.id} already")
        listed(transaction, name)
        transaction.made(run.id)
        transaction.change(sql.SAVE_PLAN, {"run": run.id, "plan": write.plan, "graph": write.graph})
        transaction.event("run", run.id, run.state, run.created)

    return step


def _check_origin(transaction: Transaction, origin: str | None) -> None:
    if origin is None:
        return
    found = transaction.fetch(transaction.dialect.hold_origin, {"run": origin})
    if found and found[0][0] is not None:
        raise MoveRefused(
            f"the run {origin}, which was to be replayed, has been deleted meanwhile; nothing was written"
        )


def _keep_task_runs(write: KeepTaskRuns) -> Step:
    def step(transaction: Transaction) -> None:
        transaction.own(write.run)
        # those that keep their name, for one reason, go in one statement, but never before what stands before them
        copied = 0
        for (reason, new_name), some in groupby(write.kept, attrgetter("reason", "renamed")):
            if new_name is not None:
                copied += sum(_keep_renamed(transaction, write.run, one, new_name) for one in some)
            else:
                parameters = {"run": write.run, "reason": reason, **transaction.dialect.kept(list(some))}
                copied += transaction.change(transaction.dialect.keep, parameters)
        if copied != len(write.kept):
            raise MoveRefused(
                f"of {len(write.kept)} task runs that the run {write.run} keeps, {len(write.kept) - copied} have no "
                "result any more or stand in the run already. Draw up the plan again."
            )

    return step


def _keep_renamed(transaction: Transaction, run: str, kept: Kept, name: NewName) -> int:
    parameters = {"run": run, "id": kept.id, "origin": kept.origin_task_run, "reason": kept.reason}
    named = {"address": name.address, "task": name.task, "parent": name.parent}
    return transaction.change(sql.KEEP_RENAMED, {**parameters, **named})


def _start_task(write: StartTask) -> Step:
    task_run = write.task_run
    row = {**rows.task_run_row(task_run), "state": State.RUNNING.value, "attempts": 1}
    at = task_run.created if task_run.started is None else task_run.started
    attempt = {"task_run": task_run.id, "number": task_run.attempt, "started": at, "ended": None, "error": None}

    def step(transaction: Transaction) -> None:
        _add_task_run(transaction, row, at)
        transaction.change(sql.ADD_ATTEMPT, {**attempt, "state": State.RUNNING.value})

    return step


def _record_task(write: RecordTask) -> Step:
    task_run = write.task_run
    if not task_run.state.ended and task_run.state is not State.PAUSED:
        raise MoveRefused(
            f"`{task_run.address}` cannot be recorded as {task_run.state}: only what has ended or waits is",
            address=task_run.address,
        )
    row = rows.task_run_row(task_run)
    at = task_run.created if task_run.ended is None else task_run.ended
    return lambda transaction: _add_task_run(transaction, row, at)


def _add_task_run(transaction: Transaction, row: dict[str, Any], at: float) -> None:
    transaction.own(row["run"])
    address, state = row["address"], State(row["state"])
    if not transaction.change(sql.ADD_TASK_RUN, row):
        raise _already_there(transaction, row["run"], address)
    transaction.event("task_run", row["run"], state, at, address=address, attempt=row["attempt"])


def _already_there(transaction: Transaction, run: str, address: str) -> MoveRefused:
    there = rows.states_of(transaction.fetch(sql.STATE_AT, {"run": run, "address": address}))
    if not there:
        return MoveRefused(f"`{address}` has the id of another task run", address=address)
    story = " -> ".join(_story(transaction, run, address) or there)
    return MoveRefused(f"`{address}` is in the run already: it has been through {story}", address=address)


def _story(transaction: Transaction, run: str, address: str) -> list[State]:
    found = transaction.fetch(sql.STORY_OF_TASK_RUN, {"run": run, "address": address})
    return rows.states_of(found)


def _new_attempt(write: NewAttempt) -> Step:
    closed = {
        "id": write.task_run,
        "state": write.closed.value,
        "at": write.at,
        "error": optional_to_text(write.error),
    }
    attempt = {"task_run": write.task_run, "number": write.number, "started": write.at, "ended": None, "error": None}

    def step(transaction: Transaction) -> None:
        parameters = {"id": write.task_run, "run": _held(transaction), "number": write.number}
        if not transaction.change(sql.BEGIN_AGAIN if write.again else sql.NEW_ATTEMPT, parameters):
            raise _refused(transaction, write.task_run, f"begin attempt {write.number}")
        if write.again:
            transaction.change(sql.FORGET_ARTIFACTS, {"id": write.task_run})
        transaction.change(sql.CLOSE_ATTEMPT, closed)
        if not transaction.change(sql.ADD_ATTEMPT, {**attempt, "state": State.RUNNING.value}):
            raise MoveRefused(f"the task run {write.task_run} has had attempt {write.number} already")
        _task_event(transaction, write.task_run, State.RUNNING, write.at)

    return step


def _evaluate_loop(write: EvaluateLoop) -> Step:
    items = {"keys": to_text(write.keys), "values": to_text(write.values)}

    def step(transaction: Transaction) -> None:
        parameters = {"id": write.task_run, "run": _held(transaction), **items}
        if not transaction.change(sql.EVALUATE_LOOP, parameters):
            raise _refused(transaction, write.task_run, "be given its items")

    return step


def _end_task(write: EndTask) -> Step:
    if write.state not in ENDED:
        raise MoveRefused(f"a task run cannot end as {write.state}: it ends as one of {', '.join(sorted(ENDED))}")
    statement = sql.END_TASK[write.state]
    row = {
        "id": write.task_run,
        "state": write.state.value,
        "at": write.at,
        "outputs": map_to_text(write.outputs),
        "output_digest": write.output_digest,
        "used": map_to_text(write.used),
        "properties": map_to_text(write.properties),
        "error": optional_to_text(write.error),
        "metadata": optional_to_text(write.metadata or None),
    }
    closed = {name: row[name] for name in ("id", "state", "at", "error")}

    def step(transaction: Transaction) -> None:
        if not transaction.change(statement, {**row, "run": _held(transaction)}):
            raise _refused(transaction, write.task_run, f"end as {write.state}", write.state)
        transaction.change(sql.CLOSE_ATTEMPT, closed)
        _task_event(transaction, write.task_run, write.state, write.at)

    return step


def _move_task(write: MoveTask) -> Step:
    statement = sql.MOVE_TASK.get(write.to)
    if statement is None:
        raise MoveRefused(f"a task run cannot be moved to {write.to}: it starts, waits, goes on, or ends")
    row = {
        "id": write.task_run,
        "state": write.to.value,
        "started": write.at if write.to is State.RUNNING else None,
        "used": optional_to_text(write.used),
        "properties": optional_to_text(write.properties),
        "definition": write.definition,
        "digests": optional_to_text(write.digests),
    }

    def step(transaction: Transaction) -> None:
        if not transaction.change(statement, {**row, "run": _held(transaction)}):
            raise _refused(transaction, write.task_run, f"be {write.to}", write.to)
        _task_event(transaction, write.task_run, write.to, write.at)

    return step


def _held(transaction: Transaction) -> str:
    """Give the run whose lease is held. A task run is written by the holder of its run's lease and by nobody else."""
    if transaction.run is None:
        raise LeaseLost("a task run can only be written with the lease of its run: acquire it first")
    return transaction.run


def _task_event(transaction: Transaction, task_run: str, state: State, at: float) -> None:
    transaction.change(sql.ADD_TASK_EVENT, {"run": _held(transaction), "state": state.value, "at": at, "id": task_run})


def _refused(transaction: Transaction, task_run: str, what: str, target: State | None = None) -> MoveRefused:
    """Tell why a task run could not be written to, with what it has been through."""
    run = _held(transaction)
    found = transaction.fetch(sql.ADDRESS_AND_STATE, {"id": task_run, "run": run})
    if not found:
        return MoveRefused(f"the run {run} has no task run {task_run}, which was to {what}")
    address, state = found[0][0], State(found[0][1])
    history = _story(transaction, run, address)
    if target is not None:
        try:
            move(address, state, target, history)
        except MoveRefused as refused:
            return refused
    story = " -> ".join([*history, state] if history[-1:] != [state] else history)
    return MoveRefused(f"`{address}` cannot {what}, it is not running: it has been through {story}", address=address)


def _move_run(write: MoveRun) -> Step:
    row = {
        "run": write.run,
        "state": write.to.value,
        "expected": write.expected.value,
        "started": write.at if write.to is State.RUNNING else None,
        "ended": write.at if write.to.ended else None,
        "outputs": optional_to_text(write.outputs),
        "error": optional_to_text(write.error),
    }
    listed = move_listed(write)

    def step(transaction: Transaction) -> None:
        transaction.own(write.run)
        if write.to in MOVES[write.expected] and transaction.change(sql.MOVE_RUN, row):
            transaction.event("run", write.run, write.to, write.at)
        else:
            _refuse_run(transaction, write)
        listed(transaction)
        if write.to in ENDED_WELL and transaction.change(sql.FIX_RUNS_ABOVE, {"run": write.run}):
            list_fixed(transaction, write.run)

    return step


def _refuse_run(transaction: Transaction, write: MoveRun) -> None:
    name, state = run_there(transaction, write.run)
    history = rows.states_of(transaction.fetch(sql.STORY_OF_RUN, {"run": write.run}))
    move(name, write.expected, write.to, history)
    story = " -> ".join(history)
    raise MoveRefused(
        f"`{name}` cannot move from {write.expected} to {write.to}: it is {state}, and has been through {story}"
    )


def _request_kill(write: RequestKill) -> Step:
    def step(transaction: Transaction) -> None:
        if not transaction.change(sql.REQUEST_KILL, {"run": write.run}):
            name, state = run_there(transaction, write.run)
            raise MoveRefused(f"`{name}` has ended already, as {state}: there is nothing to stop")

    return step


def _delete_run(write: DeleteRun) -> Step:
    def step(transaction: Transaction) -> None:
        run = {"run": write.run}
        transaction.fetch(transaction.dialect.lock_run, run)
        found = transaction.fetch(sql.RUN_TO_DELETE, run)
        if not found:
            raise NotFound(f"there is no run {write.run} in this store")
        name, state, root, deleted, labels = found[0]
        if deleted is not None:
            raise MoveRefused(f"`{name}` has been deleted already")
        if not State(state).ended:
            raise MoveRefused(f"`{name}` has not ended, it is {state}: kill it first, or wait")
        replays = [row[0] for row in transaction.fetch(sql.UNENDED_REPLAYS, run)]
        if replays:
            raise MoveRefused(f"`{name}` cannot be deleted: `{replays[0]}`, which replays it, has not ended")
        transaction.change(sql.MAKE_TOMBSTONE, {**run, "at": write.at})
        remove_listed(transaction, write.run, map_from_text(labels))
        for statement in sql.DELETE_OF_RUN:
            transaction.change(statement, run)
        for statement in sql.DELETE_UNUSED:
            transaction.change(statement, {"root": root})

    return step


_PREPARE: Mapping[type[Any], Callable[[Any], Step]] = {
    SaveRevision: save_revision,
    CreateRun: _create_run,
    CopyRun: copy_run,
    KeepTaskRuns: _keep_task_runs,
    StartTask: _start_task,
    RecordTask: _record_task,
    MoveTask: _move_task,
    NewAttempt: _new_attempt,
    EvaluateLoop: _evaluate_loop,
    EndTask: _end_task,
    MoveRun: _move_run,
    QueueRun: queue_run,
    LabelRun: label_run,
    AmendRun: amend_run,
    NoteEnvironment: note_environment,
    SaveArtifact: save_artifact,
    AppendLogs: append_logs,
    DropLines: drop_lines,
    RequestKill: _request_kill,
    RequestPause: request_pause,
    DeleteRun: _delete_run,
    SetEntry: set_entry,
    DeleteEntry: delete_entry,
    PutFile: put_file,
    DeleteFile: delete_file,
    DisableFlow: disable_flow,
    DeleteFlow: delete_flow,
    BeginAnswer: begin_answer,
    KeepAnswer: keep_answer,
    DropAnswer: drop_answer,
    CreateBulk: create_bulk,
    MoveBulk: move_bulk,
    MadeReplay: made_replay,
    PassRow: pass_row,
    AddUser: add_user,
    ChangeUser: change_user,
    RemoveUser: remove_user,
    AddToken: add_token,
    RemoveToken: remove_token,
    BeginSession: begin_session,
    EndSession: end_session,
    NoteRequest: note_request,
}
