"""The wish that tasks end: all of a run, those in a group whose time is over, or one attempt."""

from __future__ import annotations

import os
import select
import weakref
from collections.abc import Callable, Mapping
from typing import Any

#: the code of the error of what was stopped since the time of a group around it was over
GROUP_TIMEOUT = "group-timeout"


class Stop:
    """The wish that running tasks end. May be set from a signal handler, and more than once.

    It is a pipe that is never read: a lock could be held by the very thread that the signal interrupts.
    """

    def __init__(self) -> None:
        self._wanted = False
        self._listeners: list[Callable[[], None]] = []
        self.reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        weakref.finalize(self, _close, self.reader, self._writer)

    def set(self) -> None:
        """Tell every task to stop."""
        if not self._wanted:
            self._wanted = True
            os.write(self._writer, b".")
            for told in self._listeners:
                told()

    def listen(self, told: Callable[[], None]) -> None:
        """Have a function called when tasks are to stop, maybe from a signal handler; at once if they are already."""
        self._listeners.append(told)
        if self._wanted:
            told()

    @property
    def wanted(self) -> bool:
        """Whether tasks are to stop."""
        return self._wanted

    @property
    def why(self) -> Mapping[str, Any] | None:
        """Why tasks are to stop, as the error of what is stopped; `None` where the whole run is."""
        return None

    @property
    def readers(self) -> tuple[int, ...]:
        """What can be read from once tasks are to stop."""
        return (self.reader,)

    def wait(self, seconds: float | None) -> bool:
        """Wait until tasks are to stop, at most so long; give whether they are."""
        if self.wanted:
            return True
        poll = select.poll()
        for reader in self.readers:
            poll.register(reader, select.POLLIN)
        return bool(poll.poll(None if seconds is None else max(0.0, seconds) * 1000))


class InnerStop(Stop):
    """The wish that part of a run ends: its own, or that of what stands around it."""

    def __init__(self, around: Stop) -> None:
        super().__init__()
        self._around = around

    @property
    def passed(self) -> bool:
        """Whether the wish is its own, rather than that of what stands around it."""
        return self._wanted and not self._around.wanted

    @property
    def wanted(self) -> bool:
        """Whether it is to stop."""
        return self._wanted or self._around.wanted

    @property
    def why(self) -> Mapping[str, Any] | None:
        """Why what is inside is to stop, if that is not the whole run."""
        return self._around.why

    @property
    def readers(self) -> tuple[int, ...]:
        """What can be read from once it is to stop."""
        return (*super().readers, *self._around.readers)

    def listen(self, told: Callable[[], None]) -> None:
        """Have a function called when it is to stop; more than once where what stands around it is as well."""
        super().listen(told)
        self._around.listen(told)


class Timeout(InnerStop):
    """The wish that one attempt ends: that of what stands around it, or that its time has passed."""

    def __init__(self, around: Stop, seconds: float) -> None:
        super().__init__(around)
        self.seconds = seconds


class GroupStop(InnerStop):
    """The wish that all in a group ends: that of what stands around it, or that its time has passed.

    Parameters
    ----------
    due : when its time has passed.
    error : the error of the group then.
    why_inside : the error of what is stopped in it.
    """

    def __init__(self, around: Stop, *, due: float, error: Mapping[str, Any], why_inside: Mapping[str, Any]) -> None:
        super().__init__(around)
        self.due = due
        self.error = error
        self._why_inside = why_inside

    @property
    def why(self) -> Mapping[str, Any] | None:
        """Why what is inside is to stop, if that is not the whole run."""
        return self._why_inside if self.passed else super().why


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
