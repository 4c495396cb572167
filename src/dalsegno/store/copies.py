"""Copies of runs of other stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalsegno.errors import MoveRefused
from dalsegno.model.run import Attempt
from dalsegno.model.state import ENDED_WELL
from dalsegno.store import rows
from dalsegno.store import statements as sql
from dalsegno.store.jsontext import optional_to_text
from dalsegno.store.listed import add_listed, list_fixed

if TYPE_CHECKING:
    from dalsegno.store.copies_port import CopyRun
    from dalsegno.store.writes import Step, Transaction

_NAMED = "SELECT 1 FROM runs WHERE namespace = :namespace AND flow = :flow AND name = :name"
#: a run that is made here later is not to have the name of one that was copied
_COUNT_ON = (
    "INSERT INTO run_numbers AS n (namespace, flow, number) VALUES (:namespace, :flow, :number) "
    "ON CONFLICT (namespace, flow) DO UPDATE SET number = CASE WHEN n.number < excluded.number THEN excluded.number "
    "ELSE n.number END"
)


def copy_run(write: CopyRun) -> Step:
    """Give the step that adds a run of another store."""
    run = write.run
    if not run.state.ended:
        raise MoveRefused(f"`{run.name}` has not ended, it is {run.state}: only what has ended can be copied")
    row = rows.run_row(run)
    plan = {"run": run.id, "plan": write.plan, "graph": write.graph}
    task_runs = [rows.task_run_row(each) for each in write.task_runs]
    attempts = [_attempt_row(each) for each in write.attempts]
    artifacts = [rows.artifact_row(each) for each in write.artifacts]
    listed = None if run.deleted is not None else add_listed(run)

    def step(transaction: Transaction) -> None:
        name = _name(transaction, row)
        if not transaction.change(sql.CREATE_RUN, {**row, "name": name}):
            raise MoveRefused(f"there is a run with the id {run.id} already")
        if listed is not None:
            listed(transaction, name)
        transaction.made(run.id)
        transaction.change(sql.SAVE_PLAN, plan)
        for statement, parts in (
            (sql.ADD_TASK_RUN, task_runs),
            (sql.ADD_ATTEMPT, attempts),
            (sql.SAVE_ARTIFACT, artifacts),
        ):
            for part in parts:
                transaction.change(statement, part)
        for event in write.events:
            where = {"address": event.address, "attempt": event.attempt}
            transaction.event(event.kind, run.id, event.state, event.at, **where)
        fixes = run.state in ENDED_WELL and run.deleted is None
        if fixes and transaction.change(sql.FIX_RUNS_ABOVE, {"run": run.id}):
            list_fixed(transaction, run.id)

    return step


def _name(transaction: Transaction, row: dict[str, Any]) -> str:
    """Give the name that a run has there, or the next one where a run has that here."""
    counted = {"namespace": row["namespace"], "flow": row["flow"]}
    number = str(row["name"]).rpartition("-")[2]
    if number.isdecimal() and not transaction.fetch(_NAMED, {**counted, "name": row["name"]}):
        transaction.change(_COUNT_ON, {**counted, "number": int(number)})
        return row["name"]
    ((following,),) = transaction.fetch(sql.NEXT_RUN_NUMBER, counted)
    return f"{row['flow']}-{following}"


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
    return {
        "task_run": attempt.task_run, "number": attempt.number, "state": attempt.state.value, "started": attempt.started,
        "ended": attempt.ended, "error": optional_to_text(attempt.error),
    }  # fmt: skip
