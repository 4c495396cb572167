"""What the process ends with."""

from __future__ import annotations

from dalsegno.model.state import State

OK = 0
#: the run ended FAILED or KILLED, or something broke on the way
FAILED = 1
#: the request was wrong; nothing was written
REFUSED = 2
#: the run waits for a person
WAITING = 3
#: ended by a signal: this plus its number, as shells have it
SIGNALLED = 128
INTERRUPTED = SIGNALLED + 2

_OF_STATES = {State.SUCCESS: OK, State.WARNING: OK, State.PAUSED: WAITING}


def of_state(state: State) -> int:
    """Give the exit code for a run that ended in `state`."""
    return _OF_STATES.get(state, FAILED)
