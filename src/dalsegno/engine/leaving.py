"""The wish that a process lets go of the runs that it executes: another one, or the same one started again, carries them on."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from threading import Lock


class Left(Exception):
    """A run was let go of; what ended is recorded, and what was running is attempted again by whoever carries it on."""


class Leave:
    """The wish that runs are let go of. One serves all runs of a process."""

    def __init__(self) -> None:
        self._by: float | None = None
        self._listeners: dict[int, Callable[[], None]] = {}
        self._numbers = itertools.count()
        self._lock = Lock()

    def ask(self, by: float) -> None:
        """Let go of all runs: nothing begins any more, and what is running has until `by` to end."""
        with self._lock:
            self._by = by
            listeners = list(self._listeners.values())
        for told in listeners:
            told()

    @property
    def by(self) -> float | None:
        """Until when what is running may end; `None` where nobody asked."""
        return self._by

    def listen(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have a function called when runs are to be let go of, at once if they are; gives what ends that."""
        with self._lock:
            number = next(self._numbers)
            self._listeners[number] = told
            asked = self._by is not None
        if asked:
            told()

        def forget() -> None:
            with self._lock:
                self._listeners.pop(number, None)

        return forget
