"""Subflows: what a task asks of whoever can have another flow run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dalsegno.model.run import Caller, Run

JsonMap = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """What a task run calls.

    Parameters
    ----------
    caller, address : who calls.
    revision : the latest where none is given.
    inputs, labels : of the run that is made.
    wait : whether the caller waits for its end.
    child : for a replay, what is asked of the run that `origin` called (`Decision.child`).
    origin : the matched task run of the origin.
    """

    caller: Caller
    address: str
    namespace: str
    flow: str
    revision: int | None
    inputs: JsonMap
    labels: Mapping[str, str]
    wait: bool
    child: JsonMap | None = None
    origin: str | None = None


#: is given what stops whoever listens
Stops = Callable[[Callable[[], None]], None]


class Children(Protocol):
    """Has subflows run."""

    def call(self, call: Call, stops: Stops) -> Run:
        """Create the run that is called, unless this attempt has called it already, and execute it to its end, or until it
        waits for a person. One that is not waited for is given at once.

        Raises
        ------
        DalSegnoError : the flow is not there, the inputs are wrong, or flows call each other without end.
        """
        ...

    def kill(self, task_run: str) -> None:
        """End what a task run has called and that waits."""
        ...
