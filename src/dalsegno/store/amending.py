"""What is asked of a run on the way, the labels that it gets, and what it ran on: steps that change a run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalsegno.errors import MoveRefused, NotFound
from dalsegno.model.state import State
from dalsegno.store import statements as sql
from dalsegno.store.jsontext import map_from_text, map_to_text
from dalsegno.store.listed import list_state, relabel_listed
from dalsegno.store.port import AmendRun, LabelRun, NoteEnvironment, QueueRun, RequestPause

if TYPE_CHECKING:
    from dalsegno.store.writes import Step, Transaction


def label_run(write: LabelRun) -> Step:
    """Add labels to those of a run, and take others away."""

    def step(transaction: Transaction) -> None:
        transaction.own(write.run)
        for (labels,) in transaction.fetch(sql.RUN_LABELS, {"run": write.run}):
            before = map_from_text(labels)
            left = {name: value for name, value in before.items() if name not in write.removed}
            row = {"run": write.run, "labels": map_to_text({**left, **write.labels})}
            transaction.change(sql.LABEL_RUN, row)
            relabel_listed(transaction, write.run, before, write.labels, write.removed)

    return step


def queue_run(write: QueueRun) -> Step:
    """Hand a run to the engine of a server."""

    def step(transaction: Transaction) -> None:
        name, state = run_there(transaction, write.run)
        if not transaction.change(sql.QUEUE_RUN, {"run": write.run, "due": write.due or write.at}):
            raise MoveRefused(f"`{name}` has ended already, as {state}: no engine has anything to do with it")
        if state is State.CREATED:
            list_state(transaction, write.run, State.QUEUED)
            transaction.event("run", write.run, State.QUEUED, write.at)

    return step


def request_pause(write: RequestPause) -> Step:
    """Ask for a run to be paused, or take that back."""

    def step(transaction: Transaction) -> None:
        if not transaction.change(sql.REQUEST_PAUSE if write.wanted else sql.TAKE_PAUSE_BACK, {"run": write.run}):
            name, state = run_there(transaction, write.run)
            raise MoveRefused(f"`{name}` has ended already, as {state}: there is nothing to pause")

    return step


def amend_run(write: AmendRun) -> Step:
    """Change what is asked of a run that has not ended."""
    row = {"run": write.run, "request": map_to_text(write.request)}
    return _before_its_end(write.run, sql.AMEND_RUN, row, "nothing can be asked of it any more")


def note_environment(write: NoteEnvironment) -> Step:
    """Record more of what a run ran on."""
    row = {"run": write.run, "environment": map_to_text(write.environment)}
    return _before_its_end(write.run, sql.NOTE_ENVIRONMENT, row, "what it ran on is on record")


def _before_its_end(run: str, statement: str, row: dict[str, str], why_not: str) -> Step:
    """Give the step of a statement that changes a run only while it has not ended."""

    def step(transaction: Transaction) -> None:
        transaction.own(run)
        if not transaction.change(statement, row):
            name, state = run_there(transaction, run)
            raise MoveRefused(f"`{name}` has ended already, as {state}: {why_not}")

    return step


def run_there(transaction: Transaction, run: str) -> tuple[str, State]:
    found = transaction.fetch(sql.RUN_NAME_AND_STATE, {"run": run})
    if not found:
        raise NotFound(f"there is no run {run} in this store")
    return found[0][0], State(found[0][1])
