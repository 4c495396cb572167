"""States, the table of allowed moves, and the one function that moves.

Runs and task runs share the states. A refused move tells what the subject has been through.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType

from dalsegno.errors import MoveRefused


class State(StrEnum):
    """Where a run or a task run stands."""

    CREATED = "CREATED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    RETRYING = "RETRYING"
    SUCCESS = "SUCCESS"
    WARNING = "WARNING"
    FAILED = "FAILED"
    KILLED = "KILLED"
    SKIPPED = "SKIPPED"

    @property
    def ended(self) -> bool:
        """Whether nothing follows any more."""
        return self in ENDED

    @property
    def has_result(self) -> bool:
        """Whether what ended like this left a result that may be reused."""
        return self in RESULTS


#: before its first task may begin
BEFORE = frozenset({State.CREATED, State.QUEUED})
ENDED = frozenset({State.SUCCESS, State.WARNING, State.FAILED, State.KILLED, State.SKIPPED})
RESULTS = frozenset({State.SUCCESS, State.WARNING, State.SKIPPED})
#: how a run ends that did what it was to do, and how one ends that a later replay may fix
ENDED_WELL = frozenset({State.SUCCESS, State.WARNING})
UNFINISHED = frozenset({State.FAILED, State.KILLED})

_LIVE = frozenset({State.RUNNING, State.PAUSED, State.RETRYING})

#: from a state, the states that may follow it
MOVES: MappingProxyType[State, frozenset[State]] = MappingProxyType(
    {
        State.CREATED: frozenset({State.QUEUED, State.RUNNING, *ENDED}),
        State.QUEUED: frozenset({State.RUNNING, State.KILLED, State.FAILED}),
        State.RUNNING: frozenset({State.PAUSED, State.RETRYING, *ENDED}),
        State.PAUSED: frozenset({State.RUNNING, *ENDED}),
        State.RETRYING: frozenset({State.RUNNING, State.FAILED, State.WARNING, State.KILLED}),
        **{state: frozenset[State]() for state in ENDED},
    }
)


def move(subject: str, current: State, target: State, history: Sequence[State] = ()) -> State:
    """Give `target` where it may follow `current`.

    Parameters
    ----------
    subject : what moves, for the message: a run's name or an address.
    history : the states that it has been through, oldest first, for the message.

    Raises
    ------
    MoveRefused : the table does not allow the move.
    """
    if target in MOVES[current]:
        return target
    story = " -> ".join([*history, current] if not history or history[-1] != current else list(history))
    raise MoveRefused(f"`{subject}` cannot move to {target}: it has been through {story}", address=subject)


def worst(states: Sequence[State]) -> State:
    """Give the state of a group whose children ended with `states`: KILLED, FAILED, WARNING, else SUCCESS."""
    for state in (State.KILLED, State.FAILED, State.WARNING):
        if state in states:
            return state
    return State.SUCCESS
