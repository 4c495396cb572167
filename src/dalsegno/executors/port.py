"""The port of the executors: hand over an order, be told once how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

#: told once for each order, from any thread: the order's id, its result, and the error if there was one
Done = Callable[[str, Any, BaseException | None], None]


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """A piece of work: `entry(payload)`, under an id that the caller chose."""

    id: str
    entry: Callable[[Any], Any]
    payload: Any = None


class Executor(Protocol):
    """Runs orders. An order runs in a copy of the context variables of whoever submitted it."""

    def submit(self, order: WorkOrder, done: Done) -> None:
        """Have an order run. `done` is called exactly once, from any thread, and should be short.

        Raises
        ------
        RuntimeError : the executor is closed; `done` will not be called.
        """
        ...

    def close(self) -> None:
        """Take no more orders and wait until `done` was told of all that were taken. A second call does nothing."""
        ...
