"""The wish that a run pauses: what is running ends, and nothing begins until somebody resumes it."""

from __future__ import annotations

from collections.abc import Callable


class Hold:
    """The wish that one run pauses; from any thread."""

    def __init__(self) -> None:
        self._wanted = False
        self._told: list[Callable[[], None]] = []

    @property
    def wanted(self) -> bool:
        """Whether it is to pause."""
        return self._wanted

    def ask(self) -> None:
        """Have it pause; asked again it changes nothing."""
        if not self._wanted:
            self._wanted = True
            for told in self._told:
                told()

    def listen(self, told: Callable[[], None]) -> None:
        """Have a function called when it is to pause; what has been asked already is found by looking."""
        self._told.append(told)
