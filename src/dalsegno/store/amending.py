"""What is asked of a run on the way, and the labels that it gets: the steps of `LabelRun` and `AmendRun`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalsegno.errors import MoveRefused, NotFound
from dalsegno.model.state import State
from dalsegno.store import statements as sql
from dalsegno.store.jsontext import map_from_text, map_to_text
from dalsegno.store.port import AmendRun, LabelRun, NoteEnvironment

if TYPE_CHECKING:
    from dalsegno.store.writes import Step, Transaction


def label_run(write: LabelRun) -> Step:
    """Add labels to those of a run."""

    def step(transaction: Transaction) -> None:
        transaction.own(write.run)
        for (labels,) in transaction.fetch(sql.RUN_LABELS, {"run": write.run}):
            row = {"run": write.run, "labels": map_to_text({**map_from_text(labels), **write.labels})}
            transaction.change(sql.LABEL_RUN, row)

    return step


def amend_run(write: AmendRun) -> Step:
    """Change what is asked of a run that has not ended."""
    row = {"run": write.run, "request": map_to_text(write.request)}

    def step(transaction: Transaction) -> None:
        transaction.own(write.run)
        if not transaction.change(sql.AMEND_RUN, row):
            name, state = run_there(transaction, write.run)
            raise MoveRefused(f"`{name}` has ended already, as {state}: nothing can be asked of it any more")

    return step


def note_environment(write: NoteEnvironment) -> Step:
    """Record more of what a run ran on."""
    row = {"run": write.run, "environment": map_to_text(write.environment)}

    def step(transaction: Transaction) -> None:
        transaction.own(write.run)
        if not transaction.change(sql.NOTE_ENVIRONMENT, row):
            name, state = run_there(transaction, write.run)
            raise MoveRefused(f"`{name}` has ended already, as {state}: what it ran on is on record")

    return step


def run_there(transaction: Transaction, run: str) -> tuple[str, State]:
    found = transaction.fetch(sql.RUN_NAME_AND_STATE, {"run": run})
    if not found:
        raise NotFound(f"there is no run {run} in this store")
    return found[0][0], State(found[0][1])
